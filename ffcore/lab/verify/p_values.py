"""Many p-values at once: which of them stand out, and whether they look as a whole as p-values should."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from ffcore.hashing import HASH_SPACE, hash32
from ffcore.lab.verify.check import Check
from ffcore.lab.verify.display import number, percent
from ffcore.lab.verify.goodness import EXACT_BELOW, fit

Floats = NDArray[np.float64]
SMALL, LARGE = 0.05, 0.95
TOO_SMALL, TOO_GOOD = "too small", "too good"
#: A smaller p-value would have an infinite chi-square.
LEAST = 1e-300
#: Distances this close are equal, which rounding must not break.
TIE = 1e-6


def adjusted(p_values: Floats) -> Floats:
    """The smallest false discovery rate at which each one stands out (Benjamini and Hochberg, JRSS B 57, 1995).

    >>> adjusted(np.array([0.001, 0.5, 0.04])).round(3).tolist()
    [0.003, 0.5, 0.06]
    """
    if not p_values.size:
        return p_values
    found: Floats = stats.false_discovery_control(np.minimum(1.0, p_values))
    return found


@dataclass(frozen=True, slots=True)
class Whole:
    """How p-values look as a whole.

    Attributes:
        tests: The p-value of each test, by the direction and the name.
        p_value: The smallest of them, times their number (Bonferroni).
        direction: What that one says: the p-values are too small, or too good to be true.
        test: Its name.
        words: What it saw.
        small: How many lie below 0.05, and of how many.
        large: How many lie above 0.95, and of how many: only p-values that are uniform under the null count.
        statistic: The sum of what each p-value is as a chi-square of one degree of freedom.
    """

    tests: dict[str, dict[str, float]]
    p_value: float
    direction: str
    test: str
    words: str
    small: tuple[int, int]
    large: tuple[int, int]
    statistic: float


def as_a_whole(p_values: Floats, uniform: Floats) -> Whole:
    """Six tests of p-values together, three against ones that are too small and three against ones that are too good.

    The share below 0.05 (above 0.95) by the exact binomial, Kolmogorov and Smirnov's one-sided distance from uniform,
    and the sum of the p-values as chi-squares. They assume independent checks. Checks that correct for
    several tests inside have p-values that tend to be large: they can show that p-values are too small, but not that
    they are too good.

    Args:
        p_values: One for each check.
        uniform: Those among them that are uniform under the null, that is, if nothing is wrong.

    >>> rng = np.random.default_rng(1)
    >>> fair = rng.random(1_000)
    >>> as_a_whole(fair, fair).p_value > 0.1, as_a_whole(fair**1.5, fair**1.5).direction
    (True, 'too small')
    """
    small, large = int(np.count_nonzero(p_values < SMALL)), int(np.count_nonzero(uniform > LARGE))
    tests = {
        TOO_SMALL: {
            "share": tail(small, p_values.size),
            "distance": distance(p_values),
            "sum": float(stats.chi2.sf(total(p_values), p_values.size)) if p_values.size else 1.0,
        },
        TOO_GOOD: {
            "share": tail(large, uniform.size),
            "distance": distance(1 - uniform),
            "sum": float(stats.chi2.cdf(total(uniform), uniform.size)) if uniform.size else 1.0,
        },
    }
    every = [(p_value, direction, test) for direction, found in tests.items() for test, p_value in found.items()]
    least, direction, test = min(every)
    words = seen(test, p_values if direction == TOO_SMALL else uniform, direction) if least < 1 else ""
    p_value = min(1.0, len(every) * least)
    return Whole(tests, p_value, direction, test, words, (small, p_values.size), (large, uniform.size), total(p_values))


def seen(test: str, p_values: Floats, direction: str) -> str:
    """What a test saw in p-values, in words.

    >>> seen("share", np.array([0.01, 0.02, 0.5, 0.7]), TOO_SMALL)
    '50 % are below 0.05, 5 % should be'
    """
    if test == "share":
        small = direction == TOO_SMALL
        share = float(np.mean(p_values < SMALL if small else p_values > LARGE))
        return f"{percent(share)} are {'below' if small else 'above'} {SMALL if small else LARGE:g}, 5 % should be"
    if test == "distance":
        return f"half are below {number(float(np.median(p_values)))}, 0.5 is expected"
    return f"their chi-squares sum to {number(total(p_values))}, {p_values.size:,} is expected"


def tail(count: int, tries: int) -> float:
    """The chance of so many p-values or more in a twentieth of their range."""
    return float(stats.binom.sf(count - 1, tries, SMALL)) if tries else 1.0


def distance(p_values: Floats) -> float:
    """Kolmogorov and Smirnov's exact one-sided p-value against uniform: do too many lie below some bound?

    >>> round(distance(np.array([0.1, 0.2])), 4)  # both below 0.2
    0.04
    """
    parts = np.arange(1, p_values.size + 1) / max(1, p_values.size)
    farthest = float((parts - np.sort(p_values)).max(initial=0.0))
    return float(special.smirnov(p_values.size, farthest)) if p_values.size else 1.0


def total(p_values: Floats) -> float:
    """The sum of the chi-squares of one degree of freedom whose tails the p-values are."""
    return math.fsum(stats.chi2.isf(np.maximum(p_values, LEAST), 1))


def randomize(names: Sequence[str], checks: Sequence[Check]) -> Floats:
    """A p-value for each check that is uniform if nothing is wrong; NaN where none can be had.

    Counts are whole numbers, so the p-values of two arms come in steps: of a hundred users in halves one split in
    twelve gives exactly 1. A randomized p-value lies at random within its step: here by a hash of the check's name,
    so that each run gives the same. Three arms and more take chi-square's p-value where it holds.
    """
    found = np.full(len(checks), np.nan)
    pairs: list[tuple[int, int, int, float]] = []
    for place, check in enumerate(checks):
        cells = counted(check)
        if len(cells) == 2:
            pairs.append((place, cells[0][0], cells[0][0] + cells[1][0], cells[0][1]))
        elif len(cells) > 2:
            found[place] = of_several(cells)
    if pairs:
        places, counts, users, shares = (np.array(column) for column in zip(*pairs, strict=True))
        draws = np.array([(hash32(names[place], "p_values") + 0.5) / HASH_SPACE for place in places.tolist()])
        found[places] = randomized(counts, users, shares, draws)
    return found


def counted(check: Check) -> list[tuple[int, float]]:
    """Users and share of each arm that should get some; nothing if the check counted no users, or once a look."""
    details = check.details
    counts, expected = details.get("counts"), details.get("expected")
    if (
        not isinstance(counts, dict)
        or not isinstance(expected, dict)
        or "log10_e" in details
        or not sum(counts.values())
    ):
        return []
    return [(counts[arm], share) for arm, share in expected.items() if share and arm in counts]


def of_several(cells: Sequence[tuple[int, float]]) -> float:
    """Chi-square's p-value of three arms or more; NaN where it does not hold."""
    counts, shares = [count for count, _ in cells], [share for _, share in cells]
    return fit(counts, shares).p_value if sum(counts) * min(shares) >= EXACT_BELOW else math.nan


def randomized(counts: NDArray[np.int64], users: NDArray[np.int64], shares: Floats, draws: Floats) -> Floats:
    """The chance to be farther from the mean than each count is, and of a draw's part of being as far.

    >>> n, share = np.array([2]), np.array([0.5])
    >>> [randomized(np.array([1]), n, share, np.array([draw])).round(9).item() for draw in (0.0, 0.5, 1.0)]
    [0.5, 0.75, 1.0]
    """
    mean = users * shares
    low, high = mean - abs(counts - mean), mean + abs(counts - mean)
    first, last = np.ceil(low - TIE), np.floor(high + TIE)  # what is not farther
    farther = stats.binom.cdf(first - 1, users, shares) + stats.binom.sf(last, users, shares)
    mirror = np.round(2 * mean - counts)
    mirrored = (abs(mirror - (2 * mean - counts)) < 2 * TIE) & (mirror != counts)
    as_far = stats.binom.pmf(counts, users, shares) + np.where(mirrored, stats.binom.pmf(mirror, users, shares), 0.0)
    return np.asarray(np.minimum(1.0, farther + draws * as_far))
