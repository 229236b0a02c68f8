"""Which rows belong to users who stand in several rows: found exactly, without a table of all ids."""

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Words = NDArray[np.uint32]
Bitmap = NDArray[np.uint64]
#: Bits for each id, at least: one id in 16 falls by chance on a bit that another one has.
BITS_PER_ID = 16
MOST_BITS = 31


def repeated_rows(text: pa.LargeStringArray, words: Words) -> tuple[Rows, Rows]:
    """The rows whose id stands in several rows.

    Ids of different words differ, so only ids whose words share a bit of a bitmap are compared as text. Bitmaps take
    4 to 8 bytes an id, 512 MB at most.

    Args:
        text: ids, none of them null.
        words: uint32, in step with the ids and equal for equal ids, such as their hashes for one salt.

    Returns:
        The rows in rising order and, in step with them, a number for each of their users, equal for equal ids.

    >>> rows, users = repeated_rows(pa.array(["a", "b", "a"], pa.large_string()), np.array([7, 7, 7], np.uint32))
    >>> rows.tolist(), users.tolist()
    ([0, 2], [0, 0])
    """
    suspects = _suspects(words)
    encoded = text.take(pa.array(suspects)).dictionary_encode()
    numbers = encoded.indices.to_numpy().astype(np.int64)
    several = np.bincount(numbers)[numbers] > 1
    return suspects[several], numbers[several]


def _suspects(words: Words) -> Rows:
    """The rows whose words share a bit with another row's."""
    bits = min(MOST_BITS, max(6, (words.size * BITS_PER_ID).bit_length()))
    taken, shared = np.zeros((2, 1 << (bits - 6)), dtype=np.uint64)
    _mark(words, np.uint32(32 - bits), taken, shared)
    found = np.empty(words.size, dtype=np.bool_)
    _look_up(words, np.uint32(32 - bits), shared, found)
    return np.flatnonzero(found)


@njit(nogil=True, cache=True)
def _mark(words: Words, shift: np.uint32, taken: Bitmap, shared: Bitmap) -> None:
    for row in range(words.size):
        bit = words[row] >> shift
        place, mask = bit >> np.uint32(6), np.uint64(1) << np.uint64(bit & np.uint32(63))
        shared[place] |= taken[place] & mask
        taken[place] |= mask


@njit(nogil=True, cache=True)
def _look_up(words: Words, shift: np.uint32, shared: Bitmap, found: NDArray[np.bool_]) -> None:
    for row in range(words.size):
        bit = words[row] >> shift
        found[row] = (shared[bit >> np.uint32(6)] >> np.uint64(bit & np.uint32(63))) & np.uint64(1) > 0
