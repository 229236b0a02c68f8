"""Tests of the figure of an audit: what it draws is what the audit found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from ffcore import FlagSet
from ffcore.lab import plots
from ffcore.lab.figures.audit import days, mismatches
from ffcore.lab.testing import log_faults
from ffcore.lab.testing.exposures import simulate_exposures
from ffcore.lab.verify import Check, audit

CHANGE = pd.Timestamp("2024-06-01T12:00", tz="UTC")


def flag_set(percentage: float, flags: int = 1) -> FlagSet:
    """Flags at a percentage."""
    return FlagSet.from_items(
        flags=[{"key": f"flag-{row}", "enabled": True, "rollout_percentage": percentage} for row in range(flags)]
    )


USERS = pd.DataFrame({"user_id": range(3_000), "app": ["3.1", "3.2", "4.0"] * 1_000})
OLD, NEW = flag_set(10), flag_set(90)
LOG = simulate_exposures(OLD, USERS, "2024-06-01", days=1, change=(CHANGE, NEW))
BOTH: Any = [(None, OLD), (CHANGE, NEW)]
STICKY = audit(log_faults.sticky_cache(LOG, OLD, CHANGE, minutes=60, share=1), BOTH, ttl=1_800)
HEALTHY = audit(LOG, BOTH)
BROKEN = audit(LOG.assign(enabled=LOG["enabled"] ^ (LOG["context.app"] == "4.0"), reason=None), BOTH, ttl=0)


def words(figure: plots.Chart) -> str:
    """All text in a figure."""
    return "\n".join(str(found.get_text()) for found in figure.findobj(Text))


def bars(axes: Axes) -> list[Rectangle]:
    """The bars of a panel, without spans."""
    return [bar for container in axes.containers for bar in container]


def heights(axes: Axes) -> int:
    """The sum of all bars of a panel."""
    return round(sum(bar.get_height() for bar in bars(axes)))


def test_an_audit_shows_its_own_figure() -> None:
    """Its plot is this one, and its title and caption say the finding."""
    figure = STICKY.plot()
    wrong = STICKY.details["flags"]["flag-0"]["mismatches"]

    assert figure.caption == mismatches(STICKY).caption
    assert f"{wrong} of 3,000 logged decisions are wrong: FAIL" in words(figure)
    assert "sticky stale cache" in figure.caption
    assert "n = 3,000" in figure.caption
    assert "90 % Wilson interval" in figure.caption


def test_bars_over_time_are_mismatches_and_stale_rows() -> None:
    """Each in its hour; the change is a line."""
    axes = mismatches(STICKY).axes[0]
    flag = STICKY.details["flags"]["flag-0"]

    assert heights(axes) == flag["mismatches"] + flag["stale within the time to live"]
    assert {round((bar.get_x() - days("2024-06-01T00:00:00Z")) * 24) for bar in bars(axes) if bar.get_height()} == {12}
    assert axes.lines[0].get_xdata()[0] == pytest.approx(days("2024-06-01T12:00:00Z"))  # type: ignore[index]
    assert axes.get_ylabel() == "rows per hour"


def test_rows_around_the_change_end_where_caches_do() -> None:
    """Stale ones within the time to live, which is shaded, sticky ones behind it; in minutes."""
    axes = mismatches(STICKY).axes[1]
    stale, sticky = axes.containers
    inside = [bar.get_x() for bar in stale if bar.get_height()]
    beyond = [bar.get_x() for bar in sticky if bar.get_height()]

    assert 0 <= min(inside) <= max(inside) < 30 <= min(beyond) <= max(beyond) < 60
    assert axes.get_xlabel() == "time after the change, min"
    assert [line.get_xdata()[0] for line in axes.lines] == [0, 30]  # type: ignore[index]
    assert heights(axes) == STICKY.details["stale"][0]["rows"] + STICKY.details["sticky"][0]["rows"]


def test_the_attribute_that_tells_is_drawn_with_its_shares() -> None:
    """A row for each value, the worst first, with counts beside it."""
    figure = mismatches(BROKEN)
    axes = figure.axes[-1]

    assert next(label.get_text() for label in axes.get_yticklabels()) == "app=4.0"
    assert "100 %: 1,000 of 1,000" in words(figure)
    assert "0 %: 0 of 1,000" in words(figure)
    assert "Cramér's V 1;" in figure.caption
    low, high = np.asarray(axes.lines[0].get_xdata(), dtype=float)
    assert (round(low, 1), high) == (99.7, 100)


def test_a_healthy_log_shows_its_rows() -> None:
    """So that a reader sees what was looked at."""
    figure = mismatches(HEALTHY)
    (axes,) = figure.axes

    assert heights(axes) == 3_000
    assert "All 3,000 logged decisions are right: PASS" in words(figure)


def test_flags_have_colours_and_hatches_of_their_own() -> None:
    """Six at most; the legend names them."""
    log = simulate_exposures(flag_set(0, 8), range(50), "2024-06-01", days=1)
    figure = mismatches(audit(log, flag_set(100, 8)))
    drawn = [
        (bar.get_facecolor(), bar.get_hatch()) for bar in (container[0] for container in figure.axes[0].containers)
    ]

    assert len(drawn) == len(set(drawn)) == 6
    assert sum(f"flag-{row}" in words(figure) for row in range(8)) == 6


def test_without_times_shares_of_flags_are_drawn() -> None:
    """The worst ten, first of all panels."""
    log = simulate_exposures(flag_set(0, 12), range(50), "2024-06-01").drop(columns="timestamp")
    figure = mismatches(audit(log, flag_set(100, 12)))

    assert len(figure.axes[0].get_yticklabels()) == 10
    assert "100 %: 50 of 50" in words(figure)


@pytest.mark.parametrize(
    ("check", "title"),
    [
        (audit(log_faults.unknown_flag(LOG, "flag-0"), BOTH), "Unknown flag, 35 of 3,000: FAIL"),
        (audit(log_faults.late_events(LOG, 0.05), BOTH), "Late events, 160 of 3,000: INCONCLUSIVE"),
        (audit(LOG, [("2030-01-01", NEW)]), "No logged decision could be compared: INCONCLUSIVE"),
        (audit(LOG, [(CHANGE + pd.Timedelta("1h"), NEW), (None, OLD)]), "logged decisions are wrong: FAIL"),
        (audit(LOG[["user_id", "flag_key", "enabled"]][:1], NEW), ""),
        (audit(LOG[["user_id", "flag_key", "enabled"]], FlagSet()), "Unknown flag, 3,000 of 3,000: FAIL"),
    ],
    ids=[
        "unknown flag",
        "late events",
        "nothing compared",
        "ahead of a change",
        "one row without times",
        "nothing known",
    ],
)
def test_every_verdict_has_a_figure_and_its_words(check: Check, title: str) -> None:
    """Whatever was found, and however little there is."""
    figure = check.plot()

    assert title in words(figure)
    assert figure.png().startswith(b"\x89PNG")
