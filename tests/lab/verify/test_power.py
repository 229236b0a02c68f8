"""Tests of planning, power and intervals, against published tables and other implementations."""

from __future__ import annotations

import pytest
from scipy import stats
from statsmodels.stats import proportion
from statsmodels.stats.power import GofChisquarePower

from ffcore import ConfigError
from ffcore.lab.verify import plan
from ffcore.lab.verify.power import detectable, users_needed, wilson

#: Target, margin, users; the larger ones are given to three digits.
PLAN = [
    (0.5, 0.05, 1_083),
    (0.5, 0.01, 27_056),
    (0.5, 0.005, 108_222),
    (0.1, 0.05, 390),
    (0.1, 0.01, 9_740),
    (0.1, 0.005, 38_960),
    (0.01, 0.005, 4_286),
    (0.01, 0.001, 107_140),
]
#: Users, alarm rate, share, detectable mismatch in percentage points.
DETECTABLE = [
    (1_000, 0.01, 0.5, 5.40),
    (1_000, 0.001, 0.5, 6.53),
    (1_000, 0.0005, 0.5, 6.83),
    (1_000, 0.001, 0.01, 1.30),
    (10_000, 0.01, 0.5, 1.71),
    (10_000, 0.001, 0.5, 2.07),
    (10_000, 0.0005, 0.5, 2.16),
    (10_000, 0.001, 0.01, 0.41),
    (100_000, 0.01, 0.5, 0.54),
    (100_000, 0.001, 0.5, 0.65),
    (100_000, 0.0005, 0.5, 0.68),
    (100_000, 0.001, 0.01, 0.13),
    (1_000_000, 0.01, 0.5, 0.17),
    (1_000_000, 0.001, 0.5, 0.21),
    (1_000_000, 0.0005, 0.5, 0.22),
    (1_000_000, 0.001, 0.01, 0.04),
]


@pytest.mark.parametrize(("share", "margin", "users"), PLAN)
def test_plan_is_the_published_table(share: float, margin: float, users: int) -> None:
    """Users for 90 % power to show equivalence."""
    assert plan(share, margin) == users


def test_plan_of_millions_is_the_published_one_within_its_rounding() -> None:
    """The table gives 2.71 and 0.97 million."""
    assert [round(plan(share, 0.001) / 1e6, 2) for share in (0.5, 0.1)] == [2.71, 0.97]


@pytest.mark.parametrize(("share", "margin"), [(0.5, 0.01), (0.1, 0.02), (0.005, 0.001), (0.001, 0.0002)])
def test_planned_users_pass_nine_times_in_ten(share: float, margin: float) -> None:
    """At the planned number the chance that the Wilson interval lies inside the margin is 90 %, summed exactly."""
    users = plan(share, margin)
    low, high = (int(stats.binom.ppf(tail, users, share)) for tail in (1e-4, 1 - 1e-4))
    inside = [
        count
        for count in range(low, high)
        if share - margin < wilson(count, users)[0] and wilson(count, users)[1] < share + margin
    ]
    chance = stats.binom.cdf(inside[-1], users, share) - stats.binom.cdf(inside[0] - 1, users, share)

    assert 0.885 < chance < 0.915


@pytest.mark.parametrize("users", [10_000, 30_000, 108_222])
def test_what_passes_is_what_two_one_sided_tests_of_statsmodels_pass(users: int) -> None:
    """The Wilson interval lies within one point of a half exactly for the counts that binom_tost accepts."""
    low, high = proportion.binom_tost_reject_interval(0.49, 0.51, users)
    near = range(int(0.47 * users), int(0.53 * users))
    inside = [count for count in near if wilson(count, users)[0] > 0.49 and wilson(count, users)[1] < 0.51]

    assert (inside[0], inside[-1]) == (low, high)
    assert proportion.binom_tost(inside[0], users, 0.49, 0.51)[0] <= 0.05
    assert proportion.binom_tost(inside[0] - 1, users, 0.49, 0.51)[0] > 0.05


def test_a_half_off_by_0_31_points_is_the_published_noise() -> None:
    """4,969 of 10,000: interval 48.7 to 50.7 %, p 0.54; a perfect hash comes this close 47 % of the time.

    A bound of 49 to 51 % rejects 4.4 % of perfect hashes, one of 45 to 55 % accepts 54 % with 97.8 %; and 10,000 users
    have a power of 28 % to show one point (27.4 % counted exactly, 27.7 % by the normal distribution).
    """
    users = 10_000
    half = stats.binom(users, 0.5)
    shown = [
        count for count in range(4_900, 5_100) if wilson(count, users)[0] > 0.49 and wilson(count, users)[1] < 0.51
    ]

    assert wilson(4_969, users, 0.95) == pytest.approx((0.487, 0.507), abs=0.0005)
    assert stats.chisquare([4_969, 5_031]).pvalue == pytest.approx(0.54, abs=0.005)
    assert half.cdf(5_031) - half.cdf(4_968) == pytest.approx(0.47, abs=0.005)
    assert 1 - (half.cdf(5_100) - half.cdf(4_899)) == pytest.approx(0.044, abs=0.0005)
    assert stats.binom.cdf(5_500, users, 0.54) - stats.binom.cdf(4_499, users, 0.54) == pytest.approx(0.978, abs=0.0005)
    assert half.pmf(shown).sum() == pytest.approx(0.274, abs=0.0005)


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"share": 50, "margin": 0.01}, "share"),
        ({"share": 0.01, "margin": 0.01}, "margin"),
        ({"share": 0.5, "margin": 0}, "margin"),
        ({"share": 0.5, "margin": 0.01, "power": 90}, "power"),
        ({"share": float("nan"), "margin": 0.01}, "share"),
        ({"share": "0.5", "margin": 0.01}, "share"),
    ],
)
def test_a_plan_without_sense_is_refused(arguments: dict[str, float], path: str) -> None:
    """Percentages for fractions, no margin, or one that allows nobody to be on."""
    with pytest.raises(ConfigError) as error:
        plan(**arguments)

    assert [place for place, _ in error.value.problems] == [path]


@pytest.mark.parametrize(("users", "alpha", "share", "points"), DETECTABLE)
def test_detectable_is_the_published_table(users: int, alpha: float, share: float, points: float) -> None:
    """The smallest mismatch seen with 80 % power, to the table's two digits."""
    assert round(100 * (detectable(share, 2, users, alpha) or 0), 2) == points


@pytest.mark.parametrize(("deviation", "users"), [(0.005, 170_746), (0.002, 1_067_000), (0.001, 4_268_000)])
def test_detectable_inverts_the_published_sample_sizes(deviation: float, users: int) -> None:
    """50.5/49.5 needs 170,746 users, 50.2/49.8 1.07 million, 50.1/49.9 4.27 million."""
    theirs = GofChisquarePower().solve_power(2 * deviation, alpha=0.001, power=0.8, n_bins=2)

    assert detectable(0.5, 2, users, 0.001) == pytest.approx(deviation, rel=0.001)
    assert theirs == pytest.approx(users, rel=0.001)


def test_detectable_of_several_arms_is_that_of_statsmodels() -> None:
    """With four arms the deviation found has 80 % power by an independent implementation."""
    deviation = detectable(0.1, 4, 20_000, 0.001)
    assert deviation is not None
    effect = deviation / (0.1 * 0.9) ** 0.5

    assert GofChisquarePower().power(effect, 20_000, 0.001, n_bins=4) == pytest.approx(0.8, abs=1e-6)


def test_nothing_is_detectable_among_few() -> None:
    """Where not even all users in one arm would alarm, there is no number to give."""
    assert [detectable(0.5, 2, 0, 0.001), detectable(0.5, 2, 10, 0.001)] == [None, None]


def test_more_arms_need_more_users() -> None:
    """The risk is divided among three arms; two mirror each other."""
    assert users_needed([0.5, 0.5], [0.01] * 2) == plan(0.5, 0.01)
    assert users_needed([0.5, 0.3, 0.2], [0.01] * 3) == plan(0.5, 0.01, power=1 - 0.1 / 3)


@pytest.mark.parametrize(("count", "users"), [(0, 10), (10, 10), (3, 10), (4_969, 10_000), (5 * 10**11, 10**12)])
def test_wilson_is_that_of_statsmodels(count: int, users: int) -> None:
    """Bounds agree with an independent implementation."""
    assert wilson(count, users) == pytest.approx(proportion.proportion_confint(count, users, 0.1, "wilson"), abs=1e-12)


def test_wilson_of_nobody_says_nothing() -> None:
    """Without users every share is possible."""
    assert wilson(0, 0) == (0.0, 1.0)
