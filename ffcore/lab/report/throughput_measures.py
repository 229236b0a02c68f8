"""The key figures of throughput: one thread, several at a time, batches, and what the cache saves."""

from __future__ import annotations

from dataclasses import replace

from ffcore.lab.bench.cache_latency import DELAYED, SQLITE, CacheLatency, CacheLatencyRun
from ffcore.lab.bench.concurrency import PROCESSES, THREADS, ConcurrencyRun
from ffcore.lab.bench.display import duration, interval, rate
from ffcore.lab.bench.estimate import median
from ffcore.lab.bench.throughput import ThroughputRun

from .results import Measure

SEED_THREADS = 4


def throughput_measures(alone: ThroughputRun, together: ConcurrencyRun, cache: CacheLatencyRun) -> list[Measure]:
    """Name what the throughput notebook comes to: ratios that targets judge, and the seed report's figures again."""
    return [*single_rates(alone), *_batches(alone), *_concurrent(together), *_savings(cache)]


def single_rates(run: ThroughputRun) -> list[Measure]:
    """Calls a second of one thread: as a ratio to the bare hash's, which a target judges, and absolute.

    >>> from ffcore.lab import bench
    >>> run = bench.throughput({"floor": hash, "simple": hash}, ["ann"], rounds=6, seconds=0.001)
    >>> [measure.name for measure in single_rates(run)]
    ['throughput_simple', 'throughput_simple_rate', 'loop_overhead']
    """
    sample, found = run.workloads["simple"], run.workloads["simple"].median()
    against = Measure.of(
        "throughput_simple", "rate of simple over the bare hash's", run.ratio("simple", "floor"), "ratio"
    )
    blocks = f"{sample.rates.size} blocks of at least {duration(sample.shortest * 1e9)}"
    name = "test_throughput_single_threaded"
    label = "evaluations a second, one thread"
    absolute = Measure.of("throughput_simple_rate", label, found, "1/s", note=blocks, replaces=name)
    loop = Measure("loop_overhead", "cost of the loop per call", run.loop, None, "ns", None, note="subtracted")
    calls = sample.rates.size * sample.loops
    return [
        replace(against, n=calls, note=f"absolute {interval(found, rate)}"),
        replace(absolute, n=calls),
        loop,
    ]


def _batches(run: ThroughputRun) -> list[Measure]:
    one, ten = (median(1e9 / run.workloads[name].rates) for name in ("batch of one", "batch of ten"))
    name, note = "test_batch_evaluation_performance", f"ten flags in one call {interval(ten, duration)}"
    return [Measure.of("batch_user", "batch of one flag, time per user", one, "ns", note=note, replaces=name)]


def _concurrent(run: ConcurrencyRun) -> list[Measure]:
    four = median(run.of(THREADS, SEED_THREADS).rates)
    others = ", ".join(
        f"{group.name} {rate(float(median(group.rates).value or 0))}" for group in run.groups if group.workers > 1
    )
    label, name = f"evaluations a second, {SEED_THREADS} threads together", "test_throughput_concurrent"
    return [
        Measure.of("threads_4", "rate of 4 threads over that of one", run.ratio(THREADS, SEED_THREADS), "ratio"),
        Measure.of("processes_2", "rate of 2 processes over that of one", run.ratio(PROCESSES, 2), "ratio"),
        Measure.of("threads_4_rate", label, four, "1/s", note=others, replaces=name),
    ]


def _savings(run: CacheLatencyRun) -> list[Measure]:
    slow, file = run.stores[DELAYED], run.stores[SQLITE]
    name = "test_cache_reduces_latency"
    return [
        Measure.of(
            "cache_saving", f"miss over hit, {DELAYED}", slow.saving(), "ratio", note=_pair(slow), replaces=name
        ),
        Measure.of("cache_saving_sqlite", f"miss over hit, {SQLITE}", file.saving(), "ratio", note=_pair(file)),
    ]


def _pair(one: CacheLatency) -> str:
    return f"miss {interval(median(one.misses), duration)}, hit {interval(median(one.hits), duration)}"
