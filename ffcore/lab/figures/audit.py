"""The figure of an audit: mismatches over time, around a change of configuration, and by an attribute's values."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from ffcore.lab import plots
from ffcore.lab.plots import FONT, GREY, LABEL_CHARACTER, PURPLE, SERIES, SKY, VERMILION
from ffcore.lab.verify import power
from ffcore.lab.verify.display import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from ffcore.lab.plots import Chart
    from ffcore.lab.verify.check import Check

#: Heights in inches: of a panel over time, of one bar, and of the gap below a panel.
PANEL, BAR, GAP = 1.9, 0.36, 0.85
LEFT, WIDTH = 0.12, 0.84
HATCHES = ("", "//", "xx", "..", "\\\\", "++")
#: Kinds of rows that follow another configuration: what they are called, and their colour.
KINDS = {
    "stale": ("stale, within the time to live", SKY),
    "sticky": ("stale, beyond it", VERMILION),
    "ahead": ("ahead of the change", PURPLE),
}
#: A panel's room for a legend and its height in inches, the function that draws it, and words for the caption.
Panel: TypeAlias = "tuple[float, float, Callable[[Axes, Check], None], str]"
#: A series of bars: its name, its colour, its hatch, and a height for each bar.
Series: TypeAlias = "tuple[str, str, str, list[int]]"
MOST_FLAGS, LONGEST = 10, 28
LEGEND_LINE, SHORT = 0.25, 22
SECONDS_A_DAY = 86_400
LEVELS = {"fail": "fail", "watch": "inconclusive"}
UNITS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}


def mismatches(check: Check) -> Chart:
    """Mismatches of each flag over time, how long rows follow another configuration, and the values of an attribute.

    >>> from ffcore import Flag, FlagSet
    >>> from ffcore.lab.testing.exposures import simulate_exposures
    >>> from ffcore.lab.verify import audit
    >>> flags = FlagSet([Flag("dark-mode", enabled=True, rollout_percentage=50)])
    >>> print(mismatches(audit(simulate_exposures(flags, range(500), "2024-06-01"), flags)).caption[:45])
    Rows of the log in each hour (UTC). n = 500.
    """
    panels = chosen(check)
    total = sum(lead + height for lead, height, _, _ in panels) + GAP * max(0, len(panels) - 1)
    caption = " ".join([*(words for *_, words in panels), f"n = {check.n:,}."])
    figure, axes = plots.judged_chart(check, headline(check), caption, total)
    inches, top = figure.get_size_inches()[1], axes.get_position().y1
    axes.remove()
    for lead, height, draw, _ in panels:
        panel = figure.add_axes((LEFT, top - (lead + height) / inches, WIDTH, height / inches))
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=FONT - 1)
        draw(panel, check)
        top -= (lead + height + GAP) / inches
    return figure


def headline(check: Check) -> str:
    """The finding in a few words."""
    wrong = sum(flag["mismatches"] for flag in check.details["flags"].values())
    if wrong:
        return f"{wrong:,} of {check.n:,} logged decisions are wrong"
    if not check.n and check.verdict != "fail":
        return "No logged decision could be compared"
    for finding in check.details["findings"]:
        if check.verdict == LEVELS.get(finding["level"]):
            return f"{finding['name'].capitalize()}, {finding['count']:,} of {finding['of']:,}"
    return f"All {check.n:,} logged decisions are right"


def chosen(check: Check) -> list[Panel]:
    """The panels that the check has something for."""
    details = check.details
    panels: list[Panel] = []
    if details["time"]:
        unit = f"in each {details['time']['bucket']} (UTC)"
        troubled = "Rows that contradict the configuration, by flag, and stale ones"
        what = troubled if details["time"]["flags"] else "Rows of the log"
        changes = "; dashed: a change of configuration" if details["changes"] else ""
        panels.append((legend_height(time_series(check)), PANEL, draw_time, f"{what} {unit}{changes}."))
    if details["around"]:
        words = f"Rows that follow another configuration around the change of {details['around']['change']} of "
        words += f"{', '.join(details['around']['flags'][:3])}; shaded: the time to live of {details['ttl']:g} s."
        panels.append((legend_height(around_series(check)), PANEL, draw_around, words))
    if details["attributes"]:
        rows = len(details["attributes"][0]["values"])
        tells = f"Cramér's V {details['attributes'][0]['association']:.2g}"
        words = f"Share of rows that contradict, by the attribute that tells most ({tells}; bar: 90 % Wilson interval)."
        panels.append((0.0, rows * BAR + 0.2, draw_attribute, words))
    if not details["time"] and check.estimate:
        words = "Share of each flag's rows that contradict its configuration (bar: 90 % Wilson interval)."
        panels.insert(0, (0.0, len(worst(check)) * BAR + 0.2, draw_flags, words))
    return panels


def time_series(check: Check) -> list[Series]:
    """Mismatches of each flag and stale rows; where there are neither, all rows."""
    found = check.details["time"]
    flags = [(name, flag["mismatches"]) for name, flag in found["flags"].items() if any(flag["mismatches"])]
    looks = zip(SERIES, HATCHES, strict=True)
    series = [(shorten(name), *look, counts) for (name, counts), look in zip(flags, looks, strict=False)]
    label, colour = KINDS["stale"]
    series += [(label, colour, "", found["all"]["stale"])] if any(found["all"]["stale"]) else []
    return series or [("all rows", GREY, "", found["all"]["rows"])]


def around_series(check: Check) -> list[Series]:
    """The kinds of rows that follow another configuration."""
    found = check.details["around"]
    return [(label, colour, "", found[kind]) for kind, (label, colour) in KINDS.items() if any(found[kind])]


def draw_time(axes: Axes, check: Check) -> None:
    """Bars over time, and lines where the configuration changes."""
    found, series = check.details["time"], time_series(check)
    width = found["seconds"] / SECONDS_A_DAY
    left = days(found["start"]) + width * np.arange(len(found["all"]["rows"]))
    stack(axes, series, left, width)
    for change in check.details["changes"]:
        axes.axvline(days(change), color="black", linewidth=1.5, linestyle="--")
    axes.set_xlim(float(left[0]), float(left[-1]) + width)
    locator = AutoDateLocator(tz=UTC, maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))  # type: ignore[no-untyped-call]
    axes.set_ylabel(f"rows per {found['bucket']}", fontsize=FONT)


def stack(axes: Axes, series: Sequence[Series], left: NDArray[np.float64], width: float) -> None:
    """Bars upon each other, with a legend above."""
    bottom = np.zeros(left.size)
    for name, colour, hatch, counts in series:
        bars = axes.bar(left, counts, width, bottom, align="edge", color=colour, label=name, zorder=2)
        for bar in bars:
            edge = ("white", 0) if hatch else (colour, 0.6)  # a bar's own colour leaves no seams between neighbours
            bar.set(hatch=hatch, edgecolor=edge[0], linewidth=edge[1])
        bottom += counts
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    compact = {"columnspacing": 1.0, "handlelength": 1.4, "borderaxespad": 0.0}
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.01, 0.98),
        ncols=columns(series),
        frameon=False,
        fontsize=FONT - 2,
        **compact,
    )


def legend_height(series: Sequence[Series]) -> float:
    """The inches that a legend takes."""
    return LEGEND_LINE * math.ceil(len(series) / columns(series))


def columns(series: Sequence[Series]) -> int:
    """How many names stand side by side in a legend."""
    return 3 if max((len(name) for name, *_ in series), default=0) <= SHORT else 2


def days(moment: str) -> float:
    """A time as matplotlib counts it."""
    return float(date2num(datetime.fromisoformat(moment)))  # type: ignore[no-untyped-call]


def draw_around(axes: Axes, check: Check) -> None:
    """Bars of rows that follow another configuration, by the time since the change."""
    found, ttl = check.details["around"], check.details["ttl"]
    size = len(found["stale"])
    stop = max(found["start"] + size * found["seconds"], ttl)
    unit = next(
        name for name, seconds in reversed(UNITS.items()) if stop - found["start"] >= 2 * seconds or name == "s"
    )
    scale = 1 / UNITS[unit]
    axes.axvspan(0, ttl * scale, color=SKY, alpha=0.25, zorder=0)
    left = (found["start"] + found["seconds"] * np.arange(size)) * scale
    stack(axes, around_series(check), left, found["seconds"] * scale)
    axes.axvline(0, color="black", linewidth=1.5, linestyle="--", zorder=3)
    axes.axvline(ttl * scale, color="black", linewidth=1, linestyle=":", zorder=3)
    axes.set_xlim(min(found["start"] * scale, 0), stop * scale * 1.02)
    axes.set_xlabel(f"time after the change, {unit}", fontsize=FONT)
    axes.set_ylabel(f"rows in {found['seconds']:g} s", fontsize=FONT)


def draw_attribute(axes: Axes, check: Check) -> None:
    """The shares of the values with most mismatches."""
    found = check.details["attributes"][0]
    bars = [(f"{found['attribute']}={one['value']}", one["mismatches"], one["rows"]) for one in found["values"]]
    draw_shares(axes, bars)


def worst(check: Check) -> list[str]:
    """The flags with the largest shares of mismatches."""
    return sorted(check.estimate, key=lambda name: -check.estimate[name])[:MOST_FLAGS]


def draw_flags(axes: Axes, check: Check) -> None:
    """The shares of the flags with most mismatches."""
    flags = check.details["flags"]
    draw_shares(axes, [(name, flags[name]["mismatches"], flags[name]["compared"]) for name in worst(check)])


def draw_shares(axes: Axes, bars: Sequence[tuple[str, int, int]]) -> None:
    """Shares of rows in percent with their intervals, one row each, from the top down."""
    for row, (_, count, rows) in enumerate(bars):
        low, high = power.wilson(count, rows)
        axes.plot([100 * low, 100 * high], [row, row], color=VERMILION if count else GREY, linewidth=5, zorder=3)
        axes.plot([100 * count / max(1, rows)], [row], "o", color="black", markersize=7, zorder=4, clip_on=False)
        plots.side_note(axes, f"{percent(count / max(1, rows))}: {count:,} of {rows:,}", row)
    axes.set_yticks(range(len(bars)), [shorten(name) for name, _, _ in bars])
    axes.set_ylim(len(bars) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("share of rows, %", fontsize=FONT)
    box = axes.get_position()
    left = min(0.35, max(box.x0, 0.03 + LABEL_CHARACTER * max(len(shorten(name)) for name, _, _ in bars)))
    axes.set_position((left, box.y0, 0.7 - left, box.height))


def shorten(name: str) -> str:
    """A name that fits beside a bar."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 3]}..."
