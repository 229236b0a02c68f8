"""Why a user got what they got: each rule, hash, bucket and threshold, as data and as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .decide import compile_experiment, compile_flag
from .errors import shown
from .hashing import HASH_SPACE, accepted_buckets, cumulative_thresholds, hash32, share_threshold
from .model import Decision, Experiment, Flag, Rule, RuleGroup, Variant, to_item
from .targeting import predicate


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a decision: its name, whether the user passed it, the sentence, and the figures in it."""

    name: str
    passed: bool
    sentence: str
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trace:
    """The steps that led to a decision; prints as sentences.

    >>> print(trace(Flag("dark-mode", enabled=True, rollout_percentage=50), "user-1", {}))
    Flag dark-mode is enabled.
    It has no targeting rules: everybody is eligible.
    Rollout 50 %: hash32("user-1:dark-mode") = 598,730,265, bucket 265 of 10,000; buckets below 5,000 are in: in.
    Decision for user-1: on (enabled).
    """

    user_id: str
    key: str
    decision: Decision
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return "\n".join([*(step.sentence for step in self.steps), f"Decision for {self.user_id}: {self._outcome()}."])

    def _outcome(self) -> str:
        decision = self.decision
        variant = "" if decision.variant is None else f", variant {decision.variant}"
        return f"{'on' if decision.enabled else 'off'}{variant} ({decision.reason})"

    def to_dict(self) -> dict[str, Any]:
        """The trace as JSON-ready data."""
        decision = {name: getattr(self.decision, name) for name in ("enabled", "reason", "variant", "payload")}
        steps = [{"name": s.name, "passed": s.passed, "sentence": s.sentence, **s.figures} for s in self.steps]
        return {"user_id": self.user_id, "key": self.key, **decision, "steps": steps}


def trace(item: Flag | Experiment, user_id: str, context: Mapping[str, Any]) -> Trace:
    """Follow one user through a flag or an experiment, up to the step that decides."""
    if isinstance(item, Flag):
        steps, decision = _flag_steps(item, user_id, context), compile_flag(item)(user_id, context)
    else:
        steps, decision = _experiment_steps(item, user_id, context), compile_experiment(item)(user_id, context)
    taken: list[Step] = []
    for step in steps:
        taken.append(step)
        if not step.passed:
            break
    return Trace(user_id, item.key, decision, tuple(taken))


def _flag_steps(flag: Flag, user_id: str, context: Mapping[str, Any]) -> Iterator[Step]:
    yield Step("enabled", flag.enabled, f"Flag {flag.key} is {'enabled' if flag.enabled else 'disabled'}.")
    yield _targeting(flag.targeting_rules, user_id, context)
    yield _rollout(flag, user_id)
    if flag.variants:
        yield _variant(flag.key, flag.variants, user_id)


def _experiment_steps(experiment: Experiment, user_id: str, context: Mapping[str, Any]) -> Iterator[Step]:
    active = experiment.status == "active"
    yield Step("status", active, f"Experiment {experiment.key} is {experiment.status}.")
    yield _targeting(experiment.targeting_rules, user_id, context)
    salt = experiment.salt or experiment.key
    yield _traffic(experiment.traffic_allocation, salt, user_id)
    yield _variant(salt, experiment.variants, user_id)


def _targeting(rules: Iterable[Rule | RuleGroup], user_id: str, context: Mapping[str, Any]) -> Step:
    lines = list(_rule_lines(rules, user_id, context, "  "))
    passed = all(predicate(rule)(user_id, context) for rule in rules)
    if not lines:
        return Step("targeting", True, "It has no targeting rules: everybody is eligible.")
    verdict = "the user is eligible" if passed else "the user is not eligible"
    return Step("targeting", passed, "\n".join([f"Targeting, all of these must match: {verdict}.", *lines]))


def _rule_lines(
    rules: Iterable[Rule | RuleGroup], user_id: str, context: Mapping[str, Any], indent: str
) -> Iterator[str]:
    for rule in rules:
        outcome = "match" if predicate(rule)(user_id, context) else "no match"
        if isinstance(rule, RuleGroup):
            yield f"{indent}{rule.kind} of: {outcome}"
            yield from _rule_lines(rule.rules, user_id, context, indent + "  ")
            continue
        actual = user_id if rule.attribute == "user_id" else context.get(rule.attribute)
        has = "the user has none" if actual is None else f"the user has {shown(actual)}"
        value = "" if rule.operator in ("exists", "not_exists") else f" {shown(rule.value)}"
        yield f"{indent}{rule.attribute} {rule.operator}{value}: {has}: {outcome}"


def _rollout(flag: Flag, user_id: str) -> Step:
    word, accepted = hash32(user_id, flag.key), accepted_buckets(flag.rollout_percentage, flag.buckets)
    bucket = word % flag.buckets
    inside = bucket < accepted
    sentence = (
        f'Rollout {to_item(flag.rollout_percentage)} %: hash32("{user_id}:{flag.key}") = {word:,}, bucket {bucket:,} '
        f"of {flag.buckets:,}; buckets below {accepted:,} are in: {'in' if inside else 'out'}."
    )
    return Step("rollout", inside, sentence, {"hash": word, "bucket": bucket, "threshold": accepted})


def _traffic(share: Fraction, salt: str, user_id: str) -> Step:
    word, threshold = hash32(user_id, f"{salt}_traffic"), share_threshold(share)
    inside = word < threshold
    sentence = (
        f'Traffic {to_item(share)}: hash32("{user_id}:{salt}_traffic") = {word:,}; hashes below {threshold:,} are '
        f"in: {'in' if inside else 'out'}."
    )
    return Step("traffic", inside, sentence, {"hash": word, "threshold": threshold})


def _variant(salt: str, variants: tuple[Variant, ...], user_id: str) -> Step:
    word = hash32(user_id, f"{salt}_variant")
    uppers = cumulative_thresholds(variant.allocation for variant in variants)
    index = next(i for i, upper in enumerate(uppers) if word < upper)
    lower = uppers[index - 1] if index else 0
    sentence = (
        f'Variant: hash32("{user_id}:{salt}_variant") = {word:,}, from {lower:,} to below {uppers[index]:,} of '
        f"{HASH_SPACE:,}: {variants[index].key}."
    )
    return Step("variant", True, sentence, {"hash": word, "from": lower, "below": uppers[index]})
