"""The figure of an explanation: shares of the segment that carries a mismatch, and of all others without it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ffcore.lab.plots import BLUE, FONT, GREY, VERMILION, Chart, finish_rows, judged_chart, side_note
from ffcore.lab.verify.display import percent, points
from ffcore.lab.verify.power import INTERVAL_LEVEL, wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ffcore.lab.verify.check import Check

#: How many other segments are drawn below the one that is named.
SHOWN = 7
LONGEST = 44


class Row(NamedTuple):
    """One row: what it counts, its users by arm, and its colour."""

    label: str
    counts: Mapping[str, int]
    colour: str


def segments(check: Check) -> Chart:
    """The share of one arm among all users, without the named segments, in these, and in others of the same attribute.

    >>> import pandas as pd
    >>> from ffcore.lab.verify import explain
    >>> log = pd.DataFrame({"variant": ["a", "b"] * 5_000, "version": ["4.0"] * 8_000 + ["4.1"] * 2_000})
    >>> lost = log[~((log["version"] == "4.1") & (log["variant"] == "b") & (log.index % 3 == 0))]
    >>> print(segments(explain(lost, {"a": 0.5, "b": 0.5}, by="version")).caption[:95])
    Share of arm b less its target of 50 %, percentage points: dot estimate, bar 90 % interval. n =
    """
    arm = arm_drawn(check)
    rows = [row for row in rows_of(check) if sum(row.counts.values())]
    target = check.details["expected"][arm]
    what = "percentage points: dot estimate, bar"
    caption = (
        f"Share of arm {arm} less its target of {percent(target, 4)}, {what} {percent(INTERVAL_LEVEL)} interval. "
        f"n = {check.n:,} users, {check.details['scanned']['segments']:,} segments tried."
    )
    figure, axes = judged_chart(check, subject(check), caption, 0.5 + 0.42 * len(rows), width=0.52)
    for place, row in enumerate(rows):
        draw_row(axes, place, row, arm, target)
    axes.axhline(len(totals_of(check)) - 0.5, color=GREY, linewidth=0.8)
    finish_rows(axes, [short(row.label) for row in rows])
    axes.margins(x=0.06)
    axes.set_xlabel(f"share of {arm} less its target, percentage points", fontsize=FONT)
    return figure


def subject(check: Check) -> str:
    """The finding, as the title says it."""
    named = [row["segment"] for row in check.details.get("explanation", {}).get("segments", [])]
    if not named:
        return "no segment stands out" if check.verdict != "fail" else "no segment carries the mismatch"
    carry = "carries" if len(named) == 1 else "carry"
    what = "the mismatch" if check.verdict == "fail" else "a mismatch of its own"
    return f"{short(' and '.join(named))} {carry} {what}"


def arm_drawn(check: Check) -> str:
    """The arm that is off by itself, else the one that lacks most users (in the segment that is named first)."""
    found = check.details.get("explanation", {}).get("segments", [])
    if found and found[0]["arm"]:
        return str(found[0]["arm"])
    counts = found[0]["counts"] if found else check.details["counts"]
    users, expected = sum(counts.values()), check.details["expected"]
    arms = [arm for arm in counts if 0 < expected[arm] < 1] or list(counts)
    return str(min(arms, key=lambda arm: (counts[arm] - users * expected[arm]) / (users * expected[arm]) ** 0.5))


def rows_of(check: Check) -> list[Row]:
    """All rows: the totals, what is named, and other segments."""
    told = check.details.get("explanation", {})
    others = [row for row in told.get("values") or check.details["segments"] if not row.get("named")]
    named = [Row(row["segment"], row["counts"], VERMILION) for row in told.get("segments", [])]
    return [*totals_of(check), *named, *(Row(row["segment"], row["counts"], BLUE) for row in others[:SHOWN])]


def totals_of(check: Check) -> list[Row]:
    """All users, and all without the named segments."""
    arms = [arm for arm, share in check.details["expected"].items() if share]
    every = {arm: check.details["counts"][arm] for arm in arms}
    found = check.details.get("explanation", {}).get("segments", [])
    if not found:
        return [Row("all users", every, "black")]
    rest = {arm: count - sum(row["counts"][arm] for row in found) for arm, count in every.items()}
    words = "without it" if len(found) == 1 else "without them"
    return [Row("all users", every, "black"), Row(words, rest, "black")]


def draw_row(axes: Axes, place: int, row: Row, arm: str, target: float) -> None:
    """One interval, with the users it rests on."""
    users = sum(row.counts.values())
    low, high = (100 * (bound - target) for bound in wilson(row.counts[arm], users))
    off = row.counts[arm] / users - target
    axes.plot([low, high], [place, place], color=row.colour, linewidth=5, solid_capstyle="butt", zorder=3)
    axes.plot([100 * off], [place], "s" if row.colour == VERMILION else "o", color=row.colour, markersize=9, zorder=4)
    mark = "  ◄" if row.colour == VERMILION else ""
    side_note(axes, f"{points(off)} of {users:,}{mark}", place, row.colour)


def short(label: Any) -> str:
    """A label that leaves room for the figure.

    >>> short("x" * 60)[-3:], len(short("x" * 60))
    ('xx…', 44)
    """
    text = str(label)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
