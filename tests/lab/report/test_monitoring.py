"""Tests of running rollouts for the notebook on monitoring: what comes in each day, and what each fault does to it."""

from __future__ import annotations

import pandas as pd
import pytest

import ffcore
from ffcore import ConfigError
from ffcore.lab.report.monitoring import FAULTS, Running, horizon, running
from ffcore.lab.verify import sequential_sample_ratio

ARMS = [{"key": "blue", "allocation": 0.5}, {"key": "green", "allocation": 0.3}, {"key": "grey", "allocation": 0.2}]
RULES = [{"attribute": "country", "operator": "equals", "value": "NO"}]
FLAGS = ffcore.FlagSet.from_items(
    flags=[
        {"key": "button", "enabled": True, "rollout_percentage": 50, "variants": ARMS},
        {"key": "plain", "enabled": True, "rollout_percentage": 50},
        {"key": "far", "enabled": True, "rollout_percentage": 100, "variants": ARMS, "targeting_rules": RULES},
    ],
    experiments=[{"key": "button", "status": "active", "variants": ARMS}],
)
USERS = pd.DataFrame({"user_id": range(12_000), "country": ["NO", "SE", "DK"] * 4_000})
DAYS = 10


def test_every_split_runs_and_every_user_comes_once() -> None:
    """Flags and experiments with variants, a row a day, all enabled users of all days together."""
    found = running(FLAGS, USERS, DAYS)
    ev = ffcore.Evaluator(FLAGS)
    enabled = [ev.evaluate(str(user), "button").variant for user in range(12_000)]

    assert list(found) == ["button", "far", "experiment button"]
    assert {len(case.counts) for case in found.values()} == {DAYS}
    assert found["button"].counts.sum().to_dict() == {arm["key"]: enabled.count(str(arm["key"])) for arm in ARMS}
    assert found["far"].counts.to_numpy().sum() == 4_000
    assert found["button"].expected == {"blue": 0.5, "green": 0.3, "grey": 0.2}
    assert found["experiment button"].counts.to_numpy().sum(axis=1).min() > 1_000


def test_a_run_is_the_same_every_time() -> None:
    """Days come from seeds, so that a verdict can be compared byte for byte."""
    pd.testing.assert_frame_equal(running(FLAGS, USERS, DAYS)["far"].counts, running(FLAGS, USERS, DAYS)["far"].counts)


def test_a_dropped_segment_loses_a_tenth_of_an_arm_from_the_middle_on() -> None:
    """Nobody is lost before, and only the first arm's users after."""
    fair, faulty = (running(FLAGS, USERS, DAYS, fault)["button"].counts for fault in ("", "dropped_segment"))
    lost = fair - faulty

    assert lost.iloc[: DAYS // 2].to_numpy().sum() == 0
    assert lost[["green", "grey"]].to_numpy().sum() == 0
    assert 0.07 < lost["blue"].iloc[DAYS // 2 :].sum() / fair["blue"].iloc[DAYS // 2 :].sum() < 0.13


def test_a_late_arm_is_missing_on_the_first_day_alone() -> None:
    """What is served from the second day on is complete."""
    fair, faulty = (running(FLAGS, USERS, DAYS, fault)["button"].counts for fault in ("", "day_one_delay"))

    assert faulty["blue"].iloc[0] < 0.02 * fair["blue"].iloc[0]
    assert faulty.iloc[2:].equals(fair.iloc[2:])
    assert faulty[["green", "grey"]].equals(fair[["green", "grey"]])


def test_a_shared_salt_reaches_one_arm_only() -> None:
    """At half of the users, the half with the lowest buckets, nobody gets the last arms."""
    faulty = running(FLAGS, USERS, DAYS, "shared_salt")["button"].counts.sum()

    assert faulty["blue"] > 5_500
    assert faulty[["green", "grey"]].sum() == 0


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_found(fault: str) -> None:
    """Among the flags that have it one fails at least."""
    users = pd.DataFrame({"user_id": range(60_000), "country": "NO"})
    found = running(FLAGS, users, DAYS, fault)

    assert "fail" in [sequential_sample_ratio(case.counts, case.expected).verdict for case in found.values()]


@pytest.mark.parametrize(
    ("flags", "days", "fault", "message"),
    [
        pytest.param(FLAGS, 5, "leek", "fault: 'leek' is unknown", id="unknown fault"),
        pytest.param(FLAGS, 0, "", "days: 0 is no number of days", id="no days"),
        pytest.param(
            ffcore.FlagSet(experiments=FLAGS.experiments.values()),
            5,
            "dropped_segment",
            "no flag of this set can show dropped_segment",
            id="nothing to break",
        ),
    ],
)
def test_what_cannot_run_is_named(flags: ffcore.FlagSet, days: int, fault: str, message: str) -> None:
    """A fault or a number of days without sense, and a fault that nothing can show."""
    with pytest.raises(ConfigError, match=message):
        running(flags, USERS, days, fault)


def test_a_set_without_splits_has_nothing_running() -> None:
    """No variants, no split to monitor."""
    assert running(ffcore.FlagSet([FLAGS["plain"]]), USERS, DAYS) == {}


def test_the_horizon_shows_both_tests() -> None:
    """A late arm: the running check says on which day, the fixed test on the last day has long forgotten it."""
    counts = pd.DataFrame({"a": [0, *[1_000] * 40], "b": [60, *[1_000] * 40]})
    case = Running(counts, {"a": 0.5, "b": 0.5})
    table = horizon({"late": case}, {"late": sequential_sample_ratio(case.counts, case.expected)})

    assert table.to_numpy().tolist() == [["80,060", 1, "21,670", "0.832", "fail"]]
    assert horizon({}, {}).empty
