"""hash32 of many ids at once, for one or several salts: ids are packed into blocks once and hashed per salt."""

from collections.abc import Sequence

import numpy as np

from ffcore.lab.bulk.ids import Ids, id_array
from ffcore.lab.bulk.kernels import Suffixes, Words, hash_all


def hash32_array(ids: object, salt: str) -> Words:
    """The platform's hash of every id, as `ffcore.hash32` gives it for one.

    Args:
        ids: texts or whole numbers: a list, a pandas Series, an Arrow array, ...; a null is hashed as if it were "".
        salt: a flag's key, or whatever else follows the id.

    Returns:
        uint32, one word per id.

    >>> hash32_array(["user_687", "user_688"], "promo:2024")[0]
    np.uint32(496170328)
    """
    words: Words = hash_ids(id_array(ids), [salt])[0]
    return words


def hash_ids(ids: Ids, salts: Sequence[str]) -> Words:
    """The hashes of all ids for several salts: uint32, salts x ids. Releases the interpreter lock while it works."""
    result = np.empty((len(salts), len(ids)), dtype=np.uint32)
    hash_all(ids.data, ids.offsets, suffixes_of(salts), result)
    return result


def suffixes_of(salts: Sequence[str]) -> Suffixes:
    """What follows an id for each salt, as the kernels take it.

    >>> suffixes_of(["a", "beta"]).sizes
    array([2, 5])
    """
    encoded = [f":{salt}".encode() for salt in salts]
    width = max(map(len, encoded), default=0) // 4 + 4
    shifted = np.zeros((len(encoded), 4, 4 * width), dtype=np.uint8)
    for row, suffix in enumerate(encoded):
        for shift in range(4):
            start = 4 + shift
            shifted[row, shift, start : start + len(suffix) + 1] = [*suffix, 0x80]
    return Suffixes(np.array(list(map(len, encoded)), dtype=np.int64), shifted.view("<u4").astype(np.uint32))
