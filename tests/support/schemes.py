"""What tests of other vendors' schemes share: ids of every kind, and calls of every scheme."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from ffcore.lab import schemes

#: Letters of one to four bytes in UTF-8: accents composed and combining, CJK, right to left, emoji, astral, joiners.
LETTERS = "abcXYZ019 _-.:/\\\"',\n\t\0\u00e9e\u0301ßÅ日本語한국\u0639\u05b4\u200d\u200b😀🏳𝔘\U0010ffff\uffff\ufb01"
SPLIT = {"a": 20, "b": 30, "c": 50}
FRACTIONS = {"a": 0.2, "b": 0.3, "c": 0.5}


@lru_cache(maxsize=4)
def ids_of_every_kind(count: int, seed: int, *, letters: str = LETTERS) -> list[str]:
    """Ids of every kind side by side: plain, UUIDs, whole numbers, any alphabet, and lengths around a block's end."""
    rng = np.random.default_rng(seed)
    found = ["", "a", "é" if letters is LETTERS else "e", "null", "1e5", "007", "-1", str(2**64)]
    while len(found) < count:
        number = int(rng.integers(1 << 62))
        kind = len(found) % 5
        if kind == 0:
            found.append(f"user-{number % 1_000_000}")
        elif kind == 1:
            found.append(str(uuid.UUID(int=number << 64 | number)))
        elif kind == 2:
            found.append(str(number - (1 << 61)))
        else:
            length = int(rng.integers(0, 30 if kind == 3 else 140))
            found.append("".join(letters[place] for place in rng.integers(0, len(letters), length)))
    return found[:count]


@dataclass(frozen=True)
class Case:
    """A scheme with its settings, and what its calls take."""

    name: str
    version: int | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    weights: Any = field(default_factory=lambda: SPLIT)
    variants: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return "-".join(map(str, (self.name, self.version or "", *self.settings.values(), *self.options.values())))

    @property
    def scheme(self) -> schemes.Scheme:
        """The scheme."""
        return schemes.get(self.name, self.version, **self.settings)

    def functions(self, key: str) -> Iterator[Any]:
        """The bucket, rollouts and variants of a flag."""
        yield self.scheme.bucket(key, **self.options)
        for percentage in (0, 33.3, 100):
            yield self.scheme.rollout(percentage, key, **self.options)
        if self.name != "featurevisor":
            yield self.scheme.variants(self.weights, key, **self.options, **self.variants)


LAUNCHDARKLY = {"a": 20_000, "b": 30_000, "c": 50_000}
SEEDED = {"seed": -2_086_887_519}
CASES = [
    Case("growthbook", 1, weights=FRACTIONS, variants={"coverage": 0.8, "namespace": ("n", 0.1, 0.9)}),
    Case("growthbook", 2, weights=FRACTIONS),
    Case("growthbook", 1, {"encoding": "code-points", "coverage": "inclusive"}, weights=FRACTIONS),
    Case("growthbook", 2, {"encoding": "utf-8"}, weights={"a": (0, 0.25), "b": (0.5, 0.75)}),
    Case("launchdarkly", options={"salt": "sält"}, weights=LAUNCHDARKLY),
    Case("launchdarkly", None, {"precision": "float32"}, {"seed": 61}, weights=LAUNCHDARKLY),
    Case("launchdarkly", options={"attribute": "bool"}, weights=LAUNCHDARKLY),
    Case("statsig", weights={"a": 200, "b": 300, "c": 400}),
    Case("posthog", weights={"a": 33.3, "b": 33.3, "c": 33.3}, variants={"rollout": 55}),
    Case("unleash", weights={"a": 200, "b": 300, "c": 500}),
    Case("unleash", None, {"encoding": "low-byte"}),
    Case("optimizely", weights={"a": 2_000, "b": 3_000}, variants={"group": ("g", 1_000, 9_000)}),
    Case("split", 2, options=SEEDED, variants={"traffic": (60, 7)}),
    Case("split", 1, options=SEEDED),
    Case("split", 1, {"encoding": "code-points"}, SEEDED),
    Case("eppo", weights={"a": 3_333, "b": 3_333}, variants={"traffic": ("t", 0, 5_000)}),
    Case("azure_featuremanagement", weights={"a": (0, 20), "b": (50, 100)}),
    Case("flagd", 1),
    Case("flagd", 2, options={"shorthand": False}),
    Case("flagd", 3),
    Case("flagd", 3, options={"shorthand": False}),
    Case("amplitude", variants={"allocation": (10, 60), "default": "off"}),
    Case("flagsmith", None, {"identity": "derived", "environment": "env"}),
    Case("configcat"),
    Case("firebase_remote_config", weights={"a": 20_000_000, "b": 30_000_000}),
    Case("devcycle", weights=FRACTIONS, variants={"rollout": 40}),
    Case("devcycle", None, {"encoding": "utf-8"}, weights=FRACTIONS),
    Case("vwo", variants={"account": "999", "traffic": 70}),
    Case("mixpanel", options={"salt": "abc"}, weights=FRACTIONS),
    Case("go_feature_flag"),
    Case("flipt"),
    Case("featurevisor"),
    Case("featbit", weights={"a": (0, 0.2), "b": (0.2, 1)}),
    Case("harness_ff", options={"by": "email"}),
    Case("planout", options={"salt": "exp"}),
    Case("kameleoon", options={"respool": 1_700_000_000}, weights=FRACTIONS),
    Case("seed_platform", weights=FRACTIONS, variants={"traffic": 0.5}),
    Case("seed_platform", None, {"path": "backend"}),
    Case("seed_platform", None, {"path": "operator"}),
]
