"""Eppo: the first four bytes of MD5 of salt and subject, big-endian, modulo the number of shards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from ffcore.errors import ConfigError, shown
from ffcore.lab.primitives.hashes import digest
from ffcore.lab.schemes.assignments import Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import Weights, below, part_of, read_weights, running, within
from ffcore.lab.schemes.reductions import modulo
from ffcore.lab.schemes.scheme import Scheme
from ffcore.lab.schemes.vectors import Claim, Row, bucket_claim


@dataclass(frozen=True)
class Eppo(Scheme):
    """Eppo's allocations.

    The key is the salt, since no flag's name is hashed. ``variants`` takes numbers of shards one after the other, or
    ranges (``[start, end]``), and ``traffic``: its salt, the first shard and the one behind the last.

    Attributes:
        shards: ``totalShards``.
    """

    shards: int = 10_000
    name: ClassVar[str] = "eppo"
    reproduces: ClassVar[str] = "Python SDK 4.4.1"

    def __post_init__(self) -> None:
        if type(self.shards) is not int or self.shards < 1:
            raise ConfigError([("eppo.shards", f"expected a whole number from 1 on, got {shown(self.shards)}")])

    def _bucket(self, key: str) -> Draw:
        return Hashed(digest("md5_32"), f"{key}-", reduce=modulo(self.shards), span=(0, self.shards))

    def _rollout(self, percentage: Any, key: str) -> Plan:
        return on_off(self._bucket(key), below(part_of(percentage, self.shards)))

    def _variants(self, weights: Weights, key: str, *, traffic: tuple[str, int, int] | None = None) -> Plan:
        names, numbers = read_weights(weights, either=True)
        edges = running(numbers) if isinstance(numbers[0], int | float) else within(numbers)
        gates: tuple[Step, ...] = ()
        if traffic is not None:
            gates = (Step(self._bucket(traffic[0]), within([traffic[1:]])),)
        return Plan((*gates, Step(self._bucket(key), edges)), names)

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        params = row.params
        scheme = Eppo(params["totalShards"])
        if row.op == "shard":
            yield from row.states(scheme.bucket(row.salt))
        elif row.op == "experiment":
            salt, traffic = params["split_salt"], (params["traffic_salt"], *params["traffic_range"])
            yield from row.states(scheme.bucket(salt), scheme.variants(params["splits"], salt, traffic=traffic))
            yield bucket_claim(scheme.bucket(params["traffic_salt"]), params["traffic_shard"])
