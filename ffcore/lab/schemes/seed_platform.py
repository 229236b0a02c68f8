"""The platform's own paths: the Lambda's hash, the back end's, and the back end's operator, which hashes no flag."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from ffcore.lab.primitives.hashes import digest
from ffcore.lab.schemes.assignments import Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import Weights, below, ends, part_of, read_weights, running
from ffcore.lab.schemes.reductions import LARGEST, closed_fraction, modulo
from ffcore.lab.schemes.scheme import Scheme, choose
from ffcore.lab.schemes.vectors import Claim, Row, bucket_claim


@dataclass(frozen=True)
class SeedPlatform(Scheme):
    """The platform as deployed, which ``ffcore`` itself differs from in what its documentation names.

    The key is the flag's, of the back end the rule's or experiment's id. ``variants`` takes fractions on the Lambda
    path, with ``salt`` and ``traffic`` (a fraction), and percentages on the back end.

    Attributes:
        path: "lambda", "backend", or "operator": the back end's percentage operator in rules, the same for all flags.
        buckets: of the Lambda path: 100 for rollouts, as deployed.
    """

    path: Literal["lambda", "backend", "operator"] = "lambda"
    buckets: int = 100
    name: ClassVar[str] = "seed_platform"
    reproduces: ClassVar[str] = "the platform's formulas"

    def __post_init__(self) -> None:
        choose("seed_platform.path", self.path, ("lambda", "backend", "operator"))

    def _bucket(self, key: str) -> Draw:
        if self.path == "lambda":
            reduce, span = modulo(self.buckets), (0, self.buckets)
            return Hashed(digest("md5_little"), suffix=f":{key}", reduce=reduce, span=span)
        suffix = f":{key}" if self.path == "backend" else ""
        return Hashed(digest("md5_128"), suffix=suffix, reduce=modulo(100), span=(0, 100))

    def _rollout(self, percentage: Any, key: str) -> Plan:
        share = part_of(percentage, self.buckets if self.path == "lambda" else 100)
        edges = ends(part_of(percentage, 100)) or below(share)
        return on_off(self._bucket(key), edges)

    def drawn(self, salt: str, purpose: str) -> Draw:
        """A fraction of the Lambda path, for the traffic or the variant."""
        return Hashed(digest("md5_little"), suffix=f":{salt}_{purpose}", reduce=closed_fraction, span=(0, 1))

    def _variants(self, weights: Weights, key: str, *, salt: str = "", traffic: float = 1) -> Plan:
        names, numbers = read_weights(weights)
        edges = running(numbers, otherwise=len(names) - 1)
        if self.path != "lambda":
            return Plan((Step(self._bucket(key), edges),), names)
        gate = Step(self.drawn(salt or key, "traffic"), below(traffic))
        return Plan((gate, Step(self.drawn(salt or key, "variant"), edges)), names)

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        path, _, call = row.op.partition("_")
        params = row.params
        scheme = SeedPlatform("operator" if call == "rules_percentage" else path, params.get("num_buckets", 100))  # type: ignore[arg-type]
        draw = scheme.bucket(row.key)
        if call == "bucket":
            yield from row.states(draw)
        elif call in ("rollout", "rules_percentage"):
            yield from row.states(draw, scheme.rollout(params["percentage"], row.key))
        elif row.op == "backend_assign":
            yield from row.states(draw, scheme.variants(params["variants"], row.key))
        elif row.op == "lambda_assign":
            salt = row.salt or row.key
            assign = scheme.variants(params["variants"], row.key, salt=row.salt, traffic=params["traffic"])
            yield from row.states(scheme.drawn(salt, "variant"), assign)
            yield bucket_claim(scheme.drawn(salt, "traffic"), params["traffic_hash"] / LARGEST)
