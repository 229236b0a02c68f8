"""LaunchDarkly: the top 60 bits of SHA-1 of flag, salt and id, as a fraction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar, Literal

import numpy as np

from ffcore.lab.primitives.hashes import digest
from ffcore.lab.schemes.assignments import Plan, Step
from ffcore.lab.schemes.draws import Constant, Draw, Hashed
from ffcore.lab.schemes.edges import Weights, part_of, read_weights, upto
from ffcore.lab.schemes.reductions import fraction
from ffcore.lab.schemes.scheme import Scheme, choose
from ffcore.lab.schemes.vectors import Claim, Row

WHOLE = 100_000
TEXTUAL = ("str", "int")
TYPES = (*TEXTUAL, "float", "bool", "list", "object", "missing")


@dataclass(frozen=True)
class LaunchDarkly(Scheme):
    """LaunchDarkly's percentage rollouts and experiments.

    All calls take ``salt`` and ``seed`` (which takes the place of key and salt), and ``attribute``: the type of the
    attribute that is bucketed by; all but "str" and "int" give bucket 0. ``variants`` takes weights in 1/100,000;
    what they lack goes to the last variant.

    Attributes:
        precision: "float64" as Python, Ruby and JavaScript compute; "float32" as Go and Java do.
    """

    precision: Literal["float64", "float32"] = "float64"
    name: ClassVar[str] = "launchdarkly"
    reproduces: ClassVar[str] = "Python SDK 9.18.2"

    def __post_init__(self) -> None:
        choose("launchdarkly.precision", self.precision, ("float64", "float32"))

    def _bucket(self, key: str, *, salt: str = "", seed: int | None = None, attribute: str = "str") -> Draw:
        choose("launchdarkly.attribute", attribute, TYPES)
        if attribute not in TEXTUAL:
            return Constant(0.0)
        reduce = fraction(60) if self.precision == "float64" else float32_fraction
        prefix = f"{key}.{salt}." if seed is None else f"{seed}."
        return Hashed(digest("sha1_60"), prefix, reduce=reduce, span=(0, 1))

    def _rollout(
        self, percentage: Any, key: str, *, salt: str = "", seed: int | None = None, attribute: str = "str"
    ) -> Plan:
        weight = part_of(percentage, WHOLE)
        chosen = self._variants({"on": weight, "off": WHOLE - weight}, key, salt=salt, seed=seed, attribute=attribute)
        return Plan(chosen.steps, (True, False), outside=False)

    def _variants(
        self, weights: Weights, key: str, *, salt: str = "", seed: int | None = None, attribute: str = "str"
    ) -> Plan:
        names, numbers = read_weights(weights)
        kind = np.float32 if self.precision == "float32" else float
        bounds = [float(total) for total in accumulate(kind(number) / kind(WHOLE) for number in numbers)]
        draw = self._bucket(key, salt=salt, seed=seed, attribute=attribute)
        return Plan((Step(draw, upto(bounds, otherwise=len(names) - 1)),), names)

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        scheme = LaunchDarkly()
        seed = int(row.seed) if row.seed else None
        if row.op in ("bucket", "bucket_seed", "bucket_by_attr"):
            kind = row.params.get("attrType", "str")
            yield from row.states(scheme.bucket(row.key, salt=row.salt, seed=seed, attribute=kind))
        elif row.op == "rollout":
            draw = scheme.bucket(row.key, salt=row.salt, seed=seed)
            yield from row.states(draw, scheme.variants(row.numbered("weights", ""), row.key, salt=row.salt, seed=seed))


def float32_fraction(word: Any) -> Any:
    """60 bits as a float of 32 bits."""
    return np.float32(word) / np.float32(1 << 60)
