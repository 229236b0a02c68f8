"""Figures of what can go wrong with a cache: stampedes, outages of the store, and changes that arrive late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ffcore.lab.caching.price import stale_share
from ffcore.lab.plots import BLUE, FONT, MARKERS, SERIES, SKY, VERMILION, Chart, chart, fixed_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ffcore.lab.caching.replay import Answers
    from ffcore.lab.caching.stampede import Stampede
    from ffcore.lab.caching.traffic import Traffic

LOOKS = tuple(zip(SERIES, MARKERS, ("-", "--", "-.", ":"), strict=False))
SPANS = 60
PANEL, GAP, HEAD = 1.9, 0.75, 0.3


def loads(herds: Mapping[str, Sequence[Stampede]]) -> Chart:
    """Loads of one cold key against the number of threads that ask for it together, for each kind of cache.

    >>> from ffcore.lab.caching import stampede
    >>> print(loads({"ours": [stampede(1), stampede(8)]}).caption[:70])
    Loads of one cold key against the threads that missed it together, bot
    """
    caption = (
        "Loads of one cold key against the threads that missed it together, both on log scales. Counts of one run of "
        "real threads each, exact: the store answers nobody before all have missed. 1 is protected."
    )
    figure, axes = chart("Stampede on one cold key", caption, height=3.0, width=0.6)
    for (name, found), (colour, marker, style) in zip(herds.items(), LOOKS, strict=False):
        counts, many = [herd.threads for herd in found], [herd.loads for herd in found]
        axes.plot(counts, many, marker + style, color=colour, linewidth=2, markersize=8, label=name)
        end = (counts[-1], many[-1])
        words = f"{name}:\n{many[-1]:,} load{'s' * (many[-1] > 1)}"
        axes.annotate(words, end, (10, 0), textcoords="offset points", va="center", fontsize=FONT - 1, color=colour)
    ticks = sorted({herd.threads for found in herds.values() for herd in found})
    axes.set(xscale="log", yscale="log", ylim=(0.7, 1.6 * ticks[-1]))
    for axis in (axes.xaxis, axes.yaxis):
        fixed_ticks(axis, ticks)
    axes.set_xlabel("threads", fontsize=FONT)
    axes.set_ylabel("loads", fontsize=FONT)
    return figure


def outages(cases: Mapping[str, tuple[tuple[float, float], Mapping[str, Answers]]]) -> Chart:
    """The share of answers that are not right while a store is down and after, one panel for each outage.

    Args:
        cases: By the outage's name its start and end in seconds, and each cache's answers by the cache's name.
    """
    size = " and ".join(f"{len(next(iter(found.values())).seconds):,}" for _, found in cases.values())
    caption = (
        "Answers that are not right, in percent of all given at the time, while the store is down (shaded) and after; "
        f"each panel has a scale of its own. Shares of n = {size} answers by the same requests in simulated time."
    )
    figure, axes = chart("The store is down", caption, HEAD + len(cases) * (PANEL + GAP) - GAP)
    box, inches = axes.get_position(), figure.get_size_inches()[1]
    for row, (name, (down, found)) in enumerate(cases.items()):
        place = (
            box.x0 - 0.06,
            box.y1 - (HEAD + PANEL + row * (PANEL + GAP)) / inches,
            box.width - 0.17,
            PANEL / inches,
        )
        panel = axes if row == 0 else figure.add_axes(place)
        panel.set_position(place)
        _draw_outage(panel, name, down, found)
    panel.set_xlabel("seconds", fontsize=FONT)
    return figure


def _draw_outage(axes: Axes, name: str, down: tuple[float, float], found: Mapping[str, Answers]) -> None:
    axes.axvspan(*down, color=SKY, alpha=0.4, linewidth=1, zorder=1)
    for (label, answers), (colour, _, style) in zip(found.items(), LOOKS, strict=False):
        edges = np.linspace(0, answers.seconds.max(), SPANS + 1)
        axes.stairs(100 * answers.wrong_share(edges), edges, color=colour, linewidth=2, linestyle=style, label=label)
    axes.set_ylim(bottom=-0.03 * axes.get_ylim()[1])
    axes.set_title(name, fontsize=FONT, loc="left")
    axes.set_ylabel("not right, %", fontsize=FONT)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=FONT - 1)
    axes.legend(fontsize=FONT - 2, frameon=False, bbox_to_anchor=(1.0, 1.0), loc="upper left")


def staleness(answers: Answers, traffic: Traffic, ttl: float, change: float) -> Chart:
    """The share of answers from before a change of every flag, measured and by theory.

    >>> from ffcore.lab.caching import Scenario, Traffic, arrivals, replay
    >>> traffic = Traffic(20)
    >>> answers = replay(arrivals(traffic, 10, 40), Scenario(change=15))
    >>> print(staleness(answers, traffic, ttl=10, change=15).caption[:55])
    Answers from before the change, in percent of all given
    """
    caption = (
        "Answers from before the change, in percent of all given at the time: steps measured, line theory, which ends "
        f"one time to live ({ttl:g} s) after the change. n = {len(answers.seconds):,} answers of "
        f"{traffic.containers:,} containers in simulated time."
    )
    figure, axes = chart("A flag is switched off", caption, height=2.6)
    since = np.linspace(0, 1.3 * ttl, SPANS)
    edges = np.linspace(-0.3 * ttl, 1.3 * ttl, SPANS + 1)
    axes.stairs(100 * answers.wrong_share(edges + change), edges, color=BLUE, linewidth=2, label="measured")
    axes.plot(since, 100 * stale_share(traffic, ttl, since), color="black", linewidth=1.5, label="theory")
    axes.axvline(ttl, color=VERMILION, linestyle="--", linewidth=1.2)
    axes.set_ylim(-3, 103)
    axes.set_xlabel("seconds since the change", fontsize=FONT)
    axes.set_ylabel("stale, %", fontsize=FONT)
    axes.legend(fontsize=FONT - 1, frameon=False)
    return figure
