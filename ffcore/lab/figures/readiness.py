"""Figures of readiness: what each lever brings, as a ratio of times with its interval."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import FuncFormatter, NullFormatter

from ffcore.lab.plots import BLUE, FONT, Chart, chart
from ffcore.lab.readiness.levers import LEVERS, Levers


def gains(levers: Levers) -> Chart | Levers:
    """How many times as long a read takes without each lever; the reason where nothing was measured."""
    if levers.missing:
        return levers
    rounds = len(next(iter(levers.seconds.values())))
    caption = (
        "How many times as long the same reads take without a lever as with it: dot median over rounds, bar 95 % "
        f"interval, dashed line no gain. n = {rounds:,} rounds in shuffled order, {levers.flags} flags in a batch; "
        "servers on loopback, so a network's share is missing on both sides."
    )
    figure, axes = chart("What each lever brings to a read", caption, height=0.5 + 0.6 * len(LEVERS), width=0.7)
    for row, lever in enumerate(LEVERS):
        gain = levers.gain(lever)
        if gain.value is None or gain.low is None or gain.high is None:
            continue
        axes.plot([gain.low, gain.high], [row, row], color=BLUE, linewidth=5, solid_capstyle="butt")
        axes.plot([gain.value], [row], "o", color="black", markersize=8)
        label, apart = f"{gain.value:.3g} times", {"facecolor": "white", "edgecolor": "none", "pad": 1}
        axes.annotate(label, (gain.value, row), (0, 10), textcoords="offset points", ha="center", bbox=apart)
    axes.axvline(1, color="black", linewidth=1.2, linestyle="--", zorder=0.5)
    axes.set_yticks(np.arange(len(LEVERS)), list(LEVERS))
    axes.set_ylim(len(LEVERS) - 0.5, -0.7)
    axes.set_xscale("log")
    axes.set_xlabel("time without over time with", fontsize=FONT)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    return figure
