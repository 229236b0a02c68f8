"""Featurevisor: MurmurHash3 of id and feature with seed 1, in hundred thousandths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from ffcore.lab.primitives.hashes import murmur3
from ffcore.lab.schemes.assignments import Plan, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import at_most, part_of
from ffcore.lab.schemes.reductions import scaled
from ffcore.lab.schemes.scheme import Scheme
from ffcore.lab.schemes.vectors import Claim, Row

BUCKETS = 100_000


@dataclass(frozen=True)
class Featurevisor(Scheme):
    """Featurevisor's traffic; ids are the attributes' values, joined with "." where there are several."""

    name: ClassVar[str] = "featurevisor"
    reproduces: ClassVar[str] = "JavaScript SDK 2.0.0"

    def _bucket(self, key: str) -> Draw:
        return Hashed(murmur3(1), suffix=f".{key}", reduce=scaled(BUCKETS), span=(0, BUCKETS))

    def _rollout(self, percentage: Any, key: str) -> Plan:
        return on_off(self._bucket(key), at_most(part_of(percentage, BUCKETS)))

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        if row.op == "bucket":
            yield from row.states(Featurevisor().bucket(row.key))
