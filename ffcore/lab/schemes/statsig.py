"""Statsig: the first 64 bits of SHA-256 of salts and id, in ten thousandths for gates and thousandths for groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from ffcore.lab.primitives.hashes import digest
from ffcore.lab.schemes.assignments import Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import Weights, below, ends, part_of, read_weights, running
from ffcore.lab.schemes.reductions import modulo
from ffcore.lab.schemes.scheme import Scheme
from ffcore.lab.schemes.vectors import Claim, Row

BUCKETS, USER_BUCKETS = 10_000, 1_000


@dataclass(frozen=True)
class Statsig(Scheme):
    """Statsig's gates and experiments.

    ``rollout``: the key is the rule's salt, or its id without one; ``salt`` is the configuration's salt. ``variants``:
    the key is the experiment's salt, and weights are numbers of the 1,000 user buckets.
    """

    name: ClassVar[str] = "statsig"
    reproduces: ClassVar[str] = "Python SDK 0.72.1, server core 0.24.2"

    def _bucket(self, key: str, *, salt: str = "") -> Draw:
        return Hashed(digest("sha256_64"), f"{salt}.{key}.", reduce=modulo(BUCKETS), span=(0, BUCKETS))

    def _rollout(self, percentage: Any, key: str, *, salt: str = "") -> Plan:
        share = part_of(percentage, 100)
        edges = ends(share) or below(share * 100)
        return on_off(self._bucket(key, salt=salt), edges)

    def user_bucket(self, salt: str) -> Draw:
        """The bucket of experiments, from 0 to 999."""
        return Hashed(digest("sha256_64"), f"{salt}.", reduce=modulo(USER_BUCKETS), span=(0, USER_BUCKETS))

    def _variants(self, weights: Weights, key: str) -> Plan:
        names, numbers = read_weights(weights)
        return Plan((Step(self.user_bucket(key), running(numbers)),), names)

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        scheme = Statsig()
        if row.op == "pass_percentage":
            assign = scheme.rollout(row.params["passPercentage"], row.key, salt=row.salt)
            yield from row.states(scheme.bucket(row.key, salt=row.salt), assign)
        elif row.op == "user_bucket":
            yield from row.states(scheme.user_bucket(row.salt), scheme.variants(row.params["groups"], row.salt))
