"""LaunchDarkly's file data source: targets, rules, percentage rollouts and experiments of server-side flags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ffcore.lab.schemes.assignments import Answer
from ffcore.lab.schemes.files.flags import Give, VendorFlag
from ffcore.lab.schemes.files.parts import (
    Condition,
    Reader,
    Uncovered,
    all_of,
    any_of,
    each,
    expect,
    negated,
    rule,
    section,
    spelt,
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
    flags = {key: _flag(key, item, f"flags.{key}", reader) for key, item in section(data, "flags").items()}
    values = {key: VendorFlag(key, spelt(value)) for key, value in section(data, "flagValues").items()}
    return flags | values


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

    def rule(self, item: Any, path: str) -> Give:
        """Whoever meets all clauses."""
        return self.given(item, tuple(each(item.get("clauses", []), f"{path}.clauses", clause)), path)

    def target(self, item: Any, path: str) -> Give:
        """Users named one by one."""
        listed = (rule("user_id", "in", item.get("values", []), f"{path}.values"),)
        return Give({"": self.answer(item.get("variation"), f"{path}.variation")}, listed)

    def given(self, item: Mapping[str, Any], when: tuple[Condition, ...], path: str) -> Give:
        """One variation for all, or a draw of several."""
        if "rollout" not in item:
            return Give({"": self.answer(item.get("variation"), f"{path}.variation")}, when)
        rollout, where = section(item, "rollout", f"{path}."), f"{path}.rollout"
        _check_bucketing(rollout, where)
        shares = expect(rollout.get("variations"), list, f"{where}.variations", "a list of variations")
        weights = [(str(number), share.get("weight", 0)) for number, share in enumerate(shares)]
        arms = {
            str(number): self.answer(share.get("variation"), f"{where}.variations[{number}].variation")
            for number, share in enumerate(shares)
        }
        return Give(arms, when, draw=self.scheme.variants(weights, self.key, salt=self.salt, seed=rollout.get("seed")))


def _flag(key: str, item: Any, path: str, reader: Reader) -> VendorFlag:
    expect(item, dict, path, "a mapping")
    values = expect(item.get("variations", []), list, f"{path}.variations", "a list")
    flag = _Flag(key, item.get("salt", ""), tuple(map(spelt, values)), reader.scheme)
    try:
        if not item.get("on", False):
            return VendorFlag(key, flag.answer(item.get("offVariation"), f"{path}.offVariation"))
        return VendorFlag(key, None, tuple(_rules(flag, item, path)))
    except Uncovered as left_out:
        return VendorFlag(key, uncovered=(reader.note(left_out),))


def _rules(flag: _Flag, item: Mapping[str, Any], path: str) -> list[Give]:
    """Targets, then rules, then the fallthrough, which gives everybody an answer."""
    if item.get("prerequisites"):
        raise Uncovered(f"{path}.prerequisites", "other flags decide first")
    if any(target.get("contextKind", "user") != "user" for target in item.get("contextTargets", [])):
        raise Uncovered(f"{path}.contextTargets", "contexts of a kind other than user")
    targets = each(item.get("targets", []), f"{path}.targets", flag.target)
    rules = each(item.get("rules", []), f"{path}.rules", flag.rule)
    last = section(item, "fallthrough", f"{path}.")
    return [*targets, *rules, flag.given(last, (), f"{path}.fallthrough")]


def _check_bucketing(rollout: Mapping[str, Any], path: str) -> None:
    """Leave out draws that hang on more than the user's key; experiments ignore ``bucketBy``."""
    if rollout.get("contextKind", "user") != "user":
        raise Uncovered(f"{path}.contextKind", f"buckets contexts of the kind {rollout['contextKind']!r}")
    if rollout.get("kind") != "experiment" and (by := rollout.get("bucketBy") or "key") != "key":
        raise Uncovered(f"{path}.bucketBy", f"buckets by {by!r}; ids alone do not say it")


def clause(item: Any, path: str) -> Condition:
    """A clause as a targeting rule: one value of several matches; a missing attribute never does, negated or not."""
    if item.get("contextKind", "user") != "user" or item.get("attribute") == "kind":
        raise Uncovered(f"{path}.contextKind", "contexts of a kind other than user")
    name, operator, values = str(item.get("attribute", "")), item.get("op"), item.get("values", [])
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
