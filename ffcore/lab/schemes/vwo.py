"""VWO Feature Experimentation: MurmurHash3 with seed 1 of campaign and id, from 1 to 100 or 10,000."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any, ClassVar

from ffcore.lab.primitives.hashes import murmur3
from ffcore.lab.schemes.assignments import Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import Weights, at_most, part_of, read_weights, within
from ffcore.lab.schemes.reductions import scaled
from ffcore.lab.schemes.scheme import Scheme
from ffcore.lab.schemes.vectors import Claim, Row

TRAFFIC, VARIATIONS = 100, 10_000


@dataclass(frozen=True)
class VWO(Scheme):
    """VWO's campaigns.

    The key is the campaign's salt, or its id without one. ``bucket`` takes ``account`` (for the variation's bucket;
    without one the traffic's). ``variants`` takes percentages, ``account`` and ``traffic``, its percentage.
    """

    name: ClassVar[str] = "vwo"
    reproduces: ClassVar[str] = "Python SDK 1.65.0"

    def _bucket(self, key: str, *, account: str | None = None) -> Draw:
        if account is None:
            return Hashed(murmur3(1), f"{key}_", reduce=scaled(TRAFFIC, first=1), span=(1, TRAFFIC))
        return Hashed(murmur3(1), f"{key}_{account}_", reduce=scaled(VARIATIONS, first=1), span=(1, VARIATIONS))

    def _rollout(self, percentage: Any, key: str) -> Plan:
        return on_off(self._bucket(key), at_most(part_of(percentage, TRAFFIC)))

    def _variants(self, weights: Weights, key: str, *, account: str = "", traffic: Any = 100) -> Plan:
        names, numbers = read_weights(weights)
        chosen = Step(self._bucket(key, account=account), within(stepped(numbers), "high"))
        return Plan((*self._rollout(traffic, key).steps, chosen), names)

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        scheme, params = VWO(), row.params
        if row.op == "traffic":
            yield from row.states(scheme.bucket(row.key), scheme.rollout(params["percentTraffic"], row.key))
        elif row.op == "variation_bucket":
            yield from row.states(scheme.bucket(row.key, account=params["accountId"]))
        elif row.op == "variation":
            assign = scheme.variants(row.numbered("weights"), row.key, account=params["accountId"])
            yield from row.states(scheme.bucket(row.key, account=params["accountId"]), assign)


def stepped(weights: list[float]) -> Iterator[tuple[int, int]]:
    """The ranges of weights, each rounded up; none where the weight is 0."""
    start = 0
    for weight in weights:
        steps = min(ceil(weight * 100), VARIATIONS)
        yield (start, start + steps) if steps else (-1, -1)
        start += steps
