"""Figures of latency over processes."""

from __future__ import annotations

import numpy as np

from ffcore.lab.bench.clock import Timer
from ffcore.lab.bench.fresh import FreshRun, gathered
from ffcore.lab.bench.fresh_figures import latency_processes, latency_timeline
from ffcore.lab.bench.latency import LatencyRun, _settled

CLOCK = Timer("perf_counter_ns", 40, 42.0)


def run_of(processes: int) -> FreshRun:
    """Processes whose first 700 calls take twice as long."""
    generator = np.random.default_rng(1)
    runs = []
    for number in range(processes):
        times = generator.lognormal(6 + number / 10, 0.05, (12, 500))
        times.ravel()[:700] *= 2
        runs.append(LatencyRun(_settled({"simple": times}, 10), CLOCK, garbage_collector=True))
    return gathered(runs, np.ones((processes, 3)))


def test_the_timeline_marks_the_warm_up_that_was_found() -> None:
    """All calls are drawn; the dashed line stands at the change point, and the caption says what was dropped."""
    run = run_of(2)

    drawn = latency_timeline(run)
    [axes] = drawn.axes
    calls, medians, end = axes.get_lines()

    assert len(np.asarray(calls.get_xdata())) == 6_000
    assert len(np.asarray(medians.get_xdata())) == 600
    assert abs(float(np.asarray(end.get_xdata())[0]) - 700) <= 30
    assert "1,000 calls are dropped" in drawn.caption
    assert "n = 6,000 calls" in drawn.caption
    assert drawn.png().startswith(b"\x89PNG")


def test_each_process_is_a_mark() -> None:
    """Median and p99 of all processes are drawn, and the spread of the p99 is written beside."""
    drawn = latency_processes(run_of(3))
    [axes] = drawn.axes

    assert [len(np.asarray(line.get_xdata())) for line in axes.get_lines()] == [3, 3]
    assert any("p99 1.2" in text.get_text() for text in axes.texts)
    assert "3 fresh processes" in drawn.caption
    assert drawn.png().startswith(b"\x89PNG")
