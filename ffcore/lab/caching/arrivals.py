"""Requests in simulated time, and the fast simulator: which of them miss, for millions at once.

Times are whole ticks of 2^-20 s, so that sums of them are exact in integers and in an evaluator's floats alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ffcore.errors import ConfigError

from .theory import hit_rate
from .traffic import Traffic, require_positive

TICKS = 2**20
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """Requests in the order of their time; those before 0 only fill the caches.

    Attributes:
        traffic: What they were drawn from.
        ttl: The time to live in ticks.
        times: When, in ticks.
        flags: For which flag, by rank.
        containers: At which container.
    """

    traffic: Traffic
    ttl: int
    times: Integers
    flags: Integers
    containers: Integers

    @property
    def counted(self) -> Mask:
        """Which requests count: all from time 0 on."""
        return self.times >= 0


def arrivals(traffic: Traffic, ttl: float, seconds: float, seed: int = 0) -> Arrivals:
    """Draw Poisson requests for some seconds, at caches filled as an endless run would have left them.

    The age of each flag's last fetch at time 0 is drawn from its stationary distribution (with the hit rate's
    probability uniform over one life, else a life and an exponential wait), so that no warm-up biases a count.

    >>> found = arrivals(Traffic(100, (0.5, 0.5)), ttl=10, seconds=60)
    >>> 5_600 < found.counted.sum() < 6_400, (~found.counted).sum()
    (np.True_, np.int64(2))
    """
    require_positive(ttl=ttl, seconds=seconds)
    if ttl < 1 / TICKS:
        raise ConfigError([("ttl", f"expected at least {1 / TICKS:.3g} s, one tick, got {ttl:g}")])
    draw = np.random.default_rng(seed)
    size, kinds = int(draw.poisson(traffic.requests * seconds)), len(traffic.shares)
    places = draw.integers(traffic.containers, size=size)
    flags = draw.choice(kinds, size, p=np.array(traffic.shares) / sum(traffic.shares))
    times = (draw.random(size) * seconds * TICKS).astype(np.int64)
    shape = (traffic.containers, kinds)
    fresh = draw.random(shape) < hit_rate(traffic.rates, ttl)
    ages = np.where(fresh, ttl * draw.random(shape), ttl + draw.exponential(1 / traffic.rates, shape))
    before = [axis.ravel() for axis in np.indices(shape)]
    times = np.concatenate([times, -1 - (ages.ravel() * TICKS).astype(np.int64)])
    order = np.argsort(times, kind="stable")
    return Arrivals(
        traffic,
        round(ttl * TICKS),
        times[order],
        np.concatenate([flags, before[1]])[order],
        np.concatenate([places, before[0]])[order],
    )


def misses(found: Arrivals) -> Mask:
    """Which requests miss, by the rule of a TTL from the fetch alone; no cache is run.

    Each flag of each container is a chain of fetches, every one followed by the first request after its life; all
    chains advance together.

    >>> traffic = Traffic(1)
    >>> times = np.array([0, 1, 2, 3, 7])
    >>> misses(Arrivals(traffic, 3, times, np.zeros(5, int), np.zeros(5, int))).tolist()
    [True, False, False, True, True]
    """
    if not len(found.times):
        return np.zeros(0, dtype=np.bool_)
    chain = found.containers * len(found.traffic.shares) + found.flags
    order = np.lexsort((found.times, chain))
    chain, times = chain[order], found.times[order]
    place = chain * (int(times.max() - times.min()) + found.ttl + 1) + times
    following = np.searchsorted(place, place + found.ttl)
    at = np.flatnonzero(np.diff(chain, prepend=-1))
    missed = np.zeros(len(times), dtype=np.bool_)
    while len(at):
        missed[at] = True
        after = following[at]
        inside = after < len(times)
        at, after = at[inside], after[inside]
        at = after[chain[after] == chain[at]]
    answer = np.empty_like(missed)
    answer[order] = missed
    return answer


def measured_hit_rate(found: Arrivals, missed: Mask) -> tuple[float, int]:
    """The share of hits among the requests that count, and how many those are.

    >>> found = Arrivals(Traffic(1), 3, np.array([-1, 0, 1, 2]), np.zeros(4, int), np.zeros(4, int))
    >>> measured_hit_rate(found, misses(found))
    (0.6666666666666667, 3)
    """
    counted = found.counted
    return float(1 - missed[counted].mean()), int(counted.sum())
