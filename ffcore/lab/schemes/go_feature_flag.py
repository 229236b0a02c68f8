"""GO Feature Flag: FNV-1a of flag and key modulo the sum of the percentages, variations from the last name on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar

from ffcore.errors import ConfigError, shown
from ffcore.lab.primitives.hashes import fnv1a_32
from ffcore.lab.schemes.assignments import Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import Weights, below, part_of, read_weights, upto
from ffcore.lab.schemes.reductions import modulo
from ffcore.lab.schemes.scheme import Scheme
from ffcore.lab.schemes.vectors import Claim, Row

PER_PERCENT = 1_000


@dataclass(frozen=True)
class GoFeatureFlag(Scheme):
    """GO Feature Flag's percentages and progressive rollouts.

    ``variants`` takes percentages of any sum; ``bucket`` takes their ``total`` in thousandths of a percent.
    """

    name: ClassVar[str] = "go_feature_flag"
    reproduces: ClassVar[str] = "WASI module 0.2.4"

    def _bucket(self, key: str, *, total: int = 100 * PER_PERCENT) -> Draw:
        if total < 1:
            raise ConfigError([("weights", f"expected percentages with a sum above 0, got {shown(total)}")])
        return Hashed(fnv1a_32, key, reduce=modulo(total), span=(0, total))

    def _rollout(self, percentage: Any, key: str) -> Plan:
        return on_off(self._bucket(key), below(part_of(percentage, 100 * PER_PERCENT)))

    def _variants(self, weights: Weights, key: str) -> Plan:
        names, numbers = read_weights(weights)
        order = sorted(range(len(names)), key=names.__getitem__, reverse=True)
        draw = self._bucket(key, total=total_of(numbers))
        edges = upto(int(bound) for bound in accumulate(numbers[arm] * PER_PERCENT for arm in order))
        return Plan((Step(draw, edges),), tuple(names[arm] for arm in order))

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        scheme = GoFeatureFlag()
        if row.op == "percentage":
            weights = row.params["percentage"]
            draw = scheme.bucket(row.key, total=total_of(weights.values()))
            yield from row.states(draw, scheme.variants(weights, row.key))


def total_of(percentages: Any) -> int:
    """The modulus."""
    return int(sum(percentages) * PER_PERCENT)
