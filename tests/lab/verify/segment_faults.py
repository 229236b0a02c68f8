"""Simulated logs in which one segment, one segment within another, or nothing in particular carries a mismatch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

HALVES = {"a": 0.5, "b": 0.5}
SHARES = (HALVES, {"a": 0.5, "b": 0.3, "c": 0.2}, {"a": 0.9, "b": 0.1})
#: The whole log is off by so many standard errors; 3.3 would just be called.
SHIFTS = (5.0, 8.0)
FEWEST, MOST = 0.01, 0.5


@dataclass(frozen=True, slots=True)
class Fault:
    """A log, the shares that its arms should have, and the segment that lost users of one arm."""

    log: pd.DataFrame
    expected: dict[str, float]
    segment: dict[str, Any]


def table(**rows: tuple[int, int]) -> pd.DataFrame:
    """A log with users of arms a and b for each value of ``segment``."""
    parts = [pd.DataFrame({"segment": name, "variant": ["a"] * a + ["b"] * b}) for name, (a, b) in rows.items()]
    return pd.concat(parts, ignore_index=True)


def zipf(rng: np.random.Generator, values: int, rows: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Values of which the k-th is 1/k as frequent as the first."""
    weights = 1 / np.arange(1, values + 1)
    return rng.choice(values, rows, p=weights / weights.sum())


def users(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """Users with attributes as apps log them; language nearly repeats country, and a version belongs to a platform."""
    country, platform = zipf(rng, 20, rows), zipf(rng, 3, rows)
    days = np.datetime64("2024-03-01") + rng.integers(0, 14, rows).astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "country": pd.Series(country).map("c{:02}".format),
            "language": pd.Series(np.where(rng.random(rows) < 0.05, zipf(rng, 8, rows), country // 2)).map(
                "l{}".format
            ),
            "platform": pd.Series(platform).map("p{}".format),
            "app_version": pd.Series(10 * platform + zipf(rng, 8, rows)).map("v{}".format),
            "is_bot": rng.random(rows) < 0.03,
            "day": days.astype("datetime64[s]"),
        }
    )


def faulty(seed: int, conditions: int = 1, rows: int = 60_000) -> Fault:
    """A log in which a segment of some conditions (0: every user alike) lost users of one arm."""
    rng = np.random.default_rng(seed)
    log, expected = users(rng, rows), SHARES[seed % len(SHARES)]
    arms, shares = list(expected), np.array(list(expected.values()))
    log["variant"] = rng.choice(arms, rows, p=shares)
    shift = SHIFTS[seed % len(SHIFTS)]
    while True:
        segment = {name: log[name].iloc[rng.integers(rows)] for name in rng.choice(log.columns[:-1], conditions, False)}
        inside = np.logical_and.reduce([log[name] == value for name, value in segment.items()], initial=True)
        arm = rng.choice(shares.size)
        lost = (
            shift
            * np.sqrt(rows * shares[arm] / (1 - shares[arm]))
            / np.count_nonzero(inside & (log["variant"] == arms[arm]))
        )
        if lost <= 1 and (not conditions or FEWEST <= inside.mean() <= MOST):
            gone = inside & (log["variant"] == arms[arm]) & (rng.random(rows) < lost)
            return Fault(log[~gone], expected, segment)
