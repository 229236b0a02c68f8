"""Unleash: MurmurHash3 of group and id, from 1 to 100 for rollouts and to the sum of the weights for variants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from ffcore.errors import ConfigError, shown
from ffcore.lab.primitives.hashes import murmur3
from ffcore.lab.primitives.texts import ENCODINGS
from ffcore.lab.schemes.assignments import Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import Weights, at_most, part_of, read_weights, running
from ffcore.lab.schemes.reductions import modulo
from ffcore.lab.schemes.scheme import Scheme, choose
from ffcore.lab.schemes.vectors import Claim, Row, bucket_claim

VARIANT_SEED = 86028157


@dataclass(frozen=True)
class Unleash(Scheme):
    """Unleash's gradual rollouts and variants.

    The flag's key is the ``groupId``, or the feature's name without one. ``bucket`` takes ``normalizer`` and ``seed``.
    ``variants`` takes whole weights, of any sum.

    Attributes:
        encoding: "utf-8"; "low-byte" as the Node client hashes.
    """

    encoding: str = "utf-8"
    name: ClassVar[str] = "unleash"
    reproduces: ClassVar[str] = "Python SDK 6.9.1, Yggdrasil 2.0.0; low-byte: Node SDK 6.12.1"

    def __post_init__(self) -> None:
        choose("unleash.encoding", self.encoding, ("utf-8", "low-byte"))

    def _bucket(self, key: str, *, normalizer: int = 100, seed: int = 0) -> Draw:
        if normalizer < 1 or normalizer % 1:
            raise ConfigError([("unleash.normalizer", f"expected a whole number from 1 on, got {shown(normalizer)}")])
        return Hashed(
            murmur3(seed),
            f"{key}:",
            reduce=modulo(normalizer, first=1),
            span=(1, normalizer),
            encoding=ENCODINGS[self.encoding],
        )

    def _rollout(self, percentage: Any, key: str) -> Plan:
        return on_off(self._bucket(key), at_most(part_of(percentage, 100)))

    def _variants(self, weights: Weights, key: str) -> Plan:
        names, numbers = read_weights(weights)
        draw = self._bucket(key, normalizer=sum(numbers), seed=VARIANT_SEED)
        return Plan((Step(draw, running(numbers, "high")),), names)

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        scheme, params, seed = Unleash(), row.params, int(row.seed)
        if row.op == "normalized_hash":
            yield from row.states(scheme.bucket(row.key, normalizer=params["normalizer"], seed=seed))
            if "node_sdk_bucket" in params:
                node = Unleash("low-byte").bucket(row.key, normalizer=params["normalizer"], seed=seed)
                yield bucket_claim(node, params["node_sdk_bucket"])
        elif row.op == "flexible_rollout":
            yield from row.states(scheme.bucket(row.key, seed=seed), scheme.rollout(params["rollout"], row.key))
        elif row.op in ("strategy_variant", "feature_variant"):
            draw = scheme.bucket(row.key, normalizer=sum(params["weights"]), seed=seed)
            yield from row.states(draw, scheme.variants(row.numbered("weights"), row.key))
