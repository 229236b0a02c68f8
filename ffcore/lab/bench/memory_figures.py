"""The figure of memory: growth over evaluations, beside a control that leaks."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import FuncFormatter

from ffcore.lab.bench.axes import grid
from ffcore.lab.bench.display import interval
from ffcore.lab.bench.memory import CONTROL, OURS, RESIDENT, SETTLING, TRACED, MemoryRun
from ffcore.lab.plots import BLUE, FONT, GREEN, GREY, ORANGE, VERMILION, Chart, chart

LOOKS = {
    (OURS, TRACED): (BLUE, "-", "o"),
    (OURS, RESIDENT): (GREEN, "--", "s"),
    (CONTROL, TRACED): (VERMILION, "-", "^"),
    (CONTROL, RESIDENT): (ORANGE, "--", "D"),
}
KIB = 1_024.0


def memory_growth(run: MemoryRun) -> Chart:
    """Bytes more than at the start of the slope against evaluations; the slope of each series is in the legend.

    Args:
        run: what `memory` measured.
    """
    last = run.series[0].evaluations[-1]
    caption = (
        "Memory held beyond that at the end of the settling (shaded), in KiB. "
        f"Legend: bytes an evaluation with 95 % interval (Theil and Sen). n = {last:,.0f} evaluations in each of four "
        "fresh processes."
    )
    figure, axes = chart("Memory over evaluations", caption, height=4.0)
    for one in run.series:
        colour, style, marker = LOOKS[one.who, one.kind]
        label = f"{one.who}, {one.kind}: {interval(one.slope(), '{:.3f}'.format)}"
        [line] = axes.plot(one.evaluations, one.growth() / KIB, color=colour, linestyle=style, linewidth=2, label=label)
        line.set(marker=marker, markevery=7)
    axes.axvspan(0, float(run.series[0].evaluations[SETTLING]), color=GREY, alpha=0.2)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.locator_params(axis="x", nbins=5)
    axes.set_xlabel("evaluations", fontsize=FONT)
    axes.set_ylabel("KiB more", fontsize=FONT)
    grid(axes, "y")
    highest = max(float(np.max(one.growth())) for one in run.series) / KIB
    axes.set_ylim(top=max(highest, 1.0) * 1.6)
    axes.legend(fontsize=FONT - 3, frameon=False, loc="upper left")
    return figure
