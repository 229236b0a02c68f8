"""PostHog: the top 60 bits of SHA-1 of flag and id, as a fraction; a word behind the id for variants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from ffcore.lab.primitives.hashes import digest
from ffcore.lab.schemes.assignments import Assignment, Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import EVERYBODY, Weights, at_most, part_of, read_weights, running
from ffcore.lab.schemes.reductions import fraction
from ffcore.lab.schemes.scheme import Scheme
from ffcore.lab.schemes.vectors import Claim, Row

VARIANT = "variant"


@dataclass(frozen=True)
class PostHog(Scheme):
    """PostHog's flags, multivariate flags and holdouts.

    ``bucket`` takes ``salt`` ("" for rollouts, "variant" for variants). ``variants`` takes percentages and ``rollout``
    (the flag's own percentage, 100 unless given); who is in the rollout but in no variant's range gets True.
    """

    name: ClassVar[str] = "posthog"
    reproduces: ClassVar[str] = "Python SDK 7.91.1"

    def _bucket(self, key: str, *, salt: str = "") -> Draw:
        return Hashed(digest("sha1_60"), f"{key}.", salt, fraction(60), (0, 1))

    def _rollout(self, percentage: Any, key: str) -> Plan:
        return on_off(self._bucket(key), at_most(part_of(percentage, 100) / 100))

    def _variants(self, weights: Weights, key: str, *, rollout: Any = 100) -> Plan:
        names, numbers = read_weights(weights)
        share = part_of(rollout, 100)
        gates = () if share == 100 else self._rollout(rollout, key).steps
        chosen = Step(self._bucket(key, salt=VARIANT), running(number / 100 for number in numbers))
        full = sum(numbers) >= 100
        return Plan((*gates, chosen), names, gap=None if full else True)

    def holdout(self, percentage: Any, name: str = "holdout") -> Assignment:
        """Who is held out, one population for all flags: ``name``, or None for all others."""
        share = part_of(percentage, 100)
        draw = Hashed(digest("sha1_60"), "holdout-", "", fraction(60), (0, 1))
        edges = EVERYBODY if share == 100 else at_most(share / 100)
        return Assignment(name, lambda _: Plan((Step(draw, edges),), (name,)))

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        scheme, params = PostHog(), row.params
        draw = scheme.bucket(row.key, salt=row.salt)
        if row.op == "hash":
            yield from row.states(draw)
        elif row.op == "rollout":
            yield from row.states(draw, scheme.rollout(params["rollout_percentage"], row.key))
        elif row.op == "variant":
            plan = scheme._variants(row.numbered("weights"), row.key)._replace(gap=None)
            yield from row.states(draw, Assignment(row.key, lambda _: plan))
        elif row.op == "holdout":
            assign = scheme.holdout(params["exclusion_percentage"], f"holdout-{params['id']}")
            yield from row.states(assign.plan("").steps[0].draw, assign)
