"""Kameleoon: all of SHA-256 of visitor and rule or experiment, as a fraction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from ffcore.lab.primitives.hashes import digest
from ffcore.lab.schemes.assignments import Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import Weights, at_most, part_of, read_weights, running
from ffcore.lab.schemes.reductions import fraction
from ffcore.lab.schemes.scheme import Scheme
from ffcore.lab.schemes.vectors import Claim, Row


@dataclass(frozen=True)
class Kameleoon(Scheme):
    """Kameleoon's rules and experiments.

    The key is the rule's id, or the experiment's. ``variants`` takes fractions. All calls take ``respool``, the time
    from which visitors are pooled anew.
    """

    name: ClassVar[str] = "kameleoon"
    reproduces: ClassVar[str] = "Python SDK 3.22.2"

    def _bucket(self, key: str, *, respool: int | None = None) -> Draw:
        return Hashed(digest("sha256_256"), suffix=f"{key}{respool or ''}", reduce=fraction(256), span=(0, 1))

    def _rollout(self, percentage: Any, key: str, *, respool: int | None = None) -> Plan:
        draw = self._bucket(key, respool=respool)
        return on_off(draw, at_most(part_of(percentage, 1)))

    def _variants(self, weights: Weights, key: str, *, respool: int | None = None) -> Plan:
        names, numbers = read_weights(weights)
        return Plan((Step(self._bucket(key, respool=respool), running(numbers, "high")),), names)

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        scheme, params = Kameleoon(), row.params
        draw = scheme.bucket(row.key, respool=params["respool_time"])
        if row.op == "hash":
            yield from row.states(draw)
        elif row.op == "variation":
            pairs = row.numbered("expositions")
            yield from row.states(draw, scheme.variants(pairs, row.key, respool=params["respool_time"]))
