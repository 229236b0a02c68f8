"""Figures of hit rates: each flag's on theory's curve, and a fleet's against the number of its containers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FuncFormatter
from scipy import stats

from ffcore.lab.caching.theory import fleet_hit_rate, hit_rate, renewed_hit_rate, standard_error
from ffcore.lab.caching.traffic import Traffic
from ffcore.lab.plots import BLUE, FONT, GREY, MARKERS, SERIES, VERMILION, Chart, chart, fixed_ticks, side_note

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ffcore.lab.caching.measuring import Measured

REACH = float(stats.norm.ppf(0.975))


def hit_rate_curve(runs: Sequence[Measured]) -> Chart:
    """Each flag's measured hit rate against λT, the requests expected in one life, over theory's curve.

    >>> from ffcore.lab.caching import measure
    >>> print(hit_rate_curve([measure(Traffic(10), ttl=3, requests=2_000)]).caption[:76])
    Hit rate of each flag against the requests expected in one life, log scale:
    """
    size = sum(run.n for run in runs)
    caption = (
        "Hit rate of each flag against the requests expected in one life, log scale: marks measured, bars 95 % "
        "interval (from theory's standard error), line theory, dashed what renewing the life at each hit would give. "
        f"n = {size:,} requests in simulated time, {len(runs)} runs."
    )
    figure, axes = chart("Hit rate of each flag", caption, height=4.0)
    products = np.concatenate([run.traffic.rates * run.ttl for run in runs])
    across = np.geomspace(products.min() / 2, products.max() * 2, 200)
    axes.plot(across, 100 * hit_rate(across, 1), color="black", linewidth=1.5, label="theory: λT / (1 + λT)", zorder=2)
    axes.plot(across, 100 * renewed_hit_rate(across, 1), "--", color=GREY, linewidth=1.2, label="renewed at each hit")
    for run, colour, marker in zip(runs, SERIES, MARKERS, strict=False):
        error = [_error_of_flag(run, rank) for rank in range(len(run.flags))]
        axes.errorbar(
            run.traffic.rates * run.ttl, 100 * run.flags, 100 * REACH * np.array(error), fmt=marker, color=colour,
            markersize=6, capsize=2, label=f"measured, ttl {run.ttl:g} s", zorder=3,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.set_xlabel("λT: requests for the flag in one life at one container", fontsize=FONT)
    _percent(axes)
    axes.legend(fontsize=FONT - 2, frameon=False, loc="lower right")
    return figure


def _error_of_flag(run: Measured, rank: int) -> float:
    traffic = run.traffic
    return standard_error(
        Traffic(traffic.requests * traffic.shares[rank], (1.0,), traffic.containers), run.ttl, run.seconds
    )


def fleet_curve(runs: Sequence[Measured], target: float = 0.95) -> Chart:
    """A fleet's hit rate against the number of its containers, which share the requests.

    >>> from ffcore.lab.caching import measure
    >>> print(fleet_curve([measure(Traffic(10, containers=count), 60, 2_000) for count in (1, 10)]).caption[:48])
    Hit rate of a fleet against its number of contai
    """
    traffic, ttl = runs[0].traffic, runs[0].ttl
    size = " to ".join(f"{count:,}" for count in sorted({min(r.n for r in runs), max(r.n for r in runs)}))
    caption = (
        "Hit rate of a fleet against its number of containers, log scale: dots measured, bars 95 % interval, line "
        f"theory, dashed the target of {100 * target:g} %. {traffic.requests:,g} requests/s in all for "
        f"{len(traffic.shares)} flags of Zipf popularity, ttl {ttl:g} s; n = {size} requests for each dot."
    )
    figure, axes = chart("A fleet divides its requests", caption, height=3.4, width=0.6)
    counts = [run.traffic.containers for run in runs]
    across = np.unique(np.geomspace(min(counts), max(counts), 120).astype(int))
    line = [100 * fleet_hit_rate(replace(traffic, containers=int(count)), ttl) for count in across]
    axes.plot(across, line, color="black", linewidth=1.5, zorder=2)
    middle = 100 * np.array([run.hit_rate for run in runs])
    bounds = 100 * np.array([run.interval() for run in runs]).T
    axes.errorbar(counts, middle, np.abs(bounds - middle), fmt="o", color=BLUE, markersize=7, capsize=3, zorder=3)
    axes.axhline(100 * target, color=VERMILION, linestyle="--", linewidth=1.2, zorder=1)
    side_note(axes, f"target {100 * target:g} %", 100 * target, VERMILION)
    axes.set_xscale("log")
    fixed_ticks(axes.xaxis, counts)
    axes.set_xlabel("containers", fontsize=FONT)
    _percent(axes)
    return figure


def _percent(axes: Axes) -> None:
    axes.set_ylim(0, 103)
    axes.set_ylabel("hit rate, %", fontsize=FONT)
    axes.grid(axis="y", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
