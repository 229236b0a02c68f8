"""What a time to live costs and what it risks: reads of the store, their price, and answers that are out of date."""

from __future__ import annotations

import numpy as np

from .theory import hit_rate
from .traffic import Floats, Traffic, require_positive

MONTH = 30 * 24 * 3600.0
#: US dollars for a million read units on demand (US East, after November 2024). Prices change: pass your own.
DOLLARS_PER_MILLION = 0.125
#: Read units of an item of up to 4 KB, read eventually consistently; a strongly consistent read takes 1.
UNITS = 0.5


def reads(traffic: Traffic, ttl: float, seconds: float = MONTH) -> float:
    """Reads of the store in some time, a month by default: every miss of every container.

    >>> from ffcore.lab.caching import zipf
    >>> round(reads(Traffic(100, zipf(50), containers=100), ttl=300) / 1e6)
    32
    """
    require_positive(ttl=ttl, seconds=seconds)
    misses = traffic.rates * (1 - hit_rate(traffic.rates, ttl))
    return float(traffic.containers * seconds * misses.sum())


def most_reads(flags: int, containers: int, ttl: float, seconds: float = MONTH) -> float:
    """The bound that no traffic exceeds: every container reads every flag once in each life.

    >>> most_reads(flags=50, containers=100, ttl=300) / 1e6
    43.2
    """
    require_positive(flags=flags, containers=containers, ttl=ttl, seconds=seconds, whole=("flags", "containers"))
    return containers * flags * seconds / ttl


def cost(reads: float, *, units: float = UNITS, dollars_per_million: float = DOLLARS_PER_MILLION) -> float:
    """US dollars for so many reads.

    >>> cost(43_200_000)
    2.7
    """
    return reads * units * dollars_per_million / 1e6


def stale_share(traffic: Traffic, ttl: float, since: float | Floats) -> Floats:
    """The share of answers that are out of date some seconds after all flags changed.

    A request is answered from before the change if it hits an entry fetched at least ``since`` seconds ago, which falls
    linearly from the hit rate at once to nothing after one life. Nothing else bounds a kill switch.

    >>> stale_share(Traffic(1), ttl=9, since=np.array([0, 3, 9, 12])).round(2).tolist()
    [0.9, 0.6, 0.0, 0.0]
    """
    require_positive(ttl=ttl)
    left = np.clip(1 - np.asarray(since, dtype=np.float64) / ttl, 0, 1)
    return np.asarray(np.dot(traffic.shares, hit_rate(traffic.rates, ttl)) * left)
