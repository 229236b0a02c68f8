"""GrowthBook's features as JSON: forced values, percentage rollouts, experiments and their conditions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from ffcore.errors import ConfigError, shown
from ffcore.lab.schemes.files.flags import Condition, FlagRule, VendorFlag
from ffcore.lab.schemes.files.parts import (
    NUMBER,
    Reader,
    Uncovered,
    all_of,
    as_answer,
    each,
    expect,
    field,
    negated,
    refuse_unknown,
    rule,
)
from ffcore.model import RuleGroup

#: Fields that change nothing about who gets what.
SILENT = ("id", "key", "meta", "name", "phase", "tracks", "disableStickyBucketing", "bucketVersion", "minBucketVersion")
RANDOM = ("hashAttribute", "hashVersion", "seed", "condition")
FORCE = ("force", "coverage", "range", *RANDOM, *SILENT)
EXPERIMENT = ("variations", "weights", "ranges", "coverage", "namespace", *RANDOM, *SILENT)
OPERATORS = {
    "$eq": "equals",
    "$in": "in",
    "$gt": "greater_than",
    "$gte": "greater_or_equal",
    "$lt": "less_than",
    "$lte": "less_or_equal",
    "$regex": "matches",
    "$veq": "semver_equals",
    "$vgt": "semver_greater_than",
    "$vgte": "semver_greater_or_equal",
    "$vlt": "semver_less_than",
    "$vlte": "semver_less_or_equal",
}
NEGATED = {"$ne": "$eq", "$nin": "$in", "$vne": "$veq"}
GROUPS = ("$and", "$or", "$nor", "$not")


def read(data: Any, reader: Reader) -> dict[str, VendorFlag]:
    """The features of a file: its mapping ``features``, or the file itself."""
    expect(data, dict, "", "a mapping of features")
    wrapped = "features" in data
    features = field(data, "features", dict, "", {}) if wrapped else data
    items = [(key, item, f"{'features.' * wrapped}{key}") for key, item in features.items()]
    return reader.flags(items, lambda key, item, path: _feature(key, item, path, reader))


def _feature(key: str, item: Mapping[str, Any], path: str, reader: Reader) -> VendorFlag:
    rules = each(item.get("rules"), f"{path}.rules", lambda one, where: _rule(key, one, where, reader))
    return VendorFlag(key, as_answer(item.get("defaultValue")), tuple(rules))


def _rule(key: str, item: Mapping[str, Any], path: str, reader: Reader) -> FlagRule:
    forced = "force" in item
    refuse_unknown(item, path, FORCE if forced else EXPERIMENT)
    if (by := field(item, "hashAttribute", str, path) or "id") != "id":
        raise Uncovered(f"{path}.hashAttribute", f"buckets by {by!r}; ids alone do not say it")
    when = (condition(item["condition"], f"{path}.condition"),) if item.get("condition") else ()
    return _force(key, item, when, path, reader) if forced else _experiment(key, item, when, path, reader)


def _scheme(item: Mapping[str, Any], path: str, reader: Reader) -> Any:
    return reader.with_version(field(item, "hashVersion", int, path) or 1)


def _force(key: str, item: Mapping[str, Any], when: tuple[Condition, ...], path: str, reader: Reader) -> FlagRule:
    """A value for whoever is covered."""
    answers, seed = {"": as_answer(item["force"])}, field(item, "seed", str, path) or key
    if (span := field(item, "range", list, path)) is not None:
        gate = _scheme(item, path, reader).variants({"in": _range(span, f"{path}.range")}, key, seed=seed)
        return FlagRule({"in": answers[""]}, when, draw=gate)
    if (coverage := field(item, "coverage", NUMBER, path)) is None:
        return FlagRule(answers, when)
    share = Fraction(str(coverage)) * 100
    return FlagRule(answers, when, gate=_scheme(item, path, reader).rollout(share, key, seed=seed))


def _experiment(key: str, item: Mapping[str, Any], when: tuple[Condition, ...], path: str, reader: Reader) -> FlagRule:
    """A variation for whoever takes part; the others go on to the next rule."""
    values = expect(item.get("variations") or None, list, f"{path}.variations", "a list of values")
    arms = [str(number) for number in range(len(values))]
    options: dict[str, Any] = {"seed": field(item, "seed", str, path) or field(item, "key", str, path) or key}
    if (ranges := field(item, "ranges", list, path)) is not None:
        weights: list[Any] = [_range(span, f"{path}.ranges[{number}]") for number, span in enumerate(ranges)]
        if len(weights) != len(arms):
            raise ConfigError([(f"{path}.ranges", f"expected a range for each of {len(arms)} variations")])
    else:
        options["coverage"] = field(item, "coverage", NUMBER, path, 1)
        weights = field(item, "weights", list, path, [])
        if len(weights) != len(arms):
            weights = [1 / len(arms)] * len(arms)
    if item.get("namespace"):
        options["namespace"] = _namespace(item["namespace"], f"{path}.namespace")
    draw = _scheme(item, path, reader).variants(list(zip(arms, weights, strict=True)), key, **options)
    return FlagRule(dict(zip(arms, map(as_answer, values), strict=True)), when, draw=draw)


def _range(span: Any, path: str) -> tuple[float, float]:
    low, high = expect(span if isinstance(span, list) and len(span) == 2 else None, list, path, "a pair of bounds")
    return expect(low, NUMBER, f"{path}[0]"), expect(high, NUMBER, f"{path}[1]")


def _namespace(found: Any, path: str) -> tuple[str, float, float]:
    if not isinstance(found, list) or len(found) != 3:
        raise ConfigError([(path, f"expected a name and two bounds, got {shown(found)}")])
    return expect(found[0], str, f"{path}[0]"), *_range(list(found[1:]), path)


def condition(item: Any, path: str) -> Condition:
    """A condition in the manner of MongoDB as targeting rules; negative operators match who lacks the attribute."""
    expect(item, dict, path, "a mapping of attributes")
    return all_of(_part(name, value, f"{path}.{name}") for name, value in item.items())


def _part(name: str, value: Any, path: str) -> Condition:
    if name in GROUPS:
        return _group(name, value, path)
    if name.startswith("$") or "." in name:
        raise Uncovered(path, "not followed")
    attribute = "user_id" if name == "id" else name
    if isinstance(value, dict) and any(str(operator).startswith("$") for operator in value):
        return all_of(_comparison(attribute, operator, wanted, path) for operator, wanted in value.items())
    return _comparison(attribute, "$eq", value, path)


def _group(name: str, value: Any, path: str) -> Condition:
    if name == "$not":
        return negated(condition(value, path))
    inner = each(value, path, condition)
    if name == "$and":
        return RuleGroup("all", tuple(inner))
    return RuleGroup("any", tuple(inner)) if name == "$or" else negated(RuleGroup("any", tuple(inner)))


def _comparison(attribute: str, operator: str, value: Any, path: str) -> Condition:
    where = f"{path}.{operator}"
    if operator in NEGATED:
        return negated(_comparison(attribute, NEGATED[operator], value, path))
    if operator == "$not" and isinstance(value, dict):
        return negated(all_of(_comparison(attribute, inner, wanted, path) for inner, wanted in value.items()))
    if operator == "$exists":
        return rule(attribute, "exists" if value else "not_exists", None, where)
    if operator == "$eq" and value is None:
        return rule(attribute, "not_exists", None, where)
    if operator not in OPERATORS:
        raise Uncovered(where, "not followed")
    return rule(attribute, OPERATORS[operator], value, where)
