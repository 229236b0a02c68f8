"""The figure of an independence check: Cramér's V of every pair of draws as a matrix without a diagonal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray

from ffcore.lab.plots import FONT, LABEL_CHARACTER, VERMILION, WIDTH, Chart, judged_chart

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ffcore.lab.verify.check import Check

#: The darkest colour stands for so many margins, or for the largest V.
MARGINS = 5
#: Most draws whose V stand in the cells, and whose names stand beside the rows.
MOST_NUMBERS, MOST_NAMES = 10, 50
#: In inches: a row, the matrix at least and at most, and what its colour bar takes.
ROW, LEAST, MOST, BAR = 0.45, 2.4, 4.4, 1.3
POINTS, SMALLEST = 72, 5.0
#: The size of letters as wide as ``LABEL_CHARACTER``.
LABEL = FONT - 2


def independence(check: Check) -> Chart:
    """A cell for each pair: white is independent, and from there to the strongest dependence the darker.

    >>> from ffcore.lab.verify import independence as check_independence
    >>> print(independence(check_independence(None, ["a", "b", "c"], range(50_000))).caption[:77])
    Cramér's V of each pair of 3 draws over 50,000 users, less what chance alone
    """
    names, margin = check.details["draws"], next(iter(check.details["margin"].values()), 0.0)
    values = np.array([[np.nan if v is None else v for v in row] for row in check.details["matrix"]], dtype=float)
    what = f"Cramér's V of each pair of {len(names):,} draws over {check.n:,} users, less what chance alone makes of it"
    caption = f"{what}: 0 is independent, 1 the same. Columns are the draws in the order of the rows."
    side = min(MOST, max(LEAST, ROW * len(names)))
    found = f"{len(check.details['dependent']):,} of {check.details['pairs']:,} pairs depend"
    figure, axes = judged_chart(check, found, caption, side, below=0.4)
    box, room = axes.get_position(), 1 - (side + BAR) / WIDTH
    longest = max(map(len, names)) + len(str(len(names))) + 2
    size = max(SMALLEST, min(float(LABEL), 0.7 * POINTS * side / len(names), LABEL * room / LABEL_CHARACTER / longest))
    character = LABEL_CHARACTER * size / LABEL
    axes.set_position((min(room, 0.02 + character * longest), box.y0, side / WIDTH, box.height))
    if len(names) <= MOST_NAMES:
        labels = [f"{shorten(name, int(room / character) - 5)} {place}" for place, name in enumerate(names, 1)]
        axes.set_yticks(range(len(names)), labels, fontsize=size)
        digits, cell = len(str(len(names))), side / WIDTH / len(names)
        step = math.ceil((digits + 1) * character / cell)
        axes.set_xticks(
            range(0, len(names), step), [str(place + 1) for place in range(0, len(names), step)], fontsize=size
        )
    draw(figure, axes, values, margin)
    return figure


def shorten(name: str, most: int) -> str:
    """A name cut in its middle where it is long, as the ends tell names apart.

    >>> shorten("experiment banner variant", 12)
    'exper…ariant'
    """
    half = (most - 1) // 2
    return name if len(name) <= most else f"{name[:half]}…{name[len(name) - (most - 1 - half) :]}"


def draw(figure: Chart, axes: Axes, values: NDArray[np.float64], margin: float) -> None:
    """The cells, in a few of them their numbers, and the bar of the colours."""
    top = max(MARGINS * margin, float(values[~np.isnan(values)].max(initial=0.01)))
    scale = LinearSegmentedColormap.from_list("dependence", ["white", VERMILION, "#5a1e00"])
    colours = scale.with_extremes(bad="#dddddd")
    image = axes.imshow(np.ma.masked_invalid(values), cmap=colours, vmin=0, vmax=top, aspect="auto")
    axes.tick_params(length=0)
    axes.spines[["top", "right"]].set_visible(True)
    if len(values) <= MOST_NUMBERS:
        for (row, column), value in np.ndenumerate(values):
            words, colour = f"{value:.2f}".removeprefix("0"), "white" if value > top / 2 else "black"
            axes.text(
                column, row, "" if np.isnan(value) else words, ha="center", va="center", fontsize=FONT - 3, color=colour
            )
    place = axes.get_position()
    bar = figure.add_axes((place.x1 + 0.03, place.y0, 0.025, place.height))
    figure.colorbar(image, cax=bar)
    bar.axhline(margin, color="black", linewidth=1.5)
    bar.tick_params(labelsize=FONT - 2)
    bar.set_ylabel("Cramér's V (line: margin)", fontsize=FONT - 1)
