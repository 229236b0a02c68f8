"""A trend as a small drawing inside a page: values, intervals, and a line where a level changes."""

from html import escape

from .figures import amount
from .history import Trend

WIDTH, HEIGHT, PAD = 220, 44, 6
INK, MARK = "#0550ae", "#b34500"


def svg(trend: Trend) -> str:
    """Draw a trend; what it shows is its alternative text too."""
    ends = [_ends(point.measure.interval, point.measure.value or 0.0) for point in trend.points]
    low, high = min(least for least, _ in ends), max(most for _, most in ends)
    span, last = (high - low) or 1.0, max(len(trend.points) - 1, 1)
    across = [PAD + (WIDTH - 2 * PAD) * place / last for place in range(len(trend.points))]

    def down(value: float) -> float:
        return round(HEIGHT - PAD - (HEIGHT - 2 * PAD) * (value - low) / span, 1)

    bars = "".join(_line(x, down(least), down(most)) for x, (least, most) in zip(across, ends, strict=True))
    marks = "".join(_mark((across[at - 1] + across[at]) / 2) for at in trend.changes)
    heights = [down(point.measure.value or 0.0) for point in trend.points]
    path = " ".join(f"{x:.1f},{y}" for x, y in zip(across, heights, strict=True))
    return (
        f'<svg role="img" aria-label="{escape(words(trend))}" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}">{bars}{marks}<polyline points="{path}" fill="none" stroke="{INK}" stroke-width="1.5"/>'
        f'<circle cx="{across[-1]:.1f}" cy="{heights[-1]}" r="4" fill="{INK}"/></svg>'
    )


def words(trend: Trend) -> str:
    """Say what the drawing shows."""
    first, now = trend.points[0], trend.points[-1]
    text = f"{len(trend.points)} runs, from {amount(first.measure)} on {first.started[:10]} to {amount(now.measure)}"
    return f"{text}; {changed(trend)}"


def changed(trend: Trend) -> str:
    """Say where the level changed, by the day and time of the first run on the new one."""
    if not trend.changes:
        return "no change of level shown"
    starts = [trend.points[at].started[:16].replace("T", " ") for at in trend.changes]
    return f"new level since {' and '.join(starts)}"


def _ends(interval: tuple[float | None, float | None] | None, value: float) -> tuple[float, float]:
    low, high = interval or (value, value)
    return value if low is None else low, value if high is None else high


def _line(x: float, top: float, bottom: float) -> str:
    style = f'stroke="{INK}" stroke-opacity=".35" stroke-width="3"'
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}" {style}/>'


def _mark(x: float) -> str:
    style = f'stroke="{MARK}" stroke-width="2" stroke-dasharray="4 3"'
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{HEIGHT}" {style}/>'
