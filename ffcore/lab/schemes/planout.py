"""PlanOut: the top 60 bits of SHA-1 of salts and unit, as a whole number or a fraction; ASCII alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from ffcore.lab.primitives.hashes import digest
from ffcore.lab.primitives.texts import encoding
from ffcore.lab.schemes.assignments import Assignment, Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import Weights, at_most, part_of, read_weights, running, upto
from ffcore.lab.schemes.reductions import fraction, modulo
from ffcore.lab.schemes.scheme import Scheme
from ffcore.lab.schemes.vectors import Claim, Row


@dataclass(frozen=True)
class PlanOut(Scheme):
    """PlanOut's random operators.

    The key is the variable's name (or its salt); all calls take ``salt``, the experiment's, and ``full_salt``, which
    takes the place of both. ``rollout`` is a Bernoulli trial, ``variants`` a weighted choice.
    """

    name: ClassVar[str] = "planout"
    reproduces: ClassVar[str] = "Python package 0.6.0"

    def _drawn(self, key: str, salt: str, full_salt: str | None, reduce: Any, span: tuple[float, float]) -> Hashed:
        prefix = f"{salt}.{key}." if full_salt is None else f"{full_salt}."
        return Hashed(digest("sha1_60"), prefix, reduce=reduce, span=span, encoding=encoding("ascii"))

    def _bucket(self, key: str, *, salt: str = "", full_salt: str | None = None) -> Draw:
        return self._drawn(key, salt, full_salt, fraction(60), (0, 1))

    def _rollout(self, percentage: Any, key: str, *, salt: str = "", full_salt: str | None = None) -> Plan:
        draw = self._bucket(key, salt=salt, full_salt=full_salt)
        return on_off(draw, at_most(part_of(percentage, 1)))

    def _variants(self, weights: Weights, key: str, *, salt: str = "", full_salt: str | None = None) -> Plan:
        names, numbers = read_weights(weights)
        total = sum(numbers)
        draw = self._drawn(key, salt, full_salt, partial(times, total), (0, total))
        return Plan((Step(draw, running(numbers, "high")),), names)

    def uniform(self, choices: Sequence[str], key: str, salt: str = "") -> Assignment:
        """A uniform choice, by the rest of the whole number."""
        draw = self._drawn(key, salt, None, modulo(len(choices)), (0, len(choices)))
        return Assignment(key, lambda _: Plan((Step(draw, upto(range(1, len(choices) + 1))),), tuple(choices)))

    def integer(self, low: int, high: int, key: str, salt: str = "") -> Draw:
        """A random integer, both ends included."""
        return self._drawn(key, salt, None, modulo(high - low + 1, low), (low, high - low + 1))

    def float(self, low: float, high: float, key: str, salt: str = "") -> Draw:
        """A random float."""
        return self._drawn(key, salt, None, partial(between, low, high), (low, high - low))

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        scheme, params, names = PlanOut(), row.params, (row.key, row.salt)
        if row.op == "bernoulli_trial":
            drawn = Step(scheme.bucket(row.key, salt=row.salt), at_most(params["p"]))
            yield from row.states(drawn.draw, Assignment(row.key, lambda _: Plan((drawn,), ("1",), outside="0")))
        elif row.op == "random_float":
            yield from row.states(scheme.float(params["min"], params["max"], *names))
        elif row.op == "random_integer":
            yield from row.states(scheme.integer(params["min"], params["max"], *names))
        elif row.op in ("uniform_choice", "weighted_choice"):
            assign = scheme.uniform(params["choices"], *names)
            if row.op == "weighted_choice":
                weights = list(zip(params["choices"], params["weights"], strict=True))
                assign = scheme.variants(weights, row.key, salt=row.salt)
            yield from row.states(assign.plan(row.key).steps[0].draw, assign)


def times(total: float, word: Any) -> Any:
    """A fraction of the weights' sum."""
    return fraction(60)(word) * total


def between(low: float, high: float, word: Any) -> Any:
    """A number of a range."""
    return low + (high - low) * fraction(60)(word)
