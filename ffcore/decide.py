"""Flags and experiments compiled to ``decide(user_id, context)``: no parsing and no look-up by name when it runs.

A decision is one Python call: its source is written once for each shape of flag (rules, rollout, variants), and
flags of one shape share the code and differ in the constants that it closes over. Ids are taken as checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from .hashing import HASH_SPACE, accepted_buckets, cumulative_thresholds, first_word, md5, share_threshold
from .model import Decision, Experiment, Flag, Variant
from .targeting import Constants, all_match, expression

Decide = Callable[[str, Mapping[str, Any] | None], Decision]
EMPTY: Mapping[str, Any] = {}


def constant(decision: Decision) -> Decide:
    """A ``decide`` that gives everybody one decision.

    >>> constant(Decision(False, "flag_disabled"))("user-1", None).reason
    'flag_disabled'
    """
    return lambda user_id, context: decision


def compile_flag(flag: Flag) -> Decide:
    """The decisions of a flag: disabled, targeting, rollout, variant, in this order.

    >>> compile_flag(Flag("dark-mode", enabled=True, rollout_percentage=100))("user-1", None).enabled
    True
    """
    if not flag.enabled:
        return constant(Decision(False, "flag_disabled"))
    shape = _Shape()
    shape.target(flag.targeting_rules)
    accepted = accepted_buckets(flag.rollout_percentage, flag.buckets)
    shape.admit(f":{flag.key}", flag.buckets, accepted, Decision(False, "not_in_rollout"))
    shape.choose(f":{flag.key}_variant", flag.variants, "enabled")
    return shape.build()


def compile_experiment(experiment: Experiment) -> Decide:
    """The decisions of an experiment: status, targeting, traffic, variant, in this order.

    >>> arms = [{"key": "control", "allocation": "1/2"}, {"key": "treatment", "allocation": "1/2"}]
    >>> compile_experiment(Experiment("pricing", "active", arms))("user-1", None).reason
    'assigned'
    """
    if experiment.status != "active":
        return constant(Decision(False, "experiment_not_active"))
    salt = experiment.salt or experiment.key
    shape = _Shape()
    shape.target(experiment.targeting_rules)
    threshold = share_threshold(experiment.traffic_allocation)
    shape.admit(f":{salt}_traffic", HASH_SPACE, threshold, Decision(False, "not_in_traffic"))
    shape.choose(f":{salt}_variant", experiment.variants, "assigned")
    return shape.build()


class _Shape:
    """Collects the lines of one ``decide`` and the constants that they name."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.constants = Constants()
        self.done = False

    def target(self, rules: Any) -> None:
        """Refuse whom the rules do not match."""
        if rules:
            general = f"{self.constants.name(all_match(rules))}(user_id, EMPTY if context is None else context)"
            refused = self.constants.name(Decision(False, "targeting_rules_not_met"))
            self.lines += [
                "try:",
                f"    met = {expression(rules, self.constants)} if type(context) is dict else {general}",
            ]
            self.lines += ["except KeyError:", f"    met = {general}", "if not met:", f"    return {refused}"]

    def admit(self, suffix: str, buckets: int, accepted: int, refusal: Decision) -> None:
        """Refuse whose hash falls outside the first ``accepted`` of ``buckets``."""
        refused = self.constants.name(refusal)
        if accepted == 0:
            self.lines.append(f"return {refused}")
            self.done = True
        elif buckets == HASH_SPACE and accepted < buckets:
            self.lines += [*self._digest(suffix), f"if not ({self._below(accepted)}):", f"    return {refused}"]
        elif accepted < buckets:
            word = f"first_word(md5((user_id + {self.constants.name(suffix)}).encode()).digest())[0]"
            inside = f"{word} % {self.constants.name(buckets)} < {self.constants.name(accepted)}"
            self.lines += [f"if not {inside}:", f"    return {refused}"]

    def choose(self, suffix: str, variants: tuple[Variant, ...], reason: str) -> None:
        """Give the variant whose half-open range of the hash space holds the user's hash."""
        if self.done:
            return
        taken = [variant for variant in variants if variant.allocation > 0]
        decisions = [Decision(True, reason, arm.key, arm.payload) for arm in taken] or [Decision(True, reason)]
        names = [self.constants.name(decision) for decision in decisions]
        if len(names) > 1:
            self.lines += self._digest(suffix)
            bounds = cumulative_thresholds(arm.allocation for arm in taken)
            for bound, name in zip(bounds[:-1], names[:-1], strict=True):
                self.lines += [f"if {self._below(bound)}:", f"    return {name}"]
        self.lines.append(f"return {names[-1]}")

    def _digest(self, suffix: str) -> list[str]:
        return [f"d = md5((user_id + {self.constants.name(suffix)}).encode()).digest()", "b = d[3]"]

    def _below(self, bound: int) -> str:
        """Whether the digest's hash is below a bound: its top byte decides in all but one of 256 cases."""
        top, rest = divmod(bound, 1 << 24)
        high = self.constants.name(top)
        return (
            f"b < {high} or b == {high} and first_word(d)[0] < {self.constants.name(bound)}" if rest else f"b < {high}"
        )

    def build(self) -> Decide:
        return _factory(tuple(self.lines), len(self.constants.values))(*self.constants.values)


@lru_cache(maxsize=512)
def _factory(lines: tuple[str, ...], count: int) -> Callable[..., Decide]:
    """A function of a shape's constants that returns its ``decide``."""
    names = ", ".join(f"c{i}" for i in range(count))
    body = "\n".join(f"        {line}" for line in lines)
    source = f"def make({names}):\n    def decide(user_id, context):\n{body}\n    return decide"
    scope: dict[str, Any] = {"md5": md5, "first_word": first_word, "EMPTY": EMPTY}
    exec(compile(source, "<ffcore.decide>", "exec"), scope)  # noqa: S102 - the source holds no data, only constants' names
    make: Callable[..., Decide] = scope["make"]
    return make
