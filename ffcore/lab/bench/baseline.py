"""A run against a stored one: how much slower each workload became, in multiples of the floor, and a verdict."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from ffcore.errors import ConfigError
from ffcore.lab.bench.contender import NAMES
from ffcore.lab.bench.estimate import CONFIDENCE, Estimate, Floats
from ffcore.lab.bench.ourselves import FLOOR, OURS

MARGIN = 0.05
SCHEMA = 1
WORST_FIRST = ("fail", "inconclusive", "pass")
ROUNDS = 6  # fewer can't carry an interval


@dataclass(frozen=True, slots=True)
class Change:
    """How a workload's time changed: new over stored, with its 95 % interval, and the verdict."""

    workload: str
    ratio: Estimate
    verdict: str

    def to_dict(self) -> dict[str, Any]:
        """All fields, ready for JSON."""
        return asdict(self)


def unpaired_ratio(new: ArrayLike, old: ArrayLike) -> Estimate:
    """Estimate by what factor observations grew, from two independent samples of at least six each.

    The estimator of Hodges and Lehmann on logarithms: the median of all quotients, and the interval of the rank sum
    test (Hollander and Wolfe 1999, section 4.3; normal approximation, rounded outwards). No distribution is assumed.

    >>> unpaired_ratio([2, 4, 6, 8, 10, 12], [1, 2, 3, 4, 5, 6]).value
    2.0
    """
    above, below = np.asarray(new, dtype=np.float64), np.asarray(old, dtype=np.float64)
    size = min(above.size, below.size)
    if size < ROUNDS:
        return Estimate(None, None, None, size)
    quotients = np.sort(np.divide.outer(above, below), axis=None)
    spread = math.sqrt(above.size * below.size * (above.size + below.size + 1) / 12)
    z = float(stats.norm.ppf(0.5 + CONFIDENCE / 2))
    rank = max(0, math.floor(quotients.size / 2 - z * spread) - 1)
    return Estimate(float(np.median(quotients)), float(quotients[rank]), float(quotients[-1 - rank]), size)


def changes(run: Mapping[str, Mapping[str, ArrayLike]], stored: Any, margin: float = MARGIN) -> list[Change]:
    """Judge our times on each workload against those of a stored run.

    Both are taken in multiples of the floor of the same round, which takes the machine's speed and its moods out.
    Pass: the interval says that no more than the margin was lost; fail: that more was lost; else inconclusive. What
    differs from one start of the interpreter to the next is not in the interval.

    Args:
        run: nanoseconds a call by workload and contender, one for each round.
        stored: the same of a stored run.
        margin: the loss that is tolerated, as a fraction.
    """
    return [_change(name, unpaired_ratio(_in_floors(run[name]), _in_floors(stored[name])), margin) for name in NAMES]


def _change(workload: str, ratio: Estimate, margin: float) -> Change:
    return Change(workload, ratio, _verdict(ratio, 1 + margin))


def _verdict(ratio: Estimate, limit: float) -> str:
    if ratio.low is None or ratio.high is None:
        return "inconclusive"
    return "pass" if ratio.high <= limit else "fail" if ratio.low > limit else "inconclusive"


def worst(verdicts: Sequence[str]) -> str:
    """The verdict of several: fail before inconclusive before pass.

    >>> worst(["pass", "inconclusive"])
    'inconclusive'
    """
    return min(verdicts, key=WORST_FIRST.index)


def read(path: Path) -> dict[str, Any]:
    """Read a run that ``ffcore bench --json`` wrote.

    Raises:
        ConfigError: It can't be read, is no such file, or lacks what a comparison needs.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError([("", f"cannot be read as JSON: {error}")], str(path)) from None
    if not isinstance(stored, dict) or stored.get("schema") != SCHEMA or not isinstance(stored.get("times"), dict):
        raise ConfigError([("", "expected a file that `ffcore bench --json` of this version wrote")], str(path))
    problems = [problem for name in NAMES for problem in _problems(name, stored["times"].get(name))]
    if problems:
        raise ConfigError(problems, str(path))
    return stored


def _problems(workload: str, row: Any) -> list[tuple[str, str]]:
    found = row if isinstance(row, dict) else {}
    wrong = [name for name in (OURS, FLOOR) if not _are_times(found.get(name))]
    problems = [(f"times.{workload}.{name}", f"expected {ROUNDS} or more positive numbers") for name in wrong]
    if not problems and len(found[OURS]) != len(found[FLOOR]):
        problems.append((f"times.{workload}", f"expected as many rounds of {OURS} as of {FLOOR}"))
    return problems


def _are_times(values: Any) -> bool:
    return (
        isinstance(values, list)
        and len(values) >= ROUNDS
        and all(type(value) in {int, float} and 0 < value < math.inf for value in values)
    )


def _in_floors(row: Mapping[str, ArrayLike]) -> Floats:
    return np.asarray(row[OURS], dtype=np.float64) / np.asarray(row[FLOOR], dtype=np.float64)
