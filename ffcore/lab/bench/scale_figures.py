"""Figures of scale: users a second by engine and workers, and seconds by number of users, also extrapolated."""

from __future__ import annotations

from matplotlib.axes import Axes

from ffcore.lab.bench.axes import columns, decade, logarithmic, mark, rows
from ffcore.lab.bench.display import duration, interval, rate
from ffcore.lab.bench.estimate import median
from ffcore.lab.bench.executors import DASK, ONE_THREAD, TWO_PROCESSES, TWO_THREADS
from ffcore.lab.bench.scale import FRAME, GOAL, LARGEST_EXECUTORS, RANGE, ScaleRun
from ffcore.lab.plots import BLUE, FONT, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, Chart, chart, side_note

KINDS = {RANGE: BLUE, FRAME: VERMILION}
GOING_ON = tuple(f"{RANGE}, {executor}" for executor in LARGEST_EXECUTORS)
#: Colour, line and marker of each line all differ, so that no reader depends on one of them.
LINES = {
    f"{RANGE}, {TWO_THREADS}": (BLUE, "-", "o"),
    f"{RANGE}, {DASK}": (VERMILION, "--", "s"),
    f"{RANGE}, {TWO_PROCESSES}": (GREEN, "-.", "^"),
    f"{RANGE}, {ONE_THREAD}": (PURPLE, ":", "D"),
    f"{FRAME}, {TWO_THREADS}": (SKY, (0, (5, 1)), "v"),
    "DuckDB md5, 2 threads": (ORANGE, (0, (1, 1)), "P"),
}


def scale_speed(run: ScaleRun) -> Chart:
    """Users a second of each method over its largest population, on a logarithmic axis.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from ffcore.lab.bench.executors import Executors
    >>> from ffcore.lab.bench.scale import scale
    >>> with ThreadPoolExecutor(2) as threads:
    ...     run = scale(Executors({"2 threads": threads}, {}), rows=[1_000, 2_000], seconds=0.001, alternatives={})
    >>> scale_speed(run).caption[:50]
    'One flag at 50 %, users decided a second: dot medi'
    """
    names = [*run.timed.speeds, *run.timed.absent]
    what = "One flag at 50 %, users decided a second: dot median, line 95 % interval, at the right also how many users."
    kinds = "A range is decided from numbers alone; ids of a frame are there beforehand, and travel to other processes."
    figure, axes = chart("Users a second", f"{what} {kinds} {_sample(run)}", 0.3 + 0.42 * len(names), width=0.36)
    logarithmic(axes, "x", "users a second")
    for place, name in enumerate(names):
        if name in run.timed.absent:
            side_note(axes, run.timed.absent[name], place, GREY)
        else:
            _speed(axes, run, name, place)
    rows(axes, names, left=0.29, width=0.32)
    return figure


def scale_time(run: ScaleRun) -> Chart:
    """Seconds against users, both axes logarithmic: measured, and with hollow markers extrapolated to ten billion.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from ffcore.lab.bench.executors import Executors
    >>> from ffcore.lab.bench.scale import scale
    >>> with ThreadPoolExecutor(2) as threads:
    ...     run = scale(Executors({"2 threads": threads}, {}), rows=[1_000, 2_000], seconds=0.001, alternatives={})
    >>> scale_time(run).caption[:50]
    'One flag at 50 %, seconds against users: filled ma'
    """
    what = "One flag at 50 %, seconds against users: filled markers measured, median and 95 % interval."
    beyond = (
        f"Hollow: not measured, but extrapolated to {GOAL:,} users along the line through the two largest populations."
    )
    figure, axes = chart("Seconds by number of users", f"{what} {beyond} {_sample(run)}", height=4.2, width=0.43)
    for name in LINES:
        if name in run.timed.speeds:
            _line(axes, run, name)
    logarithmic(axes, "x", "users")
    logarithmic(axes, "y", "seconds")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1.04), handlelength=2.6, fontsize=FONT - 2, frameon=False)
    return figure


def _speed(axes: Axes, run: ScaleRun, name: str, place: int) -> None:
    speed = run.timed.largest(name)
    found = speed.rate()
    side_note(axes, f"{interval(found, rate)}, {decade(speed.rows)}", place)
    mark(axes, found, place, "o", KINDS.get(name.partition(",")[0], GREY))


def _line(axes: Axes, run: ScaleRun, name: str) -> None:
    """A method's seconds with their intervals, and for those who counted the largest range the time of ten billion."""
    colour, style, marker = LINES[name]
    speeds = run.timed.speeds[name]
    across = [speed.rows for speed in speeds]
    low, middle, high = columns(median(speed.rows / speed.rates) for speed in speeds)
    axes.vlines(across, low, high, colour, linewidth=3, alpha=0.5)
    label = f"{name}:\n{_seconds(middle[-1])} for {decade(across[-1])}"
    if len(speeds) > 1 and name in GOING_ON:
        goal = run.seconds(name)
        [lowest], [estimate], [highest] = columns([goal])
        axes.plot([across[-1], GOAL], [middle[-1], estimate], color=colour, linestyle=":", linewidth=1.5)
        axes.plot([GOAL], [estimate], marker, color=colour, markersize=9, markerfacecolor="white")
        axes.vlines([GOAL], [lowest], [highest], colour, linewidth=3, alpha=0.5)
        label += f"\nextrapolated to {decade(GOAL)}:\n{interval(goal, _seconds)}"
    axes.plot(across, middle, color=colour, linestyle=style, marker=marker, linewidth=2, markersize=7, label=label)


def _seconds(value: float) -> str:
    return duration(value * 1e9)


def _sample(run: ScaleRun) -> str:
    return f"n = {run.timed.rounds} interleaved rounds of each method and number of users."
