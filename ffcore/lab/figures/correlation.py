"""The figure of a correlation check: the largest correlation of two flags for each scheme, on a logarithmic axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ffcore.lab.plots import BLUE, FONT, GREY, ORANGE, SKY, VERMILION, Chart, finish_rows, judged_chart, side_note
from ffcore.lab.verify.display import number, percent

if TYPE_CHECKING:
    from ffcore.lab.verify.check import Check

COLOURS = {"independent": BLUE, "open": ORANGE, "correlated": VERMILION}
MARKS = {"independent": "o", "open": "D", "correlated": "s"}
LEAST = 0.002


def correlation(check: Check) -> Chart:
    """Schemes from the most correlated to the least, each with its interval, the margin and what chance reaches.

    >>> import numpy as np
    >>> from ffcore.lab.verify.correlation import Rollouts, correlation as check_correlation
    >>> fair = np.random.default_rng(1).random((3, 20_000)) < 0.5
    >>> correlation(check_correlation({"fair": Rollouts(fair, "independent")})).caption[:59]
    'Largest correlation (phi) of two flags at 50 %, logarithmic'
    """
    names = sorted(check.estimate, key=lambda name: (-round(check.estimate[name], 9), name))
    level, margin = percent(check.details["interval_level"]), check.details["margin"]
    marks = "Circle: shown independent; square: shown correlated; diamond: open. At the right: what it is known as."
    lines = f"Shaded: margin {number(margin)}. Dashed: what chance alone exceeds once in {1 / check.alpha:,.0f} runs."
    what = (
        f"Largest correlation (phi) of two flags at 50 %, logarithmic; bar {level} interval over all pairs of a scheme."
    )
    caption = f"{what} {marks} {lines} n = {check.n:,} users, {check.details['pairs']:,} pairs."
    title = f"largest correlation of two flags, by scheme: {check.details['observed']}"
    figure, axes = judged_chart(check, title, caption, 0.3 + 0.3 * len(names), width=0.46)
    axes.axvspan(LEAST, margin, color=SKY, alpha=0.3, zorder=1)
    axes.axvline(check.detectable or margin, color=GREY, linewidth=1.5, linestyle="--", zorder=2)
    for row, name in enumerate(names):
        low, high = (max(bound, LEAST) for bound in check.interval[name])
        shown, known = check.details["shown"][name], check.details["known"][name]
        axes.plot([low, high], [row, row], color=COLOURS[shown], linewidth=4, solid_capstyle="butt", zorder=3)
        axes.plot([max(check.estimate[name], LEAST)], [row], MARKS[shown], color="black", markersize=6, zorder=4)
        side_note(axes, f"{number(check.estimate[name])}  {known}", row)
    finish_rows(axes, names)
    axes.set_xscale("log")
    axes.set_xlim(LEAST, 1.2)
    axes.set_xticks([0.01, 0.1, 1], ["0.01", "0.1", "1"])
    axes.set_xlabel("largest absolute phi of two flags, no unit", fontsize=FONT)
    return figure
