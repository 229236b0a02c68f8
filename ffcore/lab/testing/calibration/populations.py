"""What trials judge: users, flags whose keys hold the trial's number, and counts of users in shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import accumulate

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ffcore.hashing import HASH_SPACE
from ffcore.lab import verify
from ffcore.lab.bulk.hashing import hash_ids
from ffcore.lab.bulk.ids import Ids, id_array
from ffcore.lab.testing.faults import Assign, Draw
from ffcore.lab.verify.check import Check
from ffcore.model import Flag, Variant

Hash = Callable[[NDArray[np.object_], str], NDArray[np.uint32]]


@cache
def users(count: int) -> pa.LargeStringArray:
    """That many ids, numbered."""
    return pa.array([f"user-{number}" for number in range(count)], pa.large_string())


@cache
def packed(count: int) -> Ids:
    """The same ids as the kernels take them."""
    return id_array(users(count))


def flag(number: int, percentage: float, shares: Mapping[str, str] | None = None, buckets: int = 10_000) -> Flag:
    """The flag of a trial: its key holds the number, which salts all draws."""
    variants = [Variant(key, Fraction(share)) for key, share in (shares or {}).items()]
    key, percent = f"calibration-{number}", Fraction(str(percentage))
    return Flag(key, enabled=True, rollout_percentage=percent, variants=tuple(variants), buckets=buckets)


def drawn(number: int, shares: Sequence[float], total: int) -> NDArray[np.int64]:
    """The arm that each of so many users draws under the trial's salt, by the product's hash."""
    words = hash_ids(packed(total), [f"calibration-{number}"])[0]
    ends = np.array([round(bound * HASH_SPACE) for bound in accumulate(shares)][:-1], dtype=np.uint64)
    arms: NDArray[np.int64] = np.searchsorted(ends, words, side="right")
    return arms


def counts(number: int, shares: Sequence[float], total: int) -> list[int]:
    """How many of so many users draw each arm."""
    return tally(drawn(number, shares, total), len(shares))


def looks(number: int, shares: Sequence[float], total: int, each: int) -> list[list[int]]:
    """The same counts as they come in: one row for every ``each`` users."""
    return [tally(row, len(shares)) for row in drawn(number, shares, total).reshape(-1, each)]


def fair_fleet(number: int, flags: int = 50, total: int = 5_000) -> list[Check]:
    """The sample ratios of many flags of two halves."""
    return [
        verify.sample_ratio(counts(number * flags + place, (0.5, 0.5), total), (0.5, 0.5)) for place in range(flags)
    ]


@verify.vectorized
def oracle(ids: NDArray[np.object_], key: str) -> NDArray[np.uint32]:
    """The ideal hash: random words for each key, whatever the ids."""
    return np.random.default_rng(list(key.encode())).integers(HASH_SPACE, size=ids.size, dtype=np.uint32)


def favouring(part: float, ranges: int) -> Hash:
    """Random words, but a part of the users falls into the first of so many ranges."""

    @verify.vectorized
    def hashed(ids: NDArray[np.object_], key: str) -> NDArray[np.uint32]:
        words, chosen = oracle(ids, key), oracle(ids, f"{key} chosen") < part * HASH_SPACE
        return np.where(chosen, words // np.uint32(ranges), words).astype(np.uint32)

    return hashed


def repeating(first: str, part: float) -> Hash:
    """Random words, but under all keys but the first a part of the users is in the same tenth as under the first."""

    @verify.vectorized
    def hashed(ids: NDArray[np.object_], key: str) -> NDArray[np.uint32]:
        words, chosen = oracle(ids, key), oracle(ids, f"{key} chosen") < part * HASH_SPACE
        tenth = oracle(ids, first).astype(np.uint64) * np.uint64(10) // np.uint64(HASH_SPACE)
        inside = (tenth * np.uint64(HASH_SPACE) + words) // np.uint64(10)
        return np.where(chosen & (key != first), inside, words).astype(np.uint32)

    return hashed


def tally(places: NDArray[np.int64], arms: int) -> list[int]:
    """How often each arm's number occurs."""
    found: list[int] = np.bincount(places, minlength=arms).tolist()
    return found


def serving(key: str, share: float, arms: Sequence[tuple[str, float]] = ()) -> Assign:
    """An assignment function that enables this share of the users and gives the arms these shares, of good draws."""
    bounds = tuple(round(bound * HASH_SPACE) for bound in accumulate(part for _, part in arms))
    names = tuple(name for name, _ in arms)
    return Assign(key, Draw((round(share * HASH_SPACE),)), Draw(bounds[:-1], "_variant"), names)


def shifted(shares: Sequence[float], arm: int, by: float) -> list[float]:
    """Shares of which one is off, and the others share the difference in proportion.

    >>> shifted([0.5, 0.3, 0.2], 0, 0.05)
    [0.55, 0.27, 0.18]
    """
    rest = 1 - shares[arm]
    return [round(share + by if place == arm else share * (1 - by / rest), 12) for place, share in enumerate(shares)]
