"""Hashes that go through a text unit by unit, compiled: MurmurHash3, FNV-1a, CRC-32, a polynomial; and UTF-8 read.

Each takes texts back to back and what stands before and behind every one of them, and is compiled for bytes; FNV-1a and
the polynomial also for wider units. Words are computed in 64 bits and cut, because numba widens 32 bits by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Units = NDArray[Any]
Offsets = NDArray[np.int64]
Words = NDArray[np.uint64]
u64 = np.uint64
CUT = u64(0xFFFFFFFF)
FIRST, SECOND = u64(0xCC9E2D51), u64(0x1B873593)


@njit(nogil=True, cache=True)
def murmur3_all(data: Units, offsets: Offsets, around: Any, seed: int, result: Words) -> None:
    """MurmurHash3 x86 32 bits of each message, its bytes taken up in words as they come.

    Args:
        data: uint8, the texts.
        offsets: where each text starts, and the end of the last.
        around: a pair of uint8 arrays, before and behind each text.
        seed: 32 bits.
        result: uint64, one for each text.
    """
    prefix, suffix = around
    start, held, bits = _taken_up(prefix, 0, prefix.size, (u64(seed), u64(0), u64(0)))
    for row in range(result.size):
        first, last = offsets[row], offsets[row + 1]
        state = _taken_up(data, first, last, (start, held, bits))
        h, rest, _ = _taken_up(suffix, 0, suffix.size, state)
        result[row] = _finished(h ^ _scrambled(rest), u64(prefix.size + last - first + suffix.size))


@njit(nogil=True, cache=True)
def _taken_up(data: Units, first: int, last: int, state: Any) -> Any:
    """The hash with some bytes more: itself, the bits that fill no word yet, and how many they are."""
    h, held, bits = state
    place = first
    while place + 4 <= last:
        word = (
            u64(data[place])
            | u64(data[place + 1]) << u64(8)
            | u64(data[place + 2]) << u64(16)
            | u64(data[place + 3]) << u64(24)
        )
        held |= word << bits
        h = _mixed(h, held & CUT)
        held >>= u64(32)
        place += 4
    while place < last:
        held |= u64(data[place]) << bits
        bits += u64(8)
        place += 1
        if bits == u64(32):
            h = _mixed(h, held)
            held, bits = u64(0), u64(0)
    return h, held, bits


@njit(nogil=True, cache=True)
def _mixed(h: Any, word: Any) -> Any:
    h ^= _scrambled(word)
    h = ((h << u64(13)) | (h >> u64(19))) & CUT
    return (h * u64(5) + u64(0xE6546B64)) & CUT


@njit(nogil=True, cache=True)
def _finished(h: Any, size: Any) -> Any:
    h ^= size & CUT
    h ^= h >> u64(16)
    h = (h * u64(0x85EBCA6B)) & CUT
    h ^= h >> u64(13)
    h = (h * u64(0xC2B2AE35)) & CUT
    return h ^ (h >> u64(16))


@njit(nogil=True, cache=True)
def _scrambled(k: Any) -> Any:
    k = (k * FIRST) & CUT
    k = ((k << u64(15)) | (k >> u64(17))) & CUT
    return (k * SECOND) & CUT


@njit(nogil=True, cache=True)
def multiply_all(data: Units, offsets: Offsets, suffix: Units, start: Any, rule: Any, result: Words) -> None:
    """FNV-1a, or a polynomial: XOR or add each unit, multiply, cut; the polynomial multiplies before it adds.

    Args:
        data: uint8 or uint32, the texts' units.
        offsets: where each text starts, and the end of the last.
        suffix: what stands behind each text, of the same kind.
        start: the word behind the prefix.
        rule: the prime, the mask that cuts a product, and whether it is FNV-1a.
        result: uint64, one for each text.
    """
    prime, cut, fnv = rule
    for row in range(result.size):
        word = u64(start)
        for place in range(offsets[row], offsets[row + 1]):
            word = _taken(word, u64(data[place]), prime, fnv) & cut
        for place in range(suffix.size):
            word = _taken(word, u64(suffix[place]), prime, fnv) & cut
        result[row] = word


@njit(nogil=True, cache=True)
def _taken(word: Any, unit: Any, prime: Any, fnv: bool) -> Any:
    return (word ^ unit) * prime if fnv else word * prime + unit


@njit(nogil=True, cache=True)
def crc32_all(data: Units, offsets: Offsets, suffix: Units, start: Any, table: Any, result: Words) -> None:
    """CRC-32 of each message from its register behind the prefix; ``table`` holds the register of each byte."""
    for row in range(result.size):
        word = u64(start)
        for place in range(offsets[row], offsets[row + 1]):
            word = u64(table[(word ^ u64(data[place])) & u64(255)]) ^ (word >> u64(8))
        for place in range(suffix.size):
            word = u64(table[(word ^ u64(suffix[place])) & u64(255)]) ^ (word >> u64(8))
        result[row] = word ^ CUT


@njit(nogil=True, cache=True)
def decode_all(data: Units, offsets: Offsets, astral: bool, units: Any, ends: Any) -> None:
    """Valid UTF-8 as code points (``astral``) or UTF-16 units, and where each text of them ends."""
    at = 0
    for row in range(offsets.size - 1):
        place = offsets[row]
        while place < offsets[row + 1]:
            first = np.uint32(data[place])
            more = (first >= 0xC0) + (first >= 0xE0) + (first >= 0xF0)
            point = np.int64(first & (0xFF >> (more + 1 + (more > 0))))
            for step in range(1, more + 1):
                point = point << 6 | np.int64(data[place + step] & 0x3F)
            place += more + 1
            if point > 0xFFFF and not astral:
                units[at] = 0xD800 + ((point - 0x10000) >> 10)
                at += 1
                point = 0xDC00 + (point & 0x3FF)
            units[at] = point
            at += 1
        ends[row + 1] = at


@njit(nogil=True, cache=True)
def prepend_all(data: Units, offsets: Offsets, ends: Offsets, result: Any) -> None:
    """Put the head of a CBOR text before each text; ``ends`` says where each begins, head included."""
    for row in range(offsets.size - 1):
        size = offsets[row + 1] - offsets[row]
        head = ends[row + 1] - ends[row] - size
        at = ends[row]
        if head == 1:
            result[at] = 0x60 | size
        else:
            result[at] = 0x77 + (head > 1) + (head > 2) + (head > 3) + (head > 5)
            for step in range(1, head):
                result[at + step] = (size >> (8 * (head - 1 - step))) & 0xFF
        for step in range(size):
            result[at + head + step] = data[offsets[row] + step]
