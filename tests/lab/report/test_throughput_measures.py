"""The key figures of throughput carry the seed report's names and hold what was measured."""

import numpy as np
import pytest

from ffcore.lab.bench.cache_latency import DELAYED, SQLITE, CacheLatency, CacheLatencyRun
from ffcore.lab.bench.concurrency import PROCESSES, THREADS, ConcurrencyRun, WorkerGroup
from ffcore.lab.bench.throughput import Throughput, ThroughputRun
from ffcore.lab.report.throughput_measures import throughput_measures

CALLS = {"floor": 1e6, "simple": 8e5, "batch of one": 5e5, "batch of ten": 1e5}
ALONE = ThroughputRun({n: Throughput(n, np.full(7, r), 100, 0.1) for n, r in CALLS.items()}, loop=12.0)
TOGETHER = ConcurrencyRun(
    tuple(
        WorkerGroup(kind, n, np.full(7, 1e6 * f))
        for kind in (THREADS, PROCESSES)
        for n, f in ((1, 1), (2, 1.5), (4, 0.9))
    ),
    cores=2,
)
CACHE = CacheLatencyRun({name: CacheLatency(np.full(8, 5e6), np.full(8, 1e3)) for name in (SQLITE, DELAYED)})
FOUND = {measure.name: measure for measure in throughput_measures(ALONE, TOGETHER, CACHE)}


def test_figures_are_those_measured() -> None:
    """Ratios, rates and times follow from the runs."""
    values = {name: FOUND[name].value for name in ("throughput_simple", "batch_user", "threads_4", "cache_saving")}

    assert values == pytest.approx(
        {"throughput_simple": 0.8, "batch_user": 2_000, "threads_4": 0.9, "cache_saving": 5_000}
    )
    assert FOUND["threads_4_rate"].value == 9e5
    assert FOUND["loop_overhead"].value == 12.0


def test_the_seeds_benchmarks_are_named() -> None:
    """Four of the ten are here, each once."""
    assert {m.replaces for m in FOUND.values()} - {""} == {
        "test_throughput_single_threaded",
        "test_throughput_concurrent",
        "test_cache_reduces_latency",
        "test_batch_evaluation_performance",
    }
