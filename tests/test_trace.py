"""Traces: the same decision as evaluating, with each rule, hash, bucket and threshold in sentences."""

import json
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from ffcore import Evaluator, Flag, FlagSet, hash32
from ffcore.trace import trace
from tests.support.strategies import contexts, experiment_items, flag_items, user_ids

pytestmark = pytest.mark.usefixtures("quiet")
some = settings(max_examples=150, suppress_health_check=list(HealthCheck))
NORWAY = {"attribute": "country", "operator": "equals", "value": "NO"}
ADULT = {"attribute": "age", "operator": "greater_than", "value": 18}
ARMS = [{"key": "a", "allocation": 0.25, "payload": {"n": 1}}, {"key": "b", "allocation": 0.75}]


@some
@given(flag_items, user_ids, contexts)
def test_a_flags_trace_decides_as_evaluate_does(item: dict[str, Any], user_id: str, context: Any) -> None:
    """The decision is the evaluator's, the steps lead to it, and the whole is JSON."""
    evaluator = Evaluator(FlagSet.from_items([item]))
    traced = evaluator.trace(user_id, item["key"], context)
    reasons = {"enabled": "flag_disabled", "targeting": "targeting_rules_not_met", "rollout": "not_in_rollout"}

    assert traced.decision == evaluator.evaluate(user_id, item["key"], context)
    assert all(step.passed for step in traced.steps[:-1])
    assert traced.decision.reason == ("enabled" if traced.steps[-1].passed else reasons[traced.steps[-1].name])
    assert json.loads(json.dumps(traced.to_dict()))["reason"] == traced.decision.reason


@some
@given(experiment_items, user_ids, contexts)
def test_an_experiments_trace_decides_as_assign_does(item: dict[str, Any], user_id: str, context: Any) -> None:
    """The decision is the evaluator's, the steps lead to it, and the whole is JSON."""
    evaluator = Evaluator(FlagSet.from_items(experiments=[item]))
    traced = evaluator.trace(user_id, item["key"], context)
    reasons = {
        "status": "experiment_not_active",
        "targeting": "targeting_rules_not_met",
        "traffic": "not_in_traffic",
    }

    assert traced.decision == evaluator.assign(user_id, item["key"], context)
    assert all(step.passed for step in traced.steps[:-1])
    assert traced.decision.reason == ("assigned" if traced.steps[-1].passed else reasons[traced.steps[-1].name])
    assert str(traced).endswith(f"({traced.decision.reason}).")
    assert json.loads(json.dumps(traced.to_dict()))["payload"] == traced.decision.payload


def test_sentences_name_rules_hashes_buckets_and_thresholds() -> None:
    """Every figure that decides stands in the text, the nested rules indented below their group."""
    rules = [NORWAY, {"any": [ADULT, {"not": {"attribute": "plan", "operator": "exists"}}]}]
    item = {"key": "f", "enabled": True, "rollout_percentage": 99.9, "targeting_rules": rules, "variants": ARMS}
    word = hash32("user-1", "f")
    rollout = f'Rollout 99.9 %: hash32("user-1:f") = {word:,},'
    variant = f'Variant: hash32("user-1:f_variant") = {hash32("user-1", "f_variant"):,},'

    assert str(trace(Flag.from_item(item), "user-1", {"country": "NO", "age": 7})).splitlines() == [
        "Flag f is enabled.",
        "Targeting, all of these must match: the user is eligible.",
        "  country equals 'NO': the user has 'NO': match",
        "  any of: match",
        "    age greater_than 18: the user has 7: no match",
        "    not of: match",
        "      plan exists: the user has none: no match",
        f"{rollout} bucket {word % 10_000:,} of 10,000; buckets below 9,990 are in: in.",
        f"{variant} from 1,073,741,824 to below 4,294,967,296 of 4,294,967,296: b.",
        "Decision for user-1: on, variant b (enabled).",
    ]


def test_a_trace_stops_at_the_step_that_decides() -> None:
    """Whom the rules leave out is shown no hash."""
    flag = Flag.from_item({"key": "f", "enabled": True, "rollout_percentage": 100, "targeting_rules": [NORWAY]})

    assert str(trace(flag, "user-1", {"country": "SE"})).splitlines() == [
        "Flag f is enabled.",
        "Targeting, all of these must match: the user is not eligible.",
        "  country equals 'NO': the user has 'SE': no match",
        "Decision for user-1: off (targeting_rules_not_met).",
    ]
    assert str(trace(Flag("f"), "user-1", {})).splitlines() == [
        "Flag f is disabled.",
        "Decision for user-1: off (flag_disabled).",
    ]


@pytest.mark.parametrize(("percentage", "verdict"), [("0.0001", "out"), ("99.99999", "in")])
def test_a_percentage_is_printed_in_full(percentage: str, verdict: str) -> None:
    """Nearly everybody is not everybody; a fraction stays one."""
    flag = Flag("f", enabled=True, rollout_percentage=percentage, buckets=10_000_000)  # type: ignore[arg-type]

    assert f"Rollout {percentage} %" in str(trace(flag, "user-1", {})).replace("1e-04", "0.0001")
    assert f"are in: {verdict}." in str(trace(flag, "user-1", {}))


def test_an_experiments_trace_has_its_salt_traffic_and_thresholds() -> None:
    """Hashes are shown with the salt they are made with; figures are those of the sentences."""
    item = {"key": "e", "status": "active", "traffic_allocation": "1/3", "salt": "s", "variants": ARMS}
    evaluator = Evaluator(FlagSet.from_items(experiments=[item]))
    inside, outside = (next(u for u in USERS if evaluator.assign(u, "e").enabled is on) for on in (True, False))
    word = hash32(outside, "s_traffic")
    steps = evaluator.trace(inside, "e").to_dict()["steps"]

    assert str(evaluator.trace(outside, "e")).splitlines() == [
        "Experiment e is active.",
        "It has no targeting rules: everybody is eligible.",
        f'Traffic 1/3: hash32("{outside}:s_traffic") = {word:,}; hashes below 1,431,655,766 are in: out.',
        f"Decision for {outside}: off (not_in_traffic).",
    ]
    assert [step["name"] for step in steps] == ["status", "targeting", "traffic", "variant"]
    assert (steps[2]["hash"], steps[2]["threshold"]) == (hash32(inside, "s_traffic"), 1_431_655_766)
    assert steps[3]["from"] <= steps[3]["hash"] < steps[3]["below"]


USERS = [f"user-{i}" for i in range(99)]


def test_a_trace_leaves_the_context_as_it_is() -> None:
    """A context that grows when it is asked does not grow."""
    context: defaultdict[str, Any] = defaultdict(lambda: "NO")
    Evaluator(FlagSet.from_items([{"key": "f", "enabled": True, "targeting_rules": [NORWAY]}])).trace("u", "f", context)

    assert not context
