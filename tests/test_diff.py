"""Differences between flag sets: every kind of change in words, and silence where nothing changed."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ffcore import FlagSet
from tests.support.strategies import experiment_items, flag_items

RULE = {"attribute": "country", "operator": "equals", "value": "NO"}
OTHER = {"attribute": "age", "operator": "greater_than", "value": 18}
ARMS = [{"key": "a", "allocation": 0.5, "payload": {"n": 1}}, {"key": "b", "allocation": 0.5}]


def flag_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The lines that say what changed between two versions of one flag."""
    old, new = (FlagSet.from_items(flags=[{"key": "f", **fields}]) for fields in (before, after))
    return str(old.diff(new)).splitlines()


def experiment_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The lines that say what changed between two versions of one experiment."""
    common = {"key": "e", "variants": ARMS}
    old, new = (FlagSet.from_items(experiments=[{**common, **fields}]) for fields in (before, after))
    return str(old.diff(new)).splitlines()


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ({"enabled": False}, {"enabled": True}, "flag f.enabled: False became True"),
        ({}, {"rollout_percentage": 5}, "flag f.rollout_percentage: raised from 0 % to 5 %; nobody loses it"),
        (
            {"rollout_percentage": 99.99999, "buckets": 2**31},
            {"rollout_percentage": "100/3", "buckets": 2**31},
            "flag f.rollout_percentage: lowered from 99.99999 % to 100/3 %; nobody gains it",
        ),
        ({"buckets": 100}, {"buckets": 1_000}, "flag f.buckets: 100 became 1000; users are drawn anew"),
        ({}, {"default_variant": "a"}, "flag f.default_variant: None became 'a'"),
        ({}, {"flag_id": "7"}, "flag f.flag_id: 'f' became '7'"),
        ({}, {"targeting_rules": [RULE]}, f"flag f.targeting_rules: added {RULE}"),
        ({"targeting_rules": [RULE]}, {}, f"flag f.targeting_rules: removed {RULE}"),
        (
            {"targeting_rules": [RULE, OTHER]},
            {"targeting_rules": [OTHER, RULE]},
            "flag f.targeting_rules: another order",
        ),
        (
            {"targeting_rules": [RULE, RULE | {"value": 1}]},
            {"targeting_rules": [RULE, RULE | {"value": True}]},
            f"flag f.targeting_rules: removed {RULE | {'value': 1}}, added {RULE | {'value': True}}",
        ),
        (
            {"variants": ARMS},
            {"variants": [{"key": "a", "allocation": "1/3", "payload": {"n": 1}}, {"key": "b", "allocation": "2/3"}]},
            "flag f.variants: a from 0.5 to 1/3, b from 0.5 to 2/3",
        ),
        (
            {"variants": ARMS},
            {"variants": [ARMS[0], {"key": "c", "allocation": 0.5}]},
            "flag f.variants: b removed, c added with 0.5",
        ),
        (
            {"variants": ARMS},
            {"variants": [ARMS[0] | {"payload": {"n": True}}, ARMS[1]]},
            "flag f.variants: a has another payload",
        ),
        ({"variants": ARMS}, {"variants": ARMS[::-1]}, "flag f.variants: another order"),
    ],
)
def test_a_change_of_a_flag_is_said_in_words(before: dict[str, Any], after: dict[str, Any], line: str) -> None:
    """Each field that changes gives one line with its place and what it means."""
    assert flag_change(before, after) == [line]


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ({}, {"status": "active"}, "experiment e.status: 'draft' became 'active'"),
        ({}, {"traffic_allocation": "1/3"}, "experiment e.traffic_allocation: lowered from 1 to 1/3"),
        ({"traffic_allocation": 0.1}, {}, "experiment e.traffic_allocation: raised from 0.1 to 1"),
        ({}, {"salt": "2"}, "experiment e.salt: None became '2'; users are drawn anew"),
        ({}, {"experiment_id": "7"}, "experiment e.experiment_id: 'e' became '7'"),
        ({}, {"variants": ARMS[::-1]}, "experiment e.variants: another order"),
        ({}, {"targeting_rules": [{"not": RULE}]}, f"experiment e.targeting_rules: added { ({'not': RULE}) }"),
    ],
)
def test_a_change_of_an_experiment_is_said_in_words(before: dict[str, Any], after: dict[str, Any], line: str) -> None:
    """Each field that changes gives one line, as with flags."""
    assert experiment_change(before, after) == [line]


def test_other_buckets_make_no_promise_about_a_raised_percentage() -> None:
    """Where users are drawn anew, a higher percentage can take a flag from somebody."""
    lines = flag_change({"rollout_percentage": 10}, {"rollout_percentage": 20, "buckets": 100})

    assert lines[0] == "flag f.rollout_percentage: raised from 10 % to 20 %"


def test_items_that_come_and_go_are_named_in_order_of_their_keys() -> None:
    """Added and removed flags and experiments are one change each, with the whole item on the side where it is."""
    old = FlagSet.from_items(flags=[{"key": "b"}, {"key": "same"}])
    new = FlagSet.from_items(flags=[{"key": "same"}, {"key": "a"}], experiments=[{"key": "e", "variants": ARMS}])
    diff = old.diff(new)

    assert str(diff).splitlines() == ["flag a: added", "flag b: removed", "experiment e: added"]
    assert [(change.before is None, change.after is None) for change in diff] == [
        (True, False),
        (False, True),
        (True, False),
    ]
    assert next(iter(diff)).after == new["a"].to_item()


def test_no_change_is_false_and_says_so() -> None:
    """The same flags in another order are the same set."""
    old, new = FlagSet.from_items([{"key": "a"}, {"key": "b"}]), FlagSet.from_items([{"key": "b"}, {"key": "a"}])
    diff = old.diff(new)

    assert (str(diff), len(diff), bool(diff), list(diff)) == ("nothing changed", 0, False, [])
    assert bool(old.diff(FlagSet()))
    assert len(old.diff(FlagSet())) == 2


@pytest.mark.slow
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(st.lists(flag_items, max_size=3, unique_by=lambda item: item["key"]), experiment_items, experiment_items)
def test_a_set_differs_from_others_only(flags: list[dict[str, Any]], one: dict[str, Any], two: dict[str, Any]) -> None:
    """Any set equals itself read back; and a changed experiment is a change with a sentence, both ways round."""
    old = FlagSet.from_items(flags, [one])
    new = FlagSet.from_items(flags, [two])
    items = old.to_items()

    assert not old.diff(FlagSet.from_items(items["flags"], items["experiments"]))
    assert len(old.diff(new)) == len(new.diff(old))
    assert old == new or bool(old.diff(new))
    assert all(change.sentence for change in old.diff(new))
