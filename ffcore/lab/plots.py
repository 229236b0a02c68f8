"""Figures of the suite: each states units, sample size and interval in a caption, which is its alternative text too."""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Callable, Mapping, Sequence
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from ffcore.errors import ConfigError
from ffcore.lab.verify.display import VERDICT_COLOURS, p_text, percent, points, reason

if TYPE_CHECKING:
    from ffcore.lab.verify.check import Check

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
CAPTION_CHARACTERS = 98
LEFT, ABOVE = 0.2, 0.5
CAPTION_LINE = 0.21
#: The width of a row label's character as a fraction of the figure's.
LABEL_CHARACTER = 0.0105
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


def chart(title: str, caption: str, height: float, width: float = 0.78, below: float = 0.75) -> tuple[Chart, Axes]:
    """An empty chart with a title above and the caption below, and its axes.

    Args:
        title: What the figure shows.
        caption: Units, sample size and interval, in words.
        height: The height of the axes in inches.
        width: The width of the axes as a part of the figure's; what is left at the right holds words.
        below: The height in inches that the labels of the horizontal axis take.

    >>> figure, axes = chart("Latency", "Microseconds; 1,000 calls.", height=2)
    >>> figure.caption
    'Microseconds; 1,000 calls.'
    """
    lines = textwrap.wrap(caption, CAPTION_CHARACTERS)
    foot = 0.1 + CAPTION_LINE * len(lines) + below
    total = foot + height + ABOVE
    figure = Chart(figsize=(WIDTH, total))
    FigureCanvasAgg(figure)
    figure.caption = caption
    axes = figure.add_axes((LEFT, foot / total, width, height / total))
    axes.tick_params(labelsize=FONT - 1)
    axes.spines[["top", "right"]].set_visible(False)
    figure.text(0.02, 1 - 0.1 / total, title, fontsize=FONT + 2, weight="bold", va="top")
    figure.text(0.02, 0.1 / total, "\n".join(lines), fontsize=FONT - 2, va="bottom", color="#333333")
    return figure, axes


def judged_chart(check: Check, subject: str, caption: str, height: float, **sizes: float) -> tuple[Chart, Axes]:
    """A chart whose title ends in the verdict, as a word in its colour, and whose caption gives the reason."""
    title = f"{subject}: {check.verdict.upper()}"
    figure, axes = chart(title, f"{caption} {check.verdict.capitalize()}: {reason(check)}.", height, **sizes)
    figure.texts[0].set_color(VERDICT_COLOURS[check.verdict])
    return figure, axes


def intervals(check: Check) -> Chart:
    """A check of shares: how far each arm is off its target, with its interval, against its margin.

    >>> from ffcore.lab.verify import sample_ratio
    >>> figure = intervals(sample_ratio([4969, 5031], [0.5, 0.5]))
    >>> print(figure.caption[:112])
    Deviation from target in percentage points: dot estimate, bar 90 % interval, shaded margin. n = 10,000, p 0.535.
    """
    arms = list(check.interval)
    if not arms or "expected" not in check.details:
        raise ConfigError([("check", f"{check.name} has no intervals around expected shares to draw")])
    height = 0.2 + 0.6 * len(arms)
    figure, axes = judged_chart(check, check.name, interval_caption(check), height, width=0.56)
    reach = [interval_row(axes, check, arm, row) for row, arm in enumerate(arms)]
    pad = 0.06 * (max(high for _, high in reach) - min(low for low, _ in reach))
    axes.set_xlim(min(low for low, _ in reach) - pad, max(high for _, high in reach) + pad)
    finish_rows(axes, [f"{arm}\n(target {percent(check.details['expected'][arm], 4)})" for arm in arms])
    axes.set_xlabel("deviation from target, percentage points", fontsize=FONT)
    return figure


def interval_row(axes: Axes, check: Check, arm: str, row: int) -> tuple[float, float]:
    """Draws one arm's interval, estimate and margin and says how they lie; returns the ends of all that it drew."""
    target, margin = check.details["expected"][arm], 100 * check.details["margin"].get(arm, 0.0)
    low, high = (100 * (bound - target) for bound in check.interval[arm])
    words, colour = position(low, high, margin)
    axes.barh(row, 2 * margin, left=-margin, height=0.8, color=SKY, alpha=0.3, zorder=1)
    axes.plot([low, high], [row, row], color=colour, linewidth=5, solid_capstyle="butt", zorder=3)
    off = check.estimate.get(arm)
    if off is not None:
        axes.plot([100 * (off - target)], [row], "o", color="black", markersize=8, zorder=4)
    if not margin:
        words = f"{check.details['counts'][arm]:,} users, {'none' if target == 0 else 'all'} expected"
    shift = "no users" if off is None else points(off - target)
    side_note(axes, f"{shift}\n{words}", row)
    return min(low, -margin), max(high, margin)


def side_note(axes: Axes, words: str, row: float, color: str = "black") -> None:
    """Words at the right of a row."""
    place = axes.get_yaxis_transform()
    axes.text(1.02, row, words, transform=place, va="center", fontsize=FONT - 1, color=color)


def fixed_ticks(axis: Axis, places: Sequence[float], write: Callable[[float], str] = "{:,g}".format) -> None:
    """Ticks at these places of a logarithmic axis and nowhere else, each written as a number or as `write` does it."""
    axis.set_major_locator(FixedLocator(places))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))


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
    """Names the rows from the top down, with room for the longest name, and marks the target at 0."""
    axes.set_yticks(range(len(labels)), labels)
    box = axes.get_position()
    left = max(box.x0, 0.03 + LABEL_CHARACTER * max(len(line) for label in labels for line in label.split("\n")))
    axes.set_position((left, box.y0, box.x1 - left, box.height))
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.axvline(0, color="black", linewidth=1.2, linestyle="--", zorder=2)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6))


def interval_caption(check: Check) -> str:
    """What the figure of a check shows, with its sample size and interval level."""
    level = percent(check.details.get("interval_level", 0.9))
    what = f"Deviation from target in percentage points: dot estimate, bar {level} interval, shaded margin."
    evidence = "" if check.p_value is None else f", p {p_text(check.p_value)}"
    return f"{what} n = {check.n:,}{evidence}."


def overview(checks: Mapping[str, Check]) -> Chart:
    """Many checks of shares, one row each, in units of their own margins so that they share a scale.

    The row is the arm whose interval reaches farthest; a proof has no margin, and its row only a word.

    >>> from ffcore.lab.verify import sample_ratio
    >>> overview({"checkout": sample_ratio([4969, 5031], [0.5, 0.5])}).caption
    'Deviation from target as a multiple of the margin: dot estimate, bar 90 % interval, shaded margin. n = 10,000.'
    """
    if not checks:
        raise ConfigError([("checks", "none to draw")])
    what = "Deviation from target as a multiple of the margin: dot estimate, bar 90 % interval, shaded margin."
    caption = f"{what} n = {spread([check.n for check in checks.values()])}."
    figure, axes = chart("Shares against their targets", caption, 0.3 + 0.42 * len(checks), width=0.6)
    axes.axvspan(-1, 1, color=SKY, alpha=0.3, zorder=1)
    for row, check in enumerate(checks.values()):
        overview_row(axes, check, row)
    axes.set_xlim(-REACH, REACH)
    finish_rows(axes, list(checks))
    axes.set_xlabel("deviation from target, in margins", fontsize=FONT)
    return figure


def overview_row(axes: Axes, check: Check, row: int) -> None:
    """The interval that reaches farthest, an arrow where it lies beyond the scale, and the verdict in words."""
    bounds = farthest(check)
    words = check.verdict if bounds else f"{check.verdict} (proof)"
    side_note(axes, words, row, VERDICT_COLOURS[check.verdict])
    if bounds is None:
        return
    low, middle, high = bounds
    _, colour = position(low, high, 1.0)
    axes.plot([low, high], [row, row], color=colour, linewidth=5, solid_capstyle="butt", zorder=3)
    axes.plot([middle], [row], "o", color="black", markersize=8, zorder=4)
    if abs(middle) > REACH:
        end = REACH * 0.97 if middle > 0 else -REACH * 0.97
        axes.plot([end], [row], ">" if middle > 0 else "<", color=colour, markersize=12, zorder=4)
        side = "right" if middle > 0 else "left"
        axes.text(end * 0.95, row, f"{middle:.3g} margins", ha=side, va="center", fontsize=FONT - 1)


def farthest(check: Check) -> tuple[float, float, float] | None:
    """Low bound, estimate and high bound of the arm that reaches farthest, as deviations in margins; None for a proof.

    >>> from ffcore.lab.verify import sample_ratio
    >>> [round(value, 2) for value in farthest(sample_ratio([4969, 5031], [0.5, 0.5]))]
    [-1.13, -0.31, 0.51]
    """
    found = []
    for arm, margin in check.details.get("margin", {}).items():
        if margin and arm in check.estimate:
            target, (low, high) = check.details["expected"][arm], check.interval[arm]
            found.append(((low - target) / margin, (check.estimate[arm] - target) / margin, (high - target) / margin))
    return max(found, key=lambda bounds: max(-bounds[0], bounds[2]), default=None)


def spread(sizes: Sequence[int]) -> str:
    """Sample sizes as one number or a range.

    >>> spread([1000, 1000]), spread([1000, 50])
    ('1,000', '50 to 1,000')
    """
    low, high = min(sizes), max(sizes)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def ramp(check: Check) -> Chart:
    """A check of variants at every rollout percentage: each arm's deviation, with its interval.

    >>> from ffcore import Flag
    >>> from ffcore.lab.verify import variants
    >>> arms = [{"key": "blue", "allocation": 0.5}, {"key": "green", "allocation": 0.5}]
    >>> figure = ramp(variants(Flag("button", enabled=True, rollout_percentage=50, variants=arms), range(1_000)))
    >>> print(figure.caption[:111])
    Deviation of each variant from its target, percentage points; bars 90 % intervals. Enabled users: 12 to 1,000.
    """
    rows = ramp_rows(check)
    if not rows:
        raise ConfigError([("check", f"{check.name} counted nobody at any rollout percentage")])
    what = "Deviation of each variant from its target, percentage points; bars 90 % intervals."
    caption = f"{what} Enabled users: {spread([row['n'] for row in rows])}."
    figure, axes = judged_chart(check, f"{check.name} along the ramp", caption, 3.2, below=1.0)
    for place, arm in enumerate(check.details["expected"]):
        ramp_arm(axes, check, arm, place)
    axes.axhline(0, color="black", linewidth=1.2, linestyle="--", zorder=1)
    axes.set_xticks(range(len(rows)), [f"{row['percentage']:g} %\n{row['n']:,}" for row in rows])
    axes.set_xlabel("rollout percentage, and enabled users", fontsize=FONT)
    axes.set_ylabel("deviation, pp", fontsize=FONT)
    axes.set_ylim(top=axes.get_ylim()[1] + 0.2 * (axes.get_ylim()[1] - axes.get_ylim()[0]))
    axes.legend(fontsize=FONT - 1, frameon=False, ncols=5, loc="upper right", handletextpad=0.1)
    return figure


def ramp_rows(check: Check) -> list[dict[str, Any]]:
    """The percentages at which somebody was counted."""
    return [row for row in check.details.get("ramp", []) if row["percentage"] is not None and row["estimate"]]


def ramp_arm(axes: Axes, check: Check, arm: str, place: int) -> None:
    """One arm's deviations, side by side with the other arms' at each percentage."""
    rows, expected = ramp_rows(check), check.details["expected"]
    target, shift = expected[arm], 0.5 * ((place + 0.5) / len(expected) - 0.5)
    across = [index + shift for index in range(len(rows))]
    middle = [100 * (row["estimate"].get(arm, 0.0) - target) for row in rows]
    ends = [[100 * (bound - target) for bound in row["interval"].get(arm, (0.0, 0.0))] for row in rows]
    colour, marker = SERIES[place % len(SERIES)], MARKERS[place % len(MARKERS)]
    axes.vlines(across, [low for low, _ in ends], [high for _, high in ends], colour, linewidth=2.5)
    axes.plot(across, middle, marker, color=colour, markersize=8, label=arm)
