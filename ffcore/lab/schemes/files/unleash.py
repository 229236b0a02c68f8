"""Unleash's bootstrap: strategies, constraints, segments and variants of a client's features."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

from ffcore.errors import ConfigError, shown
from ffcore.lab.schemes.assignments import Answer
from ffcore.lab.schemes.files.flags import Condition, FlagRule, VendorFlag
from ffcore.lab.schemes.files.parts import (
    NUMBER,
    Reader,
    Uncovered,
    any_of,
    each,
    expect,
    field,
    negated,
    rule,
)

BY_ID = ("default", "userId")
NUMBERS = {
    "NUM_EQ": "equals",
    "NUM_GT": "greater_than",
    "NUM_GTE": "greater_or_equal",
    "NUM_LT": "less_than",
    "NUM_LTE": "less_or_equal",
}
TEXTS = {
    "DATE_BEFORE": "before",
    "DATE_AFTER": "after",
    "SEMVER_EQ": "semver_equals",
    "SEMVER_GT": "semver_greater_than",
    "SEMVER_LT": "semver_less_than",
}
PARTS = {"STR_CONTAINS": "contains", "STR_STARTS_WITH": "starts_with", "STR_ENDS_WITH": "ends_with"}
Segments = Mapping[Any, Any]


def read(data: Any, reader: Reader) -> dict[str, VendorFlag]:
    """The features of a bootstrap."""
    expect(data, dict, "", "a mapping with features")
    segments = dict(
        each(data.get("segments"), "segments", lambda item, path: (_id(item.get("id"), f"{path}.id"), item))
    )
    features = expect(data.get("features"), list, "features")
    items = each(features, "features", lambda item, path: (_name(item, path), item, path))
    return reader.flags(items, lambda name, item, path: _feature(name, item, path, segments, reader))


def _name(item: Mapping[str, Any], path: str) -> str:
    name: str = expect(item.get("name"), str, f"{path}.name", "a name")
    return name


def _id(found: Any, path: str) -> int | str:
    number: int | str = expect(found, (int, str), path, "a segment's number")
    return number


def _feature(name: str, item: Mapping[str, Any], path: str, segments: Segments, reader: Reader) -> VendorFlag:
    if not item.get("enabled", False):
        return VendorFlag(name, False)
    if item.get("dependencies"):
        raise Uncovered(f"{path}.dependencies", "other features decide first")
    strategies = each(
        item.get("strategies") or [{"name": "default"}],
        f"{path}.strategies",
        lambda one, where: _strategy(one, item, (path, where), segments, reader),
    )
    return VendorFlag(name, False, tuple(chain.from_iterable(strategies)))


def _strategy(
    item: Mapping[str, Any], feature: Mapping[str, Any], paths: tuple[str, str], segments: Segments, reader: Reader
) -> list[FlagRule]:
    """The first strategy that lets a user in decides; its variants go before those of the feature."""
    path, parameters = paths[1], field(item, "parameters", dict, paths[1], {})
    group = field(parameters, "groupId", str, f"{path}.parameters") or feature["name"]
    when = [*_named_users(item, parameters, path), *each(item.get("constraints"), f"{path}.constraints", constraint)]
    for place, found in enumerate(field(item, "segments", list, path, [])):
        if (number := _id(found, f"{path}.segments[{place}]")) not in segments:
            raise Uncovered(f"{path}.segments", f"the file has no segment {number!r}")
        when += each(segments[number].get("constraints"), f"segments[id={number}].constraints", constraint)
    gate = _gate(item.get("name"), parameters, group, path, reader)
    variants, key = item.get("variants"), group
    where = f"{path}.variants"
    if not variants:
        variants, key, where = feature.get("variants"), feature["name"], f"{paths[0]}.variants"
    if not variants:
        return [FlagRule({"": True}, tuple(when), gate)]
    return [
        FlagRule(one.answers, (*when, *one.when), gate, one.draw) for one in _variants(variants, key, where, reader)
    ]


def _named_users(item: Mapping[str, Any], parameters: Mapping[str, Any], path: str) -> list[Condition]:
    if item.get("name") != "userWithId":
        return []
    users = field(parameters, "userIds", str, f"{path}.parameters", "").split(",")
    return [rule("user_id", "in", [user.strip() for user in users], f"{path}.parameters.userIds")]


def _gate(kind: Any, parameters: Mapping[str, Any], group: str, path: str, reader: Reader) -> Any:
    """Which of the strategy's users are in; None for all."""
    if kind in ("default", "userWithId"):
        return None
    if kind == "gradualRolloutUserId":
        return reader.scheme.rollout(parameters.get("percentage", 0), group)
    if kind != "flexibleRollout":
        raise Uncovered(f"{path}.name", f"the strategy {kind!r} is not followed")
    _check_stickiness(parameters.get("stickiness", "default"), f"{path}.parameters.stickiness")
    return reader.scheme.rollout(parameters.get("rollout", 0), group)


def _check_stickiness(stickiness: Any, path: str) -> None:
    if stickiness == "random":
        raise Uncovered(path, "drawn at random on each call; not recomputable")
    if stickiness not in BY_ID:
        raise Uncovered(path, f"buckets by {stickiness!r}; ids alone do not say it")


def _variants(items: Any, key: str, path: str, reader: Reader) -> list[FlagRule]:
    """Overrides first, then a draw."""
    listed = each(items, path, _variant)
    _check_stickiness(items[0].get("stickiness") or "default", f"{path}[0].stickiness")
    named = [FlagRule({"": name}, (override,)) for name, _, overrides in listed for override in overrides]
    answers: dict[str, Answer] = {name: name for name, _, _ in listed}
    draw = reader.scheme.variants([(name, weight) for name, weight, _ in listed], key)
    return [*named, FlagRule(answers, draw=draw)]


def _variant(item: Mapping[str, Any], path: str) -> tuple[str, float, list[Condition]]:
    """A variant's name and weight, and who gets it whatever the draw says."""
    overrides = each(item.get("overrides"), f"{path}.overrides", _in_list)
    return _name(item, path), field(item, "weight", NUMBER, path, 0), overrides


def _in_list(item: Mapping[str, Any], path: str) -> Condition:
    return rule(_attribute(item, path), "in", field(item, "values", list, path, []), f"{path}.values")


def _attribute(item: Mapping[str, Any], path: str) -> str:
    name: str = field(item, "contextName", str, path, "")
    return "user_id" if name == "userId" else name


def constraint(item: Mapping[str, Any], path: str) -> Condition:
    """A constraint as a targeting rule; inverted, and with NOT_IN, it matches whoever lacks the attribute too."""
    found = _constraint(item, path)
    return negated(found) if item.get("inverted") else found


def _constraint(item: Mapping[str, Any], path: str) -> Condition:
    attribute, operator = _attribute(item, path), field(item, "operator", str, path)
    if operator in ("IN", "NOT_IN"):
        found = _in_list(item, path)
        return negated(found) if operator == "NOT_IN" else found
    if operator in PARTS:
        if item.get("caseInsensitive"):
            raise Uncovered(f"{path}.caseInsensitive", "upper and lower case are told apart here")
        values = field(item, "values", list, path, [])
        return any_of(rule(attribute, PARTS[operator], value, f"{path}.values") for value in values)
    if operator in NUMBERS:
        return rule(attribute, NUMBERS[operator], _number(item.get("value"), f"{path}.value"), f"{path}.value")
    if operator in TEXTS:
        return rule(attribute, TEXTS[operator], item.get("value"), f"{path}.value")
    raise Uncovered(f"{path}.operator", f"the operator {operator!r} is not followed")


def _number(value: Any, path: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ConfigError([(path, f"expected a number, got {shown(value)}")]) from None
