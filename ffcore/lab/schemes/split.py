"""Split (Harness FME): MurmurHash3 (version 2) or a polynomial (version 1) of the id under a seed, from 1 to 100."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, TypeAlias

import numpy as np

from ffcore.errors import ConfigError, shown, suggestion
from ffcore.lab.primitives.hashes import murmur3, polynomial
from ffcore.lab.primitives.texts import ENCODINGS
from ffcore.lab.schemes.assignments import Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import EVERYBODY, Weights, at_most, part_of, read_weights, running
from ffcore.lab.schemes.reductions import modulo, signed
from ffcore.lab.schemes.scheme import Scheme, choose
from ffcore.lab.schemes.vectors import Claim, Row, bucket_claim, hash_claim

CONTROL = "control"
#: A flag's seed, or that of each flag.
Seeds: TypeAlias = int | Mapping[str, int]


@dataclass(frozen=True)
class Split(Scheme):
    """Split's treatments.

    No flag's name is hashed, so all calls need ``seed``: a number, or a mapping from each flag's key to its own.
    ``variants`` takes percentages, ``default`` (the treatment of whoever the partitions leave out, "control" unless
    given), and ``traffic``: a pair of the traffic's percentage and its seed.

    Attributes:
        version: 2 for MurmurHash3, 1 for the legacy hash; the ``algo`` of a flag.
        encoding: of the legacy hash: "utf-16" as published; "code-points" for the Python client.
    """

    version: int = 2
    encoding: str = "utf-16"
    name: ClassVar[str] = "split"
    reproduces: ClassVar[str] = "Python SDK 10.7.0; legacy hash: the vendor's published vectors"
    versions: ClassVar[tuple[int, ...]] = (1, 2)

    def __post_init__(self) -> None:
        choose("split.version", self.version, self.versions)
        choose("split.encoding", self.encoding, ("utf-16", "code-points"))

    def _bucket(self, key: str, *, seed: Seeds | None = None) -> Draw:
        word = seed_of(seed, key)
        if self.version == 1:
            letters = ENCODINGS[self.encoding]
            return Hashed(polynomial, reduce=partial(legacy, word), span=(1, 100), encoding=letters)
        return Hashed(murmur3(word), reduce=modulo(100, first=1), span=(1, 100))

    def _rollout(self, percentage: Any, key: str, *, seed: Seeds | None = None) -> Plan:
        return on_off(self._bucket(key, seed=seed), at_most(part_of(percentage, 100)))

    def _variants(
        self,
        weights: Weights,
        key: str,
        *,
        seed: Seeds | None = None,
        default: str = CONTROL,
        traffic: tuple[Any, Seeds] | None = None,
    ) -> Plan:
        names, numbers = read_weights(weights)
        gates: tuple[Step, ...] = ()
        if traffic is not None and traffic[0] < 100:
            gates = (Step(self._bucket(key, seed=traffic[1]), at_most(part_of(traffic[0], 100))),)
        edges = EVERYBODY if numbers == [100] else running(numbers, "high")
        return Plan((*gates, Step(self._bucket(key, seed=seed), edges)), names, outside=default, gap=CONTROL)

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        params, seed = row.params, int(row.seed)
        scheme = Split(params["algo"])
        if row.op == "murmur_bucket":
            yield from row.states(scheme.bucket(seed=seed))
        elif row.op == "legacy_bucket":
            draw = scheme.bucket(seed=seed)
            yield bucket_claim(draw, int(row.bucket))
            yield hash_claim(draw, int(row.hash), partial(sown, seed))
            if "python_sdk_bucket" in params:
                yield bucket_claim(Split(1, "code-points").bucket(seed=seed), params["python_sdk_bucket"])
        elif row.op == "treatment":
            yield from row.states(scheme.bucket(seed=seed), scheme.variants(params["partitions"], seed=seed))


def seed_of(seed: Any, key: str) -> int:
    """The seed of a flag."""
    if isinstance(seed, Mapping):
        if key not in seed:
            raise ConfigError([("split.seed", f"has no seed for the flag {shown(key)}{suggestion(key, seed)}")])
        seed = seed[key]
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not -(1 << 31) <= seed < 1 << 31:
        wanted = "a seed of 32 bits, or a mapping from flags to seeds: no flag's name is hashed"
        raise ConfigError([("split.seed", f"expected {wanted}; got {shown(seed)}")])
    return int(seed)


def sown(seed: int, word: Any) -> Any:
    """The legacy hash under a seed."""
    return signed(word) ^ seed


def legacy(seed: int, word: Any) -> Any:
    """The bucket of the legacy hash: 1 to 100."""
    return abs(sown(seed, word)) % 100 + 1
