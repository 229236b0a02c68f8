"""The figure of a uniformity check: users in each bucket of the draw that is farthest from what chance gives."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from ffcore.lab.plots import BLUE, FONT, GREY, SKY, VERMILION, Chart, judged_chart
from ffcore.lab.verify.display import percent, points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ffcore.lab.verify.check import Check

HEIGHT, GAP = 2.0, 0.75
SPREAD = 1.96
LABELS = {"remainders": "hash modulo {buckets}", "ranges": "place of the hash among {buckets} equal ranges"}


def uniformity(check: Check) -> Chart:
    """The share of each bucket by range and by remainder, against the margin and against what chance spreads.

    >>> from ffcore.lab.verify import uniformity as check_uniformity
    >>> print(uniformity(check_uniformity(None, range(1_000))).caption[:74])
    Share of 1,000 users in each of 100 buckets: verify, the draw of the small
    """
    buckets, counts = check.details["buckets"], check.details["buckets_of"]
    margin = min(check.details["margin"].values(), default=0.0)
    what = f"Share of {check.n:,} users in each of {buckets:,} buckets: {counts['draw']}, the draw of the smallest p."
    lines = f"Shaded: margin ±{points(margin, sign='')}. Dashed: where 95 % of the buckets of a perfect hash lie."
    caption = f"{what} {lines}"
    figure, axes = judged_chart(check, finding(check), caption, 2 * HEIGHT + GAP, below=0.65)
    left, bottom, width, height = axes.get_position().bounds
    part = height * HEIGHT / (2 * HEIGHT + GAP)
    axes.set_position((left - 0.07, bottom, width + 0.07, part))
    upper = figure.add_axes((left - 0.07, bottom + height - part, width + 0.07, part))
    for panel, view in ((upper, "ranges"), (axes, "remainders")):
        draw(panel, np.array(counts[view]), margin)
        panel.set_xlabel(LABELS[view].format(buckets=f"{buckets:,}"), fontsize=FONT)
    return figure


def finding(check: Check) -> str:
    """The emptiest and the fullest bucket of all draws, as the title gives them."""
    if not check.estimate:
        return "uniformity"
    return f"buckets hold {percent(min(check.estimate.values()))} to {percent(max(check.estimate.values()))} of users"


def draw(axes: Axes, counts: np.ndarray[tuple[int], np.dtype[np.int64]], margin: float) -> None:
    """One bar for each bucket, from its expected share to the share that it has."""
    users, expected = int(counts.sum()), 100 / counts.size
    shares = 100 * counts / users if users else np.full(counts.size, expected)
    noise = 100 * SPREAD * sqrt(expected / 100 * (1 - expected / 100) / max(users, 1))
    off = np.abs(shares - expected) > 100 * margin
    places = np.arange(counts.size)
    axes.axhspan(expected - 100 * margin, expected + 100 * margin, color=SKY, alpha=0.3, zorder=1)
    for chosen, colour in ((~off, BLUE), (off, VERMILION)):
        axes.bar(places[chosen], shares[chosen] - expected, bottom=expected, width=0.8, color=colour, zorder=3)
    axes.axhline(expected, color="black", linewidth=1.2, zorder=4)
    for bound in (expected - noise, expected + noise):
        axes.axhline(bound, color=GREY, linewidth=1.5, linestyle="--", zorder=4)
    reach = 1.1 * max(float(np.abs(shares - expected).max()), 100 * margin, noise)
    axes.set_ylim(max(0.0, expected - reach), expected + reach)
    axes.set_xlim(-1, counts.size)
    axes.set_ylabel("users, %", fontsize=FONT)
    axes.tick_params(labelsize=FONT - 1)
    axes.spines[["top", "right"]].set_visible(False)
