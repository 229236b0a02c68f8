"""What figures of benchmarks share: logarithmic axes with units, rows of names, estimates with their intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from ffcore.lab.bench.display import duration
from ffcore.lab.bench.estimate import Estimate, Floats
from ffcore.lab.plots import FONT

UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (0.0, ""))
FEW_DECADES = 30


def columns(estimates: Iterable[Estimate]) -> Floats:
    """Low bounds, values and high bounds, shaped (3, estimates); NaN where nothing is estimable.

    >>> columns([Estimate(2.0, 1.0, 4.0, 9), Estimate(None, None, None, 3)]).tolist()
    [[1.0, nan], [2.0, nan], [4.0, nan]]
    """
    return np.array([(one.low, one.value, one.high) for one in estimates], dtype=np.float64).reshape(-1, 3).T


def mark(axes: Axes, estimate: Estimate, row: float, marker: str, color: str, size: float = 8) -> None:
    """Draw an estimate in a row of a logarithmic axis: its interval as a line, its value as a marker.

    Nothing is drawn of what is not estimable, nor of 0, which has no place there.
    """
    if estimate.value and estimate.low and estimate.high:
        ends = [estimate.low, estimate.high]
        axes.plot(ends, [row, row], color=color, linewidth=0.4 * size, solid_capstyle="butt", zorder=2)
        axes.plot([estimate.value], [row], marker, color=color, markersize=size, zorder=3)


def bar(axes: Axes, estimate: Estimate, row: float, color: str, height: float = 0.7, start: float = 0.0) -> None:
    """Draw an estimate in a row as a bar that begins at `start`, and its interval as a black line; see `mark`."""
    if estimate.value and estimate.low and estimate.high:
        axes.barh(row, estimate.value - start, left=start, height=height, color=color, alpha=0.75)
        axes.plot([estimate.low, estimate.high], [row, row], color="black", linewidth=2.5, solid_capstyle="butt")


def rows(axes: Axes, names: Sequence[str], left: float | None = None, width: float = 0.5) -> None:
    """Name the rows from the top down; with `left`, the axes start there and are so wide, as parts of the figure."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.45, -0.55)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    if left is not None:
        box = axes.get_position()
        axes.set_position((left, box.y0, width, box.height))


def logarithmic(axes: Axes, name: Literal["x", "y"], label: str, write: Callable[[float], str] | None = None) -> None:
    """Give an axis a logarithmic scale with a label and a grid.

    Ticks are written as decades unless told otherwise; where few decades are shown, 2 and 5 are written as well.
    """
    said = write or decade
    axes.set(**{f"{name}scale": "log", f"{name}label": label})
    axis = axes.xaxis if name == "x" else axes.yaxis
    axis.label.set_fontsize(FONT)

    def between(value: float, _: object) -> str:
        low, high = axis.get_view_interval()
        return said(value) if high < FEW_DECADES * low and f"{value:e}"[0] in "25" else ""

    axis.set_major_formatter(FuncFormatter(lambda value, _: said(value)))
    axis.set_minor_formatter(FuncFormatter(between))
    axis.set_tick_params(which="minor", labelsize=FONT - 1)
    grid(axes, name)


def durations(axes: Axes, name: Literal["x", "y"], label: str = "time of one call") -> None:
    """Give an axis of nanoseconds a logarithmic scale with units on its ticks, a label and a grid."""
    logarithmic(axes, name, label, lambda value: shortened(duration(value)))


def grid(axes: Axes, name: Literal["x", "y"]) -> None:
    """Thin lines behind the data, at the ticks of one axis."""
    axes.grid(axis=name, color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)


def shortened(text: str) -> str:
    """A written quantity without zeros behind the point, as ticks have it.

    >>> shortened("1.00 µs"), shortened("10.0 ms"), shortened("1.50 ns")
    ('1 µs', '10 ms', '1.50 ns')
    """
    return text.replace(".00", "").replace(".0", "")


def decade(value: float) -> str:
    """A power of ten in short.

    >>> [decade(value) for value in (0.1, 10, 100_000, 1e7, 1e9)]
    ['0.1', '10', '100 k', '10 M', '1 G']
    """
    unit, name = next((unit or 1.0, name) for unit, name in UNITS if value >= unit)
    return f"{value / unit:g} {name}".strip()
