"""Goodness of fit of counts to shares: exact where chi-square misleads, chi-square elsewhere.

At an alarm rate of 0.001 chi-square alarms 1.5 to 4 times too often until each arm expects about 50 users, so below
that the p-value is exact: the probability of all outcomes that are no more likely than the one observed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

EXACT_BELOW = 50
MOST_OUTCOMES = 1_000_000
#: Monte Carlo draws, and with many arms the numbers drawn that they are cut to, but never below the fewest.
DRAWS, FEWEST_DRAWS, MOST_DRAWN = 200_000, 20_000, 2_000_000
#: Numbers drawn at a time, so that memory stays small.
DRAWN_AT_ONCE = 1_000_000
SEED = 20_240_607
#: Outcomes this close in log-probability are ties, which rounding must not break.
TIE = 1e-7


@dataclass(frozen=True, slots=True)
class Fit:
    """How well counts fit: the chi-square statistic, the p-value, its Monte Carlo standard error, and the method."""

    statistic: float
    p_value: float
    error: float
    method: str


def fit(counts: list[int], shares: list[float]) -> Fit:
    """The fit of ``counts`` to ``shares`` (positive, summing to 1), both for two arms or more.

    Chi-square with its survival function where every arm expects at least 50; below, the exact binomial test for two
    arms and for more the exact multinomial test, by enumeration up to a million outcomes and beyond by 200,000 draws
    with a fixed seed (20,000 at least where there are more than ten arms).

    >>> round(fit([821_588, 815_482], [0.5, 0.5]).p_value, 8)
    1.82e-06
    >>> fit([3, 0, 1], [0.8, 0.1, 0.1]).method
    'exact multinomial'
    """
    users = sum(counts)
    if not users:
        return Fit(0.0, 1.0, 0.0, "no users")
    expected = [users * share for share in shares]
    statistic = math.fsum((count - mean) ** 2 / mean for count, mean in zip(counts, expected, strict=True))
    if min(expected) >= EXACT_BELOW:
        return Fit(statistic, float(stats.chi2.sf(statistic, len(counts) - 1)), 0.0, "chi-square")
    p_value, error, method = exact(counts, shares)
    return Fit(statistic, p_value, error, method)


def exact(counts: list[int], shares: list[float]) -> tuple[float, float, str]:
    """The exact p-value, its Monte Carlo standard error (0 without draws), and the method.

    >>> p_value, error, method = exact([9, 1], [0.5, 0.5])
    >>> round(p_value, 6), error, method  # 22 of 1024 outcomes
    (0.021484, 0.0, 'exact binomial')
    """
    users, arms = sum(counts), len(counts)
    if arms == 2:
        return float(stats.binomtest(counts[0], users, shares[0]).pvalue), 0.0, "exact binomial"
    observed = float(stats.multinomial.logpmf(counts, users, shares)) + TIE
    if math.comb(users + arms - 1, arms - 1) <= MOST_OUTCOMES:
        chances = stats.multinomial.logpmf(outcomes(users, arms), users, shares)
        return min(1.0, float(np.exp(chances[chances <= observed]).sum())), 0.0, "exact multinomial"
    return monte_carlo(counts, shares, observed)


def monte_carlo(counts: list[int], shares: list[float], observed: float) -> tuple[float, float, str]:
    """The exact p-value estimated by draws with a fixed seed: how many are no more likely than what was observed.

    Where none is, p lies below the reach of the draws. Then the smallest of the arms' exact binomial p-values times the
    number of arms stands for it (Bonferroni), so that a gross mismatch fails at any alarm rate.
    """
    users, arms = sum(counts), len(counts)
    draws = max(FEWEST_DRAWS, min(DRAWS, MOST_DRAWN // arms))
    random, extreme, step = np.random.default_rng(SEED), 0, max(1, DRAWN_AT_ONCE // arms)
    for start in range(0, draws, step):
        drawn = random.multinomial(users, shares, size=min(step, draws - start))
        extreme += int(np.count_nonzero(stats.multinomial.logpmf(drawn, users, shares) <= observed))
    p_value = (extreme + 1) / (draws + 1)
    if not extreme and (bounded := farthest(counts, shares)) < p_value:
        return bounded, 0.0, "exact binomial of the farthest arm"
    return p_value, math.sqrt(p_value * (1 - p_value) / draws), "Monte Carlo multinomial"


def farthest(counts: list[int], shares: list[float]) -> float:
    """The smallest exact binomial p-value of any arm against the rest, times the number of arms.

    >>> farthest([9, 1, 0], [0.5, 0.25, 0.25]) == 3 * exact([9, 1], [0.5, 0.5])[0]
    True
    """
    users = sum(counts)
    found = [stats.binomtest(count, users, share).pvalue for count, share in zip(counts, shares, strict=True)]
    return min(1.0, len(counts) * float(min(found)))


def outcomes(users: int, arms: int) -> NDArray[np.int64]:
    """Every way to spread ``users`` over ``arms``, one a row: an array of shape (ways, arms).

    >>> outcomes(2, 2).tolist()
    [[0, 2], [1, 1], [2, 0]]
    """
    columns: list[NDArray[np.int64]] = []
    rest = np.array([users])
    for _ in range(arms - 1):
        source = np.repeat(np.arange(rest.size), rest + 1)
        first = np.cumsum(rest + 1) - (rest + 1)
        taken = np.arange(source.size) - first[source]
        columns = [column[source] for column in columns] + [taken]
        rest = rest[source] - taken
    return np.column_stack([*columns, rest])
