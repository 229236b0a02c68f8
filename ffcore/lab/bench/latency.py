"""Latency of single calls: each recorded, workloads interleaved in shuffled blocks, percentiles with intervals."""

from __future__ import annotations

import gc
import time
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np

from ffcore.lab.bench.clock import Clock, Timer, timer
from ffcore.lab.bench.display import duration, interval, percentile_name, table
from ffcore.lab.bench.display import ratio as as_ratio
from ffcore.lab.bench.estimate import Estimate, Floats, paired_ratio, quantiles, samples_needed
from ffcore.lab.bench.rounds import Workload, baseline_of, checked, shuffled

QUANTILES = (0.5, 0.9, 0.99, 0.999, 0.9999)


@dataclass(frozen=True, slots=True, eq=False)
class Latency:
    """One workload's calls in nanoseconds, shaped (blocks, calls a block), free of the timer's own cost."""

    name: str
    blocks: Floats

    def percentile(self, q: float) -> Estimate:
        """Estimate quantile `q` (0 < q < 1) in nanoseconds; see `latency` for what its interval means.

        >>> Latency("floor", np.arange(1.0, 1001.0).reshape(10, 100)).percentile(0.9)
        Estimate(value=900.0, low=881.0, high=919.0, n=1000)
        """
        return quantiles(self.blocks, [q])[0]

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
        return np.quantile(self.blocks, q, axis=1, method="inverted_cdf")

    def to_dict(self) -> dict[str, object]:
        """Summary in nanoseconds, ready for JSON.

        >>> Latency("floor", np.ones((10, 100))).to_dict()["mean"]
        1.0
        """
        return {
            "n": self.blocks.size,
            "minimum": float(self.blocks.min()),
            "mean": float(self.blocks.mean()),
            "maximum": float(self.blocks.max()),
            "percentiles": {name: estimate.to_dict() for name, estimate in self.percentiles().items()},
        }


@dataclass(frozen=True, slots=True, eq=False)
class LatencyRun:
    """What `latency` measured: a Latency for each workload, and the conditions of the run."""

    workloads: dict[str, Latency]
    timer: Timer
    seed: int
    garbage_collector: bool

    def ratio(self, name: str, baseline: str | None = None, q: float = 0.5) -> Estimate:
        """Estimate quantile `q` of a workload over that of the baseline (the first workload if None).

        Each round gives one ratio of the two blocks' quantiles; the estimate is the median over rounds with the sign
        test's interval. Not estimable if a block is too small for the quantile (see `samples_needed`).
        """
        lower = self.workloads[baseline_of(self.workloads, baseline)]
        upper = self.workloads[baseline_of(self.workloads, name)]
        rounds, size = upper.blocks.shape
        if size < samples_needed(q):
            return Estimate(None, None, None, rounds)
        return paired_ratio(upper.block_quantiles(q), lower.block_quantiles(q))

    def to_dict(self) -> dict[str, object]:
        """The whole run, ready for JSON; times in nanoseconds, ratios of medians to the first workload."""
        baseline = baseline_of(self.workloads, None)
        rounds, size = self.workloads[baseline].blocks.shape
        return {
            "unit": "ns",
            "blocks": rounds,
            "calls_per_block": size,
            "warm_up_calls": size,
            "seed": self.seed,
            "garbage_collector": self.garbage_collector,
            "timer": self.timer.to_dict(),
            "baseline": baseline,
            "workloads": {
                name: sample.to_dict() | {"ratio": self.ratio(name).to_dict()}
                for name, sample in self.workloads.items()
            },
        }

    def _repr_html_(self) -> str:
        return table([self._row(sample) for sample in self.workloads.values()], self._note())

    def _row(self, sample: Latency) -> dict[str, str]:
        percentiles = {name: interval(estimate, duration) for name, estimate in sample.percentiles().items()}
        baseline = baseline_of(self.workloads, None)
        against = interval(self.ratio(sample.name), as_ratio)
        return {"workload": sample.name, "n": f"{sample.blocks.size:,}"} | percentiles | {f"p50 ÷ {baseline}": against}

    def _note(self) -> str:
        rounds, size = next(iter(self.workloads.values())).blocks.shape
        return (
            f"Time of one call [95 % interval], {rounds} interleaved blocks of {size:,} calls after one for warm-up; "
            f"timer overhead of {duration(self.timer.overhead)} subtracted; "
            f"garbage collector {'on' if self.garbage_collector else 'off'}."
        )


def latency(
    workloads: Mapping[str, Workload],
    ids: Iterable[str],
    *,
    calls: int = 100_000,
    blocks: int = 20,
    seed: int = 0,
    clock: Clock = time.perf_counter_ns,
) -> LatencyRun:
    """Time each call of each workload, one user id after the other, and keep every time.

    All workloads take turns in one run: `blocks` rounds in shuffled order, and one before them that is dropped as
    warm-up. A round gives the same ids to each workload; ids are used again from the start when they run out.
    The garbage collector stays as it is. Of each time the median of an empty timer pair is subtracted (never below
    0); what calling a Python function costs stays in, so time a no-op beside the others. Percentile intervals are
    order-statistic intervals of this one process and take its calls as independent; they do not see how processes
    or machines differ. Nor does a ratio's: two copies of one function, apart only in memory, differed by up to 1 % in
    one process, so a ratio that close to 1 says nothing.

    Args:
        workloads: functions of one user id, by name; the first is the baseline of ratios.
        ids: user ids, at least one.
        calls: recorded calls of each workload, rounded up to full blocks.
        blocks: recorded blocks of each workload; ratios need at least six.
        seed: draws the order of the workloads.
        clock: reads nanoseconds.

    Raises:
        ValueError: no workload, no id, or not 1 <= blocks <= calls.

    >>> run = latency({"floor": hash, "no-op": lambda user: None}, ["ann", "bob"], calls=600, blocks=6)
    >>> run.workloads["floor"].blocks.shape
    (6, 100)
    """
    if not 1 <= blocks <= calls:
        raise ValueError(f"blocks is {blocks} and calls is {calls}; expected 1 <= blocks <= calls")
    users = cycle(checked(workloads, ids))
    cost = timer(clock)
    size = -(-calls // blocks)
    times: dict[str, list[array[int]]] = {name: [] for name in workloads}
    current, batch = -1, [""]
    for number, name in shuffled(workloads, blocks + 1, seed):
        if number != current:
            current, batch = number, list(islice(users, size))
        times[name].append(_record(workloads[name], batch, clock))
    samples = {name: Latency(name, _without(cost.overhead, recorded[1:])) for name, recorded in times.items()}
    return LatencyRun(samples, cost, seed, gc.isenabled())


def _record(call: Workload, users: list[str], clock: Clock) -> array[int]:
    elapsed = array("q", bytes(8 * len(users)))
    for index, user in enumerate(users):
        start = clock()
        call(user)
        elapsed[index] = clock() - start
    return elapsed


def _without(overhead: float, recorded: list[array[int]]) -> Floats:
    return np.maximum(np.array(recorded, dtype=np.float64) - overhead, 0.0)
