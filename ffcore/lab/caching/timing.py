"""What the cache saves, by the clock: a hit beside a miss that reads a store, and the knee of a run's latencies."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ffcore.evaluator import Evaluator
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.bench.estimators import knee_offset
from ffcore.lab.bench.latency import LatencyRun, latency
from ffcore.model import Flag
from ffcore.stores.base import FlagStore, Malformed

from .arrivals import TICKS, Arrivals
from .replay import USER
from .traffic import Floats

HIT = "hit"


def reading(stores: Mapping[str, FlagStore], key: str, ids: Sequence[str], calls: int, blocks: int) -> LatencyRun:
    """Time a decision from the cache beside decisions that read each store, all in one run of interleaved blocks.

    A miss is a whole one: the read, the item turned into a flag, the flag compiled, the decision. The workloads are
    ``"hit"`` and the stores' names.

    >>> from ffcore import FlagSet
    >>> from ffcore.stores import MemoryStore
    >>> store = MemoryStore(FlagSet([Flag("a")]))
    >>> list(reading({"memory": store}, "a", ["ann"], calls=60, blocks=6).workloads)
    ['hit', 'memory']
    """
    first = next(iter(stores.values()))
    cold = {name: Evaluator(store, ttl=0).flag(key) for name, store in stores.items()}
    return latency({HIT: Evaluator(first, ttl=1e9).flag(key), **cold}, ids, calls=calls, blocks=blocks)


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """The time of each request of a run in nanoseconds, which of them hit, and the hit rate that theory expects."""

    times: Floats
    hits: NDArray[np.bool_]
    expected: float

    @property
    def threshold(self) -> float:
        """The time that splits the requests into fast and slow, found from the times alone.

        The split of logarithms with the most variance between its sides (Otsu 1979).
        """
        ordered = np.sort(np.log(np.maximum(self.times, 1.0)))
        size = np.arange(1, len(ordered))
        total = ordered.cumsum()
        between = (total[:-1] - size * total[-1] / len(ordered)) ** 2 / (size * (len(ordered) - size))
        at = int(between.argmax())
        return float(np.exp((ordered[at] + ordered[at + 1]) / 2))

    @property
    def knee(self) -> float:
        """The percentile, as a fraction, at which the latencies rise from hits to misses."""
        return float((self.times < self.threshold).mean())

    @property
    def hit_rate(self) -> float:
        """The share of requests that did not reach the store."""
        return float(self.hits.mean())

    def offset(self) -> Estimate:
        """How far the knee lies from the hit rate, in percentage points."""
        return knee_offset(self.times, self.hits, self.threshold)


class _Watched:
    """A store that counts its calls."""

    def __init__(self, inner: FlagStore) -> None:
        self.calls = 0
        self.get_experiments, self.put = inner.get_experiments, inner.put
        self._get_flags = inner.get_flags

    def get_flags(self, keys: Iterable[str]) -> Mapping[str, Flag | Malformed]:
        self.calls += 1
        return self._get_flags(keys)


def spectrum(found: Arrivals, store: FlagStore, keys: Sequence[str], expected: float) -> Spectrum:
    """Time every request of a run at one container: lives pass in simulated time, the store and the clock are real.

    Args:
        found: The requests; all are answered by one evaluator.
        store: Holds the flags.
        keys: The flags' keys by rank.
        expected: Theory's hit rate, for the figure.
    """
    now = 0.0
    watched = _Watched(store)
    evaluator = Evaluator(watched, ttl=found.ttl / TICKS, clock=lambda: now)
    calls = [evaluator.flag(key) for key in keys]
    times, hits = np.zeros(len(found.times)), np.zeros(len(found.times), dtype=np.bool_)
    clock = time.perf_counter_ns
    requests = zip((found.times / TICKS).tolist(), found.flags.tolist(), strict=True)
    for number, (moment, flag) in enumerate(requests):
        now = moment
        before, call = watched.calls, calls[flag]
        start = clock()
        call(USER)
        times[number] = clock() - start
        hits[number] = watched.calls == before
    counted = found.counted
    return Spectrum(times[counted], hits[counted], expected)
