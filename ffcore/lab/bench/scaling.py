"""What one decision's time does not show: several threads and ten thousand flags."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from threading import Barrier
from typing import Any, TypeVar

import ffcore
from ffcore.lab.bench.block import Block
from ffcore.lab.bench.clock import Clock
from ffcore.lab.bench.comparison import Profile, frozen_heap, turns
from ffcore.lab.bench.contender import HALF, KEYS
from ffcore.lab.bench.estimate import Estimate, median, paired_ratio
from ffcore.lab.bench.ourselves import flag_items

THREADS = 4
FLAGS = 10_000
Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Threads:
    """Four threads over one evaluator: their rate over one thread's, and whether every call was counted."""

    threads: int
    ratio: Estimate
    calls: int
    counted: int  # hits and misses

    def to_dict(self) -> dict[str, Any]:
        """All fields, ready for JSON."""
        return asdict(self) | {"ratio": self.ratio.to_dict()}


def threads(ids: Sequence[str], profile: Profile) -> Threads:
    """Compare the calls a second of four threads together with those of one, on the 50 % flag of one evaluator.

    Both make the same number of calls in turns of shuffled order, and both start from a barrier, so that the start of
    threads is not measured.
    """
    evaluator = ffcore.Evaluator(ffcore.FlagSet.from_items(flags=flag_items()))
    blocks = [_block(evaluator, ids) for _ in range(THREADS)]
    blocks[0].fill(profile.seconds)
    each = blocks[0].calls
    times: dict[str, list[float]] = {"one": [], "four": []}
    with frozen_heap(), ThreadPoolExecutor(THREADS) as pool:
        for _, _, name in turns({"threads": times}, profile.rounds, seed=0):
            members = blocks if name == "four" else blocks[:1]
            times[name].append(_together(members, each * THREADS // len(members), pool, time.perf_counter_ns))
    stats = evaluator.stats()
    calls = sum(block.made for block in blocks)
    return Threads(THREADS, paired_ratio(times["one"], times["four"]), calls, stats.hits + stats.misses)


class _Counted(Block):
    """A block that knows how many calls it has made."""

    made = 0

    def time(self, calls: int) -> tuple[float, int]:
        spent, made = super().time(calls)
        self.made += made
        return spent, made


def _block(evaluator: ffcore.Evaluator, ids: Sequence[str]) -> _Counted:
    names: dict[str, Any] = {"ev": evaluator, "context": {}, "users": list(ids)}
    return _Counted(f"ev.evaluate(user, {HALF[0]!r}, context)", names, time.perf_counter_ns)


def _together(blocks: Sequence[_Counted], calls: int, pool: ThreadPoolExecutor, clock: Clock) -> float:
    """Nanoseconds a call from the first start to the last end; each thread reads the clock itself.

    A reading by another thread would come late, since that one has to wait for the interpreter lock first.
    """
    barrier = Barrier(len(blocks))

    def work(block: _Counted) -> tuple[int, int, int]:
        barrier.wait()
        start = clock()
        made = block.time(calls)[1]
        return start, clock(), made

    starts, ends, made = zip(*pool.map(work, blocks), strict=True)
    return float((max(ends) - min(starts)) / sum(made))


@dataclass(frozen=True, slots=True)
class ManyFlags:
    """What ten thousand flags cost: seconds until all are compiled, and bytes a flag in the model and compiled."""

    flags: int
    compile_seconds: Estimate
    model_bytes: float
    compiled_bytes: float

    def to_dict(self) -> dict[str, Any]:
        """All fields, ready for JSON."""
        return asdict(self) | {"compile_seconds": self.compile_seconds.to_dict()}


def many_flags(count: int = FLAGS, repeats: int = 7, clock: Clock = time.perf_counter_ns) -> ManyFlags:
    """Time a new evaluator's first batch of all flags (fetch, compile, keep, decide), and weigh it and the model.

    The flags are the ten of the comparison over and over, with keys of their own. Bytes are those that `tracemalloc`
    sees allocated in between, divided by the flags; the timed runs are not traced.
    """
    items = [item for copy in range(-(-count // len(KEYS))) for item in flag_items(f"-{copy}")][:count]
    flags = ffcore.FlagSet.from_items(flags=items)
    seconds = [_timed(lambda: _entered(flags), clock) for _ in range(repeats)]
    model, weighed = _weighed(lambda: ffcore.FlagSet.from_items(flags=items))
    compiled, _ = _weighed(lambda: _entered(weighed))
    return ManyFlags(count, median(seconds), model / count, compiled / count)


def _entered(flags: ffcore.FlagSet) -> ffcore.Evaluator:
    evaluator = ffcore.Evaluator(flags, max_entries=len(flags))
    evaluator.batch_evaluate("warm-up", flags)
    return evaluator


def _timed(action: Callable[[], object], clock: Clock) -> float:
    gc.collect()
    start = clock()
    kept = action()
    spent = (clock() - start) / 1e9
    del kept
    return spent


def _weighed(action: Callable[[], Kept]) -> tuple[int, Kept]:
    gc.collect()
    tracemalloc.start()
    try:
        result = action()
        gc.collect()
        return tracemalloc.get_traced_memory()[0], result
    finally:
        tracemalloc.stop()
