"""Tests of users who stand in several rows of one flag."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ffcore import FlagSet
from ffcore.lab.verify.configurations import read_configurations
from ffcore.lab.verify.exposures import read_exposures
from ffcore.lab.verify.outcomes import Outcome
from ffcore.lab.verify.recomputing import recompute
from ffcore.lab.verify.repeated_exposures import Repeats, find_repeats, in_bursts

ARMS = [{"key": "blue", "allocation": 0.5}, {"key": "red", "allocation": 0.5}]
START = pd.Timestamp("2024-06-01", tz="UTC")


def flags(percentage: float = 100) -> FlagSet:
    """One flag of two variants."""
    return FlagSet.from_items(
        flags=[
            {"key": "a", "enabled": True, "rollout_percentage": percentage, "variants": ARMS, "default_variant": "blue"}
        ]
    )


def repeats(
    rows: list[dict[str, Any]], configurations: Any = None, burst: int = 60, stale: tuple[int, ...] = ()
) -> Repeats:
    """What repeats among rows of one flag; a row has a user and what differs from a plain one."""
    plain = {"flag_key": "a", "enabled": True, "variant": "blue", "timestamp": START}
    log = read_exposures(pd.DataFrame([plain | row for row in rows]))
    found = recompute(log, read_configurations(configurations or flags()))
    found.outcome[list(stale)] = Outcome.STALE
    ((_, some),) = found.by_subject
    return find_repeats(found, some, burst)


def at(seconds: float) -> pd.Timestamp:
    """A time."""
    return START + pd.Timedelta(seconds=seconds)


def test_users_are_counted_once() -> None:
    """However often they come."""
    assert repeats([{"user_id": user, "timestamp": at(row)} for row, user in enumerate("abcacaa")]).users == 3


def test_users_in_several_variants_are_counted() -> None:
    """Who sees one variant twice is not among them, nor who is not let in at times."""
    rows: list[dict[str, Any]] = [
        {"user_id": "one", "variant": "blue"},
        {"user_id": "one", "variant": "blue", "timestamp": at(1)},
        {"user_id": "two", "variant": "blue"},
        {"user_id": "two", "variant": "red", "timestamp": at(1)},
        {"user_id": "two", "variant": "blue", "timestamp": at(2)},
        {"user_id": "off", "variant": "red"},
        {"user_id": "off", "variant": None, "enabled": False, "timestamp": at(1)},
        {"user_id": "off", "variant": "blue", "enabled": False, "timestamp": at(2)},
    ]

    assert repeats(rows).several == 1


def test_a_change_of_configuration_explains_another_variant() -> None:
    """And so does a cache after it; under one configuration nothing does."""
    rows: list[dict[str, Any]] = [
        {"user_id": "x", "variant": "blue"},
        {"user_id": "x", "variant": "red", "timestamp": at(100)},
    ]
    changed = [(None, flags()), (at(50), flags(99))]

    assert repeats(rows).several == 1
    assert repeats(rows, changed).several == 0
    assert repeats([*rows, {"user_id": "x", "variant": "blue", "timestamp": at(101)}], changed).several == 1
    assert repeats([*rows, {"user_id": "x", "variant": "blue", "timestamp": at(101)}], changed, stale=(2,)).several == 0


def test_duplicates_are_the_same_event_again() -> None:
    """Same user, time and outcome; all but the first of each."""
    rows: list[dict[str, Any]] = [
        {"user_id": "x"},
        {"user_id": "y"},
        {"user_id": "x", "variant": "red"},
        {"user_id": "x"},
        {"user_id": "x", "timestamp": at(0.001)},
        {"user_id": "x", "enabled": False},
        {"user_id": "x"},
    ]

    assert repeats(rows).duplicates.tolist() == [3, 6]


def test_without_times_no_event_is_a_duplicate() -> None:
    """A user may see a flag twice."""
    log = read_exposures(pd.DataFrame({"user_id": ["x", "x"], "flag_key": "a", "variant": ["blue", "red"]}))
    found = recompute(log, read_configurations(flags()))
    result = find_repeats(found, np.arange(2), 60)

    assert (result.several, result.duplicates.size, result.bursts.size) == (1, 0, 0)


def test_bursts_are_many_events_within_a_minute() -> None:
    """Wherever a minute begins; duplicates are not counted again, and a slower user has none."""
    rows: list[dict[str, Any]] = [{"user_id": "bot", "timestamp": at(30 + row)} for row in range(61)]
    rows += [{"user_id": "human", "timestamp": at(1.1 * row)} for row in range(60)]
    rows += [{"user_id": "twice", "timestamp": at(30)}] * 100
    found = repeats(rows)

    assert (found.bursts.tolist(), found.burst_users) == (list(range(61)), 1)
    assert found.duplicates.size == 99
    assert repeats(rows, burst=62).bursts.size == 0
    assert repeats(rows[61:121], burst=50).bursts.size == 60


@pytest.mark.parametrize("rows", [0, 1, 59])
def test_few_rows_are_no_burst(rows: int) -> None:
    """Fewer than it takes."""
    assert in_bursts(np.zeros(rows, np.int64), np.zeros(rows, np.int64), 60).tolist() == [False] * rows
