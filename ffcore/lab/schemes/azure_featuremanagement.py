"""Azure App Configuration (Microsoft FeatureManagement): SHA-256 of id and feature, little-endian, as a percentage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from ffcore.lab.primitives.hashes import digest
from ffcore.lab.schemes.assignments import Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import EVERYBODY, Weights, below, part_of, read_weights, within
from ffcore.lab.schemes.reductions import closed_fraction
from ffcore.lab.schemes.scheme import Scheme
from ffcore.lab.schemes.vectors import Claim, Row


@dataclass(frozen=True)
class AzureFeatureManagement(Scheme):
    """Azure's targeting filter and variant allocation.

    ``rollout`` takes ``group`` (without it the default rollout). ``variants`` takes ranges of percentiles
    (``[from, to]``), ``seed`` (without one the feature's name) and ``default``.
    """

    name: ClassVar[str] = "azure_featuremanagement"
    reproduces: ClassVar[str] = "Python 2.2.0"

    def _bucket(self, key: str, *, group: str | None = None) -> Draw:
        suffix = f"\n{key}" if group is None else f"\n{key}\n{group}"
        return Hashed(digest("sha256_little"), suffix=suffix, reduce=percentage_of, span=(0, 100))

    def _rollout(self, percentage: Any, key: str, *, group: str | None = None) -> Plan:
        share = part_of(percentage, 100)
        edges = EVERYBODY if share == 100 else below(share)
        return on_off(self._bucket(key, group=group), edges)

    def allocated(self, key: str, seed: str = "") -> Draw:
        """The percentile of variants."""
        suffix = "\n" + (seed or f"allocation\n{key}")
        return Hashed(digest("sha256_little"), suffix=suffix, reduce=percentage_of, span=(0, 100))

    def _variants(self, weights: Weights, key: str, *, seed: str = "", default: str | None = None) -> Plan:
        names, ranges = read_weights(weights, pairs=True)
        reached = [(low, high if high != 100 else 101) for low, high in ranges]
        return Plan((Step(self.allocated(key, seed), within(reached)),), names, outside=default)

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        scheme, params = AzureFeatureManagement(), row.params
        if row.op == "percentile":
            yield from row.states(scheme.bucket(row.key))
        elif row.op in ("default_rollout", "group_rollout"):
            draw = scheme.bucket(row.key, group=params.get("group"))
            yield from row.states(draw, scheme.rollout(params["percentage"], row.key, group=params.get("group")))
        elif row.op == "variant_percentile":
            assign = scheme.variants(row.numbered("percentile"), row.key, seed=row.seed, default="dflt")
            yield from row.states(scheme.allocated(row.key, row.seed), assign)


def percentage_of(word: Any) -> Any:
    """The word as a percentage of the largest one."""
    return closed_fraction(word) * 100
