"""flagd (OpenFeature): MurmurHash3 of flag and targeting key; three generations that place users differently."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, ClassVar

import cbor2
import numpy as np

from ffcore.lab.primitives.hashes import murmur3
from ffcore.lab.primitives.texts import Encoding, Texts, encoding, framed, read_only
from ffcore.lab.schemes.assignments import Plan, Step
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import Weights, part_of, read_weights, running, upto
from ffcore.lab.schemes.reductions import scaled, signed
from ffcore.lab.schemes.scheme import Scheme, choose
from ffcore.lab.schemes.vectors import Claim, Row

LARGEST = (1 << 31) - 1
#: The head of a CBOR array of two.
PAIR = b"\x82"


@dataclass(frozen=True)
class Flagd(Scheme):
    """flagd's fractional operation.

    ``variants`` takes whole weights of any sum. ``shorthand=False``: the id alone is hashed, as the operation's first
    argument, instead of flag and targeting key. ``value``: the type of that argument in version 3, one of "string",
    "int", "float" and "bool", of which ids are the text. ``bucket`` takes the weights' ``total``.

    Attributes:
        version: 1 until early 2026 (as in Python), 2 for core 1.x, 3 for core 2.x.
    """

    version: int = 3
    name: ClassVar[str] = "flagd"
    reproduces: ClassVar[str] = "Python provider 0.2.6 (1), core 1.0.0 (2), core 2.0.0 (3)"
    versions: ClassVar[tuple[int, ...]] = (1, 2, 3)

    def __post_init__(self) -> None:
        choose("flagd.version", self.version, self.versions)

    def _bucket(self, key: str, *, total: int = 100, shorthand: bool = True, value: str = "string") -> Draw:
        choose("flagd.value", value, VALUES)
        if self.version == 1:
            return Hashed(murmur3(), key if shorthand else "", reduce=first_percentage, span=(0, 100))
        if self.version == 2:
            return Hashed(murmur3(), key if shorthand else "", reduce=scaled(total), span=(0, total))
        prefix, letters = (PAIR + framed(key), VALUES["string"]) if shorthand else (b"", VALUES[value])
        return Hashed(murmur3(), prefix, b"", scaled(total), (0, total), letters)

    def _rollout(self, percentage: Any, key: str, *, shorthand: bool = True, value: str = "string") -> Plan:
        weight = part_of(percentage, 100_000)
        plan = self._variants({"on": weight, "off": 100_000 - weight}, key, shorthand=shorthand, value=value)
        return Plan(plan.steps, (True, False), outside=False)

    def _variants(self, weights: Weights, key: str, *, shorthand: bool = True, value: str = "string") -> Plan:
        names, numbers = read_weights(weights)
        total = sum(numbers)
        draw = self._bucket(key, total=total, shorthand=shorthand, value=value)
        if self.version == 1:
            edges = upto(list(accumulate(number * 100 / (total or 1) for number in numbers)))
        else:
            edges = running(numbers)
        return Plan((Step(draw, edges),), names)

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        if row.op.startswith("fractional_v"):
            scheme, params = Flagd(int(row.op[-1])), row.params
            options = {"shorthand": params["shorthand"], "value": params.get("bucketByType", "string")}
            total = sum(weight for _, weight in params["weights"])
            draw = scheme.bucket(row.key, total=total, **options)
            yield from row.states(draw, scheme.variants(params["weights"], row.key, **options))


def first_percentage(word: Any) -> Any:
    """Version 1's percentage: a signed word's size; the largest few reach 100."""
    return abs(signed(word)) / LARGEST * 100


def _typed(name: str, read: Callable[[str], Any]) -> Encoding:
    """Ids that are the text of a value of another type, as the shortest CBOR; integral floats become integers."""

    def one(text: str) -> bytes:
        value = read(text)
        if isinstance(value, float) and value.is_integer() and -(2.0**63) <= value < 2.0**64:
            value = int(value)
        return cbor2.dumps(value, canonical=True)

    def many(texts: Texts) -> Texts:
        ends = texts.offsets.tolist()
        found = [one(bytes(texts.data[start:stop]).decode()) for start, stop in pairwise(ends)]
        offsets = np.cumsum([0, *map(len, found)])
        return Texts(read_only(np.frombuffer(b"".join(found), dtype=np.uint8)), read_only(offsets))

    return Encoding(name, one, many)


VALUES = {
    "string": encoding("cbor"),
    "int": _typed("cbor-int", int),
    "float": _typed("cbor-float", float),
    "bool": _typed("cbor-bool", {"true": True, "false": False}.__getitem__),
}
