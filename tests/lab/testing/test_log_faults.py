"""Tests of faults seeded into logs: each changes what it says, and nothing else."""

from collections.abc import Callable

import pandas as pd
import pytest

from ffcore import ConfigError, Flag, FlagSet
from ffcore.lab.testing import log_faults
from ffcore.lab.testing.exposures import simulate_exposures

ARMS = [{"key": "a", "allocation": 0.5}, {"key": "b", "allocation": 0.5}, {"key": "dark", "allocation": 0}]
OLD = FlagSet.from_items(
    flags=[
        {"key": "checkout", "enabled": True, "rollout_percentage": 50, "variants": ARMS},
        {"key": "banner", "enabled": True, "rollout_percentage": 10},
    ]
)
NEW = FlagSet.from_items(
    flags=[
        {"key": "checkout", "enabled": True, "rollout_percentage": 100, "variants": ARMS},
        {"key": "banner", "enabled": True, "rollout_percentage": 10},
    ]
)
NOON = pd.Timestamp("2024-06-02T12:00", tz="UTC")
USERS = pd.DataFrame({"user_id": [f"user-{n}" for n in range(6_000)], "app": ["1.2", "1.3"] * 3_000})
LOG = simulate_exposures(OLD, USERS, "2024-06-01", days=3)
CHANGED = simulate_exposures(OLD, USERS, "2024-06-01", days=3, change=(NOON, NEW))

SEEDED: dict[str, Callable[[], tuple[pd.DataFrame, pd.DataFrame]]] = {
    "sticky_cache": lambda: (CHANGED, log_faults.sticky_cache(CHANGED, OLD, NOON)),
    "misassigned": lambda: (LOG, log_faults.misassigned(LOG, OLD["checkout"], "leak")),
    "dropped_segment": lambda: (LOG, log_faults.dropped_segment(LOG, "checkout", "a", {"app": "1.3"})),
    "day_one_delay": lambda: (LOG, log_faults.day_one_delay(LOG, "checkout", "a")),
    "bot_duplicates": lambda: (LOG, log_faults.bot_duplicates(LOG)),
    "redelivered": lambda: (LOG, log_faults.redelivered(LOG)),
    "late_events": lambda: (LOG, log_faults.late_events(LOG)),
    "unknown_flag": lambda: (LOG, log_faults.unknown_flag(LOG, "checkout")),
    "unknown_variant": lambda: (LOG, log_faults.unknown_variant(LOG, "checkout")),
}


def differing(before: pd.DataFrame, after: pd.DataFrame, name: str) -> pd.Series:
    """Which rows of two logs of one length differ in a column."""
    first, second = (log[name].astype(object).fillna("") for log in (before, after))
    return first.ne(second)


def test_every_log_fault_is_tried() -> None:
    """No fault is offered untested, and each names its check."""
    assert set(SEEDED) == set(log_faults.NAMES)


@pytest.mark.parametrize("name", SEEDED)
def test_a_fault_changes_the_log_and_leaves_the_original(name: str) -> None:
    """The result differs, has the same columns and kinds, and the log that came in is as it was."""
    copies = {id(log): log.copy(deep=True) for log in (LOG, CHANGED)}
    before, after = SEEDED[name]()

    pd.testing.assert_frame_equal(before, copies[id(before)])
    after = after.drop(columns=["received_at"] * (name == "late_events"))
    assert [*after.columns] == [*before.columns]
    assert after.dtypes.map(lambda kind: kind.kind).equals(before.dtypes.map(lambda kind: kind.kind))
    assert len(before) != len(after) or not before.reset_index(drop=True).equals(after.reset_index(drop=True))


def test_a_sticky_cache_serves_the_old_decision_for_a_while() -> None:
    """Only within the hour after the change, to half of the users, and what they get is what they got before."""
    before, after = SEEDED["sticky_cache"]()
    stale = differing(before, after, "enabled")
    rows = after[stale]

    assert set(rows["flag_key"]) == {"checkout"}
    assert rows["timestamp"].between(NOON, NOON + pd.Timedelta("1h")).all()
    assert set(rows["reason"].astype(str)) == {"not_in_rollout"}
    assert rows["variant"].isna().all()
    window = before["timestamp"].between(NOON, NOON + pd.Timedelta("1h")) & (before["flag_key"] == "checkout")
    assert 0.15 < stale[window].mean() < 0.35  # half of the users, of whom half were out before


@pytest.mark.parametrize("fault", ["leak", "swapped_variants", "edge_off_by_one"])
def test_a_misassigned_flag_keeps_its_targeting_and_the_others(fault: str) -> None:
    """The rows of one flag alone change; those that targeting excludes stay excluded."""
    norway = [{"attribute": "app", "operator": "equals", "value": "1.3"}]
    flag = Flag("checkout", True, 50, norway, None, ARMS, buckets=100)  # type: ignore[arg-type]
    flags = FlagSet([flag, OLD["banner"]])
    log = simulate_exposures(flags, USERS, "2024-06-01")
    after = log_faults.misassigned(log, flag, fault)
    changed = differing(log, after, "variant")

    assert 0 < changed.sum() < 1_600
    assert set(log.loc[changed, "flag_key"]) == {"checkout"}
    assert not changed[log["reason"] == "targeting_rules_not_met"].any()
    assert (after["enabled"] == after["reason"].eq("enabled")).all()
    assert after.loc[changed & after["enabled"], "variant"].isin(["a", "b", "dark"]).all()


def test_a_dropped_segment_loses_a_tenth_of_one_arm() -> None:
    """Users of the version and arm alone are lost, about a tenth of them, each with all their events of the flag."""
    before, after = SEEDED["dropped_segment"]()
    lost = before.loc[before.index.difference(after.index)]
    segment = before[(before["variant"] == "a") & (before["context.app"] == "1.3") & (before["flag_key"] == "checkout")]

    assert lost.index.isin(segment.index).all()
    assert 0.05 < len(lost) / len(segment) < 0.16


def test_a_delayed_arm_misses_its_first_day() -> None:
    """The arm's events begin a day after the log's; the other arm's are complete."""
    before, after = SEEDED["day_one_delay"]()
    start = after.loc[after["variant"] == "a", "timestamp"].min()

    assert start >= before["timestamp"].min() + pd.Timedelta("1D")
    assert len(after[after["variant"] != "a"]) == len(before[before["variant"] != "a"])


def test_bots_repeat_what_they_saw() -> None:
    """Five users have 200 more events each, with the decision they had, within a minute of it."""
    before, after = SEEDED["bot_duplicates"]()
    counts = after["user_id"].value_counts()

    assert len(after) == len(before) + 1_000
    assert (counts > 100).sum() == 5
    assert after["timestamp"].is_monotonic_increasing
    decisions = after.groupby(["user_id", "flag_key"], observed=True)["variant"].nunique()
    assert decisions.max() == 1


def test_redelivered_events_are_equal_to_the_microsecond() -> None:
    """One in a hundred events stands twice, and without the copies the log is what it was."""
    before, after = SEEDED["redelivered"]()

    assert 60 < len(after) - len(before) < 200
    pd.testing.assert_frame_equal(after.drop_duplicates(ignore_index=True), before)


def test_late_events_keep_their_time_and_lose_their_place() -> None:
    """The same events in another order: those that came late stand behind younger ones."""
    before, after = SEEDED["late_events"]()
    behind = after["timestamp"] < after["timestamp"].cummax()

    assert 60 < behind.sum() < 200
    again = after.sort_values("timestamp", kind="stable", ignore_index=True)
    assert again["timestamp"].equals(before["timestamp"])
    assert set(after["received_at"] - after["timestamp"]) == {pd.Timedelta(0), pd.Timedelta("6h")}


def test_unknown_names_stand_where_known_ones_stood() -> None:
    """About one in a hundred users of the flag has a key, or a variant, that no configuration has."""
    assert 30 < (SEEDED["unknown_flag"]()[1]["flag_key"] == "checkout-old").sum() < 110
    assert 10 < (SEEDED["unknown_variant"]()[1]["variant"] == "removed").sum() < 70


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        (lambda: log_faults.unknown_flag(LOG, "chekout"), "no events of 'chekout'; did you mean checkout?"),
        (lambda: log_faults.dropped_segment(LOG, "checkout", "a", {"ap": 1}), "no column context.ap; did you mean"),
        (lambda: log_faults.redelivered(LOG, share=10), "expected a share between 0 and 1 (10 % is 0.1), got 10"),
        (lambda: log_faults.sticky_cache(LOG, OLD, "noon"), "change: expected ISO 8601"),
        (lambda: log_faults.misassigned(LOG, OLD["banner"], "leek"), "'leek' is unknown; did you mean leak?"),
        (lambda: log_faults.misassigned(LOG, OLD["banner"], "leak"), "leak needs an arm of 0 %; banner has none"),
    ],
    ids=["flag", "column", "share", "time", "fault", "unable"],
)
def test_what_cannot_be_seeded_is_refused(seed: Callable[[], pd.DataFrame], message: str) -> None:
    """Each mistake is named with its value and the nearest valid name."""
    with pytest.raises(ConfigError) as error:
        seed()

    assert message in str(error.value)
