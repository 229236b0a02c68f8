"""LaunchDarkly's file data source: targets, rules, percentage rollouts and experiments of server-side flags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ffcore.lab.schemes.assignments import Answer
from ffcore.lab.schemes.files.flags import Condition, FlagRule, VendorFlag
from ffcore.lab.schemes.files.parts import (
    NUMBER,
    Reader,
    Uncovered,
    all_of,
    any_of,
    as_answer,
    each,
    expect,
    field,
    negated,
    rule,
)
from ffcore.lab.schemes.scheme import Scheme
from ffcore.model import Rule

OPERATORS = {
    "startsWith": "starts_with",
    "endsWith": "ends_with",
    "contains": "contains",
    "matches": "matches",
    "lessThan": "less_than",
    "lessThanOrEqual": "less_or_equal",
    "greaterThan": "greater_than",
    "greaterThanOrEqual": "greater_or_equal",
    "before": "before",
    "after": "after",
    "semVerEqual": "semver_equals",
    "semVerLessThan": "semver_less_than",
    "semVerGreaterThan": "semver_greater_than",
}


def read(data: Any, reader: Reader) -> dict[str, VendorFlag]:
    """The flags of a file: its ``flags`` and its ``flagValues``; ``segments`` only as far as no rule needs them."""
    expect(data, dict, "", "a mapping with flags or flagValues")
    items = [(key, item, f"flags.{key}") for key, item in field(data, "flags", dict, "", {}).items()]
    values = {key: VendorFlag(key, as_answer(value)) for key, value in field(data, "flagValues", dict, "", {}).items()}
    return reader.flags(items, lambda key, item, path: _flag(key, item, path, reader)) | values


@dataclass(frozen=True, slots=True)
class _Flag:
    """What every rule of a flag needs."""

    key: str
    salt: str
    answers: tuple[Answer, ...]
    scheme: Scheme

    def answer(self, variation: Any, path: str) -> Answer:
        """The value of a variation; without one the caller's default stands in."""
        if variation is None:
            return None
        if not isinstance(variation, int) or not 0 <= variation < len(self.answers):
            raise Uncovered(path, f"the flag has no variation {variation!r}")
        return self.answers[variation]

    def rule(self, item: Mapping[str, Any], path: str) -> FlagRule:
        """Whoever meets all clauses."""
        return self.given(item, tuple(each(item.get("clauses"), f"{path}.clauses", clause)), path)

    def target(self, item: Mapping[str, Any], path: str) -> FlagRule:
        """Users named one by one."""
        listed = (rule("user_id", "in", field(item, "values", list, path, []), f"{path}.values"),)
        return FlagRule({"": self.answer(item.get("variation"), f"{path}.variation")}, listed)

    def given(self, item: Mapping[str, Any], when: tuple[Condition, ...], path: str) -> FlagRule:
        """One variation for all, or a draw of several."""
        if "rollout" not in item:
            return FlagRule({"": self.answer(item.get("variation"), f"{path}.variation")}, when)
        rollout, where = field(item, "rollout", dict, path, {}), f"{path}.rollout"
        _check_bucketing(rollout, where)
        shares = each(rollout.get("variations"), f"{where}.variations", self._share)
        arms = {str(number): answer for number, (answer, _) in enumerate(shares)}
        weights = [(str(number), weight) for number, (_, weight) in enumerate(shares)]
        seed = field(rollout, "seed", int, where)
        return FlagRule(arms, when, draw=self.scheme.variants(weights, self.key, salt=self.salt, seed=seed))

    def _share(self, item: Mapping[str, Any], path: str) -> tuple[Answer, float]:
        return self.answer(item.get("variation"), f"{path}.variation"), field(item, "weight", NUMBER, path, 0)


def _flag(key: str, item: Mapping[str, Any], path: str, reader: Reader) -> VendorFlag:
    values = field(item, "variations", list, path, [])
    flag = _Flag(key, field(item, "salt", str, path, ""), tuple(map(as_answer, values)), reader.scheme)
    if not item.get("on", False):
        return VendorFlag(key, flag.answer(item.get("offVariation"), f"{path}.offVariation"))
    return VendorFlag(key, None, tuple(_rules(flag, item, path)))


def _rules(flag: _Flag, item: Mapping[str, Any], path: str) -> list[FlagRule]:
    """Targets, then rules, then the fallthrough, which gives everybody an answer."""
    if item.get("prerequisites"):
        raise Uncovered(f"{path}.prerequisites", "other flags decide first")
    kinds = each(item.get("contextTargets"), f"{path}.contextTargets", lambda one, _: one.get("contextKind", "user"))
    if any(kind != "user" for kind in kinds):
        raise Uncovered(f"{path}.contextTargets", "contexts of a kind other than user")
    targets = each(item.get("targets"), f"{path}.targets", flag.target)
    rules = each(item.get("rules"), f"{path}.rules", flag.rule)
    last = field(item, "fallthrough", dict, path, {})
    return [*targets, *rules, flag.given(last, (), f"{path}.fallthrough")]


def _check_bucketing(rollout: Mapping[str, Any], path: str) -> None:
    """Leave out draws that hang on more than the user's key; experiments ignore ``bucketBy``."""
    if rollout.get("contextKind", "user") != "user":
        raise Uncovered(f"{path}.contextKind", f"buckets contexts of the kind {rollout['contextKind']!r}")
    if rollout.get("kind") != "experiment" and (by := rollout.get("bucketBy") or "key") != "key":
        raise Uncovered(f"{path}.bucketBy", f"buckets by {by!r}; ids alone do not say it")


def clause(item: Mapping[str, Any], path: str) -> Condition:
    """A clause as a targeting rule: one value of several matches; a missing attribute never does, negated or not."""
    if item.get("contextKind", "user") != "user" or item.get("attribute") == "kind":
        raise Uncovered(f"{path}.contextKind", "contexts of a kind other than user")
    name, operator = field(item, "attribute", str, path, ""), field(item, "op", str, path)
    values = field(item, "values", list, path, [])
    if operator == "segmentMatch":
        raise Uncovered(f"{path}.op", "segments are not followed")
    if name.startswith("/"):
        raise Uncovered(f"{path}.attribute", "attributes inside attributes are not followed")
    attribute = "user_id" if name == "key" else name
    if operator == "in":
        found: Condition = rule(attribute, "in", values, f"{path}.values")
    elif operator in OPERATORS:
        found = any_of(rule(attribute, OPERATORS[operator], value, f"{path}.values") for value in values)
    else:
        raise Uncovered(f"{path}.op", f"the operator {operator!r} is not followed")
    return all_of([Rule(attribute, "exists"), negated(found)]) if item.get("negate") else found
