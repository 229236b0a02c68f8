"""FeatBit: MD5 of flag and id, four bytes as a signed little-endian number, its size as a fraction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import Any, ClassVar

from ffcore.lab.primitives.hashes import digest
from ffcore.lab.schemes.assignments import Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import Edges, Weights, part_of, read_weights
from ffcore.lab.schemes.reductions import signed
from ffcore.lab.schemes.scheme import Scheme
from ffcore.lab.schemes.vectors import Claim, Row, bucket_claim, hash_claim

NEARLY = 1 - 1e-5


@dataclass(frozen=True)
class FeatBit(Scheme):
    """FeatBit's rollouts; ``variants`` takes ranges of fractions (``[low, high]``, both edges belong to them)."""

    name: ClassVar[str] = "featbit"
    reproduces: ClassVar[str] = "Node SDK 1.3.0"

    def _bucket(self, key: str) -> Draw:
        return Hashed(digest("md5_little"), key, reduce=size, span=(0, 1))

    def _rollout(self, percentage: Any, key: str) -> Plan:
        return on_off(self._bucket(key), ranges([(0, part_of(percentage, 1))]))

    def _variants(self, weights: Weights, key: str) -> Plan:
        names, pairs = read_weights(weights, pairs=True)
        return Plan((Step(self._bucket(key), ranges(pairs)),), names)

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        if row.op == "rollout":
            scheme = FeatBit()
            draw = scheme.bucket(row.key)
            yield bucket_claim(draw, float(row.bucket))
            yield hash_claim(draw, int(row.hash), signed)
            yield from row.states(assign=scheme.variants({"true": row.params["range"]}, row.key), nobody="false")


def size(number: Any) -> Any:
    """The size of a signed word as a fraction: 0 to 1."""
    return abs(signed(number) / float(-1 << 31))


def ranges(pairs: Any) -> Edges:
    """Closed ranges; one from 0 to about 1 holds everybody, one from 0 to 0 nobody."""
    found = tuple((-inf, inf) if low == 0 and high > NEARLY else (low, high) for low, high in pairs)
    return Edges(tuple((inf, -inf) if pair == (0, 0) else pair for pair in found), "both")
