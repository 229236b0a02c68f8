"""The figure of the gate: each workload's ratio against the margin, with what identical code gave."""

from __future__ import annotations

from ffcore.lab.bench.axes import rows
from ffcore.lab.bench.display import interval, ratio
from ffcore.lab.bench.gate.judging import Change
from ffcore.lab.bench.gate.outcome import Outcome
from ffcore.lab.plots import FONT, GREY, SKY, Chart, chart, side_note
from ffcore.lab.verify.display import VERDICT_COLOURS

ROOM = 1.15


def gate_ratios(outcome: Outcome) -> Chart:
    """Ratio of times by workload: dot and line estimate and interval, shaded margin, grey ticks identical code.

    >>> from ffcore.lab.bench.estimate import Estimate
    >>> from ffcore.lab.bench.gate.alarms import Alarms
    >>> change = Change("two rules", Estimate(1.0, 0.99, 1.01, 12), "pass")
    >>> gate_ratios(Outcome("old", (change,), Alarms(((change,),), 0.02))).caption[:43]
    'Time of this code over that of the baseline'
    """
    margin, changes = outcome.alarms.margin, list(outcome.changes)
    processes = min(change.ratio.n for change in changes)
    caption = (
        f"Time of this code over that of the baseline ({outcome.against}): dot median, line 95 % interval over "
        f"n = {processes} processes, shaded the tolerated {100 * margin:g} %. Grey ticks: the same comparison of "
        f"identical code; {outcome.alarms}."
    )
    title = f"Against the baseline: {outcome.verdict.upper()}"
    figure, axes = chart(title, caption, 0.3 + 0.62 * len(changes), width=0.5)
    figure.texts[0].set_color(VERDICT_COLOURS[outcome.verdict])
    axes.axvspan(1 / (1 + margin), 1 + margin, color=SKY, alpha=0.3, linewidth=0, zorder=1)
    axes.axvline(1, color="black", linewidth=1.2, linestyle="--", zorder=2)
    nulls = [change for run in outcome.alarms.runs for change in run]
    for place, change in enumerate(changes):
        same = [null.ratio.value for null in nulls if null.workload == change.workload and null.ratio.value]
        axes.plot(same, [place + 0.25] * len(same), "|", color=GREY, markersize=9, zorder=3)
        colour = VERDICT_COLOURS[change.verdict] if outcome.comparable else GREY
        words = change.verdict if outcome.comparable else "not judged"
        side_note(axes, f"{interval(change.ratio, ratio)}\n{words}", place, colour)
        if change.ratio.value and change.ratio.low and change.ratio.high:
            axes.plot([change.ratio.low, change.ratio.high], [place] * 2, color=colour, linewidth=5, zorder=4)
            axes.plot([change.ratio.value], [place], "o", color="black", markersize=8, zorder=5)
    axes.set_xscale("log")
    low, high = _reach([*changes, *nulls], margin)
    axes.set_xlim(low, high)
    ticks = [1 / (1 + margin), 1.0, 1 + margin] if high < 2 else [0.5, 1.0, 2.0, 4.0, 8.0]
    shown = [tick for tick in ticks if low <= tick <= high]
    axes.set_xticks(shown, [f"{tick:.2f}" for tick in shown])
    axes.minorticks_off()
    axes.set_xlabel("ratio of times (above 1: slower), logarithmic", fontsize=FONT)
    rows(axes, [change.workload for change in changes])
    return figure


def _reach(changes: list[Change], margin: float) -> tuple[float, float]:
    """The ends of the axis: all intervals and the margin with some room."""
    lows = [change.ratio.low for change in changes if change.ratio.low]
    highs = [change.ratio.high for change in changes if change.ratio.high]
    room = 1 + (ROOM - 1) * min(1.0, 4 * margin)
    return min([*lows, 1 / (1 + margin)]) / room, max([*highs, 1 + margin]) * room
