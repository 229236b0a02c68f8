"""hash32 of many ids at once, for one or several salts: ids are packed into blocks once and hashed per salt."""

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ffcore.lab.bulk.ids import Ids, id_array
from ffcore.lab.bulk.md5 import START, WORDS, Word, Words, compress, u32

#: Ids packed together: 16 words of 512 ids are 32 KiB, which the first-level cache holds.
LANES = 512
#: The longest message that one block holds, beside the bit of padding and the length.
ONE_BLOCK = 55
#: The longest suffix that still fits its block behind any shift of up to three bytes.
SHORT_SUFFIX = ONE_BLOCK - 4
Bytes = NDArray[np.uint8]
Offsets = NDArray[np.int64]


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
    suffixes = [np.frombuffer(f":{salt}".encode(), dtype=np.uint8) for salt in salts]
    short = [row for row, suffix in enumerate(suffixes) if len(suffix) <= SHORT_SUFFIX]
    for row, suffix in enumerate(suffixes):
        if len(suffix) > SHORT_SUFFIX:
            _hash_one_by_one(ids.data, ids.offsets, suffix, result[row])
    if short and len(ids):
        shifted = np.stack([_shifted(suffixes[row]) for row in short])
        lengths = np.array([len(suffixes[row]) for row in short], dtype=np.int64)
        _hash_packed(ids.data, ids.offsets, shifted, lengths, np.array(short), result)
    return result


def _shifted(suffix: Bytes) -> Words:
    """The suffix and the padding bit as words, shifted for an id that ends 0, 1, 2 or 3 bytes into a word."""
    rows = np.zeros((4, 4 * WORDS), dtype=np.uint8)
    for shift in range(4):
        rows[shift, shift : shift + len(suffix)] = suffix
        rows[shift, shift + len(suffix)] = 0x80
    return rows.view("<u4").astype(np.uint32)


@njit(nogil=True, cache=True)
def _hash_packed(data: Bytes, offsets: Offsets, shifted: Words, lengths: Offsets, rows: Offsets, result: Words) -> None:
    packed = np.zeros((WORDS, LANES), dtype=np.uint32)
    words = np.empty((WORDS, LANES), dtype=np.uint32)
    states = np.empty((4, LANES), dtype=np.uint32)
    for first in range(0, offsets.size - 1, LANES):
        part = offsets[first : first + LANES + 1]
        lanes = part.size - 1
        packed[:] = 0
        shortest, longest = _pack(data, part, packed)
        for salt in range(lengths.size):
            size = lengths[salt]
            words[:] = packed
            if shortest == longest and longest + size <= ONE_BLOCK:
                _append_to_all(words, shifted[salt], longest, size, lanes)
            else:
                _append_to_each(words, shifted[salt], part, size)
            _start(states, lanes)
            compress(words, states, lanes)
            out = result[rows[salt], first : first + lanes]
            out[:] = states[0, :lanes]
            if longest + size > ONE_BLOCK:
                _hash_the_long(data, part, shifted[salt, 0].view(np.uint8)[:size], out)


@njit(nogil=True, cache=True)
def _pack(data: Bytes, offsets: Offsets, packed: Words) -> tuple[np.int64, np.int64]:
    """Write the ids' bytes into words, lane by lane; ids too long for one block are left out. Returns the extremes."""
    shortest, longest = np.int64(1 << 62), np.int64(0)
    for lane in range(offsets.size - 1):
        at, end = offsets[lane], offsets[lane + 1]
        length = end - at
        shortest, longest = min(shortest, length), max(longest, length)
        if length > ONE_BLOCK:
            continue
        whole = length >> 2
        for j in range(whole):
            k = at + 4 * j
            packed[j, lane] = (
                u32(data[k]) | u32(data[k + 1]) << u32(8) | u32(data[k + 2]) << u32(16) | u32(data[k + 3]) << u32(24)
            )
        for k in range(length & 3):
            packed[whole, lane] |= u32(data[at + 4 * whole + k]) << u32(8 * k)
    return shortest, longest


@njit(nogil=True, cache=True)
def _append_to_all(words: Words, shifted: Words, length: np.int64, size: int, lanes: int) -> None:
    """Put the suffix behind ids of one length: every lane takes the same words."""
    at, shift = length >> 2, length & 3
    for j in range(min((size + 7) // 4, WORDS - int(at))):
        piece = shifted[shift, j]
        for lane in range(lanes):
            words[at + j, lane] |= piece
    bits = u32(8 * (length + size))
    for lane in range(lanes):
        words[14, lane] = bits


@njit(nogil=True, cache=True)
def _append_to_each(words: Words, shifted: Words, offsets: Offsets, size: int) -> None:
    """Put the suffix behind ids of different lengths, one lane after the other."""
    for lane in range(offsets.size - 1):
        length = offsets[lane + 1] - offsets[lane]
        if length + size > ONE_BLOCK:
            continue
        at, shift = length >> 2, length & 3
        for j in range((size + 7) // 4):
            words[min(at + j, WORDS - 1), lane] |= shifted[shift, j]
        words[14, lane] = u32(8 * (length + size))


@njit(nogil=True, cache=True)
def _start(states: Words, lanes: int) -> None:
    for j in range(4):
        word = u32(START[j])
        for lane in range(lanes):
            states[j, lane] = word


@njit(nogil=True, cache=True)
def _hash_the_long(data: Bytes, offsets: Offsets, suffix: Bytes, out: Words) -> None:
    """Hash again those ids that do not fit one block with their suffix."""
    for lane in range(out.size):
        at, end = offsets[lane], offsets[lane + 1]
        if end - at + suffix.size > ONE_BLOCK:
            out[lane] = _hash_long(data, at, end, suffix)


@njit(nogil=True, cache=True)
def _hash_one_by_one(data: Bytes, offsets: Offsets, suffix: Bytes, out: Words) -> None:
    for row in range(out.size):
        out[row] = _hash_long(data, offsets[row], offsets[row + 1], suffix)


@njit(nogil=True, cache=True)
def _hash_long(data: Bytes, at: int, end: int, suffix: Bytes) -> Word:
    """The first word of the MD5 of one id of any length and its suffix."""
    words = np.zeros((WORDS, 1), dtype=np.uint32)
    states = np.empty((4, 1), dtype=np.uint32)
    _start(states, 1)
    length = end - at
    total = length + suffix.size
    blocks = (total + 8) // 64 + 1
    for block in range(blocks):
        words[:] = 0
        for k in range(64):
            place = 64 * block + k
            if place < length:
                byte = u32(data[at + place])
            elif place < total:
                byte = u32(suffix[place - length])
            else:
                byte = u32(0x80) if place == total else u32(0)
            words[k >> 2, 0] |= byte << u32(8 * (k & 3))
        if block == blocks - 1:
            words[14, 0] = u32((8 * total) & 0xFFFFFFFF)
            words[15, 0] = u32((8 * total) >> 32)
        compress(words, states, 1)
    return u32(states[0, 0])
