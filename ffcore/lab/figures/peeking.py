"""The figure of what daily looks do to fair splits: alarms so far, by the fixed test and by the e-value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import PercentFormatter

from ffcore.lab import plots
from ffcore.lab.plots import BLUE, FONT, VERMILION

if TYPE_CHECKING:
    from ffcore.lab.plots import Chart
    from ffcore.lab.report.peeking import Peeking

#: Alarm rates from the largest to the smallest, as lines are drawn.
STYLES = ("-", "--")
#: Labels closer than this, in parts of the axis, would overlap.
APART = 0.085


def draw(found: Peeking) -> Chart:
    """The share of fair splits flagged so far, by day; one colour for each kind of test, one line for each alarm rate.

    >>> import pandas as pd
    >>> from ffcore.lab.report.peeking import peeking
    >>> figure = draw(peeking(pd.DataFrame({"user_id": range(500)}), days=3, salts=20))
    >>> print(figure.caption[:76])
    Fair splits flagged at least once by each day, per cent of 20 salts with 500
    """
    rates = [
        (f"fixed {alpha:g}", VERMILION, style, found.fixed[:, place]) for place, (alpha, style) in steps(found.alphas)
    ]
    rates += [
        (f"e-value {alpha:g}", BLUE, style, found.running[:, place]) for place, (alpha, style) in steps(found.alphas)
    ]
    last = 100 * found.fixed[-1].max() / found.salts
    title = f"Looking daily, the fixed test flags {last:.3g} % of fair splits, not {100 * max(found.alphas):g} %"
    figure, axes = plots.chart(title, caption(found), 3.2, width=0.58)
    days = np.arange(1, found.days + 1)
    for name, colour, style, alarms in rates:
        axes.plot(days, 100 * alarms / found.salts, style, color=colour, linewidth=2.2, label=name, zorder=3)
    top = max(1.0, 1.15 * last)
    axes.set_ylim(-0.02 * top, top)
    axes.set_xlim(1, max(2, found.days))
    axes.yaxis.set_major_formatter(PercentFormatter(decimals=0, symbol=" %"))
    axes.set_xlabel("day", fontsize=FONT)
    axes.set_ylabel("flagged so far", fontsize=FONT)
    ends = [100 * alarms[-1] / found.salts for *_, alarms in rates]
    for (name, colour, *_), end, place in zip(rates, ends, spread_out(ends, APART * top), strict=True):
        plots.side_note(axes, f"{name}: {end:.3g} %", place, colour)
    return figure


def steps(alphas: tuple[float, ...]) -> list[tuple[int, tuple[float, str]]]:
    """Each alarm rate with its place and its line."""
    return list(enumerate(zip(alphas, STYLES, strict=False)))


def spread_out(heights: list[float], apart: float) -> list[float]:
    """Heights moved up until each is ``apart`` from the next, in their own order.

    >>> spread_out([5.0, 0.0, 0.1], 1.0)
    [5.0, 0.0, 1.0]
    """
    placed = dict.fromkeys(range(len(heights)), 0.0)
    below = -np.inf
    for place in sorted(placed, key=lambda index: (heights[index], -index)):
        below = placed[place] = float(max(heights[place], below + apart))
    return [placed[place] for place in range(len(heights))]


def caption(found: Peeking) -> str:
    """What is drawn, with units and sample size."""
    return (
        f"Fair splits flagged at least once by each day, per cent of {found.salts:,} salts with {found.users:,} users "
        f"each over {found.days} days. Red: chi-square test looked at daily; blue: e-value; alarm rates "
        f"{found.alphas[0]:g} (solid) and {found.alphas[1]:g} (dashed)."
    )
