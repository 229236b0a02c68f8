"""Amplitude: MurmurHash3 of salt and id; its rest by 100 allocates, its hundreds distribute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar

from ffcore.lab.primitives.hashes import murmur3
from ffcore.lab.schemes.assignments import Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import Weights, below, part_of, read_weights, upto, within
from ffcore.lab.schemes.reductions import modulo
from ffcore.lab.schemes.scheme import Scheme
from ffcore.lab.schemes.vectors import Claim, Row, bucket_claim

#: One more than the largest quotient.
WIDTH = 42_949_673


@dataclass(frozen=True)
class Amplitude(Scheme):
    """Amplitude Experiment's segments.

    The key is the salt. ``variants`` takes ranges (``[low, high]``) of 0 to 42,949,673, or weights that share them;
    ``allocation``, a range of 0 to 100; and ``default``, the segment's default variant.
    """

    name: ClassVar[str] = "amplitude"
    reproduces: ClassVar[str] = "Python SDK 1.13.0"
    skips_empty: ClassVar[bool] = True

    def _bucket(self, key: str) -> Draw:
        return Hashed(murmur3(), f"{key}/", reduce=modulo(100), span=(0, 100))

    def distributed(self, key: str) -> Draw:
        """What chooses the variant: 0 to 42,949,672."""
        return Hashed(murmur3(), f"{key}/", reduce=hundreds, span=(0, WIDTH))

    def _rollout(self, percentage: Any, key: str) -> Plan:
        return on_off(self._bucket(key), below(part_of(percentage, 100)))

    def _variants(
        self, weights: Weights, key: str, *, allocation: tuple[int, int] = (0, 100), default: str | None = None
    ) -> Plan:
        names, numbers = read_weights(weights, either=True)
        if isinstance(numbers[0], int | float):
            total = sum(numbers) or 1
            edges = upto(int(bound * WIDTH // total) for bound in accumulate(numbers))
        else:
            edges = within(numbers)
        steps = (Step(self._bucket(key), within([allocation])), Step(self.distributed(key), edges))
        return Plan(steps, names, outside=default)

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        scheme, params = Amplitude(), row.params
        draw = scheme.bucket(row.salt)
        if row.op == "hash":
            yield from row.states(draw)
            yield bucket_claim(draw, params["allocation_value"])
            yield bucket_claim(scheme.distributed(row.salt), params["distribution_value"])
        elif row.op == "bucket":
            options = {"allocation": params["allocation_range"], "default": "off"}
            yield from row.states(draw, scheme.variants(params["distributions"], row.salt, **options))


def hundreds(word: Any) -> Any:
    """How many hundreds."""
    return word // 100
