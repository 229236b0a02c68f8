"""Figures of the suite: each states units, sample size and interval in a caption, which is its alternative text too."""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Mapping, Sequence
from html import escape
from io import BytesIO

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ffcore.errors import ConfigError
from ffcore.lab.verify.check import Check
from ffcore.lab.verify.display import VERDICT_COLOURS, p_text, percent, points

#: Okabe and Ito's palette, distinct for colour-blind readers too.
BLUE, VERMILION, ORANGE, GREEN, SKY, PURPLE, GREY = (
    "#0072B2",
    "#D55E00",
    "#E69F00",
    "#009E73",
    "#56B4E9",
    "#CC79A7",
    "#767676",
)
SERIES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
MARKERS = ("o", "s", "^", "D", "v", "P")
WIDTH = 8.5
CAPTION_CHARACTERS = 92
CAPTION_LINE = 0.21
FONT = 13
#: How many margins the overview shows to either side.
REACH = 3.0


class Chart(Figure):
    """A figure with a caption; notebooks show it as an image whose alternative text is the caption."""

    caption = ""

    def png(self, dpi: int = 110) -> bytes:
        """The figure as a PNG file, its caption in the file's metadata."""
        buffer = BytesIO()
        self.savefig(buffer, format="png", dpi=dpi, metadata={"Description": self.caption, "Software": None})
        return buffer.getvalue()

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png()).decode()
        return f'<img style="max-width:100%" alt="{escape(self.caption)}" src="data:image/png;base64,{data}">'


def chart(title: str, caption: str, height: float) -> tuple[Chart, Axes]:
    """An empty chart with a title above and the caption below, and its axes.

    Args:
        title: What the figure shows.
        caption: Units, sample size and interval, in words.
        height: The height of the axes in inches.

    >>> figure, axes = chart("Latency", "Microseconds; 1,000 calls.", height=2)
    >>> figure.caption
    'Microseconds; 1,000 calls.'
    """
    lines = textwrap.wrap(caption, CAPTION_CHARACTERS)
    below, above = 0.75 + CAPTION_LINE * len(lines), 0.5
    total = below + height + above
    figure = Chart(figsize=(WIDTH, total))
    FigureCanvasAgg(figure)
    figure.caption = caption
    axes = figure.add_axes((0.2, below / total, 0.78, height / total))
    axes.set_title(title, loc="left", fontsize=FONT + 2, fontweight="bold")
    axes.tick_params(labelsize=FONT - 1)
    axes.spines[["top", "right"]].set_visible(False)
    figure.text(0.02, 0.08 / total, "\n".join(lines), fontsize=FONT - 2, va="bottom", color="#333333")
    return figure, axes


def intervals(check: Check) -> Chart:
    """A check of shares: how far each arm is off its target, with its interval, against its margin.

    >>> from ffcore.lab.verify import sample_ratio
    >>> intervals(sample_ratio([4969, 5031], [0.5, 0.5])).caption
    'Deviation from target in percentage points: dot estimate, bar 90 % interval, shaded margin. n = 10,000, p = 0.535.'
    """
    arms = list(check.interval)
    if not arms or "expected" not in check.details:
        raise ConfigError([("check", f"{check.name} has no intervals around expected shares to draw")])
    figure, axes = chart(
        f"{check.name}: {check.verdict.upper()}", interval_caption(check), height=0.25 + 0.55 * len(arms)
    )
    for row, arm in enumerate(arms):
        interval_row(axes, check, arm, row)
    finish_rows(axes, [f"{arm}\n(target {percent(check.details['expected'][arm], 6)})" for arm in arms])
    axes.set_xlabel("deviation from target, percentage points", fontsize=FONT)
    return figure


def interval_row(axes: Axes, check: Check, arm: str, row: int) -> None:
    """One arm's interval, estimate and margin, and in words how they lie."""
    target, margin = check.details["expected"][arm], check.details["margin"].get(arm, 0.0)
    low, high = (100 * (bound - target) for bound in check.interval[arm])
    words, colour = position(low, high, 100 * margin)
    axes.barh(row, 200 * margin, left=-100 * margin, height=0.8, color=SKY, alpha=0.3, zorder=1)
    axes.plot([low, high], [row, row], color=colour, linewidth=5, solid_capstyle="butt", zorder=3)
    if arm in check.estimate:
        off = check.estimate[arm] - target
        axes.plot([100 * off], [row], "o", color="black", markersize=8, zorder=4)
        words = f"{points(off)}, {words}"
    axes.annotate(
        words, ((low + high) / 2, row), xytext=(0, 9), textcoords="offset points", ha="center", fontsize=FONT - 2
    )


def position(low: float, high: float, margin: float) -> tuple[str, str]:
    """How an interval lies to a margin around 0, in words, and the colour that says the same.

    >>> position(-0.1, 0.2, 0.5)[0], position(0.4, 0.6, 0.5)[0], position(0.6, 0.7, 0.5)[0]
    ('inside the margin', 'crosses the margin', 'outside the margin')
    """
    if -margin < low and high < margin:
        return "inside the margin", BLUE
    if low > margin or high < -margin:
        return "outside the margin", VERMILION
    return "crosses the margin", ORANGE


def finish_rows(axes: Axes, labels: Sequence[str]) -> None:
    """Names the rows from the top down and marks the target at 0."""
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.axvline(0, color="black", linewidth=1.2, linestyle="--", zorder=2)
    axes.margins(x=0.12)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def interval_caption(check: Check) -> str:
    """What the figure of a check shows, with its sample size and interval level."""
    level = percent(check.details.get("interval_level", 0.9))
    what = f"Deviation from target in percentage points: dot estimate, bar {level} interval, shaded margin."
    evidence = "a proof over these users" if check.p_value is None else f"p = {p_text(check.p_value)}"
    return f"{what} n = {check.n:,}, {evidence}."


def overview(checks: Mapping[str, Check]) -> Chart:
    """Many checks of shares, one row each, in units of their own margins so that they share a scale.

    The row is the arm whose interval reaches farthest; proofs have no margin and are named beside their row.

    >>> from ffcore.lab.verify import sample_ratio
    >>> overview({"checkout": sample_ratio([4969, 5031], [0.5, 0.5])}).caption
    'Deviation from target as a multiple of the margin: dot estimate, bar 90 % interval, shaded margin. n = 10,000.'
    """
    sizes = [check.n for check in checks.values()]
    if not sizes:
        raise ConfigError([("checks", "none to draw")])
    users = f"{min(sizes):,}" if min(sizes) == max(sizes) else f"{min(sizes):,} to {max(sizes):,}"
    what = "Deviation from target as a multiple of the margin: dot estimate, bar 90 % interval, shaded margin."
    figure, axes = chart("Shares against their targets", f"{what} n = {users}.", height=0.4 + 0.42 * len(checks))
    axes.axvspan(-1, 1, color=SKY, alpha=0.3, zorder=1)
    for row, check in enumerate(checks.values()):
        overview_row(axes, check, row)
    finish_rows(axes, list(checks))
    axes.set_xlabel("deviation from target, in margins", fontsize=FONT)
    return figure


def overview_row(axes: Axes, check: Check, row: int) -> None:
    """The interval that reaches farthest, clipped to the scale, and the verdict in words."""
    words, (low, mid, high) = check.verdict, farthest(check)
    _, colour = position(low, high, 1.0)
    bounds = [max(-REACH, min(REACH, value)) for value in (low, high)]
    axes.plot(bounds, [row, row], color=colour, linewidth=5, solid_capstyle="butt", zorder=3)
    axes.plot([max(-REACH, min(REACH, mid))], [row], "o", color="black", markersize=7, zorder=4)
    axes.set_xlim(-REACH - 0.1, REACH + 1.2)
    axes.annotate(
        words, (REACH + 0.15, row), va="center", fontsize=FONT - 1, color=VERDICT_COLOURS[words], weight="bold"
    )


def farthest(check: Check) -> tuple[float, float, float]:
    """Low bound, estimate and high bound of the arm that reaches farthest, as deviations in margins; 0 for a proof."""
    found = [(0.0, 0.0, 0.0)]
    for arm, margin in check.details.get("margin", {}).items():
        if margin and arm in check.estimate:
            target, (low, high) = check.details["expected"][arm], check.interval[arm]
            found.append(((low - target) / margin, (check.estimate[arm] - target) / margin, (high - target) / margin))
    return max(found, key=lambda bounds: max(-bounds[0], bounds[2]))


def ramp(check: Check) -> Chart:
    """A check of variants at every rollout percentage: each arm's deviation, with its interval.

    >>> from ffcore import Flag
    >>> from ffcore.lab.verify import variants
    >>> arms = [{"key": "blue", "allocation": 0.5}, {"key": "green", "allocation": 0.5}]
    >>> ramp(variants(Flag("button", enabled=True, rollout_percentage=50, variants=arms), range(1_000))).caption
    'Deviation of each variant from its target, percentage points; bars 90 % intervals. Enabled users: 12 to 1,000.'
    """
    rows = [row for row in check.details.get("ramp", []) if row["percentage"] is not None and row["estimate"]]
    if not rows:
        raise ConfigError([("check", f"{check.name} counted nobody at any rollout percentage")])
    sizes = [row["n"] for row in rows]
    what = "Deviation of each variant from its target, percentage points; bars 90 % intervals."
    caption = f"{what} Enabled users: {min(sizes):,} to {max(sizes):,}."
    figure, axes = chart(f"{check.name} along the ramp: {check.verdict.upper()}", caption, height=3.4)
    for place, arm in enumerate(check.details["expected"]):
        ramp_arm(axes, check, arm, place)
    axes.axhline(0, color="black", linewidth=1.2, linestyle="--", zorder=1)
    axes.set_xticks(range(len(rows)), [f"{row['percentage']:g} %\n{row['n']:,}" for row in rows])
    axes.set_xlabel("rollout percentage, and enabled users", fontsize=FONT)
    axes.set_ylabel("deviation, pp", fontsize=FONT)
    axes.legend(fontsize=FONT - 2, frameon=False, ncols=5, loc="upper right")
    return figure


def ramp_arm(axes: Axes, check: Check, arm: str, place: int) -> None:
    """One arm's deviations, side by side with the other arms' at each percentage."""
    rows = [row for row in check.details["ramp"] if row["estimate"]]
    arms, target = len(check.details["expected"]), check.details["expected"][arm]
    across = [index + 0.5 * ((place + 0.5) / arms - 0.5) for index in range(len(rows))]
    middle = [100 * (row["estimate"].get(arm, 0.0) - target) for row in rows]
    ends = [row["interval"].get(arm, (0.0, 0.0)) for row in rows]
    colour, marker = SERIES[place % len(SERIES)], MARKERS[place % len(MARKERS)]
    axes.vlines(
        across, [100 * (low - target) for low, _ in ends], [100 * (high - target) for _, high in ends], colour, lw=2.5
    )
    axes.plot(across, middle, marker, color=colour, markersize=8, label=arm)
