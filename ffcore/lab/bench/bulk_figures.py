"""Figures of bulk decisions: throughput against rows, and how many times as fast as everybody else."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ffcore.lab.bench.axes import bar, columns, logarithmic, rows
from ffcore.lab.bench.bulk import ALTERNATIVES, LIMIT, THREADS, ours
from ffcore.lab.bench.bulk_run import BulkRun
from ffcore.lab.bench.display import interval, rate
from ffcore.lab.plots import BLUE, FONT, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, Chart, chart, side_note

OURS = tuple(ours("one flag", threads) for threads in THREADS)
#: Colour, line and marker of each method all differ, so that no reader depends on one of them.
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, GREY)
STYLES = ("-", "-", "--", ":", "-.", (0, (5, 1)), (0, (1, 1)))
SHAPES = ("o", "s", "^", "D", "v", "P", "")
LOOKS = dict(zip((*OURS, *ALTERNATIVES, LIMIT), zip(COLOURS, STYLES, SHAPES, strict=True), strict=True))
BAR = 0.36


def bulk_throughput(run: BulkRun) -> Chart:
    """Decisions a second against rows, both axes logarithmic: ours on one thread and on two, the others, the limit.

    The legend gives each method's rate over its largest number of rows.

    >>> from ffcore.lab.bench.bulk import bulk
    >>> run = bulk(["ann"], rows=[1_000, 2_000], rounds=6, seconds=0.001, alternatives={})
    >>> bulk_throughput(run).caption[:52]
    'One flag at 50 %, decisions a second against rows: l'
    """
    what = "One flag at 50 %, decisions a second against rows: line median, band 95 % interval, at the right both over"
    blocks = f"the most rows. The limit compresses {run.largest(LIMIT).rows:,} blocks."
    figure, axes = chart("Decisions a second", f"{what} {blocks} {_sample(run)}", height=4.2, width=0.43)
    drawn = sorted((name for name in LOOKS if name in run.speeds), key=lambda name: -_speed(run, name))
    entries = [_draw(axes, run, name) for name in drawn]
    entries += [Line2D([], [], color="none", label=f"{name}:\n{why}") for name, why in run.absent.items()]
    logarithmic(axes, "x", "rows decided together")
    logarithmic(axes, "y", "decisions a second")
    legend = axes.legend(
        handles=entries, loc="upper left", bbox_to_anchor=(1, 1.06), handlelength=2.4, fontsize=FONT - 2, frameon=False
    )
    for text in legend.get_texts()[len(drawn) :]:
        text.set_color(GREY)
    return figure


def bulk_ratios(run: BulkRun) -> Chart:
    """How many times as many decisions a second as each other method and the limit, on a logarithmic axis.

    >>> from ffcore.lab.bench.bulk import bulk
    >>> run = bulk(["ann"], rows=[1_000], rounds=6, seconds=0.001, alternatives={})
    >>> bulk_ratios(run).caption[:60]
    'One flag at 50 %, our decisions a second over those of each '
    """
    names = [name for name in (*ALTERNATIVES, LIMIT) if name in run.speeds or name in run.absent]
    what = "One flag at 50 %, our decisions a second over those of each other method: bar median, line 95 % interval."
    title = f"Times as fast, over {run.largest(OURS[0]).rows:,} rows"
    figure, axes = chart(title, f"{what} {_sample(run)}{_fewer(run)}", height=0.3 + 0.8 * len(names), width=0.47)
    logarithmic(axes, "x", "times as many decisions a second")
    for place, name in enumerate(names):
        if name in run.absent:
            side_note(axes, run.absent[name], place, GREY)
        else:
            _bars(axes, run, name, place)
    axes.axvline(1, color="black", linewidth=1.2)
    rows(axes, [name.replace(", ", ",\n") for name in names])
    for label, name in zip(axes.get_yticklabels(), names, strict=True):
        label.set_color(GREY if name in run.absent else "black")
    return figure


def _fewer(run: BulkRun) -> str:
    """Which methods decided fewer rows than ours."""
    most = run.largest(OURS[0]).rows
    few = [
        f"{name} {run.largest(name).rows:,}"
        for name in ALTERNATIVES
        if name in run.speeds and run.largest(name).rows < most
    ]
    return f" Slow methods decide fewer rows, compared per row: {'; '.join(few)}." if few else ""


def _sample(run: BulkRun) -> str:
    return f"n = {run.rounds} interleaved rounds of each method and number of rows."


def _speed(run: BulkRun, name: str) -> float:
    return run.largest(name).rate().value or 0.0


def _draw(axes: Axes, run: BulkRun, name: str) -> Line2D:
    """One method's line with its band, and its rate over the most rows; the limit lies level over all rows."""
    colour, style, marker = LOOKS[name]
    speeds = run.speeds[name]
    across = [speed.rows for speed in speeds]
    if name == LIMIT:
        speeds, across = 2 * speeds, [run.speeds[OURS[0]][end].rows for end in (0, -1)]
    low, middle, high = columns(speed.rate() for speed in speeds)
    axes.fill_between(across, low, high, color=colour, alpha=0.25, linewidth=0)
    label = f"{name}:\n{interval(speeds[-1].rate(), rate)}"
    [line] = axes.plot(
        across, middle, color=colour, linestyle=style, marker=marker, linewidth=2, markersize=7, label=label
    )
    return line


def _bars(axes: Axes, run: BulkRun, name: str, place: int) -> None:
    """A bar from 1 to the ratio of each of ours, its interval, and both in figures; the limit is one thread's."""
    methods = OURS[:1] if name == LIMIT else OURS
    for number, method in enumerate(methods):
        at, colour = place + BAR * (number - (len(methods) - 1) / 2), LOOKS[method][0]
        estimate = run.ratio(method, name)
        side_note(axes, f"{method.partition(', ')[2]}: {interval(estimate, '{:.3g}'.format)}", at)
        bar(axes, estimate, at, colour, BAR * 0.9, start=1)
