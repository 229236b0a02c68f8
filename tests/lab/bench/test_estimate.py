"""Percentiles, medians and ratios with distribution-free intervals."""

import json
from typing import Any

import numpy as np
import pytest
from scipy import stats

from ffcore.lab.bench.estimate import Estimate, clustered_quantiles, median, paired_ratio, quantiles, samples_needed

LEVELS = (0.5, 0.9, 0.99, 0.999, 0.9999)
FALSE_ALARM = 1e-9


@pytest.mark.parametrize("size", [6, 367, 368, 3_688, 40_000])
@pytest.mark.parametrize("level", LEVELS)
def test_intervals_are_those_of_scipy(size: int, level: float) -> None:
    """Bounds are the observations that `scipy.stats.quantile_test` chooses, ties included."""
    sample = np.random.default_rng(size).lognormal(7, 1, size).round()

    [estimate] = quantiles(sample, [level])

    expected: Any = stats.quantile_test(sample, p=level).confidence_interval(0.95)
    if np.isnan(expected.high) or np.isnan(expected.low):
        assert estimate == Estimate(None, None, None, size)
    else:
        assert (estimate.low, estimate.high) == (expected.low, expected.high)


@pytest.mark.parametrize(("level", "needed"), [(0.5, 6), (0.99, 368), (0.999, 3_688), (0.9999, 36_887)])
def test_not_estimable_below_the_stated_size(level: float, needed: int) -> None:
    """One observation too few gives None, not a number; with the stated size the upper bound is the maximum."""
    assert samples_needed(level) == needed
    assert quantiles(np.arange(needed - 1), [level]) == [Estimate(None, None, None, needed - 1)]
    [estimate] = quantiles(np.arange(needed), [level])
    assert estimate.high == needed - 1


@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_intervals_cover_the_true_percentile(level: float) -> None:
    """On lognormal data the true percentile is missed as often as the ranks say.

    Misses in 1,500 samples of 1,000 are binomial with the exact probability of the two ranks; the bounds are crossed
    by a correct interval with probability below 1e-9 under a fresh seed.
    """
    samples = np.random.default_rng(11).lognormal(7, 1, (1_500, 1_000))
    truth = stats.lognorm.ppf(level, 1, scale=np.exp(7))
    low, high = quantiles(range(1_000), [level])[0].low, quantiles(range(1_000), [level])[0].high
    assert low is not None
    assert high is not None
    below = stats.binom(1_000, level)
    miss = below.cdf(low) + below.sf(high)

    ordered = np.sort(samples, axis=1)
    misses = int(((ordered[:, int(low)] > truth) | (ordered[:, int(high)] < truth)).sum())

    assert miss <= 0.05
    assert stats.binom.ppf(FALSE_ALARM / 2, 1_500, miss) <= misses <= stats.binom.isf(FALSE_ALARM / 2, 1_500, miss)


def test_percentiles_grow_with_the_level() -> None:
    """Values and both bounds never fall as the level rises, and each value lies between its bounds."""
    sample = np.random.default_rng(3).lognormal(7, 2, 50_000).round(-2)

    found = [(e.low, e.value, e.high) for e in quantiles(sample, np.linspace(0.01, 0.9999, 300).tolist())]

    rows = np.array(found, dtype=float)
    assert (np.diff(rows, axis=0) >= 0).all()
    assert (np.diff(rows, axis=1) >= 0).all()


def test_no_percentile_beyond_the_maximum() -> None:
    """Nothing is extrapolated: the p99 of nine ones and a two, 40 times over, is two and not more."""
    [estimate] = quantiles([1] * 360 + [2] * 40, [0.99])

    assert (estimate.value, estimate.high) == (2.0, 2.0)


def test_median_needs_six() -> None:
    """Five rounds carry no 95 % interval of a median."""
    assert median([1, 2, 3, 4, 5]).value is None
    assert median([1, 2, 3, 4, 5, 6]) == Estimate(3.0, 1.0, 6.0, 6)


def test_pairing_takes_common_drift_out() -> None:
    """Rounds that slow both down a hundredfold leave the ratio and its interval where they are."""
    drift = np.array([1, 100, 3, 50, 2, 1, 7, 20])

    assert paired_ratio(3 * drift, drift) == Estimate(3.0, 3.0, 3.0, 8)


@pytest.mark.slow
def test_ratio_intervals_cover() -> None:
    """Equal workloads under skewed noise are told apart no oftener than the sign test's 4.1 % at 20 rounds.

    Misses in 1,500 runs are binomial; a correct interval crosses the bounds with probability below 1e-9.
    """
    noise = np.random.default_rng(5).lognormal(0, 1, (1_500, 2, 20))
    miss = 2 * stats.binom.cdf(5, 20, 0.5)

    found = [paired_ratio(upper, lower) for upper, lower in noise]

    misses = sum(not (e.low or 0) <= 1 <= (e.high or 0) for e in found)
    assert stats.binom.ppf(FALSE_ALARM / 2, 1_500, miss) <= misses <= stats.binom.isf(FALSE_ALARM / 2, 1_500, miss)


def test_ratio_to_nothing_is_not_estimable() -> None:
    """A baseline that the timer can't see (0 ns after subtraction) gives None instead of infinity."""
    assert paired_ratio([1.0] * 8, [0.0] + [1.0] * 7) == Estimate(None, None, None, 8)


def test_estimates_are_plain_json() -> None:
    """No numpy number reaches a result file."""
    assert json.loads(json.dumps(median(np.arange(7)).to_dict())) == {"value": 3.0, "low": 0.0, "high": 6.0, "n": 7}


def test_groups_widen_the_interval_of_what_differs_between_them() -> None:
    """Twenty groups 20 % apart give a far wider interval than their members would as one sample."""
    draw = np.random.default_rng(2)
    groups = [level * draw.lognormal(0, 0.1, 1_000) for level in 600 * draw.lognormal(0, 0.2, 20)]

    [found], [alone] = clustered_quantiles(groups, [0.5]), quantiles(np.concatenate(groups), [0.5])

    assert found.value == alone.value
    assert (found.high - found.low) > 5 * (alone.high - alone.low)  # type: ignore[operator]
