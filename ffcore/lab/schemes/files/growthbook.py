"""GrowthBook's features as JSON: forced values, percentage rollouts, experiments and their conditions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from ffcore.lab.schemes.files.flags import Give, VendorFlag
from ffcore.lab.schemes.files.parts import (
    Condition,
    Reader,
    Uncovered,
    all_of,
    each,
    expect,
    negated,
    refuse_unknown,
    rule,
    section,
    spelt,
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
    features = section(data, "features") if wrapped else data
    return {key: _feature(key, item, f"{'features.' * wrapped}{key}", reader) for key, item in features.items()}


def _feature(key: str, item: Any, path: str, reader: Reader) -> VendorFlag:
    expect(item, dict, path, "a mapping")
    try:
        rules = each(item.get("rules", []), f"{path}.rules", lambda one, where: _rule(key, one, where, reader))
    except Uncovered as left_out:
        return VendorFlag(key, uncovered=(reader.note(left_out),))
    return VendorFlag(key, spelt(item.get("defaultValue")), tuple(rules))


def _rule(key: str, item: Any, path: str, reader: Reader) -> Give:
    expect(item, dict, path, "a mapping")
    forced = "force" in item
    refuse_unknown(item, path, FORCE if forced else EXPERIMENT)
    if (by := item.get("hashAttribute") or "id") != "id":
        raise Uncovered(f"{path}.hashAttribute", f"buckets by {by!r}; ids alone do not say it")
    when = (condition(item["condition"], f"{path}.condition"),) if item.get("condition") else ()
    return _force(key, item, when, reader) if forced else _experiment(key, item, when, path, reader)


def _scheme(item: Mapping[str, Any], reader: Reader) -> Any:
    return reader.with_version(item["hashVersion"]) if item.get("hashVersion") else reader.with_version(1)


def _force(key: str, item: Mapping[str, Any], when: tuple[Condition, ...], reader: Reader) -> Give:
    """A value for whoever is covered."""
    answers, seed = {"": spelt(item["force"])}, item.get("seed") or key
    if "range" in item:
        gate = _scheme(item, reader).variants({"in": item["range"]}, key, seed=seed)
        return Give({"in": answers[""]}, when, draw=gate)
    if "coverage" not in item:
        return Give(answers, when)
    share = Fraction(str(item["coverage"])) * 100
    return Give(answers, when, gate=_scheme(item, reader).rollout(share, key, seed=seed))


def _experiment(key: str, item: Mapping[str, Any], when: tuple[Condition, ...], path: str, reader: Reader) -> Give:
    """A variation for whoever takes part; the others go on to the next rule."""
    values = expect(item.get("variations"), list, f"{path}.variations", "a list of values")
    arms = [str(number) for number in range(len(values))]
    weights = item.get("weights")
    if weights is None or len(weights) != len(arms):
        weights = [1 / len(arms)] * len(arms)
    options: dict[str, Any] = {"seed": item.get("seed") or item.get("key") or key}
    if "ranges" in item:
        weights = item["ranges"]
    else:
        options["coverage"] = item.get("coverage", 1)
    if item.get("namespace"):
        options["namespace"] = tuple(item["namespace"])
    draw = _scheme(item, reader).variants(list(zip(arms, weights, strict=True)), key, **options)
    return Give(dict(zip(arms, map(spelt, values), strict=True)), when, draw=draw)


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
