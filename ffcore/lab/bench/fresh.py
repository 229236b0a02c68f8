"""Latency over fresh processes: the spread from one start of the interpreter to the next, and intervals with it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np

from ffcore.evaluator import Evaluator
from ffcore.flagset import FlagSet
from ffcore.lab.bench.clock import Timer
from ffcore.lab.bench.display import duration, interval, percentile_name, table
from ffcore.lab.bench.display import ratio as as_ratio
from ffcore.lab.bench.estimate import (
    FEWEST_ROUNDS,
    Estimate,
    Floats,
    clustered_quantile,
    clustered_quantiles,
    group_quantiles,
    quantile,
    quantiles,
    ratio_of_quantiles,
)
from ffcore.lab.bench.estimators import quantile_spread
from ffcore.lab.bench.latency import QUANTILES, Latency, LatencyRun, latency, timer_only, unsettled_note
from ffcore.lab.bench.sizes import Sizes
from ffcore.lab.bench.workloads import workloads

BLOCK = 500
TIMER, PAUSED = "timer alone", "simple, collector off"
SLOW = "slow"
TIMED = ("floor", "no-op", "simple", "short circuit", "targeted", "variants", "batch of ten")


@dataclass(frozen=True, slots=True)
class Task:
    """What one process does: whose flags it decides, for whom, and how often."""

    flags: FlagSet
    users: tuple[str, ...]
    calls: int
    seed: int
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Variation:
    """Standard deviations of a workload's times within and between processes, as fractions of its median."""

    within: float
    between: float


@dataclass(frozen=True, slots=True, eq=False)
class FreshRun:
    """What `fresh_latency` measured.

    Attributes:
        runs: One for each process.
        pooled: The blocks of all processes as if they were one's.
        first: Nanoseconds of the first calls of each process, shaped (processes, 3): a cold evaluator's first, second
            and third decision; the first one fetches and compiles the flag.
    """

    runs: tuple[LatencyRun, ...]
    pooled: LatencyRun
    first: Floats

    @property
    def workloads(self) -> dict[str, Latency]:
        """The calls of all processes by workload."""
        return self.pooled.workloads

    @property
    def timer(self) -> Timer:
        """The clock with its cost, of the first process."""
        return self.runs[0].timer

    def bands(self, name: str, levels: Sequence[float]) -> list[Estimate]:
        """Estimate quantiles of a workload in nanoseconds; see `fresh_latency` for what the intervals mean."""
        if len(self.runs) < FEWEST_ROUNDS:
            return quantiles(self.workloads[name].blocks, levels)
        return clustered_quantiles(self._times(name), levels)

    def percentile(self, name: str, q: float) -> Estimate:
        """Estimate one quantile of a workload in nanoseconds."""
        if len(self.runs) < FEWEST_ROUNDS:
            return quantile(self.workloads[name].blocks.ravel(), q)
        return clustered_quantile(self._times(name), q)

    def by_process(self, name: str, q: float) -> Floats:
        """Quantile `q` of each process in nanoseconds."""
        return group_quantiles(self._times(name), q)

    def spread(self, name: str, q: float) -> Estimate:
        """Quantile `q` of the slowest process over that of the quickest."""
        return quantile_spread(self._times(name), q)

    def ratio(self, name: str, baseline: str, q: float = 0.5) -> Estimate:
        """Estimate quantile `q` of a workload over the baseline's.

        From six processes on each gives one ratio, and the interval is the sign test's over processes; with fewer it
        is over the rounds of all.
        """
        if len(self.runs) < FEWEST_ROUNDS:
            return self.pooled.ratio(name, baseline, q)
        return ratio_of_quantiles(self._times(name), self._times(baseline), q)

    def variation(self, name: str, q: float = 0.5) -> Variation:
        """Split the variation of the blocks' quantiles into within and between processes (one-way random effects)."""
        groups = [np.log(np.maximum(run.workloads[name].block_quantiles(q), 1.0)) for run in self.runs]
        within = float(np.mean([group.var(ddof=1) for group in groups]))
        means = np.array([group.mean() for group in groups])
        each = float(np.mean([1 / group.size for group in groups]))
        between = max(0.0, float(means.var(ddof=1)) - within * each) if len(groups) > 1 else 0.0
        return Variation(within**0.5, between**0.5)

    def sample(self) -> str:
        """What a caption says of the calls."""
        size = min(sample.blocks.size for sample in self.workloads.values())
        return (
            f"n = {size:,} calls of each workload in {len(self.runs)} fresh processes, interleaved blocks of {BLOCK}; "
            f"timer overhead of {duration(self.timer.overhead)} subtracted."
        )

    def conditions(self) -> str:
        """What a caption says of the calls and of the intervals."""
        few = len(self.runs) < FEWEST_ROUNDS
        basis = "of calls alone: fewer than six processes" if few else "over processes"
        return f"Intervals {basis}. {self.sample()}"

    def _times(self, name: str) -> list[Floats]:
        return [run.workloads[name].blocks.ravel() for run in self.runs]

    def _repr_html_(self) -> str:
        restless = unsettled_note({name for run in self.runs for name in run.unsettled()})
        return table([self._row(name) for name in self.workloads], f"[95 % interval]; {restless}{self.conditions()}")

    def _row(self, name: str) -> dict[str, str]:
        cells = {"workload": name, "n": f"{self.workloads[name].blocks.size:,}"}
        found = self.bands(name, QUANTILES)
        cells |= {percentile_name(q): interval(e, duration) for q, e in zip(QUANTILES, found, strict=True)}
        baseline = next(iter(self.workloads))
        return cells | {f"p50 ÷ {baseline}": interval(self.ratio(name, baseline), as_ratio)}


def fresh_latency(flags: FlagSet, users: Sequence[str], size: Sizes, *, fault: str = "") -> FreshRun:
    """Time single calls of the standard workloads in fresh processes, one after the other.

    Each process starts a new interpreter (spawned, so nothing is inherited), makes the first calls of a cold
    evaluator, then runs `latency`, with the clock alone as one more workload and a second *simple* during which the
    garbage collector is off. pyperf starts processes in the same way but keeps means of loops, in which no tail is
    left; so the processes are ours.

    Percentiles pool the calls of all. From six processes on their intervals are a bootstrap that draws whole
    processes, since calls of one process resemble each other; with a few processes it is somewhat narrow. With fewer
    than six the intervals are those of the calls alone, and captions say so.

    Args:
        flags: the set that workloads choose from.
        users: ids; each process gets its own stretch of them.
        size: how many processes, and calls in each.
        fault: "slow" stretches every decision to ten times its length; empty for none.

    Raises:
        ValueError: no user, or no process.
    """
    if not users or size.processes < 1:
        raise ValueError("expected at least one user and one process")
    stretch = max(1, len(users) // size.processes)
    tasks = [
        Task(flags, tuple(users[number * stretch : (number + 1) * stretch] or users), size.calls, number, fault)
        for number in range(size.processes)
    ]
    context = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, max_tasks_per_child=1) as fresh:
        found = list(fresh.map(record, tasks))
    return gathered([run for run, _ in found], np.array([first for _, first in found], dtype=np.float64))


def gathered(runs: Sequence[LatencyRun], first: Floats) -> FreshRun:
    """Put the runs of several processes together."""
    pooled = {
        name: Latency(name, np.concatenate([run.workloads[name].blocks for run in runs])) for name in runs[0].workloads
    }
    return FreshRun(tuple(runs), LatencyRun(pooled, runs[0].timer, runs[0].garbage_collector), first)


def record(task: Task) -> tuple[LatencyRun, list[int]]:
    """One process's share: its first three calls, then every workload.

    >>> from ffcore.lab.bench.workloads import STANDARD
    >>> run, first = record(Task(STANDARD, ("ann", "bob"), calls=1_000, seed=0))
    >>> len(first), run.workloads["simple"].blocks.shape[1]
    (3, 500)
    """
    first = _first_calls(task.flags, task.users[0])
    loads = workloads(task.flags)
    if task.fault == SLOW:
        loads = loads.slowed()
    calls = {**{name: loads[name] for name in TIMED}, PAUSED: loads["simple"], TIMER: timer_only}
    blocks = max(1, task.calls // BLOCK)
    run = latency(calls, task.users, calls=blocks * BLOCK, blocks=blocks, paused=[PAUSED], seed=task.seed)
    return run, first


def _first_calls(flags: FlagSet, user: str) -> list[int]:
    evaluator, key = Evaluator(flags), next(iter(flags), "none")
    spent = []
    for _ in range(3):
        start = time.perf_counter_ns()
        evaluator.evaluate(user, key)
        spent.append(time.perf_counter_ns() - start)
    return spent
