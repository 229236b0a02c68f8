"""Tests of logged outcomes beside recomputed decisions."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from ffcore import Experiment, Flag, FlagSet
from ffcore.lab.verify.configurations import read_configurations
from ffcore.lab.verify.exposures import read_exposures
from ffcore.lab.verify.outcomes import Outcome
from ffcore.lab.verify.recomputing import recompute

ARMS = [{"key": "blue", "allocation": 0.5}, {"key": "red", "allocation": 0.5}]
RULES = [{"attribute": "country", "operator": "equals", "value": "NO"}]
#: Of these, ann is let in at 100 % and gets red; nobody is at 0 %.
FLAGS = FlagSet.from_items(
    flags=[
        {"key": "all", "enabled": True, "rollout_percentage": 100, "variants": ARMS, "default_variant": "blue"},
        {"key": "none", "enabled": True, "rollout_percentage": 0, "variants": ARMS, "default_variant": "plain"},
        {"key": "plain", "enabled": True, "rollout_percentage": 100},
        {"key": "off", "enabled": False},
        {"key": "guarded", "enabled": True, "rollout_percentage": 100, "variants": ARMS, "targeting_rules": RULES},
        {"key": "guarded-none", "enabled": True, "targeting_rules": RULES},
    ],
    experiments=[{"key": "study", "status": "active", "variants": ARMS}],
)
NOTHING: dict[str, Any] = {}


def outcome(key: str, flags: Any = FLAGS, **logged: Any) -> str:
    """What becomes of a row of ann's."""
    frame = pd.DataFrame({"user_id": ["ann"], "flag_key": [key], **{name: [value] for name, value in logged.items()}})
    frame = frame.rename(columns={"country": "context.country"})
    return Outcome(int(recompute(read_exposures(frame), read_configurations(flags)).outcome[0])).name


def test_ann_is_as_the_cases_say() -> None:
    """Her variant is red in both flag and experiment, and it takes NO to be admitted by the rules."""
    assert FLAGS["all"].variants[1].key == "red"
    assert outcome("all", variant="red") == outcome("study", variant="red") == "MATCH"


@pytest.mark.parametrize(
    ("key", "logged", "wanted"),
    [
        pytest.param("all", {"enabled": True}, "MATCH", id="let in"),
        pytest.param("all", {"enabled": False}, "WRONG", id="should be let in"),
        pytest.param("none", {"enabled": True}, "WRONG", id="should not be let in"),
        pytest.param("none", {"enabled": False}, "MATCH", id="not let in"),
        pytest.param("off", {"enabled": False, "reason": "flag_disabled"}, "MATCH", id="disabled"),
        pytest.param("all", {"enabled": True, "variant": "red"}, "MATCH", id="variant"),
        pytest.param("all", {"enabled": True, "variant": "blue"}, "WRONG", id="other variant"),
        pytest.param("all", {"enabled": True, "variant": None}, "WRONG", id="variant missing"),
        pytest.param("all", {"enabled": None, "variant": "red"}, "MATCH", id="variant alone"),
        pytest.param("all", {"variant": None}, "WRONG", id="no variant means not let in"),
        pytest.param("none", {"variant": None}, "MATCH", id="no variant, not let in"),
        pytest.param("none", {"enabled": False, "variant": "plain"}, "MATCH", id="default for those left out"),
        pytest.param("none", {"variant": "plain"}, "MATCH", id="default alone"),
        pytest.param("none", {"enabled": False, "variant": "red"}, "WRONG", id="variant for those left out"),
        pytest.param("all", {"enabled": True, "variant": "plain"}, "UNKNOWN_VARIANT", id="unknown variant"),
        pytest.param("none", {"enabled": False, "variant": "odd"}, "UNKNOWN_VARIANT", id="unknown, left out"),
        pytest.param("plain", {"enabled": True, "variant": "odd"}, "UNKNOWN_VARIANT", id="flag without variants"),
        pytest.param("plain", {"variant": "odd"}, "UNKNOWN_VARIANT", id="without variants, variant alone"),
        pytest.param("plain", {"variant": "on"}, "MATCH", id="a word for on"),
        pytest.param("plain", {"variant": "FALSE"}, "WRONG", id="a word for off"),
        pytest.param("off", {"variant": "false"}, "MATCH", id="a word for off, disabled"),
        pytest.param("plain", {"enabled": True, "variant": "off"}, "WRONG", id="word against truth value"),
        pytest.param("plain", {"variant": None}, "UNSAID", id="nothing said"),
        pytest.param("plain", {"variant": None, "reason": "enabled"}, "MATCH", id="a reason says it"),
        pytest.param("all", {"enabled": True, "reason": "enabled"}, "MATCH", id="reason"),
        pytest.param("all", {"enabled": True, "reason": "RULE_MATCH"}, "MATCH", id="foreign reason"),
        pytest.param("none", {"enabled": False, "reason": "flag_disabled"}, "WRONG", id="other reason"),
        pytest.param("none", {"enabled": False, "reason": "not_in_rollout"}, "MATCH", id="same reason"),
        pytest.param("all", {"enabled": False, "reason": "store_unavailable"}, "OUTAGE", id="store unavailable"),
        pytest.param("all", {"enabled": False, "reason": "flag_malformed"}, "OUTAGE", id="malformed"),
        pytest.param("all", {"enabled": True, "reason": "store_unavailable"}, "WRONG", id="let in by an outage"),
        pytest.param("all", {"enabled": False, "reason": "flag_not_found"}, "WRONG", id="not found, but there"),
        pytest.param("study", {"variant": "red", "reason": "assigned"}, "MATCH", id="experiment"),
        pytest.param("study", {"variant": "red", "reason": "enabled"}, "WRONG", id="a flag's reason"),
        pytest.param("nobody", {"enabled": False}, "UNKNOWN_FLAG", id="unknown flag"),
        pytest.param("guarded", {"enabled": False, "country": "DE"}, "MATCH", id="kept out by rules"),
        pytest.param("guarded", {"enabled": True, "variant": "red", "country": "NO"}, "MATCH", id="admitted by rules"),
        pytest.param("guarded", {"enabled": True, "variant": "red", "country": "DE"}, "WRONG", id="should be kept out"),
        pytest.param("guarded", {"enabled": False, "country": "NO"}, "WRONG", id="should be admitted"),
    ],
)
def test_a_row_is_judged(key: str, logged: dict[str, Any], wanted: str) -> None:
    """By what the log says, and no more."""
    assert outcome(key, **logged) == wanted


@pytest.mark.parametrize(
    ("key", "logged", "wanted"),
    [
        pytest.param("guarded", {"enabled": False}, "UNSEEN", id="left out, perhaps by rules"),
        pytest.param(
            "guarded", {"enabled": False, "reason": "targeting_rules_not_met"}, "UNSEEN", id="left out by rules"
        ),
        pytest.param("guarded", {"enabled": False, "reason": "not_in_rollout"}, "WRONG", id="not by the rollout"),
        pytest.param("guarded", {"enabled": True, "variant": "red"}, "MATCH", id="admitted"),
        pytest.param("guarded", {"enabled": True, "variant": "blue"}, "WRONG", id="other variant"),
        pytest.param("guarded-none", {"enabled": False}, "MATCH", id="left out in any case"),
        pytest.param("guarded-none", {"enabled": False, "reason": "not_in_rollout"}, "MATCH", id="by the rollout"),
        pytest.param(
            "guarded-none", {"enabled": False, "reason": "targeting_rules_not_met"}, "UNSEEN", id="by the rules"
        ),
        pytest.param("guarded-none", {"enabled": True}, "WRONG", id="let in"),
    ],
)
def test_rules_on_attributes_that_are_not_logged_leave_the_rest_to_judge(
    key: str, logged: dict[str, Any], wanted: str
) -> None:
    """Whoever was let in must have the right bucket and variant; who was not may have been kept out by the rules."""
    assert outcome(key, **logged) == wanted


@pytest.mark.parametrize(
    ("logged", "wanted"),
    [
        ({"enabled": False}, "MATCH"),
        ({"enabled": False, "reason": "flag_not_found"}, "MATCH"),
        ({"enabled": False, "reason": "experiment_not_found"}, "MATCH"),
        ({"enabled": False, "reason": "flag_disabled"}, "WRONG"),
        ({"enabled": True}, "WRONG"),
    ],
)
def test_a_flag_that_is_not_there_yet_is_off(logged: dict[str, Any], wanted: str) -> None:
    """One configuration has it, the one in force does not."""
    flags = [(None, FlagSet()), ("2030-01-01", FLAGS)]

    assert outcome("all", flags, timestamp="2024-06-01", **logged) == wanted


BOTH = FlagSet(
    [Flag.from_item({"key": "both", "enabled": True, "rollout_percentage": 100})],
    [Experiment.from_item({"key": "both", "status": "active", "variants": ARMS, "traffic_allocation": 0})],
)


@pytest.mark.parametrize(
    ("logged", "wanted"),
    [
        pytest.param({"enabled": True}, "MATCH", id="the flag by default"),
        pytest.param({"enabled": True, "reason": "enabled"}, "MATCH", id="a flag's reason"),
        pytest.param({"enabled": True, "reason": "assigned"}, "WRONG", id="an experiment's reason"),
        pytest.param({"enabled": False, "reason": "not_in_traffic"}, "MATCH", id="an experiment's refusal"),
        pytest.param({"enabled": False, "event_type": "experiment_assignment"}, "MATCH", id="an experiment's event"),
        pytest.param({"enabled": False, "event_type": "flag_evaluation"}, "WRONG", id="a flag's event"),
        pytest.param(
            {"enabled": False, "reason": "not_in_traffic", "event_type": "flag_evaluation"}, "MATCH", id="reason first"
        ),
    ],
)
def test_a_key_that_is_both_is_what_the_row_says(logged: dict[str, Any], wanted: str) -> None:
    """By the reason, else by the event's type, else the flag."""
    assert outcome("both", BOTH, **logged) == wanted


def test_a_key_that_becomes_an_experiment_is_one_from_then_on() -> None:
    """Where the configuration in force has no flag of the key."""
    flags = [(None, BOTH), ("2024-06-01", FlagSet([], BOTH.experiments.values()))]

    assert outcome("both", flags, timestamp="2024-05-31", enabled=False) == "WRONG"
    assert outcome("both", flags, timestamp="2024-06-01", enabled=False) == "MATCH"
