"""Distribution-free estimates with 95 % intervals: percentiles, medians over rounds, paired ratios."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, wraps
from inspect import signature
from typing import Any, ParamSpec

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Groups = Floats | Sequence[Floats]
P = ParamSpec("P")

CONFIDENCE = 0.95
DRAWS = 1_000
STEP = 1.002  # times are counted in classes a fifth of a percent wide before groups are drawn


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """What an estimate was computed from: the estimator's name, its samples by argument, and its other arguments.

    A sample is a sequence of numbers, or a sequence of such sequences where the estimator takes groups.
    """

    estimator: str
    samples: Mapping[str, Any]
    settings: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value between the bounds of its 95 % interval; all three are None where `n` observations can't carry them."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    origin: Origin | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, float | int | None]:
        """The four fields, ready for JSON.

        >>> Estimate(1.5, 1.0, 2.0, 20).to_dict()
        {'value': 1.5, 'low': 1.0, 'high': 2.0, 'n': 20}
        """
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n}


def estimator(function: Callable[P, Estimate]) -> Callable[P, Estimate]:
    """Let a function's estimates remember their samples, so that these are kept and the figure is computed again.

    Numbers among the arguments are settings, all others samples. The function may depend on its arguments alone.

    >>> median([3, 1, 4, 1, 5, 9, 2]).origin
    Origin(estimator='median', samples={'observations': [3, 1, 4, 1, 5, 9, 2]}, settings={})
    """
    expected = signature(function)

    @wraps(function)
    def remembering(*args: P.args, **kwargs: P.kwargs) -> Estimate:
        given = expected.bind(*args, **kwargs).arguments
        settings = {name: value for name, value in given.items() if isinstance(value, int | float)}
        samples = {name: value for name, value in given.items() if name not in settings}
        return replace(function(*args, **kwargs), origin=Origin(function.__name__, samples, settings))

    return remembering


def samples_needed(q: float) -> int:
    """Observations without which quantile `q` (0 < q < 1) has no finite 95 % interval, or none at all.

    The smallest n with max(q, 1 - q)**n <= 0.025: below it even the extreme observation is no bound.

    >>> [samples_needed(q) for q in (0.5, 0.99, 0.999, 0.9999)]
    [6, 368, 3688, 36887]
    """
    return math.ceil(math.log((1 - CONFIDENCE) / 2) / math.log(max(q, 1 - q)))


#: With fewer rounds a median, and so a ratio, has no interval.
FEWEST_ROUNDS = samples_needed(0.5)


def quantiles(observations: ArrayLike, levels: Sequence[float]) -> list[Estimate]:
    """Estimate each quantile of the distribution behind independent observations, with its order-statistic interval.

    The value is an observation itself (the smallest with at least `level` of all at or below it: nothing is
    interpolated or extrapolated), and so are the bounds, by binomial ranks as in `scipy.stats.quantile_test`
    (Thompson 1936; Conover 1999, section 3.2). Value and bounds grow with the level. The unit is the observations'.

    >>> quantiles(range(1, 1001), [0.5, 0.999])
    [Estimate(value=500.0, low=469.0, high=532.0, n=1000), Estimate(value=None, low=None, high=None, n=1000)]
    """
    ordered = np.sort(np.asarray(observations, dtype=np.float64), axis=None)
    found = iter(_bounded(ordered, [level for level in levels if ordered.size >= samples_needed(level)]))
    nothing = Estimate(None, None, None, ordered.size)
    return [next(found) if ordered.size >= samples_needed(level) else nothing for level in levels]


def _bounded(ordered: Floats, levels: Sequence[float]) -> list[Estimate]:
    if not levels:
        return []
    low, high = (ordered[ranks].tolist() for ranks in _ranks(ordered.size, tuple(levels)))
    values = np.quantile(ordered, levels, method="inverted_cdf").tolist()
    return [Estimate(*row, ordered.size) for row in zip(values, low, high, strict=True)]


@lru_cache(maxsize=64)
def _ranks(size: int, levels: tuple[float, ...]) -> tuple[Places, Places]:
    """The places of the bounds among ordered observations."""
    from scipy import stats  # 0.3 s that the fresh processes of a measurement do without

    low, high = (find((1 - CONFIDENCE) / 2, size, levels) for find in (stats.binom.ppf, stats.binom.isf))
    return np.array(low, dtype=np.int64) - 1, np.array(high, dtype=np.int64)


def clustered_quantiles(groups: Sequence[Floats], levels: Sequence[float]) -> list[Estimate]:
    """Estimate quantiles of times that come in groups whose members resemble each other, such as a process's calls.

    The value is that of all times together. The bounds are a bootstrap that draws whole groups with replacement, so
    that they hold what differs from group to group; with few groups they are somewhat narrow. Times are positive, in
    any unit in which those below 1 may count as 1.

    Source: Davison and Hinkley, *Bootstrap methods and their application*, 1997, section 3.8.

    >>> found = clustered_quantiles([np.full(100, 7.0)] * 8 + [np.full(100, 50.0)] * 2, [0.5, 0.9])
    >>> [(round(e.low), e.value, round(e.high)) for e in found]
    [(7, 7.0, 7), (7, 50.0, 50)]
    """
    found = quantiles(np.concatenate([group.ravel() for group in groups]), levels)
    low, high = _group_bounds(groups, levels)
    return [
        e if e.value is None else Estimate(e.value, min(e.value, down), max(e.value, up), e.n)
        for e, down, up in zip(found, low.tolist(), high.tolist(), strict=True)
    ]


@estimator
def clustered_quantile(groups: Sequence[Floats], level: float) -> Estimate:
    """Estimate one quantile, as `clustered_quantiles` does.

    >>> clustered_quantile([np.full(100, 7.0)] * 8 + [np.full(100, 50.0)] * 2, 0.9).value
    50.0
    """
    return clustered_quantiles(groups, [level])[0]


def _group_bounds(groups: Sequence[Floats], levels: Sequence[float]) -> tuple[Floats, Floats]:
    classes = [np.round(np.log(np.maximum(group.ravel(), 1.0)) / np.log(STEP)).astype(np.int64) for group in groups]
    size = 1 + max(int(one.max()) for one in classes)
    counts = np.array([np.bincount(one, minlength=size) for one in classes])
    occupied = np.flatnonzero(counts.any(axis=0))
    drawn = np.random.default_rng(0).multinomial(len(groups), np.full(len(groups), 1 / len(groups)), size=DRAWS)
    running = np.cumsum(drawn @ counts[:, occupied], axis=1)
    places = [np.searchsorted(row, np.asarray(levels) * row[-1] * (1 - 1e-12)) for row in running]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(STEP ** occupied[np.array(places)], [tail, 1 - tail], axis=0, method="inverted_cdf")
    return low, high


@estimator
def quantile(observations: ArrayLike, level: float) -> Estimate:
    """Estimate one quantile, as `quantiles` does.

    >>> quantile(range(1, 1001), 0.99)
    Estimate(value=990.0, low=983.0, high=997.0, n=1000)
    """
    return quantiles(observations, [level])[0]


@estimator
def median(observations: ArrayLike) -> Estimate:
    """Estimate the median of independent observations; needs at least six (`FEWEST_ROUNDS`).

    >>> median([3, 1, 4, 1, 5, 9, 2])
    Estimate(value=3.0, low=1.0, high=9.0, n=7)
    """
    return quantiles(observations, [0.5])[0]


@estimator
def middle(observations: ArrayLike) -> Estimate:
    """Estimate the median, as `median` does; of fewer than six observations it has a value, but no interval.

    >>> middle([3, 1, 2])
    Estimate(value=2.0, low=None, high=None, n=3)
    """
    found = median(observations)
    return (
        replace(found, value=float(np.median(np.asarray(observations, dtype=np.float64))))
        if found.value is None and found.n
        else found
    )


@estimator
def paired_ratio(numerators: ArrayLike, denominators: ArrayLike) -> Estimate:
    """Estimate the median over rounds of numerator / denominator, one pair a round; needs at least six rounds.

    Pairing takes what a round does to both (a busier machine, another clock speed) out of the ratio. The interval is
    the sign test's: it asks for independent rounds, not for any distribution. Not estimable if a denominator is 0.

    >>> paired_ratio([2, 4, 6, 8, 10, 12], [1, 2, 3, 4, 5, 6])
    Estimate(value=2.0, low=2.0, high=2.0, n=6)
    """
    upper, lower = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)
    if (lower <= 0).any():
        return Estimate(None, None, None, lower.size)
    return median(upper / lower)


@estimator
def ratio_of_quantiles(numerators: Groups, denominators: Groups, level: float) -> Estimate:
    """Estimate a quantile's ratio: the `paired_ratio` of each group's quantile; not estimable if a group is too small.

    >>> groups = [range(1, 101)] * 6
    >>> ratio_of_quantiles(groups, groups, 0.5).value
    1.0
    """
    if min(np.size(group) for group in (*numerators, *denominators)) < samples_needed(level):
        return Estimate(None, None, None, len(numerators))
    return paired_ratio(group_quantiles(numerators, level), group_quantiles(denominators, level))


def group_quantiles(groups: Groups, level: float) -> Floats:
    """Quantile `level` of each group: an observation of it, the smallest with at least `level` of all at or below.

    >>> group_quantiles([[1, 2, 3], [4, 5, 6]], 0.5).tolist()
    [2.0, 5.0]
    """
    return np.array([np.quantile(group, level, method="inverted_cdf") for group in groups], dtype=np.float64)
