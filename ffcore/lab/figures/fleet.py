"""The figure of a fleet: its sorted p-values against what a right fleet has, and which stand out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from ffcore.errors import ConfigError
from ffcore.lab.plots import BLUE, FONT, GREY, ORANGE, SKY, VERMILION, Chart, judged_chart
from ffcore.lab.verify.display import VERDICT_COLOURS, percent
from ffcore.lab.verify.p_values import Floats
from ffcore.lab.verify.users import Mask

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ffcore.lab.verify.check import Check

#: Where the vertical axis ends: smaller p-values are drawn at it, as triangles.
LOWEST = 1e-12
BAND = 0.99


def sorted_p_values(check: Check) -> Chart:
    """Each p-value over its rank, both on logarithmic axes, with the band that a right fleet keeps to.

    >>> from ffcore.lab.verify import fleet, sample_ratio
    >>> figure = sorted_p_values(fleet([sample_ratio([50_000 + off, 50_000], [0.5, 0.5]) for off in range(0, 900, 30)]))
    >>> print(figure.caption[:74])
    Sorted p-values (e-values: reciprocals) over their ranks; both axes logari
    """
    found = check.details["sorted"]
    if not found["rank"]:
        raise ConfigError([("check", f"{check.name} has no p-values to draw")])
    ranks, p_values = np.array(found["rank"]), np.array(found["p_value"], dtype=float)
    tested, lowest = int(ranks[-1]), max(LOWEST, min(1e-4, float(p_values.min()) / 3))
    caption = (
        "Sorted p-values (e-values: reciprocals) over their ranks; both axes logarithmic. Shaded: where each p-value "
        f"of a right fleet lies, with {percent(BAND)} probability. n = {check.n:,} checks, {tested:,} have a p-value."
    )
    figure, axes = judged_chart(check, subject(check), caption, 3.6, width=0.56, below=0.85)
    right_fleet(axes, tested, check.details["fdr"])
    points(axes, ranks, np.maximum(p_values, lowest), np.array(found["stands_out"]), p_values < lowest)
    axes.set(xscale="log", yscale="log", ylim=(lowest / 1.6, 1.6), xlim=(0.85, max(2.0, tested * 1.3)))
    axes.set_xlabel("rank among the p-values", fontsize=FONT)
    axes.set_ylabel("p-value", fontsize=FONT)
    axes.legend(fontsize=FONT - 2, frameon=False, loc="upper left", bbox_to_anchor=(1.02, 0.62), borderaxespad=0)
    beside(axes, check.details["verdicts"])
    return figure


def subject(check: Check) -> str:
    """The finding, as the title says it."""
    findings, whole = len(check.details["findings"]), check.details["whole"]
    if findings:
        return f"{findings:,} of {check.n:,} checks stand{'s' if findings == 1 else ''} out"
    if whole["p_value"] < check.alpha:
        return f"{check.n:,} checks: p-values as a whole are {whole['direction']}"
    return f"none of {check.n:,} checks stands out"


def right_fleet(axes: Axes, tested: int, fdr: float) -> None:
    """The band of the sorted p-values of a right fleet, their means, and the line of Benjamini and Hochberg.

    The p-value of a rank follows a beta distribution.
    """
    ranks = np.unique(np.geomspace(1, tested, 200).astype(int))
    low, high = (stats.beta.ppf(tail, ranks, tested + 1 - ranks) for tail in ((1 - BAND) / 2, (1 + BAND) / 2))
    axes.fill_between(ranks, low, high, color=SKY, alpha=0.3, linewidth=0, zorder=1)
    axes.plot(ranks, ranks / (tested + 1), color=GREY, linewidth=1.4, linestyle="--", zorder=2, label="expected")
    axes.plot(ranks, fdr * ranks / tested, color=ORANGE, linewidth=2, zorder=2, label=f"FDR {percent(fdr)}")


def points(axes: Axes, ranks: Floats, heights: Floats, out: Mask, beyond: Mask) -> None:
    """The p-values; those that stand out are marked, and those below the axis are triangles at its end."""
    for chosen, colour, size, label in ((~out, BLUE, 5, "p-value"), (out, VERMILION, 8, "stands out")):
        for inside, marker in ((chosen & ~beyond, "o"), (chosen & beyond, "v")):
            named = label if inside.any() and (marker == "o" or not (chosen & ~beyond).any()) else None
            axes.plot(ranks[inside], heights[inside], marker, color=colour, markersize=size, label=named, zorder=3)


def beside(axes: Axes, verdicts: dict[str, int]) -> None:
    """How many checks say what by themselves."""
    place = axes.transAxes
    axes.text(1.02, 1.0, "by themselves", transform=place, fontsize=FONT - 1, va="top", weight="bold")
    for row, (verdict, count) in enumerate(verdicts.items()):
        text, colour = f"{count:,} {verdict}", VERDICT_COLOURS[verdict]
        axes.text(1.02, 0.91 - 0.09 * row, text, transform=place, fontsize=FONT - 1, va="top", color=colour)
