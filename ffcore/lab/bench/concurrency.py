"""Concurrent throughput: calls a second of threads that share one evaluator, and of processes with one each."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from multiprocessing import get_context
from threading import get_ident

import numpy as np

from ffcore.flagset import FlagSet
from ffcore.lab.bench.display import interval, rate, table
from ffcore.lab.bench.display import ratio as as_ratio
from ffcore.lab.bench.estimate import Estimate, Floats, median, paired_ratio
from ffcore.lab.bench.rounds import Workload, shuffled
from ffcore.lab.bench.sizes import Sizes
from ffcore.lab.bench.workloads import workloads

THREADS, PROCESSES = "threads", "processes"
SINGULAR = {THREADS: "thread", PROCESSES: "process"}
LEAD_NS, LONGEST_LEAD_NS = 15_000_000, 20_000_000_000  # from handing out the work to the common start
WORKLOAD = "simple"

#: Who worked, from when until when, and how many calls that were.
Work = tuple[int, int, int, int]
Plan = tuple[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class WorkerGroup:
    """Threads or processes that work at the same time: calls a second of all together, one figure a round."""

    kind: str
    workers: int
    rates: Floats

    @property
    def name(self) -> str:
        """As tables show it.

        >>> WorkerGroup("threads", 1, np.ones(6)).name
        '1 thread'
        """
        return f"{self.workers} {self.kind if self.workers > 1 else SINGULAR[self.kind]}"


@dataclass(frozen=True, slots=True, eq=False)
class ConcurrencyRun:
    """What `concurrency` measured, and on how many cores."""

    groups: tuple[WorkerGroup, ...]
    cores: int

    def of(self, kind: str, workers: int) -> WorkerGroup:
        """The group of a kind and size."""
        return next(group for group in self.groups if (group.kind, group.workers) == (kind, workers))

    def ratio(self, kind: str, workers: int) -> Estimate:
        """Estimate a group's rate over that of a single worker of its kind, paired by round."""
        return paired_ratio(self.of(kind, workers).rates, self.of(kind, 1).rates)

    def conditions(self) -> str:
        """What a caption says of the sample."""
        return f"n = {self.groups[0].rates.size} interleaved rounds of each, on {self.cores} cores."

    def _repr_html_(self) -> str:
        rows = [
            {
                "at the same time": group.name,
                "calls per second, all together": interval(median(group.rates), rate),
                "rate ÷ one": interval(self.ratio(group.kind, group.workers), as_ratio),
            }
            for group in self.groups
        ]
        return table(rows, f"[95 % interval]. {self.conditions()}")


def concurrency(flags: FlagSet, users: Sequence[str], size: Sizes, *, fault: str = "") -> ConcurrencyRun:
    """Count the decisions a second of 1, 2, 4, 8 threads over one evaluator, and of as many processes.

    All sizes and both kinds take turns, each once a round in shuffled order. All workers sleep until a common start,
    and each reads the clock itself; a block lasts from the first start to the last end. Threads share the interpreter
    lock, so together they do the work of one thread at best; processes share nothing but the cores.

    Args:
        flags: the workload *simple* chooses from them.
        users: ids, used again from the start when they run out.
        size: rounds, shortest block, and how many at a time.
        fault: "slow" stretches every decision to ten times its length; empty for none.

    Raises:
        ValueError: no user.
    """
    if not users:
        raise ValueError("there is no user id to time with; pass at least one")
    cores, most = _cores(), max(size.workers)
    settings = (flags, tuple(users), fault)
    spawned = ProcessPoolExecutor(most, mp_context=get_context("spawn"), initializer=_prepare, initargs=settings)
    with ThreadPoolExecutor(most) as threads, spawned as processes:
        _prepare(*settings)
        calls = _calibrated(size.seconds)
        plans: dict[Plan, Callable[[], float]] = {}
        for count in size.workers:
            plans[THREADS, count] = partial(_together, threads, count, max(1, calls // count))
            each = max(1, calls * min(count, cores) // count)
            plans[PROCESSES, count] = partial(_together, processes, count, each)
        rates = _measured(plans, size.rounds)
    return ConcurrencyRun(tuple(WorkerGroup(*plan, rates[plan]) for plan in sorted(plans)), cores)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _measured(plans: Mapping[Plan, Callable[[], float]], rounds: int) -> dict[Plan, Floats]:
    """Calls a second by plan; the first round warms up and is not counted."""
    found: dict[Plan, list[float]] = {name: [] for name in plans}
    for number, name in shuffled(plans, rounds + 1, seed=0):
        value = plans[name]()
        if number:
            found[name].append(value)
    return {name: np.array(values) for name, values in found.items()}


def _together(pool: Executor, workers: int, each: int) -> float:
    """Calls a second of a number of workers; a block in which one did the work of two is repeated with more lead."""
    lead = LEAD_NS
    while lead < LONGEST_LEAD_NS:
        start = time.perf_counter_ns() + lead
        who, starts, ends, made = zip(*pool.map(_work, [start] * workers, [each] * workers), strict=True)
        if len(set(who)) == workers:
            return float(sum(made) * 1e9 / (max(ends) - min(starts)))
        lead *= 2
    raise RuntimeError(f"{workers} workers did not start together within {lead / 1e9:.0f} s; the machine is too busy")


_ready: list[tuple[Workload, tuple[str, ...]]] = []


def _prepare(flags: FlagSet, users: tuple[str, ...], fault: str) -> None:
    """Build the workload of this process; those of another process are out of reach."""
    loads = workloads(flags)
    _ready[:] = [((loads.slowed() if fault == "slow" else loads)[WORKLOAD], users)]


def _work(start: int, calls: int) -> Work:
    """Make so many calls from a start on; the clock is the same in all processes of a machine."""
    [(call, users)] = _ready
    chosen = list(islice(cycle(users), calls))
    time.sleep(max(0, start - time.perf_counter_ns()) / 1e9)
    begun = time.perf_counter_ns()
    for user in chosen:
        call(user)
    return os.getpid() * 2**64 + get_ident(), begun, time.perf_counter_ns(), calls


def _calibrated(seconds: float) -> int:
    """How many calls one thread makes in that time, and a fifth more."""
    calls = 100
    while True:
        _, begun, ended, _ = _work(0, calls)
        if ended - begun >= seconds * 1e9 / 4:
            return int(calls * 1.2 * seconds * 1e9 / (ended - begun)) + 1
        calls *= 2
