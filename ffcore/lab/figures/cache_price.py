"""The figure of what a time to live costs and what it risks: reads a month above, staleness after a change below."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FuncFormatter

from ffcore.lab.caching.price import DOLLARS_PER_MILLION, MONTH, UNITS, cost, most_reads, reads, stale_share
from ffcore.lab.plots import FONT, GREY, SERIES, VERMILION, Chart, chart, fixed_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ffcore.lab.caching.traffic import Floats, Traffic

LIVES = (1, 5, 30, 60, 300, 900, 3600)
FLEETS = (1, 10, 100, 1_000)
STYLES = ("-", "--", "-.", ":")
PANEL, GAP = 2.5, 0.35


def price(traffic: Traffic, ttl: float, dollars_per_million: float = DOLLARS_PER_MILLION) -> Chart:
    """Reads a month and their cost against the time to live, and the seconds after which a change has arrived.

    >>> from ffcore.lab.caching import Traffic, zipf
    >>> print(price(Traffic(100, zipf(15), containers=10), ttl=300).caption[:66])
    Top: reads of the store in 30 days against the time to live, both
    """
    caption = (
        "Top: reads of the store in 30 days against the time to live, both on log scales, by theory for fleets of 1 to "
        f"1,000 containers at {traffic.requests:,g} requests/s for {len(traffic.shares)} flags; a million reads cost "
        f"${UNITS * dollars_per_million:.4g} ({UNITS:g} units each, ${dollars_per_million:g} a million units). Below: "
        "seconds after a flag changed until half, and until all, answers follow it. Vertical line: ttl "
        f"{ttl:g} s, {_sum(traffic, ttl, dollars_per_million)}. Theory, no sample."
    )
    figure, axes = chart("What a time to live costs, and what it risks", caption, 2 * PANEL + GAP)
    box, inches = axes.get_position(), figure.get_size_inches()[1]
    axes.set_position((box.x0 - 0.06, box.y1 - PANEL / inches, box.width - 0.17, PANEL / inches))
    below = figure.add_axes((box.x0 - 0.06, box.y0, box.width - 0.17, PANEL / inches), sharex=axes)
    lives = np.geomspace(LIVES[0], LIVES[-1], 100)
    _draw_reads(axes, traffic, lives)
    _draw_staleness(below, traffic, lives)
    for panel in (axes, below):
        panel.axvline(ttl, color=VERMILION, linewidth=1.2)
        panel.grid(color="#e5e5e5", linewidth=0.7)
        panel.legend(fontsize=FONT - 2, frameon=False, bbox_to_anchor=(1.0, 1.0), loc="upper left")
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=FONT - 1)
    axes.tick_params(labelbottom=False)
    below.set_xlabel("time to live, s", fontsize=FONT)
    return figure


def _sum(traffic: Traffic, ttl: float, dollars: float) -> str:
    needed = reads(traffic, ttl)
    spent = cost(needed, dollars_per_million=dollars)
    return f"where {traffic.containers:,} containers read {needed / 1e6:.3g} million times for ${spent:,.2f}"


def _draw_reads(axes: Axes, traffic: Traffic, lives: Floats) -> None:
    for count, colour, style in zip(FLEETS, SERIES, STYLES, strict=False):
        fleet = replace(traffic, containers=count)
        needed = [reads(fleet, life) for life in lives]
        axes.plot(lives, needed, style, color=colour, linewidth=2, label=f"{count:,} container{'s' * (count > 1)}")
    bound = [most_reads(len(traffic.shares), FLEETS[-1], life) for life in lives]
    top = traffic.requests * MONTH
    axes.plot(lives, np.minimum(bound, 2 * top), color=GREY, linewidth=1, label="most for 1,000")
    axes.axhline(top, color="black", linewidth=1, linestyle=(0, (1, 2)), label="all requests")
    axes.set(xscale="log", yscale="log", ylim=(None, 2 * top))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / 1e6:,g} M"))
    axes.set_ylabel("reads in 30 days", fontsize=FONT)
    fixed_ticks(axes.xaxis, LIVES)


def _draw_staleness(axes: Axes, traffic: Traffic, lives: Floats) -> None:
    at_once = np.array([float(stale_share(traffic, life, 0.0)) for life in lives])
    axes.plot(lives, lives, color=SERIES[0], linewidth=2, label="all answers")
    axes.plot(lives, lives * np.clip(1 - 0.5 / at_once, 0, 1), "--", color=SERIES[2], linewidth=2, label="half of them")
    axes.set(yscale="log", ylim=(0.5, 2 * LIVES[-1]))
    fixed_ticks(axes.yaxis, (1, 10, 60, 300, 3600))
    axes.set_ylabel("until a change\narrives, s", fontsize=FONT)
