"""Tests of many p-values at once."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from scipy import stats

from ffcore.lab.verify import Check, sample_ratio
from ffcore.lab.verify.p_values import TOO_GOOD, TOO_SMALL, Floats, adjusted, as_a_whole, randomize, randomized

NONE = np.empty(0)


def test_adjusted_rates_are_those_of_benjamini_and_hochberg() -> None:
    """The table of their paper: of 15 p-values four stand out at 5 %."""
    p_values = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.324,
        0.4262,
        0.5719,
        0.6528,
        0.759,
        1,
    ]

    assert np.count_nonzero(adjusted(np.array(p_values)) <= 0.05) == 4
    assert adjusted(NONE).size == 0


@pytest.mark.parametrize(
    ("bend", "direction"),
    [
        pytest.param(lambda p: p**1.4, TOO_SMALL, id="all a little small"),
        pytest.param(lambda p: np.where(p < 0.9, p, p / 20), TOO_SMALL, id="a tenth far too small"),
        pytest.param(lambda p: p**0.7, TOO_GOOD, id="all a little large"),
        pytest.param(lambda p: 0.9 + p / 10, TOO_GOOD, id="all large"),
    ],
)
def test_p_values_that_are_not_uniform_are_seen(bend: object, direction: str) -> None:
    """Both directions, however the p-values are bent."""
    p_values = bend(np.random.default_rng(1).random(500))  # type: ignore[operator]

    found = as_a_whole(p_values, p_values)

    assert (found.direction, found.p_value < 1e-4) == (direction, True)


@pytest.mark.slow
def test_the_alarm_rate_holds_over_uniform_p_values() -> None:
    """Of 1,000 fair fleets at a rate of 1 % at most 35 alarm, but for a chance below 1e-9; the tests overlap."""
    rng = np.random.default_rng(2)
    found = [as_a_whole(p, p).p_value for p in rng.random((1_000, 60))]

    assert 1 <= np.count_nonzero(np.array(found) < 0.01) <= 35


def test_each_test_is_the_exact_one() -> None:
    """Against scipy: the binomial, Kolmogorov and Smirnov's, and Fisher's idea with one degree of freedom each."""
    p_values = np.random.default_rng(3).random(200) ** 1.2
    found = as_a_whole(p_values, p_values).tests
    sums = stats.norm.isf(p_values / 2) ** 2

    expected = {
        TOO_SMALL: (
            stats.binomtest(int((p_values < 0.05).sum()), 200, 0.05, alternative="greater").pvalue,
            stats.ksone.sf(np.max(np.arange(1, 201) / 200 - np.sort(p_values)), 200),
            stats.chi2.sf(sums.sum(), 200),
        ),
        TOO_GOOD: (
            stats.binomtest(int((p_values > 0.95).sum()), 200, 0.05, alternative="greater").pvalue,
            stats.ksone.sf(np.max(np.sort(p_values) - np.arange(200) / 200), 200),
            stats.chi2.cdf(sums.sum(), 200),
        ),
    }
    assert {name: tuple(tests.values()) for name, tests in found.items()} == {
        name: pytest.approx(values) for name, values in expected.items()
    }


def test_p_values_that_are_large_by_right_are_not_too_good() -> None:
    """Only those that are uniform by right are held to be so."""
    large = np.full(500, 0.99)

    assert as_a_whole(large, NONE).p_value == 1.0
    assert as_a_whole(large, large).p_value < 1e-9


def test_an_underflown_p_value_is_counted_as_the_least_there_is() -> None:
    """Zero is no infinite sum."""
    assert np.isfinite(as_a_whole(np.array([0.0, 0.5]), NONE).statistic)


def test_nothing_says_nothing() -> None:
    """Without p-values no test alarms."""
    assert as_a_whole(NONE, NONE).p_value == 1.0


@pytest.mark.parametrize(("users", "share"), [(1, 0.5), (10, 0.5), (11, 0.5), (12, 0.25), (40, 0.01)])
def test_randomized_p_values_are_exactly_uniform(users: int, share: float) -> None:
    """Over all outcomes and all draws: the chance to be below any bound is that bound."""
    exact = Fraction(share)
    chances = np.array([float(comb(users, k) * exact**k * (1 - exact) ** (users - k)) for k in range(users + 1)])
    counts = np.arange(users + 1)
    n, p = np.full(users + 1, users), np.full(users + 1, share)
    low, high = (randomized(counts, n, p, np.full(users + 1, draw)) for draw in (0.0, 1.0))

    for bound in np.linspace(0, 1, 101):
        reached = np.clip((bound - low) / np.maximum(high - low, 1e-15), 0, 1)

        assert (chances * reached).sum() == pytest.approx(bound, abs=1e-9)


def test_discrete_checks_give_uniform_p_values() -> None:
    """A hundred users in halves, 3,000 times: p-values as such are far from uniform, spread evenly they are not."""
    counts = np.random.default_rng(4).binomial(100, 0.5, 3_000).tolist()
    made = {count: sample_ratio([count, 100 - count], [0.5, 0.5]) for count in set(counts)}
    checks = [made[count] for count in counts]
    own: Floats = np.array([check.p_value for check in checks])

    uniform = randomize([f"flag {place}" for place in range(3_000)], checks)

    assert stats.kstest(own, "uniform").pvalue < 1e-9
    assert stats.kstest(uniform, "uniform").pvalue > 1e-4


def test_randomized_p_values_depend_on_the_name_alone() -> None:
    """Two runs agree, and two flags of the same counts are two draws."""
    check = sample_ratio([50, 50], [0.5, 0.5])
    first, second, third = randomize(["a", "b", "a"], [check, check, check])

    assert first == third != second


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        pytest.param(sample_ratio([530, 290, 180], [0.5, 0.3, 0.2]), 0.1267, id="three arms"),
        pytest.param(sample_ratio([5, 3, 1], [0.5, 0.3, 0.2]), None, id="three arms of few users"),
        pytest.param(sample_ratio([50, 0], [1, 0]), None, id="proof"),
        pytest.param(Check("demo", "pass", p_value=0.5), None, id="no counts"),
        pytest.param(sample_ratio([0, 0], [0.5, 0.5]), None, id="no users"),
    ],
)
def test_checks_without_steps_or_counts(check: Check, expected: float | None) -> None:
    """Three arms take chi-square's p-value; where it does not hold, and without counts, there is none."""
    [found] = randomize(["x"], [check])

    assert np.isnan(found) if expected is None else found == pytest.approx(expected, abs=1e-4)


def test_trillions_of_users_are_no_problem() -> None:
    """The mirror of a count is found whatever the size of the counts."""
    users = 10**12
    low, high = (
        randomized(np.array([users // 2 + 10]), np.array([users]), np.array([0.5]), np.array([draw]))
        for draw in (0.0, 1.0)
    )

    assert high - low == pytest.approx(2 * stats.binom.pmf(users // 2 + 10, users, 0.5))
