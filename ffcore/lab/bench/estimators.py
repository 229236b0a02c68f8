"""Estimators of particular measurements, and all estimators by name: each can be computed again from kept samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from ffcore.lab.bench.estimate import (
    CONFIDENCE,
    Estimate,
    Floats,
    clustered_quantile,
    estimator,
    group_quantiles,
    median,
    middle,
    paired_ratio,
    quantile,
    ratio_of_quantiles,
)

STRETCHES = 10


@estimator
def quantile_spread(processes: Sequence[Floats], level: float) -> Estimate:
    """Divide the quantile of the slowest process by that of the quickest: an observed range, so without interval.

    >>> quantile_spread([np.array([2.0]), np.array([3.0])], 0.5)
    Estimate(value=1.5, low=None, high=None, n=2)
    """
    found = group_quantiles(processes, level)
    return Estimate(float(found.max() / max(found.min(), 1.0)), None, None, found.size)


@estimator
def slope(evaluations: Floats, held: Floats) -> Estimate:
    """Estimate by how much each evaluation adds to what is held: Theil and Sen's median of the slopes of all pairs.

    `n` is the last number of evaluations.

    >>> slope(np.arange(50.0), 100 + 2 * np.arange(50.0)).value
    2.0
    """
    from scipy import stats

    found = stats.theilslopes(held, evaluations, alpha=CONFIDENCE)
    return Estimate(float(found.slope), float(found.low_slope), float(found.high_slope), int(evaluations[-1]))


@estimator
def extrapolated(rates: Floats, smaller_rates: Floats, rows: int, smaller_rows: int, users: int) -> Estimate:
    """Extrapolate the seconds that so many users take, from rates for two numbers of rows, paired by round.

    Each round gives one line through its two times; nobody costs less than nothing. The interval is that of the
    median over rounds; it knows nothing of what may change beyond the larger number.

    >>> extrapolated(np.full(6, 10.0), np.full(6, 10.0), rows=20, smaller_rows=10, users=100).value
    10.0
    """
    spent, first = rows / np.asarray(rates), smaller_rows / np.asarray(smaller_rates)
    further = np.maximum((spent - first) / (rows - smaller_rows), 0)
    return median(spent + (users - rows) * further)


@estimator
def knee_offset(times: Floats, hits: ArrayLike, threshold: float) -> Estimate:
    """Estimate how many percentage points more calls were faster than the threshold than hit the cache.

    The median over ten stretches of the run.

    >>> knee_offset(np.tile([1.0, 9.0], 50), np.tile([1.0, 0.0], 50), 5.0).value
    0.0
    """
    fast, hit = (np.array_split(column, STRETCHES) for column in (np.asarray(times) < threshold, np.asarray(hits)))
    return median([100 * (quick.mean() - right.mean()) for quick, right in zip(fast, hit, strict=True)])


#: Every estimator by its name.
ESTIMATORS: Mapping[str, Callable[..., Estimate]] = {
    each.__name__: each
    for each in (
        clustered_quantile,
        extrapolated,
        knee_offset,
        median,
        middle,
        paired_ratio,
        quantile,
        quantile_spread,
        ratio_of_quantiles,
        slope,
    )
}
