"""Latency of single calls: each recorded, workloads interleaved in shuffled blocks, percentiles with intervals."""

from __future__ import annotations

import gc
import math
import time
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice

import numpy as np

from ffcore.lab.bench.clock import Clock, Timer, timer
from ffcore.lab.bench.display import duration, interval, percentile_name, table
from ffcore.lab.bench.display import ratio as as_ratio
from ffcore.lab.bench.estimate import Estimate, Floats, group_quantiles, quantile, quantiles, ratio_of_quantiles
from ffcore.lab.bench.rounds import Workload, baseline_of, checked, shuffled
from ffcore.lab.bench.warmup import WarmUp, warm_up

QUANTILES = (0.5, 0.9, 0.99, 0.999, 0.9999)
SPARE = 0.2  # more rounds than asked, for warm-up


@dataclass(frozen=True, slots=True, eq=False)
class Latency:
    """One workload's calls in nanoseconds, shaped (blocks, calls a block), free of the timer's own cost.

    `lead` holds the calls before them, which were dropped for the warm-up that was found in this workload or another.
    """

    name: str
    blocks: Floats
    lead: Floats = field(default_factory=lambda: np.empty(0))
    warm_up: WarmUp = field(default_factory=lambda: WarmUp(0, settled=True))

    def percentile(self, q: float) -> Estimate:
        """Estimate quantile `q` (0 < q < 1) in nanoseconds; see `latency` for what its interval means.

        >>> Latency("floor", np.arange(1.0, 1001.0).reshape(10, 100)).percentile(0.9)
        Estimate(value=900.0, low=881.0, high=919.0, n=1000)
        """
        return quantile(self.blocks.ravel(), q)

    def percentiles(self) -> dict[str, Estimate]:
        """Estimate p50, p90, p99, p99.9 and p99.99 in nanoseconds.

        >>> list(Latency("floor", np.ones((10, 100))).percentiles())
        ['p50', 'p90', 'p99', 'p99.9', 'p99.99']
        """
        return dict(zip(map(percentile_name, QUANTILES), quantiles(self.blocks, QUANTILES), strict=True))

    def block_quantiles(self, q: float) -> Floats:
        """Quantile `q` of each block in nanoseconds, shaped (blocks,).

        >>> Latency("floor", np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])).block_quantiles(0.5).tolist()
        [2.0, 5.0]
        """
        return group_quantiles(self.blocks, q)


@dataclass(frozen=True, slots=True, eq=False)
class LatencyRun:
    """What `latency` measured: a Latency for each workload, and the conditions of the run."""

    workloads: dict[str, Latency]
    timer: Timer
    garbage_collector: bool

    def bands(self, name: str, levels: Sequence[float]) -> list[Estimate]:
        """Estimate quantiles of a workload in nanoseconds, with the intervals of one process."""
        return quantiles(self.workloads[name].blocks, levels)

    def sample(self) -> str:
        """What a caption says of the calls."""
        rounds, size = next(iter(self.workloads.values())).blocks.shape
        return (
            f"n = {rounds * size:,} calls of each workload in {rounds} interleaved blocks; timer overhead of "
            f"{duration(self.timer.overhead)} subtracted."
        )

    def conditions(self) -> str:
        """What a caption says of the calls and of the intervals."""
        return f"Intervals of the calls of one process. {self.sample()}"

    def unsettled(self) -> set[str]:
        """Workloads whose times were still changing in the second half of the run, so that nothing was dropped."""
        return {name for name, sample in self.workloads.items() if not sample.warm_up.settled}

    def ratio(self, name: str, baseline: str | None = None, q: float = 0.5) -> Estimate:
        """Estimate quantile `q` of a workload over that of the baseline (the first workload if None).

        Each round gives one ratio of the two blocks' quantiles; the estimate is the median over rounds with the sign
        test's interval. Not estimable if a block is too small for the quantile (see `samples_needed`).
        """
        lower = self.workloads[baseline_of(self.workloads, baseline)]
        upper = self.workloads[baseline_of(self.workloads, name)]
        return ratio_of_quantiles(upper.blocks, lower.blocks, q)

    def _repr_html_(self) -> str:
        return table([self._row(sample) for sample in self.workloads.values()], self._note())

    def _row(self, sample: Latency) -> dict[str, str]:
        percentiles = {name: interval(estimate, duration) for name, estimate in sample.percentiles().items()}
        baseline = baseline_of(self.workloads, None)
        against = interval(self.ratio(sample.name), as_ratio)
        return {"workload": sample.name, "n": f"{sample.blocks.size:,}"} | percentiles | {f"p50 ÷ {baseline}": against}

    def _note(self) -> str:
        rounds, size = next(iter(self.workloads.values())).blocks.shape
        found = max(sample.warm_up.calls for sample in self.workloads.values())
        return (
            f"Time of one call [95 % interval], {rounds} interleaved blocks of {size:,} calls, "
            f"{found:,} calls of warm-up found and dropped; {unsettled_note(self.unsettled())}"
            f"timer overhead of {duration(self.timer.overhead)} subtracted; "
            f"garbage collector {'on' if self.garbage_collector else 'off'}."
        )


def unsettled_note(names: Collection[str]) -> str:
    """What tables say of workloads whose warm-up had no end; nothing if there are none.

    >>> unsettled_note({"simple", "floor"})
    'never settled: floor, simple; '
    """
    return f"never settled: {', '.join(sorted(names))}; " if names else ""


def timer_only(user: str) -> None:
    """Stands for no call at all: two readings of the clock with nothing between, from which nothing is subtracted."""


def latency(  # noqa: PLR0913 - each is a setting of its own
    workloads: Mapping[str, Workload],
    ids: Iterable[str],
    *,
    calls: int = 100_000,
    blocks: int = 20,
    paused: Collection[str] = (),
    seed: int = 0,
    clock: Clock = time.perf_counter_ns,
) -> LatencyRun:
    """Time each call of each workload, one user id after the other, and keep every time.

    All workloads take turns in one run, in rounds of shuffled order. A round gives the same ids to each workload; ids
    are used again from the start when they run out. A fifth more rounds than asked are run: those in which any
    workload was still warming up (see `warm_up`) are dropped, and the first `blocks` after them are kept, or as many
    as there are. All times are kept rather than a histogram of them (HdrHistogram), because the end of warm-up is
    found in their order, and percentiles stay exact.

    The garbage collector stays as it is, but for the workloads in `paused`. Of each time the median of an empty timer
    pair is subtracted (never below 0; `timer_only` keeps it); what calling a Python function costs stays in, so time a
    no-op beside the others. Percentile intervals are order-statistic intervals of this one process and take its calls
    as independent; they do not see how processes or machines differ (see `fresh_latency`). Nor does a ratio's: two
    copies of one function, apart only in memory, differed by up to 1 % in one process, so a ratio that close to 1 says
    nothing.

    Args:
        workloads: functions of one user id, by name; the first is the baseline of ratios.
        ids: user ids, at least one.
        calls: recorded calls of each workload, rounded up to full blocks.
        blocks: recorded blocks of each workload; ratios need at least six.
        paused: workloads during whose blocks the garbage collector is off.
        seed: draws the order of the workloads.
        clock: reads nanoseconds.

    Raises:
        ValueError: no workload, no id, or not 1 <= blocks <= calls.

    >>> run = latency({"floor": hash, "no-op": lambda user: None}, ["ann", "bob"], calls=600, blocks=6)
    >>> run.workloads["floor"].blocks.shape[1]
    100
    """
    if not 1 <= blocks <= calls:
        raise ValueError(f"blocks is {blocks} and calls is {calls}; expected 1 <= blocks <= calls")
    users = cycle(checked(workloads, ids))
    cost = timer(clock)
    size = -(-calls // blocks)
    times: dict[str, list[array[int]]] = {name: [] for name in workloads}
    current, batch = -1, [""]
    for number, name in shuffled(workloads, blocks + math.ceil(blocks * SPARE), seed):
        if number != current:
            current, batch = number, list(islice(users, size))
        times[name].append(_block(workloads[name], batch, clock, collect=name not in paused))
    kept = {name: _without(0 if workloads[name] is timer_only else cost.overhead, times[name]) for name in workloads}
    return LatencyRun(_settled(kept, blocks), cost, gc.isenabled())


def _settled(recorded: Mapping[str, Floats], blocks: int) -> dict[str, Latency]:
    """The blocks after the last round in which any workload was still warming up."""
    found = {name: warm_up(times.ravel()) for name, times in recorded.items()}
    size = next(iter(recorded.values())).shape[1]
    first = -(-max(end.calls for end in found.values()) // size)
    return {
        name: Latency(name, times[first : first + blocks], times[:first].ravel(), found[name])
        for name, times in recorded.items()
    }


def _block(call: Workload, users: list[str], clock: Clock, *, collect: bool) -> array[int]:
    was_on = gc.isenabled()
    if not collect:
        gc.disable()
    try:
        return _record_pairs(users, clock) if call is timer_only else _record(call, users, clock)
    finally:
        if was_on:
            gc.enable()


def _record(call: Workload, users: list[str], clock: Clock) -> array[int]:
    elapsed = array("q", bytes(8 * len(users)))
    for index, user in enumerate(users):
        start = clock()
        call(user)
        elapsed[index] = clock() - start
    return elapsed


def _record_pairs(users: list[str], clock: Clock) -> array[int]:
    elapsed = array("q", bytes(8 * len(users)))
    for index, _user in enumerate(users):
        start = clock()
        elapsed[index] = clock() - start
    return elapsed


def _without(overhead: float, recorded: list[array[int]]) -> Floats:
    return np.maximum(np.array(recorded, dtype=np.float64) - overhead, 0.0)
