"""GrowthBook: FNV-1a of UTF-16 units, in thousandths (version 1) or ten thousandths (version 2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Any, ClassVar, Literal

import numpy as np

from ffcore.lab.primitives.hashes import fnv1a_32
from ffcore.lab.primitives.texts import ENCODINGS, encoding
from ffcore.lab.schemes.assignments import Assignment, Plan, Step, on_off
from ffcore.lab.schemes.draws import Draw, Hashed
from ffcore.lab.schemes.edges import NOBODY, Edges, Weights, at_most, below, part_of, read_weights, within
from ffcore.lab.schemes.reductions import remainder_fraction
from ffcore.lab.schemes.scheme import Scheme, choose
from ffcore.lab.schemes.vectors import Claim, Row

FNV_START, FNV_PRIME, CUT = 0x811C9DC5, 0x01000193, 0xFFFFFFFF
THOUSANDTHS = remainder_fraction(1_000)


@dataclass(frozen=True)
class GrowthBook(Scheme):
    """GrowthBook's features and experiments.

    ``rollout`` takes ``seed`` (the flag's key unless given). ``variants`` takes weights as fractions, or ranges
    (``[low, high]``), and ``seed``, ``coverage`` and ``namespace`` (id, low, high).

    Attributes:
        version: 1 or 2, the ``hashVersion``.
        encoding: "utf-16"; "code-points" for Python clients up to 2.2.1; "utf-8" for the Go client.
        coverage: "half-open" as Python 4 compares it; "inclusive" as JavaScript 1.8 and Python up to 2.2.1 do.
    """

    version: int = 1
    encoding: str = "utf-16"
    coverage: Literal["half-open", "inclusive"] = "half-open"
    name: ClassVar[str] = "growthbook"
    reproduces: ClassVar[str] = "Python SDK 4.0.0, JavaScript SDK 1.8.0"
    versions: ClassVar[tuple[int, ...]] = (1, 2)
    skips_empty: ClassVar[bool] = True

    def __post_init__(self) -> None:
        choose("growthbook.version", self.version, self.versions)
        choose("growthbook.encoding", self.encoding, ("utf-16", "code-points", "utf-8"))
        choose("growthbook.coverage", self.coverage, ("half-open", "inclusive"))

    def _bucket(self, key: str, *, seed: str | None = None) -> Draw:
        word = seed or key
        letters = ENCODINGS[self.encoding]
        if self.version == 1:
            return Hashed(fnv1a_32, suffix=word, reduce=THOUSANDTHS, span=(0, 1), encoding=letters)
        return Hashed(fnv1a_32, prefix=word, reduce=ten_thousandths, span=(0, 1), encoding=letters)

    def _rollout(self, percentage: Any, key: str, *, seed: str | None = None) -> Plan:
        share = part_of(percentage, 1)
        edges = (at_most if self.coverage == "inclusive" else below)(share) if share else NOBODY
        return on_off(self._bucket(key, seed=seed), edges)

    def _variants(
        self, weights: Weights, key: str, *, seed: str | None = None, coverage: float = 1, namespace: Any = None
    ) -> Plan:
        names, edges = arms(weights, coverage)
        gates = (self._namespace(*namespace),) if namespace else ()
        return Plan((*gates, Step(self._bucket(key, seed=seed), edges)), names)

    def _namespace(self, name: str, low: float, high: float) -> Step:
        draw = Hashed(fnv1a_32, suffix=f"__{name}", reduce=THOUSANDTHS, span=(0, 1), encoding=encoding(self.encoding))
        return Step(draw, within([(low, high)]))

    def namespace(self, name: str, low: float, high: float) -> Assignment:
        """Who is in a part of a namespace; always by the first hash."""
        return Assignment(name, lambda _: on_off(*self._namespace(name, low, high)), self.skips_empty)

    @staticmethod
    def claims(row: Row) -> Iterator[Claim]:
        """What a row says."""
        params = row.params
        scheme = GrowthBook(params.get("hashVersion", 1))
        if row.op == "hash":
            yield from row.states(scheme.bucket("", seed=row.seed))
        elif row.op == "namespace":
            step = scheme._namespace(row.key, *params["range"])
            yield from row.states(step.draw, scheme.namespace(row.key, *params["range"]))
        elif row.op == "experiment":
            weights = params["weights"] or [1] * params["numVariations"]
            pairs = [(str(arm), weight) for arm, weight in enumerate(weights)]
            assign = scheme.variants(pairs, row.key, seed=row.seed, coverage=params["coverage"])
            yield from row.states(scheme.bucket(row.key, seed=row.seed), assign, "-1")
        elif row.op == "rollout":
            percentage = Fraction(str(params["coverage"])) * 100
            yield from row.states(scheme.bucket(row.key, seed=row.seed), scheme.rollout(percentage, row.key))
            loose = GrowthBook(scheme.version, coverage="inclusive").rollout(percentage, row.key)
            yield Claim(loose, lambda ids: loose(ids).tolist(), params["js_le"])


def ten_thousandths(word: Any) -> Any:
    """The second hash's number: FNV-1a once more, of the first word's decimal digits."""
    again = _digits_hashed(word) if isinstance(word, np.ndarray) else fnv1a_32.one(str(word).encode())
    return again % 10_000 / 10_000


def _digits_hashed(words: Any) -> Any:
    """FNV-1a of each number's decimal digits, from the first that is not 0 on."""
    hashed = np.full(words.shape, FNV_START, dtype=np.int64)
    for power in range(9, -1, -1):
        digits = words // 10**power % 10 + ord("0")
        taken = ((hashed ^ digits) * FNV_PRIME) & CUT
        hashed = taken if power == 0 else np.where(words >= 10**power, taken, hashed)
    return hashed


def arms(weights: Weights, coverage: float) -> tuple[tuple[str, ...], Edges]:
    """Variants and their ranges: equal weights unless the sum is near 1, and as much of each as is covered."""
    names, numbers = read_weights(weights, either=True)
    if isinstance(numbers[0], Sequence):
        return names, within(numbers)
    share = min(max(coverage, 0), 1)
    if not 0.99 <= sum(numbers) <= 1.01:
        numbers = [1 / len(names)] * len(names)
    starts = [0, *accumulate(numbers[:-1])]
    return names, within((start, start + share * weight) for start, weight in zip(starts, numbers, strict=True))
