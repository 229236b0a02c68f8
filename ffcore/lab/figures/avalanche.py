"""The figure of an avalanche check: how often each character's bits change each bit of the hash, as a matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from ffcore.lab.plots import BLUE, FONT, VERMILION, Chart, judged_chart
from ffcore.lab.verify.display import percent

if TYPE_CHECKING:
    from ffcore.lab.verify.check import Check

HEIGHT = 4.4


def avalanche(check: Check) -> Chart:
    """A row for each character, a column for each bit of the hash: white where its bits change it half the time.

    >>> from ffcore.lab.verify import avalanche as check_avalanche
    >>> print(avalanche(check_avalanche(None, ids=100)).caption[:77])
    Share of 100 ids of each kind whose hash changes in a bit, for the bit of eac
    """
    matrix: dict[str, list[list[float]]] = check.details["matrix"]
    what = f"Share of {check.details['ids']:,} ids of each kind whose hash changes in a bit, for the bit of each"
    caption = f"{what} character whose share is farthest from one half. White is 50 %: what a good hash does."
    figure, axes = judged_chart(
        check, f"bits of the hash change in {farthest(check)} at worst", caption, HEIGHT, width=0.62, below=0.65
    )
    colours = LinearSegmentedColormap.from_list("flips", [BLUE, "white", VERMILION])
    rows = np.array([row for kind in matrix.values() for row in kind])
    image = axes.imshow(100 * rows, cmap=colours, vmin=0, vmax=100, aspect="auto", interpolation="nearest")
    ends = np.cumsum([len(kind) for kind in matrix.values()])
    for end in ends[:-1]:
        axes.axhline(end - 0.5, color="black", linewidth=1)
    middles = [end - (len(kind) + 1) / 2 for end, kind in zip(ends, matrix.values(), strict=True)]
    axes.set_yticks(middles, list(matrix), fontsize=FONT - 1)
    axes.set_xticks(range(0, 32, 4))
    axes.tick_params(axis="x", labelsize=FONT - 1)
    axes.tick_params(length=0)
    axes.set_xlabel("bit of the hash, lowest first", fontsize=FONT)
    place = axes.get_position()
    bar = figure.add_axes((place.x1 + 0.03, place.y0, 0.025, place.height))
    figure.colorbar(image, cax=bar)
    bar.tick_params(labelsize=FONT - 2)
    bar.set_ylabel("changed, % of ids", fontsize=FONT)
    return figure


def farthest(check: Check) -> str:
    """The share farthest from one half."""
    return percent(max(check.estimate.values(), key=lambda share: abs(share - 0.5)))
