"""Throughput: calls per second in timed blocks of calibrated loops, workloads interleaved, ratios within rounds."""

import math
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np

from ffcore.lab.bench.block import MARGIN
from ffcore.lab.bench.clock import Clock
from ffcore.lab.bench.display import duration, interval, rate, table
from ffcore.lab.bench.display import ratio as as_ratio
from ffcore.lab.bench.estimate import Estimate, Floats, median, paired_ratio
from ffcore.lab.bench.rounds import Workload, baseline_of, checked, shuffled

EMPTY_LOOPS = 100_000
LEAST_SHARE = 0.1  # of a block that is the calls' own, however long the empty loop took


@dataclass(frozen=True, slots=True, eq=False)
class Throughput:
    """One workload's calls per second, one figure a round, free of the loop's own cost."""

    name: str
    rates: Floats
    loops: int
    shortest: float

    def median(self) -> Estimate:
        """Estimate the median over rounds in calls per second; needs at least six rounds.

        >>> Throughput("floor", np.arange(1.0, 12.0), loops=100, shortest=0.12).median()
        Estimate(value=6.0, low=2.0, high=10.0, n=11)
        """
        return median(self.rates)


@dataclass(frozen=True, slots=True, eq=False)
class ThroughputRun:
    """What `throughput` measured: a Throughput for each workload, and the conditions of the run."""

    workloads: dict[str, Throughput]
    loop: float  # nanoseconds an iteration of the empty loop takes

    def ratio(self, name: str, baseline: str | None = None) -> Estimate:
        """Estimate a workload's rate over the baseline's (the first workload's if None), paired by round."""
        lower = self.workloads[baseline_of(self.workloads, baseline)]
        return paired_ratio(self.workloads[baseline_of(self.workloads, name)].rates, lower.rates)

    def _repr_html_(self) -> str:
        return table([self._row(sample) for sample in self.workloads.values()], self._note())

    def _row(self, sample: Throughput) -> dict[str, str]:
        return {
            "workload": sample.name,
            "median calls per second": interval(sample.median(), rate),
            "slowest to fastest round": f"{rate(sample.rates.min())} to {rate(sample.rates.max())}",
            f"rate ÷ {baseline_of(self.workloads, None)}": interval(self.ratio(sample.name), as_ratio),
        }

    def _note(self) -> str:
        samples = self.workloads.values()
        shortest = min(sample.shortest for sample in samples)
        return (
            f"[95 % interval] over {next(iter(samples)).rates.size} interleaved rounds, each block at least "
            f"{duration(shortest * 1e9)}; loop overhead of {duration(self.loop)} a call subtracted."
        )


def throughput(
    workloads: Mapping[str, Workload],
    ids: Iterable[str],
    *,
    rounds: int = 10,
    seconds: float = 0.1,
    seed: int = 0,
    clock: Clock = time.perf_counter_ns,
) -> ThroughputRun:
    """Count how many calls a second each workload makes, in blocks of at least `seconds`.

    Calibration doubles a loop until it lasts long enough; it warms up at the same time and is not counted. Then all
    workloads take turns, each once a round in shuffled order. The cost of the loop itself is measured with an empty
    one and subtracted. Calls come back to back from one thread: what one thread can do, not what a service bears.

    Args:
        workloads: functions of one user id, by name; the first is the baseline of ratios.
        ids: user ids, at least one; used again from the start when they run out.
        rounds: timed blocks of each workload; intervals and ratios need at least six.
        seconds: shortest block.
        seed: draws the order of the workloads.
        clock: reads nanoseconds.

    Raises:
        ValueError: no workload, no id, rounds < 1 or seconds <= 0.

    >>> run = throughput({"floor": hash}, ["ann", "bob"], rounds=6, seconds=0.001)
    >>> run.ratio("floor").value
    1.0
    """
    if rounds < 1 or seconds <= 0:
        raise ValueError(f"rounds is {rounds} and seconds is {seconds}; expected rounds >= 1 and seconds > 0")
    users = cycle(checked(workloads, ids))
    loop = _loop_overhead(users, clock)
    loops = {name: _calibrate(call, users, seconds, clock) for name, call in workloads.items()}
    times: dict[str, list[int]] = {name: [] for name in workloads}
    for _, name in shuffled(workloads, rounds, seed):
        times[name].append(_block(workloads[name], islice(users, loops[name]), clock))
    samples = {name: _sample(name, times[name], loops[name], loop) for name in workloads}
    return ThroughputRun(samples, loop)


def _sample(name: str, times: list[int], loops: int, loop: float) -> Throughput:
    elapsed = np.array(times, dtype=np.float64)
    own = np.maximum(elapsed - loops * loop, LEAST_SHARE * elapsed)  # a busy moment may have stretched the empty loop
    return Throughput(name, loops * 1e9 / own, loops, float(elapsed.min()) / 1e9)


def _block(call: Workload, users: Iterator[str], clock: Clock) -> int:
    start = clock()
    for user in users:
        call(user)
    return clock() - start


def _calibrate(call: Workload, users: Iterator[str], seconds: float, clock: Clock) -> int:
    wanted, loops = seconds * 1e9, 1
    while (elapsed := _block(call, islice(users, loops), clock)) < wanted:
        loops *= 2
    return math.ceil(loops * MARGIN * wanted / elapsed)


def _loop_overhead(users: Iterator[str], clock: Clock) -> float:
    return statistics.median(_empty_block(islice(users, EMPTY_LOOPS), clock) for _ in range(5)) / EMPTY_LOOPS


def _empty_block(users: Iterator[str], clock: Clock) -> int:
    start = clock()
    for _user in users:
        pass
    return clock() - start
