"""Flagsmith: MD5 of two ids modulo 9,999, hashed again, repeated, where the rest is 9,998."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from ffcore.errors import ConfigError
from ffcore.lab.bulk.ids import Ids
from ffcore.lab.primitives.hashes import digest
from ffcore.lab.schemes.assignments import Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed, Numbers
from ffcore.lab.schemes.edges import Weights, at_most, part_of, read_weights, running
from ffcore.lab.schemes.reductions import modulo
from ffcore.lab.schemes.scheme import Scheme, choose
from ffcore.lab.schemes.vectors import Claim, Row

MODULUS, DIVISOR = 9_999, 9_998


@dataclass(frozen=True, slots=True)
class Repeated(Draw):
    """A percentage from 0 to below 100: whoever gets 100 is hashed again with one repetition more."""

    key: str
    before: str
    span: tuple[float, float] = (0, 100)

    def one(self, user_id: str) -> float:
        """The percentage of one id."""
        return self._from(user_id, 1)

    def _from(self, user_id: str, times: int) -> float:
        text = ",".join([self.key, self.before + user_id] * times)
        rest = int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest(), "big") % MODULUS
        return rest / DIVISOR * 100 if rest < DIVISOR else self._from(user_id, times + 1)

    def many(self, ids: Ids) -> Numbers:
        """The percentages of all ids; the few that are hashed again are hashed one by one."""
        rests: Numbers = Hashed(digest("md5_128"), f"{self.key},{self.before}", reduce=modulo(MODULUS)).many(ids)
        percentages: Numbers = rests / DIVISOR * 100
        for row in np.flatnonzero(rests == DIVISOR).tolist():
            percentages[row] = self._from(ids.text[row].as_py(), 2)
        return percentages


@dataclass(frozen=True)
class Flagsmith(Scheme):
    """Flagsmith's multivariate features and percentage splits.

    ``rollout`` is a percentage-split segment, whose key is the segment's; of ``variants`` the key is the feature
    state's id (or its UUID), and ``priority`` orders the variants, given as a mapping; without it they stand in order.
    ``default`` is the control value.

    Attributes:
        identity: "explicit" where the id is the identity's key; "derived" where that is environment key and id.
        environment: the environment's key, for derived identities.
    """

    identity: Literal["explicit", "derived"] = "explicit"
    environment: str = ""
    name: ClassVar[str] = "flagsmith"
    reproduces: ClassVar[str] = "flag-engine 11.1.1"

    def __post_init__(self) -> None:
        choose("flagsmith.identity", self.identity, ("explicit", "derived"))
        if self.identity == "derived" and not self.environment:
            raise ConfigError([("flagsmith.environment", "expected the environment's key, got ''")])

    def _bucket(self, key: str) -> Draw:
        return Repeated(key, f"{self.environment}_" if self.identity == "derived" else "")

    def _rollout(self, percentage: Any, key: str) -> Plan:
        return on_off(self._bucket(key), at_most(part_of(percentage, 100)))

    def _variants(
        self, weights: Weights, key: str, *, priority: dict[str, float] | None = None, default: str | None = None
    ) -> Plan:
        names, numbers = read_weights(weights)
        order = sorted(range(len(names)), key=lambda arm: (priority or {}).get(names[arm], 0))
        edges = running(numbers[arm] for arm in order)
        return Plan((Step(self._bucket(key), edges),), tuple(names[arm] for arm in order), outside=default)

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        params = row.params
        scheme = Flagsmith(params.get("identity_key", "explicit"), params.get("environment_key", ""))
        draw = scheme.bucket(row.key)
        if row.op == "hashed_percentage":
            yield from row.states(draw)
        elif row.op == "multivariate":
            weights = {variant["value"]: variant["weight"] for variant in params["variants"]}
            ranks = {variant["value"]: variant["priority"] for variant in params["variants"]}
            yield from row.states(draw, scheme.variants(weights, row.key, priority=ranks, default="control"))
        elif row.op == "percentage_split":
            yield from row.states(draw, scheme.rollout(params["percentage"], row.key))
