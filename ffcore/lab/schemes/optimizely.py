"""Optimizely: MurmurHash3 of id and experiment's id with seed 1, in ten thousandths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from ffcore.lab.primitives.hashes import murmur3
from ffcore.lab.schemes.assignments import Assignment, Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import Weights, below, part_of, read_weights, running, upto, within
from ffcore.lab.schemes.reductions import scaled
from ffcore.lab.schemes.scheme import Scheme
from ffcore.lab.schemes.vectors import Claim, Row

BUCKETS = 10_000


@dataclass(frozen=True)
class Optimizely(Scheme):
    """Optimizely's experiments and rollouts.

    The key is the experiment's (or rule's) **id**. ``variants`` takes weights in ten thousandths, one after the other;
    what they lack is nobody's. ``group``: the group's id and the two ends between which the group's traffic allocation
    has this experiment.
    """

    name: ClassVar[str] = "optimizely"
    reproduces: ClassVar[str] = "Python SDK 5.7.0"

    def _bucket(self, key: str) -> Draw:
        return Hashed(murmur3(1), suffix=key, reduce=scaled(BUCKETS), span=(0, BUCKETS))

    def _rollout(self, percentage: Any, key: str) -> Plan:
        return on_off(self._bucket(key), below(part_of(percentage, BUCKETS)))

    def _variants(self, weights: Weights, key: str, *, group: tuple[str, int, int] | None = None) -> Plan:
        names, numbers = read_weights(weights)
        gates: tuple[Step, ...] = ()
        if group is not None:
            name, low, high = group
            gates = (Step(self._bucket(name), within([(low, high)])),)
        return Plan((*gates, Step(self._bucket(key), running(numbers))), names)

    def allocation(self, ends: Weights, key: str) -> Assignment:
        """Who gets which entity of a traffic allocation, given as the vendor does: each with the end of its range."""
        names, numbers = read_weights(ends)
        return Assignment(key, lambda flag: Plan((Step(self._bucket(flag), upto(numbers)),), names))

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        scheme = Optimizely()
        if row.op == "bucket_value":
            yield from row.states(scheme.bucket(row.key))
        elif row.op == "find_bucket":
            ends = [(name or "<empty>", end) for name, end in row.params["trafficAllocation"]]
            yield from row.states(scheme.bucket(row.key), scheme.allocation(ends, row.key))
