"""The figure of open-loop load: response time beside service time against load, with the knee."""

from __future__ import annotations

import numpy as np

from ffcore.lab.bench.axes import columns, durations
from ffcore.lab.bench.display import percentile_name, rate
from ffcore.lab.bench.estimators import STRETCHES
from ffcore.lab.bench.open_loop import OpenLoopRun
from ffcore.lab.plots import BLUE, FONT, VERMILION, Chart, chart

LINES = (
    ("response", 0.99, VERMILION, "-", "^"),
    ("response", 0.5, VERMILION, "--", "o"),
    ("service", 0.99, BLUE, "-", "v"),
    ("service", 0.5, BLUE, "--", "s"),
)


def response_times(run: OpenLoopRun) -> Chart:
    """Median and p99 of response (from when a request was due) and of service against load.

    Args:
        run: what `open_loop` measured.
    """
    count = sum(requests.due.size for requests in run.loads.values())
    caption = (
        "Response counts from when a request was due, service from when it began: marker percentile of all "
        f"requests, line 95 % interval over {STRETCHES} stretches of each load. Dashed: the knee of the response's "
        f"p99. n = {count:,} requests; capacity {rate(run.capacity)}."
    )
    figure, axes = chart("Response time under load", caption, height=4.0)
    loads = sorted(run.loads)
    times = {
        "response": [run.loads[load].percentiles(run.loads[load].response) for load in loads],
        "service": [run.loads[load].percentiles(run.loads[load].service) for load in loads],
    }
    for kind, level, colour, style, marker in LINES:
        low, middle, high = np.maximum(columns(row[level] for row in times[kind]), 1.0)
        label = f"{kind}, {'median' if level == 0.5 else percentile_name(level)}"
        across = [100 * load for load in loads]
        axes.vlines(across, low, high, colour, linewidth=4, alpha=0.4)
        axes.plot(across, middle, color=colour, linestyle=style, marker=marker, markersize=7, linewidth=2, label=label)
    axes.axvline(100 * run.knee(), color="black", linestyle="--", linewidth=1.5)
    durations(axes, "y", "time of a request")
    axes.set_xlabel("load, % of capacity", fontsize=FONT)
    axes.legend(fontsize=FONT - 2, frameon=False)
    return figure
