"""The key figures of bulk decisions: ratios within a run, and the time per user beside the seed report's."""

from collections.abc import Iterator

from ffcore.lab.bench.bulk import ALTERNATIVES, LIMIT, THREADS, ours
from ffcore.lab.bench.bulk_run import BulkRun, Speed
from ffcore.lab.bench.display import duration, interval
from ffcore.lab.bench.estimate import Estimate

from .results import Measure

SEED = "the seed report: 0.002 ms, no interval"
ONE, TWO = (ours("one flag", threads) for threads in THREADS)
TEN = ours("ten flags", 1)
NAMES = {name: f"bulk_{name.split()[0].split('-')[0].lower()}" for name in ALTERNATIVES}


def bulk_measures(run: BulkRun) -> list[Measure]:
    """Name what a bulk measurement comes to.

    Ratios are of decisions a second, each over its largest number of rows; a alternative that is not installed has none
    and is named all the same. Times per user are those of the smallest population and of the largest.

    >>> from ffcore.lab.bench.bulk import bulk
    >>> found = bulk_measures(bulk(["ann"], rows=[1_000], rounds=6, seconds=0.001, alternatives={}))
    >>> [measure.name for measure in found if measure.unit == "ns"]
    ['bulk_user_few', 'bulk_user_many']
    """
    few, many = run.speeds[ONE][0], run.largest(TWO)
    return [
        *_contenders(run),
        _ratio(run, "bulk_threads", "rate on two threads over one's", TWO, ONE),
        _ratio(run, "bulk_ten_flags", "rate of ten flags over one flag's", TEN, ONE),
        _ratio(run, "bulk_limit", "rate on one thread over the bare rounds'", ONE, LIMIT),
        _time("bulk_user_few", few, f"one thread; {SEED}"),
        _time("bulk_user_many", many, "two threads"),
    ]


def _contenders(run: BulkRun) -> Iterator[Measure]:
    for name in ALTERNATIVES:
        label = f"rate on two threads over that of {name}"
        if name in run.speeds:
            yield _ratio(run, NAMES[name], label, TWO, name)
        elif name in run.absent:
            yield Measure.of(NAMES[name], label, Estimate(None, None, None, 0), "ratio", note=run.absent[name])


def _ratio(run: BulkRun, name: str, label: str, method: str, baseline: str) -> Measure:
    times = (interval(run.largest(each).cost(), duration) for each in (method, baseline))
    note = "{} against {} a decision".format(*times)
    return Measure.of(name, label, run.ratio(method, baseline), "ratio", note=note)


def _time(name: str, speed: Speed, note: str) -> Measure:
    return Measure.of(name, f"time per user, {speed.rows:,} together", speed.cost(), "ns", note=note)
