"""What hit rate a cache has by theory: a TTL from the fetch, a fleet that divides the requests, room for so many flags.

Requests for a flag are Poisson with rate λ at one container. After a fetch the entry answers for T seconds, in which λT
requests are expected; the next one is the miss that fetches again. So one request in 1 + λT is a miss, whatever else
the cache holds. Sources: Fofack, Nain, Neglia and Towsley 2014 for caches with a TTL; Che, Tung and Wang 2002 for the
bounded cache; Cox 1962 for the variance of a renewal process.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, xlogy

from ffcore.errors import ConfigError, shown

from .traffic import Floats, Traffic, require_positive

#: From so many expected fetches in a life the bounded cache has forgotten its start, to seven digits.
_FORGOTTEN = 15.0
#: Beyond so many terms the series adds nothing that a double can hold.
_TERMS = 120


def hit_rate(rate: float | Floats, ttl: float) -> Floats:
    """The share of hits where an entry lives for ``ttl`` seconds from its fetch: λT / (1 + λT).

    >>> [round(float(hit_rate(rate, ttl)), 4) for rate, ttl in ((1, 1), (0.01, 300), (0.1, 60))]
    [0.5, 0.75, 0.8571]
    """
    expected = np.asarray(rate, dtype=np.float64) * ttl
    return np.asarray(expected / (1 + expected))


def renewed_hit_rate(rate: float | Floats, ttl: float) -> Floats:
    """The share of hits where each hit renews the life of its entry: 1 - exp(-λT). Ours does not.

    >>> round(float(renewed_hit_rate(0.01, 300)), 4)
    0.9502
    """
    return np.asarray(-np.expm1(-np.asarray(rate, dtype=np.float64) * ttl))


def fleet_hit_rate(traffic: Traffic, ttl: float) -> float:
    """The share of hits over all flags and containers: each flag's, weighed by its requests.

    >>> from ffcore.lab.caching import zipf
    >>> round(fleet_hit_rate(Traffic(100, zipf(50), containers=1_000), ttl=300), 3)
    0.539
    """
    require_positive(ttl=ttl)
    return float(np.dot(traffic.shares, hit_rate(traffic.rates, ttl)))


def most_containers(traffic: Traffic, ttl: float, wanted: float) -> int:
    """The largest fleet whose hit rate is at least ``wanted`` (a fraction); 0 if one container has less.

    >>> from ffcore.lab.caching import zipf
    >>> [most_containers(Traffic(100, zipf(50)), ttl, 0.95) for ttl in (300, 60, 30)]
    [33, 6, 3]
    """
    require_positive(ttl=ttl)
    _check_wanted(wanted)
    low, high = 0, 1
    while fleet_hit_rate(traffic.over(high), ttl) >= wanted:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fleet_hit_rate(traffic.over(middle), ttl) >= wanted else (low, middle)
    return low


def needed_ttl(traffic: Traffic, wanted: float) -> float:
    """The time to live, in seconds, with which a fleet's hit rate is ``wanted`` (a fraction).

    >>> round(needed_ttl(Traffic(1), wanted=0.9), 6)
    9.0
    """
    _check_wanted(wanted)
    slowest = float(traffic.rates.min())
    most = wanted / (1 - wanted) / slowest
    return float(brentq(lambda ttl: fleet_hit_rate(traffic, ttl) - wanted, most * 1e-9, 2 * most, rtol=1e-12))


def _check_wanted(wanted: object) -> None:
    if isinstance(wanted, bool) or not isinstance(wanted, int | float) or not 0 < wanted < 1:
        raise ConfigError([("wanted", f"expected a fraction between 0 and 1, got {shown(wanted)}")])


def standard_error(traffic: Traffic, ttl: float, seconds: float) -> float:
    """How far a hit rate counted over ``seconds`` strays from theory, as a standard deviation.

    Requests are no independent draws: all between two fetches of a flag share one life. A cycle from fetch to fetch
    takes T plus an exponential wait, with 1 + Poisson(λT) requests, which gives the variance of misses less their
    expected part of the requests (renewal-reward central limit theorem). A flag in constant use is fetched at nearly
    even times, so that a short count depends on its phase; Cox's second term adds that. It is exact on average over
    counts of any length, and a little large for a whole number of lives.

    >>> round(standard_error(Traffic(1), ttl=1, seconds=10_000), 4)
    0.0035
    """
    rates = traffic.rates
    expected = rates * ttl
    miss_rate = 1 - fleet_hit_rate(traffic, ttl)
    drift = 1 - miss_rate * (1 + expected)
    growth = rates * (miss_rate**2 * expected + (drift / (1 + expected)) ** 2) / (1 + expected)
    wait = 1 / (1 + expected)
    phase = 1 / 6 + wait**4 / 2 - 2 * wait**3 / 3
    return float(np.sqrt(traffic.containers * (seconds * growth + phase).sum()) / (traffic.requests * seconds))


def characteristic_time(rates: Floats, room: int) -> float:
    """How long an unused entry stays among the ``room`` most recently used, in seconds (Che's approximation).

    The time in which as many different flags are expected to be asked for as there is room; infinite if all fit.

    >>> round(characteristic_time(np.ones(10), room=5), 4)
    0.6931
    """
    require_positive(room=room, whole=("room",))
    if room >= len(rates):
        return math.inf
    slowest = float(rates.min())
    return float(brentq(lambda time: -np.expm1(-rates * time).sum() - room, 0, 50 * len(rates) / slowest))


def bounded_hit_rate(rates: Floats, ttl: float, room: int) -> Floats:
    """Each flag's share of hits in a cache that has room for few flags and a TTL from the fetch.

    An entry answers until its life ends or until it has not been used for the characteristic time C. The expected
    number of answers is the renewal function of gaps below C over the life T: u = 1 + answers satisfies
    u'(t) = λ - λ exp(-λC) u(t - C), solved by its power series, and tends to exp(λC) for T far beyond C.

    >>> bounded_hit_rate(np.ones(10), ttl=1e9, room=5).round(3)[0], bounded_hit_rate(np.ones(10), 2, 10).round(3)[0]
    (np.float64(0.5), np.float64(0.667))
    """
    require_positive(ttl=ttl)
    time = characteristic_time(rates, room)
    return np.array([1 - 1 / requests_of_a_life(rate, ttl, time) for rate in rates.tolist()])


def requests_of_a_life(rate: float, ttl: float, time: float) -> float:
    """Requests expected from one fetch up to the next, it included, of an entry that stays ``time`` seconds unused.

    >>> requests_of_a_life(rate=2.0, ttl=3.0, time=math.inf)
    7.0
    """
    if ttl <= time:
        return 1 + rate * ttl
    gone = rate * math.exp(-rate * time)
    if gone * ttl > _FORGOTTEN:
        return math.exp(rate * time)
    steps = np.arange(int(ttl / time) + 1)[:_TERMS]
    left = ttl - steps * time
    sizes = np.exp(xlogy(steps, gone * left) - gammaln(steps + 1)) * (1 + rate * left / (steps + 1))
    return float((np.where(steps % 2, -1, 1) * sizes).sum())
