"""Hashes that checks of hashing must tell apart: the product's good one, and faulty ones that real systems used.

Each is a function ``assign(user_id, key) -> 32-bit integer``, the subject of ``verify.uniformity``,
``verify.independence`` and ``verify.avalanche``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ffcore.errors import ConfigError
from ffcore.hashing import HASH_SPACE, hash32
from ffcore.lab.bulk.hashing import hash_ids
from ffcore.lab.bulk.ids import Ids, id_array
from ffcore.lab.primitives import hashes as primitives
from ffcore.lab.schemes.draws import Hashed

Words = NDArray[np.uint32]
SMALL_HASH = 1 << 16
GROWTHBOOK_BUCKETS, BUCKETS = 1_000, 10_000


@dataclass(frozen=True, slots=True)
class HashFunction:
    """``assign(user_id, key)``: a 32-bit integer for one id, or, for an array of ids, a uint32 for each of them.

    Attributes:
        name: What `hash_function` knows it by.
        one: The word of an id and a key.
        many: The words of ids for several keys: keys x ids.
    """

    name: str
    one: Callable[[str, str], int]
    many: Callable[[Ids, Sequence[str]], Words]
    vectorized: ClassVar[bool] = True
    takes_arrow: ClassVar[bool] = True

    def __call__(self, user_id: Any, key: str) -> Any:
        """The word of one id, or of each id of an array."""
        return self.one(user_id, key) if isinstance(user_id, str) else self.many(id_array(user_id), [key])[0]


def hash_function(name: str) -> HashFunction:
    """The hash of this name; `HASHES` lists them, and each one's function says what is wrong with it.

    >>> crc32 = hash_function("crc32")
    >>> crc32("anna", "dark-mode"), crc32(np.array(["anna", "ben"], dtype=object), "dark-mode").tolist()
    (2854229291, [2854229291, 3670280021])
    """
    if name not in HASHES:
        raise ConfigError.unknown("hash", name, HASHES)
    return HASHES[name]


def fnv1a(user_id: str, key: str) -> int:
    """FNV-1a, 32 bits, of the id and the key without anything between them: flags share users (UTF-8, as GO FF)."""
    return Hashed(primitives.fnv1a_32, suffix=key).raw(user_id)


def crc32(user_id: str, key: str) -> int:
    """CRC-32 of the id and the key: linear, so two keys of one length differ by the same bits for every user."""
    return Hashed(primitives.crc32, suffix=key).raw(user_id)


def growthbook_v1(user_id: str, key: str) -> int:
    """GrowthBook's first hash: FNV-1a modulo 1,000; its thousandths are spread over the space of 32 bits."""
    return fnv1a(user_id, key) % GROWTHBOOK_BUCKETS * HASH_SPACE // GROWTHBOOK_BUCKETS


def id_only(user_id: str, _: str) -> int:
    """The product's hash of the id alone: every flag reaches the same users first."""
    return hash32(user_id, "")


def biased(user_id: str, key: str) -> int:
    """A 16-bit hash modulo 10,000, spread over the space of 32 bits: the first 5,536 buckets get 7/6 of the rest's."""
    return hash32(user_id, key) % SMALL_HASH % BUCKETS * HASH_SPACE // BUCKETS


def stuck_bit(user_id: str, key: str) -> int:
    """The product's hash with its lowest bit always set, as a lost shift does it: no user has an even bucket."""
    return hash32(user_id, key) | 1


def spread(places: NDArray[Any], buckets: int) -> Words:
    """Places among ``buckets`` as words of the 32-bit space, in the same order.

    >>> spread(np.array([0, 500, 999]), 1_000).tolist()
    [0, 2147483648, 4290672328]
    """
    return (places.astype(np.uint64) * np.uint64(HASH_SPACE) // np.uint64(buckets)).astype(np.uint32)


def _hashed(function: primitives.Hash, ids: Ids, keys: Sequence[str]) -> Words:
    words = np.empty((len(keys), len(ids)), dtype=np.uint32)
    for row, key in zip(words, keys, strict=True):
        row[:] = Hashed(function, suffix=key).many(ids)
    return words


def _growthbook_many(ids: Ids, keys: Sequence[str]) -> Words:
    return spread(_hashed(primitives.fnv1a_32, ids, keys) % GROWTHBOOK_BUCKETS, GROWTHBOOK_BUCKETS)


def _id_only_many(ids: Ids, keys: Sequence[str]) -> Words:
    return np.tile(hash_ids(ids, [""]), (len(keys), 1))


def _biased_many(ids: Ids, keys: Sequence[str]) -> Words:
    return spread(hash_ids(ids, keys) % SMALL_HASH % BUCKETS, BUCKETS)


def _stuck_bit_many(ids: Ids, keys: Sequence[str]) -> Words:
    return hash_ids(ids, keys) | np.uint32(1)


HASHES = {
    one.__name__: HashFunction(one.__name__, one, many)
    for one, many in (
        (hash32, hash_ids),
        (fnv1a, partial(_hashed, primitives.fnv1a_32)),
        (growthbook_v1, _growthbook_many),
        (crc32, partial(_hashed, primitives.crc32)),
        (id_only, _id_only_many),
        (biased, _biased_many),
        (stuck_bit, _stuck_bit_many),
    )
}

__all__ = ["HASHES", "HashFunction", "hash_function"]
