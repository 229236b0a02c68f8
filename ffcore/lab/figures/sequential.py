"""The figure of a running sample-ratio check: the e-value's path to its threshold, and every arm's share so far."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, FuncFormatter

from ffcore.lab import plots
from ffcore.lab.plots import BLUE, FONT, GREY, SKY, VERMILION
from ffcore.lab.verify.display import p_text, percent

if TYPE_CHECKING:
    from ffcore.lab.plots import Chart
    from ffcore.lab.verify.check import Check

#: Heights in inches: of the path, of one arm, and of the gap between panels.
PATH, ARM, GAP = 2.2, 0.95, 0.3
MOST_ARMS = 6
#: How far the axis of deviations reaches, in margins.
REACH = 3.0
#: Up to so many looks each is a dot.
MOST_DOTS = 40


def path(check: Check) -> Chart:
    """The e-value after each look against 1/alpha, and below it each arm's confidence sequence against its margin.

    >>> from ffcore.lab.verify import sequential_sample_ratio
    >>> figure = path(sequential_sample_ratio([[1_060, 940]] * 10, [0.5, 0.5]))
    >>> print(figure.caption[:75])
    Top: e-value after each of 10 looks, log scale, threshold 1,000 (alarm rate
    """
    if not check.details.get("path", {}).get("look"):
        return plots.intervals(check)  # a proof, or nobody has looked yet
    arms = widest(check)
    height = PATH + len(arms) * (ARM + GAP)
    figure, axes = plots.judged_chart(check, check.name, caption(check, arms), height, width=0.56)
    box, inches = axes.get_position(), figure.get_size_inches()[1]
    axes.set_position((0.12, box.y1 - PATH / inches, 0.66, PATH / inches))
    draw_path(axes, check)
    for row, arm in enumerate(arms):
        bottom = box.y1 - (PATH + (row + 1) * (ARM + GAP)) / inches
        panel = figure.add_axes((0.12, bottom, 0.66, ARM / inches), sharex=axes)
        draw_arm(panel, check, arm)
        panel.tick_params(labelbottom=row == len(arms) - 1, labelsize=FONT - 1)
    axes.tick_params(labelbottom=False)
    panel.set_xlabel("users so far", fontsize=FONT)
    return figure


def widest(check: Check) -> list[str]:
    """The arms that are drawn: all, or the six whose estimates lie farthest off in margins.

    >>> from ffcore.lab.verify import sequential_sample_ratio
    >>> widest(sequential_sample_ratio([[60, 40, 1]], [0.5, 0.5, 0]))
    ['0', '1']
    """
    expected, margin = check.details["expected"], check.details["margin"]
    arms = list(check.details["sequence"])
    far = sorted(arms, key=lambda arm: -abs(check.estimate.get(arm, expected[arm]) - expected[arm]) / margin[arm])
    return [arm for arm in arms if arm in far[:MOST_ARMS]]


def draw_path(axes: Axes, check: Check) -> None:
    """The e-value's logarithm, its threshold, and the first look beyond it."""
    users, log10_e = with_start(check.details["path"]["users"], 0), with_start(check.details["path"]["log10_e"], 0.0)
    threshold, crossing = -math.log10(check.alpha), check.details["crossing"]
    axes.plot(users, log10_e, dot(users), color=BLUE, linewidth=2, markersize=4, zorder=3)
    axes.axhline(threshold, color=VERMILION, linewidth=1.5, linestyle="--", zorder=2)
    axes.axhline(0, color=GREY, linewidth=0.8, zorder=1)
    high, low = max(threshold * 1.3, float(log10_e.max()) * 1.08), min(-0.5, float(log10_e.min()) * 1.1)
    axes.set_xlim(0, max(1, int(users[-1])))
    if crossing:
        high = min(high, threshold * 4)
        at = check.details["path"]["look"].index(crossing["look"]) + 1
        mark_crossing(axes, crossing["users"], min(float(log10_e[at]), 0.92 * high), f"look {crossing['look']:,}")
    axes.set_ylim(low, high)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.yaxis.set_major_formatter(FuncFormatter(power_of_ten))
    axes.set_ylabel("e-value", fontsize=FONT)
    plots.side_note(axes, f"{1 / check.alpha:,.4g}: alarm", threshold, VERMILION)
    if low <= log10_e[-1] <= high - 0.25 * threshold and abs(log10_e[-1] - threshold) > 0.12 * (high - low):
        plots.side_note(axes, f"now {10 ** float(log10_e[-1]):.3g}", float(log10_e[-1]), BLUE)


def mark_crossing(axes: Axes, users: int, height: float, words: str) -> None:
    """A mark at the first look beyond the threshold with a line through it, and words where there is room."""
    axes.axvline(users, color=VERMILION, linewidth=1, linestyle=":", zorder=2)
    axes.plot([users], [height], "D", color=VERMILION, markersize=9, zorder=5, clip_on=False)
    side, shift = ("right", -8) if users > axes.get_xlim()[1] / 4 else ("left", 8)
    place: dict[str, Any] = {"xy": (users, height), "xytext": (shift, 6), "textcoords": "offset points"}
    axes.annotate(words, **place, fontsize=FONT - 1, color=VERMILION, ha=side)


def draw_arm(axes: Axes, check: Check, arm: str) -> None:
    """One arm's confidence sequence as a band around its target, against the margin, in percentage points."""
    users, bounds = with_start(check.details["path"]["users"], 0), check.details["sequence"][arm]
    target, margin = check.details["expected"][arm], 100 * check.details["margin"][arm]
    low, high = (100 * (with_start(bounds[side], end) - target) for side, end in (("low", 0.0), ("high", 1.0)))
    words, colour = found(float(low[-1]), float(high[-1]), margin)
    axes.axhspan(-margin, margin, color=SKY, alpha=0.3, zorder=1)
    axes.fill_between(users, low, high, color=colour, alpha=0.45, linewidth=0, zorder=2)
    axes.plot(users, low, color=colour, linewidth=1.5, zorder=3)
    axes.plot(users, high, color=colour, linewidth=1.5, zorder=3)
    axes.axhline(0, color="black", linewidth=1.2, linestyle="--", zorder=4)
    reach = max(REACH * margin, 1.3 * abs(float(low[-1])), 1.3 * abs(float(high[-1])))
    axes.set_ylim(-reach, reach)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_ylabel("pp", fontsize=FONT)
    if check.details["crossing"]:
        axes.axvline(check.details["crossing"]["users"], color=VERMILION, linewidth=1, linestyle=":", zorder=4)
    share = check.estimate.get(arm)
    observed = "no users" if share is None else percent(share)
    plots.side_note(axes, f"{arm}: {observed}\n(target {percent(target, 4)})\n{words}", 0.0)


def found(low: float, high: float, margin: float) -> tuple[str, str]:
    """What a band of deviations says, in words, and the colour that says the same.

    >>> found(0.1, 0.6, 0.5)[0], found(-0.1, 0.2, 0.5)[0], found(-0.9, 0.2, 0.5)[0]
    ('target refuted', 'inside the margin', 'crosses the margin')
    """
    return ("target refuted", VERMILION) if low > 0 or high < 0 else plots.position(low, high, margin)


def with_start(values: list[Any], start: float) -> np.ndarray[Any, np.dtype[Any]]:
    """The values of a path, before them that of nobody.

    >>> with_start([3, 4], 0).tolist()
    [0, 3, 4]
    """
    return np.array([start, *values])


def dot(users: np.ndarray[Any, np.dtype[Any]]) -> str:
    """How looks are drawn: as dots on a line while they are few.

    >>> dot(np.arange(3)), dot(np.arange(1_000))
    ('o-', '-')
    """
    return "o-" if len(users) <= MOST_DOTS else "-"


def power_of_ten(value: float, _: object = None) -> str:
    """A power of ten as the number it is while it is short.

    >>> power_of_ten(3.0), power_of_ten(-1.0), power_of_ten(12.0), power_of_ten(0.5)
    ('1,000', '0.1', '$10^{12}$', '')
    """
    if value != round(value):
        return ""
    return f"{10**value:,g}" if -3 <= value <= 5 else f"$10^{{{value:.0f}}}$"


def caption(check: Check, arms: list[str]) -> str:
    """What is drawn, with units, sample size and confidence."""
    details = check.details
    looks, left = details["looks"], len(details["sequence"]) - len(arms)
    each = f"each of {looks:,} looks" if looks > 1 else "one look"
    beyond = f" The {left} arms nearest to their targets are left out." if left else ""
    return (
        f"Top: e-value after {each}, log scale, threshold {1 / check.alpha:,.4g} (alarm rate "
        f"{check.alpha:g} over all looks). Below: shares not refuted so far, deviation from target in percentage "
        f"points, {percent(details['interval_level'], 6)} confidence sequences over all looks, shaded margin. "
        f"n = {check.n:,}, p {p_text(check.p_value or 0.0)}.{beyond}"
    )
