"""The figure of a run's latency spectra: each rises from hits to misses at the hit rate."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ffcore.lab.bench.axes import durations
from ffcore.lab.bench.display import percentile_name
from ffcore.lab.caching.timing import Spectrum
from ffcore.lab.plots import FONT, MARKERS, SERIES, Chart, chart, fixed_ticks

LEVELS = (0.5, 0.9, 0.99, 0.999)


def knees(spectra: Mapping[str, Spectrum]) -> Chart:
    """The time of a request at each percentile, for each store, and the hit rate at which the misses should begin.

    >>> times, hits = np.array([100.0] * 90 + [9_000.0] * 10), np.array([True] * 90 + [False] * 10)
    >>> print(knees({"store": Spectrum(times, hits, expected=0.9)}).caption[:44])
    Time of a request at each percentile, on a s
    """
    size = ", ".join(f"{name} {len(found.times):,}" for name, found in spectra.items())
    knee = ", ".join(
        f"{name} {100 * found.knee:.2f} and {100 * found.hit_rate:.2f} %" for name, found in spectra.items()
    )
    caption = (
        "Time of a request at each percentile, on a scale of 1 / (1 - p); vertical line the hit rate by theory. The "
        f"knee, found from the times alone, and the counted hit rate: {knee}. n: {size} requests, all drawn."
    )
    figure, axes = chart("Latencies rise where the hits end", caption, height=3.8)
    for (name, found), colour, marker in zip(spectra.items(), SERIES, MARKERS, strict=False):
        ordered = np.sort(found.times)
        across = 1 / (1 - np.arange(len(ordered)) / len(ordered))
        axes.plot(across, ordered, color=colour, linewidth=2, drawstyle="steps-post", label=name)
        axes.plot(
            [1 / (1 - found.knee)], [found.threshold], marker, color=colour, markersize=9, label=f"its knee, {name}"
        )
    expected = next(iter(spectra.values())).expected
    axes.axvline(
        1 / (1 - expected), color="black", linewidth=1.2, linestyle="--", label=f"theory: {100 * expected:.1f} %"
    )
    axes.set_xscale("log")
    ticks = [1 / (1 - level) for level in LEVELS if 1 / (1 - level) <= max(len(s.times) for s in spectra.values())]
    fixed_ticks(axes.xaxis, ticks, lambda value: percentile_name(round(1 - 1 / value, 6)))
    axes.set_xlabel("percentile", fontsize=FONT)
    durations(axes, "y", "time of a request")
    axes.legend(fontsize=FONT - 2, frameon=False, loc="lower right")
    return figure
