"""The key figures of scale: how cost grows, what a second worker brings, and what ten billion users would take."""

from collections.abc import Iterator

from ffcore.lab.bench.crews import ALONE, DASK, PROCESSES, THREADS
from ffcore.lab.bench.display import interval, rate
from ffcore.lab.bench.scale import GOAL, RANGE, ScaleRun

from .results import Measure

SHORT = {THREADS: "threads", PROCESSES: "processes", DASK: "dask"}


def scale_measures(run: ScaleRun) -> list[Measure]:
    """Name what a scale measurement comes to; whoever is absent has no figure.

    `scale_growth` is the cost of a user in the largest population over that in the second largest, on two threads.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from ffcore.lab.bench.crews import Crews
    >>> from ffcore.lab.bench.scale import scale
    >>> with ThreadPoolExecutor(2) as threads:
    ...     crews = Crews({"1 thread": threads, "2 threads": threads}, {})
    ...     found = scale_measures(scale(crews, rows=[1_000, 2_000], seconds=0.001, contenders={}))
    >>> [measure.name for measure in found]
    ['scale_growth', 'scale_threads', 'scale_goal_threads']
    """
    return [_growth(run), *_speedups(run), *_goals(run)]


def _growth(run: ScaleRun) -> Measure:
    way = f"{RANGE}, {THREADS}"
    before, last = run.timed.paces[way][-2:]
    label = f"cost of a user of {last.rows:,} over that of {before.rows:,}, {THREADS}"
    note = f"{interval(last.rate(), rate)} against {interval(before.rate(), rate)}"
    return Measure.of("scale_growth", label, run.growth(way), "ratio", note=note)


def _speedups(run: ScaleRun) -> Iterator[Measure]:
    for crew, short in SHORT.items():
        if f"{RANGE}, {crew}" in run.timed.paces:
            label = f"rate of {crew} over that of {ALONE}"
            found = run.speedup(f"{RANGE}, {crew}", f"{RANGE}, {ALONE}")
            yield Measure.of(f"scale_{short}", label, found, "ratio")


def _goals(run: ScaleRun) -> Iterator[Measure]:
    for crew, short in SHORT.items():
        paces = run.timed.paces.get(f"{RANGE}, {crew}", ())
        if len(paces) > 1:
            label = f"{GOAL:,} users, {crew}: extrapolated"
            note = f"a line through {paces[-2].rows:,} and {paces[-1].rows:,} users"
            yield Measure.of(f"scale_goal_{short}", label, run.seconds(f"{RANGE}, {crew}"), "s", note=note)
