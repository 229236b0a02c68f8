"""Flipt: CRC-32 of flag and id modulo 1,000 for variants, of id and flag modulo 100 for boolean flags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ffcore.lab.primitives.hashes import crc32
from ffcore.lab.schemes.assignments import Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import Weights, below, part_of, read_weights, upto
from ffcore.lab.schemes.reductions import modulo
from ffcore.lab.schemes.scheme import Scheme
from ffcore.lab.schemes.vectors import Claim, Row

BUCKETS = 1_000


@dataclass(frozen=True)
class Flipt(Scheme):
    """Flipt's boolean and variant flags; ``variants`` takes percentages, which are made to sum to 100."""

    name: ClassVar[str] = "flipt"
    reproduces: ClassVar[str] = "client 1.4.5"
    skips_empty: ClassVar[bool] = True

    def _bucket(self, key: str) -> Draw:
        return Hashed(crc32, suffix=key, reduce=modulo(100), span=(0, 100))

    def thousandth(self, key: str) -> Draw:
        """The bucket of variants: 0 to 999."""
        return Hashed(crc32, prefix=key, reduce=modulo(BUCKETS), span=(0, BUCKETS))

    def _rollout(self, percentage: Any, key: str) -> Plan:
        return on_off(self._bucket(key), below(part_of(percentage, 100)))

    def _variants(self, weights: Weights, key: str) -> Plan:
        names, numbers = read_weights(weights)
        kept = [(name, number) for name, number in zip(names, numbers, strict=True) if number > 0]
        edges = upto(thresholds([number for _, number in kept]))
        return Plan((Step(self.thousandth(key), edges),), tuple(name for name, _ in kept))

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        scheme, params = Flipt(), row.params
        if row.op == "boolean_threshold":
            yield from row.states(scheme.bucket(row.key), scheme.rollout(params["percentage"], row.key))
        elif row.op == "variant":
            yield from row.states(scheme.thousandth(row.key), scheme.variants(row.numbered("rollouts"), row.key))


def thresholds(weights: list[float]) -> list[int]:
    """The upper bounds of weights, summed up in 32-bit floats; the last is 1,000.

    >>> thresholds([50, 50]), thresholds([1, 1, 1])
    ([500, 1000], [333, 666, 1000])
    """
    short = [np.float32(weight) for weight in weights]
    total = np.float32(0)
    for weight in short:
        total += weight
    reached, bounds = np.float32(0), []
    for weight in short:
        reached += weight if total == 100 else weight * np.float32(100) / total
        bounds.append(int(reached * np.float32(10)))
    return [*bounds[:-1], BUCKETS] if bounds else []
