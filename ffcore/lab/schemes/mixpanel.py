"""Mixpanel: FNV-1a of 64 bits of id, flag and salt, in hundredths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from ffcore.lab.primitives.hashes import fnv1a_64
from ffcore.lab.schemes.assignments import Assignment, FirstOf, Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import Weights, below, part_of, read_weights, running
from ffcore.lab.schemes.reductions import remainder_fraction
from ffcore.lab.schemes.scheme import Scheme
from ffcore.lab.schemes.vectors import Claim, Row


@dataclass(frozen=True)
class Mixpanel(Scheme):
    """Mixpanel's flags.

    All calls take ``salt`` (None where the flag has none); rollouts also ``rule``, the rule's place. ``variants`` takes
    fractions; what they lack goes to the last variant.
    """

    name: ClassVar[str] = "mixpanel"
    reproduces: ClassVar[str] = "Python SDK 5.4.1"

    def _bucket(self, key: str, *, salt: str | None = None, rule: int = 0) -> Draw:
        return hundredth(f"{key}rollout" if salt is None else f"{key}{salt}{rule}")

    def _rollout(self, percentage: Any, key: str, *, salt: str | None = None, rule: int = 0) -> Plan:
        edges = below(part_of(percentage, 1))
        return on_off(self._bucket(key, salt=salt, rule=rule), edges)

    def _variants(self, weights: Weights, key: str, *, salt: str | None = None) -> Plan:
        names, numbers = read_weights(weights)
        edges = running(numbers, otherwise=len(names) - 1)
        return Plan((Step(hundredth(f"{key}{salt or ''}variant"), edges),), names)

    def rules(self, percentages: Sequence[Any], key: str, salt: str | None = None) -> FirstOf:
        """The place of the first rule whose rollout lets the id in, as text; None where none does."""
        plans = [self._rollout(share, key, salt=salt, rule=rule) for rule, share in enumerate(percentages)]
        return FirstOf(key, tuple(_named(key, plan, str(rule)) for rule, plan in enumerate(plans)))

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        scheme, params = Mixpanel(), row.params
        salt = row.salt if params.get("has_salt") else None
        if row.op == "normalized_hash":
            yield from row.states(hundredth(row.salt))
        elif row.op == "rollout":
            percentages = [Fraction(str(share)) * 100 for share in params["percentages"]]
            yield from row.states(scheme.bucket(row.key, salt=salt), scheme.rules(percentages, row.key, salt))
        elif row.op == "variant":
            assign = scheme.variants(row.numbered("splits"), row.key, salt=salt)
            yield from row.states(assign.plan(row.key).steps[0].draw, assign)


def hundredth(salt: str) -> Hashed:
    """The number of an id with what follows it: 0 to 0.99."""
    return Hashed(fnv1a_64, suffix=salt, reduce=remainder_fraction(100), span=(0, 1))


def _named(key: str, plan: Plan, name: str) -> Assignment:
    return Assignment(key, lambda _: Plan(plan.steps, (name,)))
