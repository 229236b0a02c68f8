"""Figures of latency over processes: the timeline with its warm-up, and each process's percentiles."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import StrMethodFormatter

from ffcore.lab.bench.axes import durations, rows
from ffcore.lab.bench.fresh import FreshRun
from ffcore.lab.plots import BLUE, FONT, GREY, VERMILION, Chart, chart, side_note

STRETCH = 10
MARKS = ((0.5, "o", BLUE), (0.99, "^", VERMILION))


def latency_timeline(run: FreshRun) -> Chart:
    """Every call of *simple* in the first process, medians of ten, the end of the warm-up and what was dropped.

    Args:
        run: what `fresh_latency` measured.
    """
    sample = run.runs[0].workloads["simple"]
    times = np.maximum(np.concatenate([sample.lead, sample.blocks.ravel()]), 1.0)
    end, dropped = sample.warm_up.calls, sample.lead.size
    found = f"warm-up ends at call {end:,}" if sample.warm_up.settled else "the times never settle"
    caption = (
        f"Time of each call of simple in the first of {len(run.runs)} processes: dots calls, line medians of "
        f"{STRETCH}; {found} (change point in these data, dashed), and {dropped:,} calls are dropped (grey), a block "
        f"at a time. n = {times.size:,} calls; no interval, these are the calls themselves."
    )
    figure, axes = chart("Timeline of one process", caption, height=3.4)
    axes.plot(np.arange(1, times.size + 1), times, ".", color=BLUE, markersize=2, alpha=0.25, rasterized=True)
    whole = times[: times.size // STRETCH * STRETCH].reshape(-1, STRETCH)
    axes.plot(np.arange(len(whole)) * STRETCH + STRETCH / 2, np.median(whole, axis=1), color=VERMILION, linewidth=1)
    if dropped:
        axes.axvspan(0, dropped, color=GREY, alpha=0.25)
    axes.axvline(end, color="black", linestyle="--", linewidth=1.5)
    durations(axes, "y")
    axes.set_ylim(times.min() / 1.3, np.quantile(times, 0.9995) * 2)
    axes.set_xlabel("call of this workload, in order", fontsize=FONT)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    return figure


def latency_processes(run: FreshRun) -> Chart:
    """Median and p99 of each workload in each process, one mark a process; the spread is written beside.

    Args:
        run: what `fresh_latency` measured.
    """
    what = "Median (circle) and p99 (triangle) of each workload, one mark for each fresh process."
    caption = f"{what} At the right the largest p99 over the smallest. {run.sample()}"
    figure, axes = chart("Spread over processes", caption, 0.4 + 0.5 * len(run.workloads), width=0.56)
    for row, name in enumerate(run.workloads):
        for level, marker, colour in MARKS:
            values = np.maximum(run.by_process(name, level), 1.0)
            offset = 0.12 if level == MARKS[0][0] else -0.12
            axes.plot(values, [row + offset] * values.size, marker, color=colour, markersize=8, alpha=0.6)
        tails = run.by_process(name, 0.99)
        side_note(axes, f"p99 {tails.max() / max(tails.min(), 1.0):.2f} times", row)
    rows(axes, list(run.workloads), left=0.26)
    durations(axes, "x")
    return figure
