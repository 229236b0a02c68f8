"""Bulk decisions a second: ours by rows and threads, beside common tools and the limit that the hash itself sets."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pyarrow as pa
from numba import njit

from ffcore.flagset import FlagSet
from ffcore.lab.bench import engines
from ffcore.lab.bench.bulk_run import BulkRun, Speed
from ffcore.lab.bench.clock import Clock
from ffcore.lab.bench.engines import HALF, Engine
from ffcore.lab.bench.estimate import FEWEST_ROUNDS
from ffcore.lab.bench.throughput import throughput
from ffcore.lab.bulk.frames import evaluate_frame
from ffcore.lab.bulk.ids import id_array
from ffcore.lab.bulk.kernels import LANES, WORDS, Words, compress

ROWS = (1_000, 10_000, 100_000, 1_000_000)
THREADS = (1, 2)
FLAGS = 10
AGREEING = 1_000
SPLIT = FlagSet.from_items(
    flags=[
        {
            "key": "bulk-split",
            "enabled": True,
            "rollout_percentage": 100,
            "variants": [{"key": "control", "allocation": "1/2"}, {"key": "treatment", "allocation": "1/2"}],
        }
    ]
)
MANY = FlagSet.from_items(
    flags=[{"key": f"bulk-{number}", "enabled": True, "rollout_percentage": 50} for number in range(FLAGS)]
)
#: What is decided: the flags, and whether all numbers of rows are measured or the largest alone.
WORKLOADS: dict[str, tuple[FlagSet, bool]] = {
    "one flag": (FlagSet([HALF]), True),
    "two variants": (SPLIT, False),
    "ten flags": (MANY, False),
}
LIMIT = "rounds only, 1 thread"
Call = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another engine that decides `HALF`: the packages it needs, and the most rows that are worth its time."""

    engine: Engine
    most_rows: int
    packages: tuple[str, ...] = ()

    @property
    def missing(self) -> str:
        """Which package is not installed; empty if none is missing."""
        return next((name for name in self.packages if find_spec(name) is None), "")


#: The slow ones take about a tenth of a second for as many rows as they are given.
ALTERNATIVES = {
    "scalar evaluator": Alternative(engines.scalar_evaluator, 100_000),
    "pandas apply": Alternative(engines.pandas_apply, 100_000),
    "polars-hash md5, all cores": Alternative(engines.polars_hash_md5, 100_000, ("polars", "polars_hash")),
    "DuckDB md5, 2 threads": Alternative(partial(engines.duckdb_md5, threads=2), 10_000_000, ("duckdb",)),
}


@dataclass(frozen=True, slots=True)
class Batch:
    """One thing to time: whose line it belongs to, how many rows, how many decisions."""

    name: str
    rows: int
    decisions: int
    call: Call


def bulk(
    ids: object,
    *,
    rows: Sequence[int] = ROWS,
    rounds: int = 10,
    seconds: float = 0.02,
    alternatives: Mapping[str, Alternative] = ALTERNATIVES,
    clock: Clock = time.perf_counter_ns,
) -> BulkRun:
    """Count the decisions a second of `evaluate_frame`, of common tools, and of the hash's rounds alone.

    Ours decides a pandas frame on one thread and on two: one flag at 50 % over each number of rows; two variants at
    100 %, and ten flags at 50 %, over the largest. The alternatives decide the flag at 50 % from the same column of
    ids, over as many rows as are worth their time. The limit is the compression of prepared blocks, one for each
    decision. All take turns, once a round in shuffled order.

    Args:
        ids: text ids, at least one, used again from the start until there are rows enough.
        rows: sizes of population, in rising order.
        rounds: timed blocks of each, at least six, which intervals need.
        seconds: shortest block; a small population is decided over and over until it has passed.
        alternatives: by name; one whose package is absent, or that decides otherwise, is named and not timed.
        clock: reads nanoseconds.

    Raises:
        ValueError: no id, no size, fewer than six rounds or seconds <= 0.

    >>> run = bulk(["ann", "bob"], rows=[1_000], rounds=6, seconds=0.001, alternatives={})
    >>> run.ratio("one flag, 2 threads", "one flag, 1 thread").n
    6
    """
    column = id_array(ids).text
    if not len(column) or not rows or rounds < FEWEST_ROUNDS:
        raise ValueError(f"expected at least one id, one size of population and six rounds; got {rounds} rounds")
    largest = column.take(pa.array(np.arange(max(rows)) % len(column)))
    absent = {name: why for name, alternative in alternatives.items() if (why := _absent(alternative, largest))}
    taking_part = {name: alternative for name, alternative in alternatives.items() if name not in absent}
    with ExitStack() as stack:
        pools = [stack.enter_context(ThreadPoolExecutor(count)) for count in THREADS]
        batches = [*_ours(largest, rows, pools), *_theirs(largest, rows, taking_part), _limit(max(rows))]
        return timed(batches, absent, rounds=rounds, seconds=seconds, clock=clock)


def timed(
    batches: Sequence[Batch],
    absent: Mapping[str, str],
    *,
    rounds: int,
    seconds: float,
    clock: Clock = time.perf_counter_ns,
) -> BulkRun:
    """Time batches in turns of shuffled order, each in blocks of at least so many seconds; see `bulk`."""
    calls = {str(place): _without_user(batch.call) for place, batch in enumerate(batches)}
    samples = throughput(calls, ["batch"], rounds=rounds, seconds=seconds, clock=clock)
    speeds: dict[str, tuple[Speed, ...]] = {}
    for batch, sample in zip(batches, samples.workloads.values(), strict=True):
        speed = Speed(batch.rows, sample.rates * batch.decisions)
        speeds[batch.name] = (*speeds.get(batch.name, ()), speed)
    return BulkRun(speeds, absent, min(sample.shortest for sample in samples.workloads.values()))


def _without_user(call: Call) -> Callable[[str], object]:
    return lambda _: call()


def _ours(ids: pa.Array, rows: Sequence[int], pools: Sequence[Executor]) -> Iterator[Batch]:
    frames = {size: pd.DataFrame({"user_id": ids[:size].to_pandas()}, copy=False) for size in rows}
    for workload, (flags, every_size) in WORKLOADS.items():
        for threads, pool in zip(THREADS, pools, strict=True):
            for size in rows if every_size else rows[-1:]:
                call = partial(evaluate_frame, frames[size], flags, executor=pool)
                yield Batch(ours(workload, threads), size, size * len(flags), call)


def _theirs(ids: pa.Array, rows: Sequence[int], alternatives: Mapping[str, Alternative]) -> Iterator[Batch]:
    for name, alternative in alternatives.items():
        for size in [size for size in rows if size <= alternative.most_rows] or [alternative.most_rows]:
            yield Batch(name, size, size, partial(alternative.engine, ids[:size], HALF))


def _limit(rows: int) -> Batch:
    """As many blocks as rows, compressed one set of lanes after the other, from the first-level cache."""
    words = np.random.default_rng(0).integers(0, 2**32, (WORDS, LANES), dtype=np.uint32)
    states, times = np.zeros((4, LANES), dtype=np.uint32), -(-rows // LANES)
    return Batch(LIMIT, rows, times * LANES, partial(_compress_often, words, states, times))


@njit(nogil=True)  # not kept on disk: numba would not notice a change of the kernel it calls
def _compress_often(words: Words, states: Words, times: int) -> None:
    for _ in range(times):
        compress(words, states, LANES)


def ours(workload: str, threads: int) -> str:
    """The name under which a workload of ours is measured.

    >>> ours("one flag", 2)
    'one flag, 2 threads'
    """
    return f"{workload}, {threads} thread{'s' * (threads > 1)}"


def _absent(alternative: Alternative, ids: pa.Array) -> str:
    """Why a alternative cannot be compared with us; empty if it can."""
    if alternative.missing:
        return f"{alternative.missing} is not installed"
    few = ids[:AGREEING]
    expected = evaluate_frame(pa.table({"user_id": few}), FlagSet([HALF]))[f"{HALF.key}.enabled"].to_numpy()
    return "" if np.array_equal(alternative.engine(few, HALF), expected) else "decides otherwise"
