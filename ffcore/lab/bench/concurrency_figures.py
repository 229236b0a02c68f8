"""The figure of concurrency: calls a second by number of workers."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import FixedLocator, LogLocator, NullLocator

from ffcore.lab.bench.axes import columns, logarithmic, shortened
from ffcore.lab.bench.concurrency import PROCESSES, THREADS, ConcurrencyRun
from ffcore.lab.bench.display import rate
from ffcore.lab.bench.estimate import median
from ffcore.lab.plots import BLUE, FONT, GREY, VERMILION, Chart, chart

LOOKS = {THREADS: (BLUE, "-", "o"), PROCESSES: (VERMILION, "--", "s")}


def concurrency_rates(run: ConcurrencyRun) -> Chart:
    """Calls a second of all together against how many there are, both axes logarithmic, with a line of linear scaling.

    Args:
        run: what `concurrency` measured.
    """
    what = "Decisions a second of all together: marker median, line 95 % interval. Threads share one interpreter lock."
    figure, axes = chart("Concurrent throughput", f"{what} {run.conditions()}", height=3.6)
    workers = sorted({group.workers for group in run.groups})
    for kind, (colour, style, marker) in LOOKS.items():
        low, middle, high = columns(median(run.of(kind, count).rates) for count in workers)
        axes.vlines(workers, low, high, colour, linewidth=4, alpha=0.5)
        axes.plot(workers, middle, color=colour, linestyle=style, marker=marker, linewidth=2, markersize=8, label=kind)
    one = float(np.median(run.of(PROCESSES, 1).rates))
    axes.plot(workers, [one * count for count in workers], color=GREY, linestyle=":", label="linear scaling")
    axes.axvline(run.cores, color=GREY, linewidth=1)
    axes.annotate(
        f"{run.cores} cores",
        (run.cores, 0.02),
        xycoords=("data", "axes fraction"),
        xytext=(4, 0),
        textcoords="offset points",
        fontsize=FONT - 2,
        color=GREY,
    )
    logarithmic(axes, "x", "threads or processes at the same time")
    logarithmic(axes, "y", "decisions a second", lambda value: shortened(rate(value)))
    axes.xaxis.set_major_locator(FixedLocator(workers))
    axes.xaxis.grid(visible=False)
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
    axes.legend(fontsize=FONT - 2, frameon=False)
    return figure
