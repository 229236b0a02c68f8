"""The key figures of scale: how cost grows, what a second worker brings, and what ten billion users would take."""

from collections.abc import Iterator

from ffcore.lab.bench.display import interval, rate
from ffcore.lab.bench.executors import DASK, ONE_THREAD, TWO_PROCESSES, TWO_THREADS
from ffcore.lab.bench.scale import GOAL, RANGE, ScaleRun

from .results import Measure

SHORT = {TWO_THREADS: "threads", TWO_PROCESSES: "processes", DASK: "dask"}


def scale_measures(run: ScaleRun) -> list[Measure]:
    """Name what a scale measurement comes to; whoever is absent has no figure.

    `scale_growth` is the cost of a user in the largest population over that in the second largest, on two threads.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from ffcore.lab.bench.executors import Executors
    >>> from ffcore.lab.bench.scale import scale
    >>> with ThreadPoolExecutor(2) as threads:
    ...     executors = Executors({"1 thread": threads, "2 threads": threads}, {})
    ...     found = scale_measures(scale(executors, rows=[1_000, 2_000], seconds=0.001, alternatives={}))
    >>> [measure.name for measure in found]
    ['scale_growth', 'scale_threads', 'scale_goal_threads']
    """
    return [_growth(run), *_speedups(run), *_goals(run)]


def _growth(run: ScaleRun) -> Measure:
    method = f"{RANGE}, {TWO_THREADS}"
    before, last = run.timed.speeds[method][-2:]
    label = f"cost of a user of {last.rows:,} over that of {before.rows:,}, {TWO_THREADS}"
    note = f"{interval(last.rate(), rate)} against {interval(before.rate(), rate)}"
    return Measure.of("scale_growth", label, run.growth(method), "ratio", note=note)


def _speedups(run: ScaleRun) -> Iterator[Measure]:
    for executor, short in SHORT.items():
        if f"{RANGE}, {executor}" in run.timed.speeds:
            label = f"rate of {executor} over that of {ONE_THREAD}"
            found = run.speedup(f"{RANGE}, {executor}", f"{RANGE}, {ONE_THREAD}")
            yield Measure.of(f"scale_{short}", label, found, "ratio")


def _goals(run: ScaleRun) -> Iterator[Measure]:
    for executor, short in SHORT.items():
        speeds = run.timed.speeds.get(f"{RANGE}, {executor}", ())
        if len(speeds) > 1:
            label = f"{GOAL:,} users, {executor}: extrapolated"
            note = f"a line through {speeds[-2].rows:,} and {speeds[-1].rows:,} users"
            yield Measure.of(f"scale_goal_{short}", label, run.seconds(f"{RANGE}, {executor}"), "s", note=note)
