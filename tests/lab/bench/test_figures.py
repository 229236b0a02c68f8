"""Figures of latency."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from ffcore.lab.bench.clock import Timer
from ffcore.lab.bench.figures import latency_cumulative, latency_histogram, latency_spectrum
from ffcore.lab.bench.latency import Latency, LatencyRun

NAMES = ("floor", "no-op", "simple", "short circuit", "targeted", "variants", "batch of ten")
FIGURES = (latency_spectrum, latency_histogram, latency_cumulative)


def run_of(calls: int) -> LatencyRun:
    """Seven workloads of lognormal length in ten blocks."""
    generator = np.random.default_rng(1)
    samples = {
        name: Latency(name, generator.lognormal(6 + place / 3, 0.2, (10, calls // 10)).round())
        for place, name in enumerate(NAMES)
    }
    return LatencyRun(samples, Timer("perf_counter_ns", 40, 42.0), garbage_collector=True)


@pytest.mark.parametrize("figure", FIGURES)
def test_captions_state_unit_sample_size_and_interval(figure: type) -> None:
    """Each caption names what is timed, n, the interval and the timer's cost, and an axis its unit."""
    drawn = figure(run_of(5_000))

    assert drawn.caption.startswith(("Time of one call", "Share of calls"))
    for part in ("n = 5,000 calls of each workload in 10 interleaved blocks", "95 %", "42.0 ns subtracted"):
        assert part in drawn.caption
    [axes] = drawn.axes
    assert "time of one call" in (axes.get_xlabel(), axes.get_ylabel())
    drawn.draw_without_rendering()
    ticks = [label.get_text() for axis in (axes.xaxis, axes.yaxis) for label in axis.get_ticklabels()]
    assert {"100 ns", "1 µs"} & set(ticks)


def test_spectrum_ends_where_nothing_is_estimable() -> None:
    """With 5,000 calls no line goes beyond p99.93 (x = 1,356), the last level whose interval is finite."""
    [axes] = latency_spectrum(run_of(5_000)).axes

    ends = [float(np.max(line.get_xdata())) for line in axes.get_lines()]

    assert len(ends) == len(NAMES)
    assert all(1_000 < end <= 5_000 / np.log(40) + 1 for end in ends)


def test_spectrum_never_falls() -> None:
    """Each line rises with the percentile, and so do its bounds."""
    [axes] = latency_spectrum(run_of(5_000)).axes

    assert all((np.diff(np.asarray(line.get_ydata(), dtype=float)) >= 0).all() for line in axes.get_lines())


def test_lines_are_told_apart_by_colour_and_name() -> None:
    """Seven workloads have seven colours, the first grey, and stand in the legend by name."""
    [axes] = latency_spectrum(run_of(5_000)).axes

    colours = [to_hex(line.get_color()) for line in axes.get_lines()]
    legend = axes.get_legend()
    assert len(set(colours)) == len(NAMES)
    assert colours[0] == "#767676"
    assert legend is not None
    assert tuple(text.get_text() for text in legend.get_texts()) == NAMES


def test_cumulative_shares_reach_the_sample() -> None:
    """At the median of a workload half of its calls have ended."""
    run = run_of(5_000)
    [axes] = latency_cumulative(run).axes

    line = axes.get_lines()[NAMES.index("simple")]
    half = np.interp(0.5, np.asarray(line.get_ydata(), dtype=float), np.asarray(line.get_xdata(), dtype=float))

    assert half == pytest.approx(np.median(run.workloads["simple"].blocks), rel=0.02)


def test_small_samples_still_draw() -> None:
    """Ten calls carry a median and no p99: the histogram marks what it can."""
    assert latency_histogram(run_of(10)).png().startswith(b"\x89PNG")
    assert latency_spectrum(run_of(10)).png().startswith(b"\x89PNG")
