"""Figures of readiness: what each lever brings, as a ratio of times with its interval."""

from __future__ import annotations

from ffcore.lab.bench.axes import logarithmic, mark, rows
from ffcore.lab.plots import BLUE, Chart, chart, side_note
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
    figure, axes = chart("What each lever brings to a read", caption, height=0.3 + 0.5 * len(LEVERS))
    for row, lever in enumerate(LEVERS):
        gain = levers.gain(lever)
        mark(axes, gain, row, "o", BLUE, size=9)
        if gain.value is not None:
            side_note(axes, f"{gain.value:.3g} times", row)
    axes.axvline(1, color="black", linewidth=1.2, linestyle="--", zorder=0.5)
    rows(axes, list(LEVERS), left=0.24)
    logarithmic(axes, "x", "time without over time with", "{:g}".format)
    return figure
