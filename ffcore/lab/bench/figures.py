"""Figures of latency: percentile spectrum, histogram, cumulative distribution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle

import numpy as np

from ffcore.lab.bench.axes import columns, durations, mark, rows
from ffcore.lab.bench.display import percentile_name
from ffcore.lab.bench.estimate import CONFIDENCE, Floats
from ffcore.lab.bench.fresh import FreshRun
from ffcore.lab.bench.latency import QUANTILES, Latency, LatencyRun
from ffcore.lab.plots import FONT, GREY, SERIES, Chart, chart, fixed_ticks

COLOURS = (GREY, *SERIES, "black", "#8c510a")
STYLES = ("-", ":", "-", "--", "-.", (0, (5, 1)), "-", (0, (1, 1)), (0, (3, 1, 1, 1)))
LOOKS = tuple(zip(COLOURS, STYLES, strict=True))
STEPS = 1 - 1 / np.geomspace(1.02, 1e5, 120)


def latency_spectrum(run: LatencyRun | FreshRun) -> Chart:
    """Latency against percentile on an axis of 1 / (1 - p), which gives every further nine the same room.

    A line ends where the calls carry no interval any more.

    >>> from ffcore.lab.bench import latency
    >>> run = latency({"floor": hash}, ["ann"], calls=1_000, blocks=10)
    >>> latency_spectrum(run).caption[:67]
    'Time of one call at each percentile: line estimate, band 95 % inter'
    """
    caption = f"Time of one call at each percentile: line estimate, band 95 % interval. {run.conditions()}"
    figure, axes = chart("Latency spectrum", caption, height=4.6)
    for sample, colour, style in _looks(run):
        found = columns(run.bands(sample.name, STEPS.tolist()))
        estimable = found[1] > 0
        across, (low, value, high) = 1 / (1 - STEPS[estimable]), found[:, estimable]
        axes.fill_between(across, low, high, color=colour, alpha=0.25)
        axes.plot(across, value, color=colour, linestyle=style, linewidth=2, label=sample.name)
    axes.set_xscale("log")
    places = [1 / (1 - level) for level in QUANTILES]
    fixed_ticks(axes.xaxis, places, lambda value: percentile_name(round(1 - 1 / value, 6)))
    axes.set_xlabel("percentile, on a scale of 1 / (1 - p)", fontsize=FONT)
    durations(axes, "y")
    axes.legend(fontsize=FONT - 2, frameon=False, ncols=2)
    return figure


def latency_histogram(run: LatencyRun | FreshRun) -> Chart:
    """Histogram of each workload's calls on a common logarithmic scale, each to its own peak, with median and p99.

    >>> from ffcore.lab.bench import latency
    >>> latency_histogram(latency({"floor": hash}, ["ann"], calls=1_000, blocks=10)).caption[:16]
    'Time of one call'
    """
    drawn = list(_looks(run))
    edges = _edges([sample for sample, _, _ in drawn])
    caption = (
        "Time of one call, histograms of equal height with a logarithmic scale: line median, triangle p99, both with "
        f"95 % interval; calls beyond the scale not drawn. {run.conditions()}"
    )
    figure, axes = chart("Latency histogram", caption, height=0.4 + 0.75 * len(drawn))
    for row, (sample, colour, _) in enumerate(drawn):
        density = np.histogram(sample.blocks, edges)[0] / np.diff(np.log(edges))
        axes.stairs(
            row - 0.8 * density / max(density.max(), 1e-9), edges, baseline=row, fill=True, color=colour, alpha=0.75
        )
        for estimate, marker in zip(run.bands(sample.name, [0.5, 0.99]), "|^", strict=True):
            mark(axes, estimate, row + 0.12, marker, "black", size=9)
    rows(axes, [sample.name for sample, _, _ in drawn])
    axes.set_ylim(len(drawn) - 0.6, -1)
    durations(axes, "x")
    return figure


def latency_cumulative(run: LatencyRun | FreshRun) -> Chart:
    """Share of calls that take no longer than a time, for each workload, on a logarithmic scale.

    The band is that of Dvoretzky, Kiefer and Wolfowitz: it holds the whole curve of independent calls with 95 %
    confidence, but not what differs from process to process.

    >>> from ffcore.lab.bench import latency
    >>> latency_cumulative(latency({"floor": hash}, ["ann"], calls=1_000, blocks=10)).caption[:14]
    'Share of calls'
    """
    what = "Share of calls that take no longer: line estimate, band 95 % for the whole curve of independent calls."
    caption = f"{what} {run.sample()}"
    figure, axes = chart("Latency, cumulative", caption, height=3.6)
    drawn = list(_looks(run))
    times = _edges([sample for sample, _, _ in drawn])
    for sample, colour, style in drawn:
        share = np.searchsorted(np.sort(sample.blocks, axis=None), times, side="right") / sample.blocks.size
        off = np.sqrt(np.log(2 / (1 - CONFIDENCE)) / (2 * sample.blocks.size))
        axes.fill_between(times, (share - off).clip(0), (share + off).clip(max=1), color=colour, alpha=0.25)
        axes.plot(times, share, color=colour, linestyle=style, linewidth=2, label=sample.name)
    axes.set_ylabel("share of calls", fontsize=FONT)
    durations(axes, "x")
    axes.set_xlim(right=20 * times[-1])
    axes.legend(fontsize=FONT - 2, frameon=False, loc="center right")
    return figure


def _looks(run: LatencyRun | FreshRun) -> Iterator[tuple[Latency, str, object]]:
    for sample, (colour, style) in zip(run.workloads.values(), cycle(LOOKS)):
        yield sample, colour, style


def _edges(samples: Sequence[Latency]) -> Floats:
    low = min(np.quantile(sample.blocks, 0.001) for sample in samples) / 1.3
    high = max(np.quantile(sample.blocks, 0.99) for sample in samples) * 1.5
    return np.unique(np.floor(np.geomspace(max(low, 1), max(high, 10), 240))) - 0.5
