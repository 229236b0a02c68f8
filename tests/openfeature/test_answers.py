"""Answers: which value, variant and reason a decision becomes, for each kind of value asked for."""

from typing import Any

import pytest

from ffcore import Decision, Experiment, Flag
from ffcore.decide import compile_experiment, compile_flag
from ffcore.openfeature.answers import answer, draws

RULES = [{"attribute": "country", "operator": "equals", "value": "NO"}]


def flag(*payloads: Any, share: float = 100, **fields: Any) -> Flag:
    """A flag whose first variant everybody gets, if it has any."""
    arms = [{"key": f"v{i}", "allocation": int(i == 0), "payload": value} for i, value in enumerate(payloads)]
    item = {"key": "k", "enabled": True, "rollout_percentage": share, "variants": arms, **fields}
    return Flag.from_item(item)


def told(item: Flag, kind: str, **context: Any) -> tuple[Any, str | None, str]:
    """Value, variant and reason for user-1."""
    found = answer(item, compile_flag(item)("user-1", context), kind)
    return found.value, found.variant, found.reason


@pytest.mark.parametrize(
    ("payload", "kind", "value"),
    [
        (False, "boolean", False),
        ("", "string", ""),
        (None, "string", "v0"),
        (0, "integer", 0),
        (10.0, "integer", 10),
        (9007199254740991, "integer", 9007199254740991),
        (10, "float", 10.0),
        (0.5, "float", 0.5),
        ({}, "object", {}),
        ([1], "object", [1]),
    ],
    ids=repr,
)
def test_a_payload_is_the_value(payload: Any, kind: str, value: Any) -> None:
    """Falsy values are values, and a number changes its type where nothing is lost (requirement 2.2.3)."""
    found = told(flag(payload), kind)

    assert found == (value, "v0", "STATIC")
    assert type(found[0]) is type(value) or kind == "object"


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ("text", "boolean"),
        ("1", "integer"),
        ("0.5", "float"),
        ("{}", "object"),
        (True, "string"),
        (True, "integer"),
        (True, "float"),
        (True, "object"),
        (1, "boolean"),
        (1, "string"),
        (0.5, "integer"),
        (float("nan"), "integer"),
        (float("inf"), "float"),
        (2**53 + 1, "float"),
        (10**400, "float"),
        ({"a": 1}, "boolean"),
        ({"a": 1}, "string"),
        ([1], "integer"),
        (None, "integer"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("change", [{}, {"enabled": False}, {"share": 0}, {"targeting_rules": RULES}], ids=repr)
def test_another_type_is_a_mismatch(payload: Any, kind: str, change: dict[str, Any]) -> None:
    """Whoever asks, and whether they are in or not, the answer names the type asked for and the value."""
    item = flag(payload, **change)
    found = answer(item, compile_flag(item)("user-1", {}), kind)

    assert (found.error, found.reason, found.value, found.variant) == ("TYPE_MISMATCH", "ERROR", None, None)
    assert f"expected a value of type {kind}" in str(found.message)


@pytest.mark.parametrize("kind", ["string", "integer", "float", "object"])
def test_a_flag_without_variants_is_a_boolean(kind: str) -> None:
    """Nothing but on and off can be had from it."""
    item = flag()

    assert answer(item, compile_flag(item)("user-1", {}), kind).error == "TYPE_MISMATCH"


@pytest.mark.parametrize(
    ("fields", "told_of"),
    [
        ({}, (True, "on", "STATIC")),
        ({"share": 0}, (False, "off", "DEFAULT")),
        ({"share": 50}, (True, "on", "SPLIT")),
        ({"share": 1}, (False, "off", "SPLIT")),
        ({"enabled": False}, (None, None, "DISABLED")),
        ({"targeting_rules": RULES}, (False, "off", "DEFAULT")),
    ],
    ids=repr,
)
def test_a_switch_says_on_or_off_and_why(fields: dict[str, Any], told_of: tuple[Any, ...]) -> None:
    """A plain flag's value, variant and reason (requirements 2.2.4, 2.2.5); disabled, it says nothing."""
    assert told(flag(**fields), "boolean") == told_of
    assert told(flag(None, None, **fields), "boolean") == told_of


def test_rules_that_match_are_the_reason() -> None:
    """Where rules alone let the user in, the reason is the match; where a hash decides too, the split."""
    assert told(flag(targeting_rules=RULES), "boolean", country="NO") == (True, "on", "TARGETING_MATCH")
    assert told(flag(targeting_rules=RULES, share=50), "boolean", country="NO") == (True, "on", "SPLIT")


@pytest.mark.parametrize("change", [{"share": 0}, {"targeting_rules": RULES}], ids=repr)
def test_users_outside_get_the_default_variant(change: dict[str, Any]) -> None:
    """It is the flag's own word for them; without it, or where it names no variant, the caller's default stands."""
    assert told(flag("a", "b", default_variant="v1", **change), "string") == ("b", "v1", "DEFAULT")
    assert told(flag("a", "b", **change), "string") == (None, None, "DEFAULT")
    assert told(flag("a", "b", default_variant="gone", **change), "string") == (None, None, "DEFAULT")


def test_disabled_flags_serve_no_default_variant() -> None:
    """What is disabled says nothing, so that the caller's default stands."""
    assert told(flag("a", "b", default_variant="v1", enabled=False), "string") == (None, None, "DISABLED")


@pytest.mark.parametrize(
    ("fields", "reason", "value"),
    [
        ({"status": "paused"}, "DISABLED", None),
        ({"traffic_allocation": 0}, "DEFAULT", None),
        ({"traffic_allocation": 0.001}, "SPLIT", None),
        ({"targeting_rules": RULES}, "DEFAULT", None),
        ({}, "SPLIT", "a"),
    ],
    ids=repr,
)
def test_experiments_answer_with_the_arm(fields: dict[str, Any], reason: str, value: Any) -> None:
    """An experiment has no default variant, so everybody but its participants gets the caller's default."""
    arms = [{"key": "a", "allocation": 0.5}, {"key": "b", "allocation": 0.5}]
    item = Experiment.from_item({"key": "k", "status": "active", "variants": arms, **fields})
    found = answer(item, compile_experiment(item)("user-1", {}), "string")

    assert (found.reason, found.value) == (reason, value)


def test_metadata_are_plain_values() -> None:
    """Names are texts, values are texts, numbers or truth values (requirements 2.2.9 and 2.2.10)."""
    found = answer(flag(share=50), Decision(False, "not_in_rollout"), "boolean").metadata

    assert found == {"kind": "flag", "id": "k", "buckets": 10_000, "share": 0.5, "decision": "not_in_rollout"}
    assert all(type(value) in (str, int, float, bool) for value in found.values())


def test_an_expired_flag_is_stale() -> None:
    """Its answer may be out of date, whatever else led to it."""
    assert answer(flag(), Decision(True, "enabled"), "boolean", stale=True).reason == "STALE"


def test_only_a_share_or_several_arms_need_the_user() -> None:
    """An arm of 0 % is no draw, nor are arms that nobody reaches."""
    halves = [{"key": "a", "allocation": 0.5}, {"key": "b", "allocation": 0.5}]

    assert [draws(flag(share=50)), draws(flag(variants=halves))] == [True, True]
    assert [draws(flag("a", "b")), draws(flag(share=0, variants=halves)), draws(flag())] == [False, False, False]
