"""DevCycle: MurmurHash3 of the id under a seed that is the hash of the target's id, as a fraction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar

from ffcore.lab.primitives.hashes import murmur3
from ffcore.lab.primitives.texts import ENCODINGS
from ffcore.lab.schemes.assignments import Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import NOBODY, Weights, at_most, part_of, read_weights, upto
from ffcore.lab.schemes.reductions import closed_fraction
from ffcore.lab.schemes.scheme import Scheme, choose
from ffcore.lab.schemes.vectors import Claim, Row, bucket_claim

BEYOND = 2.0


@dataclass(frozen=True)
class DevCycle(Scheme):
    """DevCycle's targets.

    The key is the target's id. ``variants`` takes fractions by the variations' ids, whose descending order counts, and
    ``rollout``: the percentage of a gradual rollout, where there is one.

    Attributes:
        encoding: "backslash" as the WASM clients hash: each letter beyond ASCII as a backslash; "utf-8" as JavaScript.
    """

    encoding: str = "backslash"
    name: ClassVar[str] = "devcycle"
    reproduces: ClassVar[str] = "Python SDK 3.14.0 (WASM); utf-8: JavaScript hash library"

    def __post_init__(self) -> None:
        choose("devcycle.encoding", self.encoding, ("backslash", "utf-8"))

    def _bucket(self, key: str, *, suffix: str = "") -> Draw:
        letters = ENCODINGS[self.encoding]
        seed = murmur3(1).one(letters.one(key))
        return Hashed(murmur3(seed), suffix=suffix, reduce=closed_fraction, span=(0, 1), encoding=letters)

    def _rollout(self, percentage: Any, key: str) -> Plan:
        share = part_of(percentage, 1)
        draw = self._bucket(key, suffix="_rollout")
        return on_off(draw, at_most(share) if share else NOBODY)

    def _variants(self, weights: Weights, key: str, *, rollout: Any = None) -> Plan:
        names, numbers = read_weights(weights)
        order = sorted(range(len(names)), key=names.__getitem__, reverse=True)
        bounds = [BEYOND if bound == 1 else bound for bound in accumulate(numbers[arm] for arm in order)]
        gates = () if rollout is None else self._rollout(rollout, key).steps
        return Plan((*gates, Step(self._bucket(key), upto(bounds))), tuple(names[arm] for arm in order))

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        scheme, params = DevCycle(), row.params
        if row.op in ("bounded_hashes", "distribution"):
            assign = scheme.variants(params["distribution"], row.key) if row.op == "distribution" else None
            yield from row.states(scheme.bucket(row.key), assign)
            yield bucket_claim(scheme.bucket(row.key, suffix="_rollout"), params["rolloutHash"])
            if "utf8_bucketingHash" in params:
                yield bucket_claim(DevCycle("utf-8").bucket(row.key), params["utf8_bucketingHash"])
