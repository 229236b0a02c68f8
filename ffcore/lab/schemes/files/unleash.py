"""Unleash's bootstrap: strategies, constraints, segments and variants of a client's features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ffcore.errors import ConfigError, shown
from ffcore.lab.schemes.assignments import Answer
from ffcore.lab.schemes.files.flags import Give, VendorFlag
from ffcore.lab.schemes.files.parts import (
    Condition,
    Reader,
    Uncovered,
    any_of,
    each,
    expect,
    negated,
    rule,
    section,
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
    segments = {item["id"]: item for item in expect(data.get("segments", []), list, "segments", "a list")}
    features = expect(data.get("features"), list, "features", "a list")
    named = [
        (expect(item, dict, f"features[{number}]", "a mapping"), f"features[{number}]")
        for number, item in enumerate(features)
    ]
    return {item["name"]: _feature(item, path, segments, reader) for item, path in named}


def _feature(item: Mapping[str, Any], path: str, segments: Segments, reader: Reader) -> VendorFlag:
    name = expect(item.get("name"), str, f"{path}.name", "a feature's name")
    if not item.get("enabled", False):
        return VendorFlag(name, False)
    try:
        _check_alone(item, path)
        strategies = each(
            item.get("strategies") or [{"name": "default"}],
            f"{path}.strategies",
            lambda one, where: _strategy(one, item, (path, where), segments, reader),
        )
        return VendorFlag(name, False, tuple(give for gives in strategies for give in gives))
    except Uncovered as left_out:
        return VendorFlag(name, uncovered=(reader.note(left_out),))


def _check_alone(item: Mapping[str, Any], path: str) -> None:
    if item.get("dependencies"):
        raise Uncovered(f"{path}.dependencies", "other features decide first")


def _strategy(
    item: Any, feature: Mapping[str, Any], paths: tuple[str, str], segments: Segments, reader: Reader
) -> list[Give]:
    """The first strategy that lets a user in decides; its variants go before those of the feature."""
    path, parameters = paths[1], section(item, "parameters", f"{paths[1]}.")
    when = [*_named_users(item, parameters), *each(item.get("constraints", []), f"{path}.constraints", constraint)]
    for number in item.get("segments", []):
        if number not in segments:
            raise Uncovered(f"{path}.segments", f"the file has no segment {number!r}")
        when += each(segments[number].get("constraints", []), f"segments[id={number}].constraints", constraint)
    gate = _gate(item, parameters, feature["name"], path, reader)
    variants, key = item.get("variants"), parameters.get("groupId") or feature["name"]
    where = f"{path}.variants"
    if not variants:
        variants, key, where = feature.get("variants"), feature["name"], f"{paths[0]}.variants"
    if not variants:
        return [Give({"": True}, tuple(when), gate)]
    return [
        Give(give.answers, (*when, *give.when), gate, give.draw) for give in _variants(variants, key, where, reader)
    ]


def _named_users(item: Mapping[str, Any], parameters: Mapping[str, Any]) -> list[Condition]:
    if item.get("name") != "userWithId":
        return []
    return [rule("user_id", "in", [user.strip() for user in parameters.get("userIds", "").split(",")], "userIds")]


def _gate(item: Mapping[str, Any], parameters: Mapping[str, Any], name: str, path: str, reader: Reader) -> Any:
    """Who of the users a strategy is for is in; None for all."""
    kind, group = item.get("name"), parameters.get("groupId") or name
    if kind in ("default", "userWithId"):
        return None
    if kind == "gradualRolloutUserId":
        return reader.scheme.rollout(parameters.get("percentage", 0), group)
    if kind != "flexibleRollout":
        raise Uncovered(f"{path}.name", f"the strategy {kind!r} is not followed")
    _check_stickiness(parameters.get("stickiness", "default"), f"{path}.parameters.stickiness")
    return reader.scheme.rollout(parameters.get("rollout", 0), group)


def _check_stickiness(stickiness: str, path: str) -> None:
    if stickiness == "random":
        raise Uncovered(path, "drawn at random on each call; not recomputable")
    if stickiness not in BY_ID:
        raise Uncovered(path, f"buckets by {stickiness!r}; ids alone do not say it")


def _variants(items: Any, key: str, path: str, reader: Reader) -> list[Give]:
    """Overrides first, then a draw."""
    listed = expect(items, list, path, "a list of variants")
    _check_stickiness(listed[0].get("stickiness") or "default", f"{path}[0].stickiness")
    named = [
        Give({"": variant["name"]}, (_override(one, f"{path}[{number}].overrides"),))
        for number, variant in enumerate(listed)
        for one in variant.get("overrides") or []
    ]
    answers: dict[str, Answer] = {variant["name"]: variant["name"] for variant in listed}
    draw = reader.scheme.variants([(variant["name"], variant.get("weight", 0)) for variant in listed], key)
    return [*named, Give(answers, draw=draw)]


def _override(item: Mapping[str, Any], path: str) -> Condition:
    return rule(_attribute(item), "in", item.get("values", []), path)


def _attribute(item: Mapping[str, Any]) -> str:
    name = str(item.get("contextName", ""))
    return "user_id" if name == "userId" else name


def constraint(item: Any, path: str) -> Condition:
    """A constraint as a targeting rule; inverted, and with NOT_IN, it matches whoever lacks the attribute too."""
    found = _constraint(expect(item, dict, path, "a mapping"), path)
    return negated(found) if item.get("inverted") else found


def _constraint(item: Mapping[str, Any], path: str) -> Condition:
    attribute, operator, values = _attribute(item), item.get("operator"), item.get("values") or []
    if operator in ("IN", "NOT_IN"):
        found = rule(attribute, "in", values, f"{path}.values")
        return negated(found) if operator == "NOT_IN" else found
    if operator in PARTS:
        if item.get("caseInsensitive"):
            raise Uncovered(f"{path}.caseInsensitive", "upper and lower case are told apart here")
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
