"""The figure of a ramp: how much of the bucket space each percentage takes, and what every pair of them moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ffcore.lab.plots import BLUE, FONT, SKY, VERMILION, Chart, judged_chart

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ffcore.lab.verify.check import Check

MANY = 10_000


def ramp(check: Check) -> Chart:
    """Each percentage as a strip of the bucket space beside what it served, and losses of every pair as a matrix.

    >>> from ffcore import Flag
    >>> from ffcore.lab.verify import ramp as check_ramp
    >>> print(ramp(check_ramp(Flag("new-checkout"))).caption[:78])
    Left: share of the 10,000 buckets that each percentage accepts (line: asked).
    """
    labels = list(check.estimate)
    caption = f"{_what(check)} {_right(check)}"
    figure, axes = judged_chart(check, "ramp", caption, 0.6 + 0.5 * len(labels), width=0.36)
    for row, name in enumerate(labels):
        share, asked = check.estimate[name], check.details["expected"][name]
        axes.barh(row, 100, height=0.7, color="#eeeeee", zorder=1)
        axes.barh(
            row, 100 * share, height=0.7, color=BLUE if np.isclose(share, asked, atol=0.005) else VERMILION, zorder=2
        )
        axes.plot([100 * asked] * 2, [row - 0.42, row + 0.42], color="black", linewidth=2, zorder=3)
    axes.set_yticks(range(len(labels)), labels, fontsize=FONT)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(0, 100)
    axes.set_xlabel("accepted, %", fontsize=FONT)
    _pairs(figure.add_axes(_beside(axes)), check, labels)
    return figure


def _what(check: Check) -> str:
    if check.details["method"] == "users":
        return f"Left: share of {check.n:,} users let in at each percentage (line: asked)."
    tried = check.details["covered"]
    of = "" if check.details["method"] == "every bucket" else f"; {tried:,} of them tried"
    return f"Left: share of the {check.details['buckets']:,} buckets that each percentage accepts (line: asked){of}."


def _right(check: Check) -> str:
    return (
        f"Right: users, of {check.n:,}, who are lost or change their variant from the lower to the higher percentage."
    )


def _beside(axes: Axes) -> tuple[float, float, float, float]:
    box = axes.get_position()
    return box.x1 + 0.1, box.y0, 0.97 - box.x1 - 0.1, box.height


def _pairs(axes: Axes, check: Check, labels: list[str]) -> None:
    """One cell for each pair: nothing lost, or how many users."""
    places = {100 * check.details["expected"][name]: place for place, name in enumerate(labels)}
    for pair in check.details["pairs"]:
        column, row = (min(places.items(), key=lambda item: abs(item[0] - pair[end]))[1] for end in ("to", "from"))
        broken = pair["lost"] + pair["changed"]
        axes.barh(row, 0.94, left=column - 0.47, height=0.94, color=VERMILION if broken else SKY)
        words = f"{broken:,}" if broken < MANY else f"{broken / 1000:,.0f}k"
        axes.text(column, row, words, ha="center", va="center", fontsize=FONT - 2, color="white" if broken else "black")
    axes.set_xticks(range(len(labels)), [name.removesuffix(" %") for name in labels], fontsize=FONT - 2)
    axes.set_yticks(range(len(labels)), [name.removesuffix(" %") for name in labels], fontsize=FONT - 2)
    axes.set_xlim(0.4, len(labels) - 0.4)
    axes.set_ylim(len(labels) - 1.4, -0.6)
    axes.set_xlabel("to, %", fontsize=FONT)
    axes.set_ylabel("from, %", fontsize=FONT)
    axes.spines[["top", "right"]].set_visible(False)
