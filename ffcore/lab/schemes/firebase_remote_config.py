"""Firebase Remote Config, server-side templates: all of SHA-256 of seed and id, in millionths of a percent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import inf
from typing import Any, ClassVar

from ffcore.errors import ConfigError
from ffcore.lab.primitives.hashes import digest
from ffcore.lab.schemes.assignments import Assignment, Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import Weights, at_most, part_of, read_weights, within
from ffcore.lab.schemes.reductions import modulo
from ffcore.lab.schemes.scheme import Scheme, choose
from ffcore.lab.schemes.vectors import Claim, Row

WHOLE = 100_000_000


@dataclass(frozen=True)
class FirebaseRemoteConfig(Scheme):
    """Firebase's percent conditions in server-side templates.

    The key is the condition's seed, "" for none. ``variants`` takes weights in micro-percent, or ranges
    (``[lower, upper]``: above the one, up to the other).

    Attributes:
        hash: "sha256". The "farmhash" of client-side templates, and of the Node client before November 2024, is
            evaluated by the service and refused.
    """

    hash: str = "sha256"
    name: ClassVar[str] = "firebase_remote_config"
    reproduces: ClassVar[str] = "Python SDK 7.7.0"
    skips_empty: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.hash == "farmhash":
            reason = "not recomputable: client-side templates are evaluated by the service"
            raise ConfigError([("firebase_remote_config.hash", reason)])
        choose("firebase_remote_config.hash", self.hash, ("sha256",))

    def _bucket(self, key: str) -> Draw:
        return Hashed(digest("sha256_256"), f"{key}." if key else "", reduce=modulo(WHOLE), span=(0, WHOLE))

    def _rollout(self, percentage: Any, key: str) -> Plan:
        return on_off(self._bucket(key), at_most(part_of(percentage, WHOLE)))

    def _variants(self, weights: Weights, key: str) -> Plan:
        names, numbers = read_weights(weights, either=True)
        if isinstance(numbers[0], int | float):
            numbers = list(pairwise(accumulate(numbers, initial=0)))
        return Plan((Step(self._bucket(key), within(numbers, "high")),), names)

    def between(self, lower: float, upper: float, key: str = "") -> Assignment:
        """Whose micro-percent lies above the lower bound and up to the upper one."""
        plan = on_off(self._bucket(key), within([(lower, upper)], "high"))
        return Assignment(key, lambda _: plan, self.skips_empty)

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        scheme, params = FirebaseRemoteConfig(), row.params
        if row.op == "percent_condition":
            limits = {
                "LESS_OR_EQUAL": (-inf, params.get("microPercent", inf)),
                "GREATER_THAN": (params.get("microPercent", inf), inf),
                "BETWEEN": (params.get("lower", inf), params.get("upper", inf)),
            }
            low, high = limits[params["operator"]]
            yield from row.states(scheme.bucket(row.seed), scheme.between(low, high, row.seed))
