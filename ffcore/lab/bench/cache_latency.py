"""What the cache saves: the first call for a flag, which asks the store, beside the next one, which does not."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ffcore.evaluator import Evaluator
from ffcore.flagset import FlagSet
from ffcore.lab.bench.clock import Clock, timer
from ffcore.lab.bench.display import duration, interval, table
from ffcore.lab.bench.estimate import Estimate, Floats, median, paired_ratio
from ffcore.lab.testing.delayed import DelayedStore
from ffcore.model import Flag
from ffcore.stores.base import FlagStore
from ffcore.stores.memory import MemoryStore
from ffcore.stores.sqlite import SQLiteStore

SQLITE, DELAYED = "SQLite file", "store that takes 5 ms"
DELAY = 0.005


@dataclass(frozen=True, slots=True, eq=False)
class CacheLatency:
    """One store: nanoseconds of the miss and of the hit that follows, one pair for each flag."""

    misses: Floats
    hits: Floats

    def saving(self) -> Estimate:
        """Estimate how many times as long a miss takes, paired by flag."""
        return paired_ratio(self.misses, self.hits)


@dataclass(frozen=True, slots=True, eq=False)
class CacheLatencyRun:
    """What `cache_latency` measured, by store."""

    stores: Mapping[str, CacheLatency]

    def _repr_html_(self) -> str:
        rows = [
            {
                "store": name,
                "miss": interval(median(one.misses), duration),
                "hit": interval(median(one.hits), duration),
                "miss ÷ hit": interval(one.saving(), "{:.0f}".format),
            }
            for name, one in self.stores.items()
        ]
        size = next(iter(self.stores.values())).misses.size
        return table(rows, f"Medians [95 % interval] of n = {size:,} pairs of each store, a miss and the hit after it.")


def cache_latency(pairs: int) -> CacheLatencyRun:
    """Time a miss and the hit after it for so many flags of a SQLite file, and of a store that takes 5 ms to answer.

    The stores take turns. A miss holds everything: the store's answer, reading the item, compiling the flag and the
    decision. The cost of the clock is subtracted.

    >>> cache_latency(6).stores["SQLite file"].misses.size
    6
    """
    flags = FlagSet(Flag(f"cached-{number}", enabled=True, rollout_percentage=Fraction(50)) for number in range(pairs))
    with TemporaryDirectory() as folder:
        sqlite = SQLiteStore(Path(folder) / "flags.db")
        try:
            sqlite.put(flags)
            return timed(
                {SQLITE: sqlite, DELAYED: DelayedStore(MemoryStore(flags), DELAY)}, flags, time.perf_counter_ns
            )
        finally:
            sqlite.close()


def timed(stores: Mapping[str, FlagStore], flags: FlagSet, clock: Clock) -> CacheLatencyRun:
    """Time the misses and hits of any stores that hold the flags."""
    cost = timer(clock).overhead
    evaluators = {name: Evaluator(store) for name, store in stores.items()}
    times: dict[str, list[tuple[int, int]]] = {name: [] for name in stores}
    for key in flags:
        for name, evaluator in evaluators.items():
            times[name].append((_call(evaluator, key, clock), _call(evaluator, key, clock)))
    columns = {name: np.maximum(np.array(pairs, dtype=np.float64).T - cost, 1.0) for name, pairs in times.items()}
    return CacheLatencyRun({name: CacheLatency(misses, hits) for name, (misses, hits) in columns.items()})


def _call(evaluator: Evaluator, key: str, clock: Clock) -> int:
    start = clock()
    evaluator.evaluate("user-1", key)
    return clock() - start
