"""Tests of e-values and confidence sequences: exact arithmetic, the laws that make them valid, and other solvers."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from scipy import optimize, special, stats

from ffcore.lab.verify.evalues import CONCENTRATIONS, confidence_sequence, log_e_value, log_e_values

#: Cumulative counts, shares, and the mixture's log e-value to 12 digits, from mpmath's loggamma with 60 digits.
HUGE = [
    ([500_001_000_000, 499_999_000_000], [0.5, 0.5], -7.07534128142942),
    ([700_003_000_000, 299_997_000_000], [0.7, 0.3], 12.3532523970646),
    ([0, 10**12], [0.5, 0.5], 693147179391.576),
    ([2**52, 2**52 - 10**8], [0.5, 0.5], -13.0731193059673),
]


def exactly(counts: list[int], weights: list[int], concentration: int) -> Fraction:
    """One prior's e-value in exact rational arithmetic: the Polya urn drawn user by user, over the shares' product."""
    found, drawn = Fraction(1), 0
    for count, weight in zip(counts, weights, strict=True):
        share = Fraction(weight, sum(weights))
        for already in range(count):
            found *= (concentration * share + already) / (concentration + drawn) / share
            drawn += 1
    return found


@pytest.mark.parametrize(
    "counts", [[0, 0, 0], [1, 0, 0], [0, 0, 40], [7, 6, 5], [300, 180, 120], [260, 200, 140]], ids=str
)
@pytest.mark.parametrize("concentration", [2, 100, 10_000])
def test_the_e_value_is_that_of_exact_arithmetic(counts: list[int], concentration: int) -> None:
    """The closed form equals the product of the urn's chances, one user after the other."""
    expected = exactly(counts, [5, 3, 2], concentration)
    found = log_e_value(np.array(counts, dtype=float), np.array([0.5, 0.3, 0.2]), concentration)

    assert float(found) == pytest.approx(math.log(expected), abs=1e-11)


def test_the_mixture_is_the_mean_of_its_parts() -> None:
    """Each concentration has a quarter of the stake."""
    counts, shares = np.array([5_300.0, 4_700.0]), np.array([0.5, 0.5])
    parts = [math.exp(float(log_e_value(counts, shares, concentration))) for concentration in (1e2, 1e3, 1e4, 1e5)]

    assert math.exp(float(log_e_values(counts, [0.5, 0.5]))) == pytest.approx(np.mean(parts), rel=1e-12)


@pytest.mark.parametrize(("counts", "shares", "expected"), HUGE, ids=[str(counts) for counts, _, _ in HUGE])
def test_huge_counts_lose_no_digit(counts: list[int], shares: list[float], expected: float) -> None:
    """With 10**12 users and more the logarithm is right to a ten-millionth, where plain gammaln is off by 0.01."""
    assert float(log_e_values(np.array(counts), shares)) == pytest.approx(expected, rel=1e-11, abs=1e-7)


@pytest.mark.parametrize("counts", [[0, 0, 0], [3, 0, 9], [5_300, 2_700, 2_000], [10**9, 10**5, 10**4]], ids=str)
def test_the_next_user_changes_nothing_on_average(counts: list[int]) -> None:
    """A fair bet: over the arms of the next user, at their shares, the mean e-value is today's (a martingale)."""
    shares = [0.5, 0.3, 0.2]
    now = log_e_values(np.array(counts), shares)
    after = log_e_values(np.array(counts) + np.eye(3), shares)

    assert float(np.exp(after - now) @ np.array(shares)) == pytest.approx(1, abs=1e-7)


def test_the_mean_over_all_outcomes_is_one() -> None:
    """Whatever is drawn at the expected shares, the stake of 1 is worth 1 on average, summed over every outcome."""
    shares, users = [0.6, 0.3, 0.1], 25
    every = np.array([outcome for outcome in product(range(users + 1), repeat=3) if sum(outcome) == users])
    chances = stats.multinomial.pmf(every, users, shares)

    assert float(chances @ np.exp(log_e_values(every, shares))) == pytest.approx(1, abs=1e-11)


def by_gammaln(arm: int, users: int, share: float, tried: float) -> float:
    """The log e-value of the Beta-binomial mixture around ``share`` against a share of ``tried``, by betaln."""
    logs = [
        special.betaln(k * share + arm, k * (1 - share) + users - arm) - special.betaln(k * share, k * (1 - share))
        for k in CONCENTRATIONS
    ]
    likelihood = special.xlogy(arm, tried) + special.xlog1py(users - arm, -tried)
    return float(special.logsumexp(logs) - math.log(len(logs)) - likelihood)


@pytest.mark.parametrize(
    ("arm", "users", "share"),
    [(5_300, 10_000, 0.5), (1, 1_000, 0.01), (20, 21, 0.9), (40_000, 10**6, 0.1), (3, 10**6, 0.001), (7, 50, 0.5)],
)
def test_bounds_are_the_roots_that_brentq_finds(arm: int, users: int, share: float) -> None:
    """At either bound the e-value against that share is just 1 / (1 - level)."""
    low, high = confidence_sequence(np.array([arm]), np.array([users]), share, 0.999)

    def beyond(tried: float) -> float:
        return by_gammaln(arm, users, share, tried) - math.log(1_000)

    seen = arm / users
    assert low[0] == pytest.approx(optimize.brentq(beyond, seen * 1e-12, seen, xtol=1e-15), rel=1e-6)
    assert high[0] == pytest.approx(optimize.brentq(beyond, seen, 1 - 1e-12, xtol=1e-15), rel=1e-6)


@pytest.mark.parametrize("users", [1, 10, 1_000, 10**6, 10**12])
def test_bounds_reach_the_end_where_nobody_or_everybody_is_in_the_arm(users: int) -> None:
    """Without users in the arm 0 cannot be refuted, with all of them in it 1 cannot; the other bound is strict."""
    low, high = confidence_sequence(np.array([0, users]), np.array([users, users]), 0.5, 0.999)

    assert (low[0], high[1]) == (0, 1)
    assert high[0] == pytest.approx(1 - low[1])
    assert users < 1_000 or 0 < high[0] < 0.5


def test_before_anybody_comes_every_share_is_possible() -> None:
    """Nothing is refuted by nobody."""
    low, high = confidence_sequence(np.array([0]), np.array([0]), 0.3, 0.999)

    assert (low[0], high[0]) == (0, 1)


@pytest.mark.parametrize("users", [10**9, 10**12, 2**53])
def test_bounds_stay_around_the_estimate_with_huge_counts(users: int) -> None:
    """The bounds of a share observed exactly are symmetrical and a few standard errors away, at any size."""
    low, high = confidence_sequence(np.array([users // 2]), np.array([users]), 0.5, 0.999)
    error = 0.5 / math.sqrt(users)

    assert 0.5 - low[0] == pytest.approx(high[0] - 0.5, rel=1e-3)
    assert 3.3 * error < high[0] - 0.5 < 8 * error


def test_of_two_arms_the_target_is_refuted_exactly_when_the_e_value_alarms() -> None:
    """Test and confidence sequence are one: a look either does both or neither."""
    arm = np.arange(4_600, 5_401)
    users = np.full_like(arm, 10_000)
    low, high = confidence_sequence(arm, users, 0.5, 0.999)
    alarms = log_e_values(np.stack([arm, users - arm], axis=-1), [0.5, 0.5]) > math.log(1_000)

    assert 0 < alarms.sum() < alarms.size
    assert alarms.tolist() == ((low > 0.5) | (high < 0.5)).tolist()
