"""The figure of growth: cost of a decision as a multiple of that at the smallest size."""

from __future__ import annotations

from ffcore.lab.bench.axes import columns, logarithmic
from ffcore.lab.bench.display import interval, ratio
from ffcore.lab.bench.growth import GrowthRun
from ffcore.lab.plots import FONT, GREY, MARKERS, SERIES, Chart, chart

STYLES = ("-", "--", "-.", ":")


def growth_costs(run: GrowthRun) -> Chart:
    """Cost against size, both axes logarithmic, one line a dimension; the grey line is growth in proportion.

    Args:
        run: what `growth` measured.
    """
    rounds = next(iter(next(iter(run.dimensions.values())).run.workloads.values())).rates.size
    caption = (
        "Cost of one decision as a multiple of that at the smallest size: marker median, line 95 % interval. Legend: "
        f"the power by which cost grows. Size 0 is drawn at 0.5. n = {rounds} interleaved rounds of each size."
    )
    figure, axes = chart("Cost by size", caption, height=4.2)
    for (name, one), colour, style, marker in zip(run.dimensions.items(), SERIES, STYLES, MARKERS, strict=False):
        across = [max(size, 0.5) for size in one.sizes]
        low, middle, high = columns(one.ratio(size) for size in one.sizes)
        label = f"{name}: {interval(one.slope(), ratio)}"
        axes.vlines(across, low, high, colour, linewidth=4, alpha=0.5)
        axes.plot(across, middle, color=colour, linestyle=style, marker=marker, linewidth=2, markersize=8, label=label)
    logarithmic(axes, "x", "how many flags, rules, attributes or characters", "{:,.0f}".format)
    logarithmic(axes, "y", "cost, times the smallest", "{:g}".format)
    axes.xaxis.grid(visible=False)
    top = axes.get_ylim()[1]
    axes.plot([1, top], [1, top], color=GREY, linewidth=1, label="in proportion: 1")
    axes.set_ylim(top=top * 6)
    axes.legend(fontsize=FONT - 3, frameon=False, loc="upper left")
    return figure
