"""The bucketing hash and the integer thresholds that it is compared with."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import accumulate
from math import ceil
from struct import Struct

try:  # the interpreter's own MD5: the same digest as OpenSSL's, without 150 ns of set-up a call
    from _md5 import md5  # type: ignore[import-not-found]
except ImportError:  # pragma: no cover - interpreters built without it
    from hashlib import md5

__all__ = ["HASH_SPACE", "accepted_buckets", "cumulative_thresholds", "first_word", "hash32", "md5", "share_threshold"]
HASH_SPACE = 1 << 32
#: Reads the first four bytes of a 16-byte digest as a little-endian unsigned integer.
first_word = Struct("<I12x").unpack


def hash32(user_id: str, salt: str) -> int:
    """The platform's 32-bit hash, ``0 .. 2**32 - 1``: MD5 of ``user_id:salt``, first four bytes, little-endian.

    Any text is hashed, blank included. Text that UTF-8 cannot hold (a lone surrogate) raises a ``ValueError``.

    >>> hash32("user_687", "promo:2024")
    496170328
    """
    word: int = first_word(md5(f"{user_id}:{salt}".encode()).digest())[0]  # noqa: S324 - spreads users, no secret
    return word


def accepted_buckets(percentage: Fraction, buckets: int) -> int:
    """How many of ``buckets`` a rollout percentage (0 to 100) accepts, up to the next whole bucket.

    A user is in the rollout iff ``hash32(user_id, key) % buckets < accepted_buckets(...)``.

    >>> accepted_buckets(Fraction("12.5"), 10_000), accepted_buckets(Fraction("12.5"), 100)
    (1250, 13)
    """
    return ceil(percentage * buckets / 100)


def share_threshold(share: Fraction) -> int:
    """The bound on a 32-bit hash for a share (0 to 1): ``hash < bound`` iff ``hash / 2**32 < share``, exactly.

    >>> share_threshold(Fraction(1, 2)) == 2**31
    True
    """
    return ceil(share * HASH_SPACE)


def cumulative_thresholds(shares: Iterable[Fraction]) -> tuple[int, ...]:
    """The upper bounds of half-open hash ranges, one for each share in order.

    >>> cumulative_thresholds([Fraction(1, 4), Fraction(3, 4)])
    (1073741824, 4294967296)
    """
    return tuple(share_threshold(total) for total in accumulate(shares))
