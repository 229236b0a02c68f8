"""Tests of the goodness-of-fit p-values, against published figures and other implementations."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from scipy import special, stats

from ffcore.lab.verify import goodness
from ffcore.lab.verify.goodness import exact, fit, outcomes

#: Users, share of the small arm, and the actual alarm rates of chi-square, G-test and exact test at 0.001 as published.
RATES = [
    (100, 0.01, (0.0034, 0.0005, 0.0005)),
    (200, 0.01, (0.0043, 0.0002, 0.0002)),
    (500, 0.01, (0.0019, 0.0007, 0.0007)),
    (1_000, 0.01, (0.0015, 0.0011, 0.0007)),
    (5_000, 0.01, (0.0010, 0.0010, 0.0008)),
    (10_000, 0.001, (0.0016, 0.0008, 0.0007)),
    (1_000, 0.5, (0.0009, 0.0011, 0.0009)),
]


@pytest.mark.parametrize(("users", "share", "published"), RATES)
def test_the_exact_test_holds_its_alarm_rate(users: int, share: float, published: tuple[float, ...]) -> None:
    """The exact test never alarms more often than it says; chi-square does, up to four times, where few are expected.

    All rates are the published ones within their rounding, summed over all outcomes. At 500 users G-test and exact
    test have 0.000646, which the table rounds up.
    """
    low, high = (int(stats.binom.ppf(tail, users, share)) for tail in (1e-7, 1 - 1e-7))
    counts = np.arange(low, high + 1)
    means = np.stack([np.full(counts.size, users * share), np.full(counts.size, users * (1 - share))])
    pairs = np.stack([counts, users - counts]).astype(float)
    chi_square = stats.chi2.sf(((pairs - means) ** 2 / means).sum(axis=0), 1)
    g_test = stats.chi2.sf(2 * special.xlogy(pairs, pairs / means).sum(axis=0), 1)
    exactly = np.array([exact([count, users - count], [share, 1 - share])[0] for count in counts.tolist()])
    chances = stats.binom.pmf(counts, users, share)
    rates = [float(chances[p_values < 0.001].sum()) + 2e-7 for p_values in (chi_square, g_test, exactly)]

    assert rates[2] <= 0.001
    assert rates == pytest.approx(published, abs=0.000055)


def test_the_method_follows_the_smallest_expected_count() -> None:
    """Below 50 expected users exact, from 50 on chi-square; enumeration gives way to draws where it grows too large."""
    methods = [
        fit([99, 4_900], [0.0098, 0.9902]).method,
        fit([50, 4_950], [0.01, 0.99]).method,
        fit([20, 10, 10], [0.5, 0.25, 0.25]).method,
        fit([4_000, 4_000, 20], [0.4975, 0.4975, 0.005]).method,
    ]

    assert methods == ["exact binomial", "chi-square", "exact multinomial", "Monte Carlo multinomial"]


@pytest.mark.parametrize("counts", [[7, 2, 1, 0], [0, 0, 0, 10], [3, 3, 2, 2], [10, 0, 0, 0]])
def test_exact_multinomial_is_the_sum_over_all_outcomes(counts: list[int]) -> None:
    """The p-value equals a sum over every outcome, counted the plain way in exact integers."""
    weights = [4, 3, 2, 1]

    def weight(outcome: tuple[int, ...]) -> int:
        ways = math.factorial(10) // math.prod(math.factorial(count) for count in outcome)
        chance = math.prod(weight**count for weight, count in zip(weights, outcome, strict=True))
        return int(ways * chance)

    every = [outcome for outcome in product(range(11), repeat=4) if sum(outcome) == 10]
    expected = sum(weight(outcome) for outcome in every if weight(outcome) <= weight(tuple(counts))) / 10**10

    assert exact(counts, [0.4, 0.3, 0.2, 0.1])[0] == pytest.approx(expected, rel=1e-9)


def test_every_outcome_is_enumerated_once() -> None:
    """Rows are distinct, sum to the users, and are as many as combinatorics says."""
    rows = outcomes(12, 4)

    assert len({tuple(row) for row in rows.tolist()}) == len(rows) == math.comb(15, 3)
    assert set(rows.sum(axis=1).tolist()) == {12}


def test_draws_agree_with_enumeration_within_their_stated_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Monte Carlo and enumeration differ by no more than five standard errors, and a run repeats."""
    counts, shares = [30, 5, 12], [0.5, 0.2, 0.3]
    exactly, _, _ = exact(counts, shares)
    monkeypatch.setattr(goodness, "MOST_OUTCOMES", 0)
    drawn, error, method = exact(counts, shares)

    assert method == "Monte Carlo multinomial"
    assert 0 < error < 0.002
    assert abs(drawn - exactly) < 5 * error
    assert exact(counts, shares)[0] == drawn


def test_chi_square_is_that_of_scipy() -> None:
    """Statistic and p-value are scipy's where chi-square applies."""
    counts, shares = [5_030, 2_950, 2_020], [0.5, 0.3, 0.2]
    theirs = stats.chisquare(counts, [10_000 * share for share in shares])
    ours = fit(counts, shares)

    assert (ours.statistic, ours.p_value) == pytest.approx((theirs.statistic, theirs.pvalue))


def test_a_strong_mismatch_keeps_a_p_value() -> None:
    """The survival function gives 2.4e-21 at a chi-square of 90, where 1 - cdf gives 0."""
    users, off = 1_000_000, int(math.sqrt(90 * 250_000))

    assert fit([users // 2 + off, users // 2 - off], [0.5, 0.5]).p_value == pytest.approx(2.4e-21, rel=0.05, abs=0)


def test_a_trillion_users_in_three_arms() -> None:
    """Huge counts beside a tiny arm neither overflow nor lose the comparison of likelihoods."""
    tiny = 4e-11
    found = fit([5 * 10**11, 5 * 10**11 - 90, 90], [0.5, 0.5 - tiny, tiny])

    fair = fit([5 * 10**11, 5 * 10**11 - 40, 40], [0.5, 0.5 - tiny, tiny])

    assert found.p_value < 0.0001
    assert (fair.method, fair.p_value > 0.1) == ("Monte Carlo multinomial", True)


def test_a_gross_mismatch_lies_beyond_the_draws() -> None:
    """What no draw reaches has the exact binomial p-value of its farthest arm: far below 1 / 200,000."""
    found = fit([10_000, 10_900, 40], [0.499, 0.499, 0.002])
    alone = stats.binomtest(10_900, 20_940, 0.499).pvalue

    assert found.method == "exact binomial of the farthest arm"
    assert found.p_value == pytest.approx(3 * alone)
    assert found.error == 0
    assert found.p_value < 1e-8


def test_what_the_draws_reach_is_left_to_them() -> None:
    """A p-value of one in a thousand is that of the draws, with its error."""
    found = fit([10_000, 10_460, 40], [0.499, 0.499, 0.002])

    assert found.method == "Monte Carlo multinomial"
    assert 0.0002 < found.p_value < 0.01
    assert found.error == pytest.approx(math.sqrt(found.p_value / goodness.DRAWS), rel=0.01)


def test_many_arms_are_drawn_less_often_but_enough() -> None:
    """A hundred arms of ten users: 20,000 draws, and the error is that of 20,000."""
    found = fit([7, 13] * 50, [0.01] * 100)
    error = math.sqrt(found.p_value * (1 - found.p_value) / 20_000)

    assert (found.method, fit([10] * 100, [0.01] * 100).p_value) == ("Monte Carlo multinomial", 1)
    assert 0 < found.error == pytest.approx(error)
