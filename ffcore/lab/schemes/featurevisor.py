"""Featurevisor: MurmurHash3 of id and feature with seed 1, in hundred thousandths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from ffcore.lab.primitives.hashes import murmur3
from ffcore.lab.schemes.assignments import Plan, Step
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import at_most, part_of
from ffcore.lab.schemes.scheme import Scheme
from ffcore.lab.schemes.vectors import Claim, Row

BUCKETS = 100_000


@dataclass(frozen=True)
class Featurevisor(Scheme):
    """Featurevisor's traffic; ids are the attributes' values, joined with "." where there are several."""

    name: ClassVar[str] = "featurevisor"
    reproduces: ClassVar[str] = "JavaScript SDK 2.0.0"

    def _bucket(self, key: str) -> Draw:
        return Hashed(murmur3(1), suffix=f".{key}", reduce=hundred_thousandths, span=(0, BUCKETS))

    def _rollout(self, percentage: Any, key: str) -> Plan:
        return Plan((Step(self._bucket(key), at_most(part_of(percentage, BUCKETS))),), (True,), outside=False)

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        if row.op == "bucket":
            yield from row.states(Featurevisor().bucket(row.key))


def hundred_thousandths(word: Any) -> Any:
    """The bucket: 0 to 99,999."""
    return word * BUCKETS >> 32
