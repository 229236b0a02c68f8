"""Figures of the Lambdas: what a cold start adds to the invocations of a container's life, and warm latencies."""

from __future__ import annotations

import numpy as np

from ffcore.lab.bench.axes import durations, logarithmic
from ffcore.lab.bench.figures import latency_spectrum
from ffcore.lab.lambdas.starts import Starts
from ffcore.lab.lambdas.warm import Warm
from ffcore.lab.plots import FONT, GREY, SERIES, Chart, chart

STYLES = tuple(zip((GREY, *SERIES), ("-", "--", "-.", ":"), strict=False))


def life(starts: Starts) -> Chart | Starts:
    """Time of an invocation on average, its container's start included, against how many there were.

    Where nothing was measured, the reason in place of a figure.
    """
    if starts.missing:
        return starts
    size = max(len(each.invocations) for each in starts.lives.values())
    caption = (
        "Time of an invocation on average over a container's life so far, cold start included; one container of each "
        f"function, n = {size:,} invocations of it, each about another user, so every assignment is a new one. A line "
        "without interval: the table above has that of the starts."
    )
    figure, axes = chart("What a cold start costs over a container's life", caption, height=3.8)
    numbers = np.arange(1, size + 1)
    for (kind, found), (colour, style) in zip(starts.lives.items(), STYLES, strict=False):
        axes.plot(numbers, 1e6 * found.mean(), color=colour, linestyle=style, linewidth=2.5, label=kind)
    logarithmic(axes, "x", "invocations of the container", "{:,.0f}".format)
    durations(axes, "y", "mean time of one")
    axes.legend(fontsize=FONT - 1, frameon=False)
    return figure


def warm_latency(warm: Warm) -> Chart | Warm:
    """The percentiles of warm invocations, seen from outside; the reason where nothing was measured."""
    return warm if warm.run is None else latency_spectrum(warm.run)
