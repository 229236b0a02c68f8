"""Tests of mismatches that a change of configuration explains."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ffcore import FlagSet
from ffcore.lab.testing import log_faults
from ffcore.lab.testing.exposures import simulate_exposures
from ffcore.lab.verify.configurations import read_configurations
from ffcore.lab.verify.exposures import read_exposures
from ffcore.lab.verify.outcomes import Outcome
from ffcore.lab.verify.recomputing import Recomputed, recompute
from ffcore.lab.verify.stale_rows import Window, around_change, explain_changes

TTL = 300.0
CHANGE = pd.Timestamp("2024-06-01T12:00", tz="UTC")
ARMS = [{"key": "blue", "allocation": 0.5}, {"key": "red", "allocation": 0.5}]


def flag_set(percentage: float, key: str = "button", **more: Any) -> FlagSet:
    """One flag."""
    return FlagSet.from_items(flags=[{"key": key, "enabled": True, "rollout_percentage": percentage, **more}])


OLD, NEW = flag_set(10), flag_set(90)
CONFIGURATIONS = [(None, OLD), (CHANGE, NEW)]


def explained(log: Any, flags: Any = CONFIGURATIONS, ttl: float = TTL) -> tuple[Recomputed, list[Window]]:
    """The log decided again, changes taken into account."""
    found = recompute(read_exposures(log), read_configurations(flags))
    return found, explain_changes(found, ttl)


def rows_of(found: Recomputed) -> dict[str, int]:
    """How many rows have each outcome."""
    count = np.bincount(found.outcome, minlength=len(Outcome))
    return {one.name: int(count[one]) for one in Outcome if count[one]}


def after(seconds: list[float], flags: FlagSet, users: int = 40) -> pd.DataFrame:
    """Rows of as many users, each so many seconds after the change, decided by some flags."""
    log = simulate_exposures(flags, range(users), CHANGE - pd.Timedelta("1h"), days=0.5)
    times = CHANGE + pd.to_timedelta(np.resize(seconds, len(log)), unit="s")
    return log.assign(timestamp=times)


@pytest.mark.parametrize(
    ("seconds", "outcome"),
    [(0, "STALE"), (299.9, "STALE"), (300, "STALE"), (300.1, "STICKY"), (86_400, "STICKY"), (-0.1, "MATCH")],
)
def test_the_time_to_live_divides_stale_from_sticky(seconds: float, outcome: str) -> None:
    """Rows decided by what was in force before: right before the change, served by caches for a while after it."""
    found, windows = explained(after([seconds], OLD))
    other = {} if outcome == "MATCH" else {outcome: len(found.outcome) - rows_of(found).get("MATCH", 0)}

    assert rows_of(found) == {"MATCH": 40 - sum(other.values()), **other}
    assert len(windows) == len(other)


def test_rows_that_follow_a_change_too_early_are_named() -> None:
    """The change came into force before its noted time, or clocks go ahead."""
    found, (window,) = explained(after([-60, -30], NEW))

    assert rows_of(found)["AHEAD"] == window.rows.size > 20
    described = window.describe(found.source.log.ids.text, found.source.times)
    assert (described["from"], described["to"], described["change"]) == (-60, -30, "2024-06-01T12:00:00Z")
    assert described["users"] == window.rows.size


def test_other_faults_are_no_stale_cache() -> None:
    """Turned outcomes match the old configuration for most users, but for a tenth and more they match none."""
    log = after([600], flag_set(20))
    found, windows = explained(
        log.assign(enabled=~log["enabled"], reason=None), [(None, flag_set(60)), (CHANGE, flag_set(20))]
    )

    assert windows == []
    assert rows_of(found) == {"WRONG": 40}


def test_the_latest_earlier_configuration_explains() -> None:
    """Of three, a row follows the second or the first; what a cache may hold counts from the end of each."""
    first, second = flag_set(100), flag_set(0)
    flags = [(None, first), (CHANGE - pd.Timedelta("200s"), second), (CHANGE, flag_set(0, enabled=False))]
    found, windows = explained(after([50, 150], first), flags)

    assert {(window.outcome, window.change, window.rows.size) for window in windows} == {
        (Outcome.STALE, int((CHANGE - pd.Timedelta("200s")).timestamp() * 1e6), 20),
        (Outcome.STICKY, int((CHANGE - pd.Timedelta("200s")).timestamp() * 1e6), 20),
    }
    assert rows_of(found) == {"STALE": 20, "STICKY": 20}


def test_a_change_of_other_flags_is_none() -> None:
    """A flag that stays as it is has no stale rows."""
    other = FlagSet([OLD["button"], flag_set(50, "other")["other"]])
    log = after([60], NEW)

    assert explained(log, [(None, OLD), (CHANGE, other)])[1] == []


def test_a_removed_flag_may_be_stale_or_sticky() -> None:
    """And an added one may be missing for a while."""
    removed = explained(after([60, 600], NEW), [(None, NEW), (CHANGE, flag_set(50, "other"))])[0]
    missing = after([60, 600], NEW).assign(enabled=False, reason="flag_not_found")
    added = explained(missing, [(None, FlagSet()), (CHANGE, NEW)])[0]

    assert rows_of(removed)["STALE"] > 10 < rows_of(removed)["STICKY"]
    assert rows_of(added) == {"STALE": 20, "STICKY": 20}


def test_a_variant_of_another_configuration_is_known() -> None:
    """It is wrong now, but not unknown; one that was never there is."""
    log = after([600], flag_set(100, variants=ARMS)).assign(variant="green", reason=None)
    green = [{"key": "green", "allocation": 1}]
    flags = [(None, flag_set(0, variants=green)), (CHANGE, flag_set(100, variants=ARMS))]

    assert rows_of(explained(log, flags)[0]) == {"WRONG": 40}
    assert rows_of(explained(log.assign(variant="pink"), flags)[0]) == {"UNKNOWN_VARIANT": 40}


def test_simulated_caches_are_found() -> None:
    """Those that expire in time explain all that differs; those that do not are sticky from then on."""
    log = simulate_exposures(OLD, range(20_000), "2024-06-01", days=1, change=(CHANGE, NEW))
    expiring = log_faults.sticky_cache(log, OLD, CHANGE, minutes=5)
    sticky = log_faults.sticky_cache(log, OLD, CHANGE, minutes=60)

    assert rows_of(explained(log)[0]) == {"MATCH": 20_000}
    assert set(rows_of(explained(expiring)[0])) == {"MATCH", "STALE"}
    found, windows = explained(sticky)
    spans: dict[Outcome, dict[str, Any]] = {
        window.outcome: window.describe(found.source.log.ids.text, found.source.times) for window in windows
    }
    assert 0 <= spans[Outcome.STALE]["from"] <= spans[Outcome.STALE]["to"] <= TTL
    assert TTL < spans[Outcome.STICKY]["from"] < 450
    assert 3_300 < spans[Outcome.STICKY]["to"] < 3_600


def test_rows_around_a_change_are_counted_in_steps() -> None:
    """By what they follow; nothing where no row follows another configuration."""
    found, windows = explained(pd.concat([after([-50, -40], NEW), after([10, 400], OLD)]))
    around: dict[str, Any] = around_change(found, windows)
    count = {window.outcome: window.rows.size for window in windows}

    assert (around["change"], around["flags"], around["seconds"]) == ("2024-06-01T12:00:00Z", ["button"], 10)
    assert around["start"] == -50
    for kind, outcome in {"stale": Outcome.STALE, "sticky": Outcome.STICKY, "ahead": Outcome.AHEAD}.items():
        assert (len(around[kind]), sum(around[kind])) == (46, count[outcome])
    assert np.flatnonzero(around["stale"]).tolist() == [6]
    assert np.flatnonzero(around["sticky"]).tolist() == [45]
    assert around_change(*explained(after([10], NEW))) == {}
