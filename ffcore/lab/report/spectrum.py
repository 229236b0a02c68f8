"""The percentile spectrum of a latency run: how long a call takes, far into the tail, with the interval."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from ffcore.lab.bench.display import duration, percentile_name
from ffcore.lab.bench.estimate import Estimate, quantiles
from ffcore.lab.bench.latency import Latency, LatencyRun
from ffcore.lab.plots import FONT, MARKERS, SERIES, Chart, chart

_LEVELS = (0.5, 0.9, 0.99, 0.999, 0.9999)
_HEIGHT = 4.0


def spectrum(run: LatencyRun) -> Chart:
    """Draw each workload's percentiles with 95 % intervals; a percentile that the sample cannot carry is left out.

    >>> from ffcore.lab.bench import latency
    >>> spectrum(latency({"floor": hash, "no-op": lambda user: None}, ["ann"], calls=400, blocks=4)).caption[:40]
    'Time of one call by percentile, both axe'
    """
    calls = next(iter(run.workloads.values())).blocks.size
    caption = (
        "Time of one call by percentile, both axes logarithmic; shaded: 95 % interval. "
        f"n = {calls:,} calls of each workload, interleaved, cost of the timer subtracted."
    )
    figure, axes = chart("How long a decision takes", caption, height=_HEIGHT)
    for place, sample in enumerate(run.workloads.values()):
        _line(axes, sample, place)
    axes.set(xscale="log", yscale="log")
    axes.set_xticks([1 / (1 - level) for level in _LEVELS], [percentile_name(level) for level in _LEVELS])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: duration(value)))
    axes.grid(axis="y", alpha=0.3)
    axes.legend(fontsize=FONT - 2, frameon=False, ncols=2)
    return figure


def _line(axes: Axes, sample: Latency, place: int) -> None:
    levels = 1 - np.geomspace(0.5, 1e-4, 40)
    estimates = zip(levels, quantiles(sample.blocks, levels.tolist()), strict=True)
    found = [(1 / (1 - level), estimate) for level, estimate in estimates if _known(estimate)]
    across = [x for x, _ in found]
    colour = SERIES[place % len(SERIES)]
    marks = {"color": colour, "marker": MARKERS[place % len(MARKERS)], "markevery": 8}
    axes.plot(across, [e.value for _, e in found], label=sample.name, lw=2, **marks)  # type: ignore[arg-type]
    axes.fill_between(across, [e.low or 0 for _, e in found], [e.high or 0 for _, e in found], color=colour, alpha=0.2)


def _known(estimate: Estimate) -> bool:
    return bool(estimate.value and estimate.low and estimate.high)
