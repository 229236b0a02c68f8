"""Figures of peers side by side: how many times our time each takes, and the percentiles of single calls."""

from __future__ import annotations

from matplotlib.axes import Axes

from ffcore.lab.bench.axes import durations, mark, rows
from ffcore.lab.bench.contender import NAMES, ROLLOUT
from ffcore.lab.bench.display import duration
from ffcore.lab.bench.ourselves import OURS
from ffcore.lab.bench.side_by_side import SideBySide
from ffcore.lab.plots import BLUE, FONT, GREY, MARKERS, SERIES, VERMILION, Chart, chart, side_note

PLACES = (-0.28, -0.14, 0.0, 0.14, 0.28)


def peer_ratios(run: SideBySide) -> Chart:
    """Each contender's time over ours on every workload, on a logarithmic axis; absent ones are grey rows."""
    rounds = len(run.blocks.loop)
    caption = (
        f"Time of a call back to back over that of {OURS} in the same round: marker median, line 95 % interval, "
        f"n = {rounds} interleaved rounds. Right of 1, {OURS} is faster. Ten flags are one call where there is one."
    )
    names = [who.name for who in run.contenders if who.name != OURS]
    figure, axes = _rows([*names, *run.absent], f"Time over that of {OURS}", caption)
    for place, name in enumerate(names):
        for number, workload in enumerate(NAMES):
            if name in run.blocks.times[workload]:
                at = place + PLACES[number]
                mark(axes, run.ratio(workload, name), at, MARKERS[number], SERIES[number], size=6)
    _absent(axes, run, len(names))
    for number, workload in enumerate(NAMES):
        axes.plot([], [], MARKERS[number], color=SERIES[number], markersize=7, label=workload)
    axes.set_xscale("log")
    axes.axvline(1, color="black", linewidth=1.2, linestyle="--", zorder=1)
    low, high = axes.get_xlim()
    steps = (1,) if high / low > 100 else (1, 2, 5)
    ticks = [tick for power in range(-3, 5) for step in steps if low <= (tick := step * 10.0**power) <= high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("times our time, logarithmic", fontsize=FONT)
    axes.legend(fontsize=FONT - 2, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.02))
    return figure


def peer_latency(run: SideBySide) -> Chart:
    """P50 and P99 of single calls of the 50 % rollout, one row each, on a logarithmic axis; absent ones are grey."""
    names = [who.name for who in run.contenders if who.name in run.calls[ROLLOUT]]
    calls = next(iter(run.calls[ROLLOUT].values())).size
    caption = (
        f"Time of single calls, {ROLLOUT}: circle P50, triangle P99, line 95 % interval. n = {calls:,} calls each, in "
        f"interleaved blocks; timer overhead of {duration(run.overhead)} subtracted."
    )
    figure, axes = _rows([*names, *run.absent], "Latency of one call", caption)
    for place, name in enumerate(names):
        found = [run.percentile(ROLLOUT, name, level) for level in (0.5, 0.99)]
        for estimate, marker, colour in zip(found, ("o", "^"), (BLUE, VERMILION), strict=True):
            mark(axes, estimate, place, marker, colour)
        said = " and ".join("not estimable" if one.value is None else duration(one.value) for one in found)
        side_note(axes, said, place)
    _absent(axes, run, len(names))
    durations(axes, "x")
    return figure


def _rows(names: list[str], title: str, caption: str) -> tuple[Chart, Axes]:
    figure, axes = chart(title, caption, 0.3 + 0.5 * len(names), width=0.5)
    rows(axes, names, left=0.24, width=0.48)
    return figure, axes


def _absent(axes: Axes, run: SideBySide, first: int) -> None:
    for place, (name, label) in enumerate(zip(run.absent, axes.get_yticklabels()[first:], strict=True), first):
        label.set_color(GREY)
        axes.text(
            0.02,
            place,
            run.absent[name],
            transform=axes.get_yaxis_transform(),
            va="center",
            color=GREY,
            backgroundcolor="white",
        )
