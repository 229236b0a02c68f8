"""Users, keys and a perfect hash for the checks of hashes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ffcore.lab import verify

USERS = np.arange(100_000)
KEYS = (
    "new-checkout",
    "dark-mode",
    "search-v2",
    "onboarding",
    "pricing",
    "hero-test",
    "recommend",
    "search-v3",
)
ARMS: Any = [{"key": key, "allocation": "1/2"} for key in "ab"]


def perfect(seed: int) -> Any:
    """A perfect hash: random words."""
    random = np.random.default_rng(seed)
    return verify.vectorized(lambda ids, key: random.integers(0, 2**32, len(ids), dtype=np.uint32))
