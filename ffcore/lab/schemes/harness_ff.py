"""Harness Feature Flags (legacy): MurmurHash3 of an attribute's name and value, from 1 to 100; no flag is hashed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from ffcore.lab.primitives.hashes import murmur3
from ffcore.lab.schemes.assignments import Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import Weights, at_most, part_of, read_weights, running
from ffcore.lab.schemes.reductions import modulo
from ffcore.lab.schemes.scheme import Scheme
from ffcore.lab.schemes.vectors import Claim, Row


@dataclass(frozen=True)
class HarnessFF(Scheme):
    """Harness' legacy flags: all flags share their buckets, so whatever the key, the same users come first.

    All calls take ``by``, the name of the attribute that is bucketed by. ``variants`` takes percentages; what they
    lack goes to the last variant.
    """

    name: ClassVar[str] = "harness_ff"
    reproduces: ClassVar[str] = "Python SDK 1.7.5"

    def _bucket(self, key: str, *, by: str = "identifier") -> Draw:  # noqa: ARG002 - the flag is not hashed
        return Hashed(murmur3(), f"{by}:", reduce=modulo(100, first=1), span=(1, 100))

    def _rollout(self, percentage: Any, key: str, *, by: str = "identifier") -> Plan:
        return on_off(self._bucket(key, by=by), at_most(part_of(percentage, 100)))

    def _variants(self, weights: Weights, key: str, *, by: str = "identifier") -> Plan:
        names, numbers = read_weights(weights)
        edges = running(numbers, "high", otherwise=len(names) - 1)
        return Plan((Step(self._bucket(key, by=by), edges),), names)

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        scheme = HarnessFF()
        draw = scheme.bucket(by=row.key)
        if row.op == "normalized":
            yield from row.states(draw)
        elif row.op == "distribution":
            yield from row.states(draw, scheme.variants(row.numbered("weights"), by=row.key))
