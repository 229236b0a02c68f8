"""MD5, SHA-1 and SHA-256 of many messages side by side, compiled.

A message is put together and padded as bytes, its blocks are laid out in words, word ``j`` of all messages side by
side, and one instruction takes a step for as many messages as a register holds: the steps are LLVM vectors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from ffcore.lab.bulk.kernels import (
    BLOCK,
    LANES,
    START,
    WORDS,
    Bytes,
    Offsets,
    Words,
    compress,
    compressor,
    splat,
    turned,
)
from ffcore.lab.bulk.kernels import TOGETHER as MD5_TOGETHER

#: FIPS 180-4, sections 4.2 (constants) and 5.3 (first states).
SHA1_START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)
SHA1_CONSTANTS = (0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6)
PRIMES = [number for number in range(2, 312) if all(number % below for below in range(2, number))]
#: Messages under way at once: half as many as of MD5, because a step holds more words.
TOGETHER = MD5_TOGETHER // 2


def root_bits(number: int, degree: int) -> int:
    """The first 32 bits behind the point of a root: the constants of SHA-256.

    >>> hex(root_bits(2, 2)), hex(root_bits(2, 3))
    ('0x6a09e667', '0x428a2f98')
    """
    low, high = 0, 1 << 40
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**degree <= number << 32 * degree else (low, middle)
    return low & 0xFFFFFFFF


SHA256_START = tuple(root_bits(prime, 2) for prime in PRIMES[:8])
SHA256_CONSTANTS = tuple(root_bits(prime, 3) for prime in PRIMES[:64])


def _sum(builder: Any, *values: Any) -> Any:
    total = values[0]
    for value in values[1:]:
        total = builder.add(total, value)
    return total


def _xor(builder: Any, *values: Any) -> Any:
    total = values[0]
    for value in values[1:]:
        total = builder.xor(total, value)
    return total


def _choice(builder: Any, b: Any, c: Any, d: Any) -> Any:
    return builder.xor(d, builder.and_(b, builder.xor(c, d)))


def _majority(builder: Any, b: Any, c: Any, d: Any) -> Any:
    return builder.or_(builder.and_(b, c), builder.and_(d, builder.or_(b, c)))


def _sha1_steps(builder: Any, words: list[Any], state: list[Any]) -> list[Any]:
    """The 80 steps of one block, as instructions on vectors."""
    a, b, c, d, e = state
    mixes = (_choice, _xor, _majority, _xor)
    for step in range(80):
        if step >= WORDS:
            earlier = (words[(step - back) % WORDS] for back in (3, 8, 14, 16))
            words[step % WORDS] = turned(builder, _xor(builder, *earlier), 1)
        mixed = mixes[step // 20](builder, b, c, d)
        fresh = builder.add(splat(a, SHA1_CONSTANTS[step // 20]), words[step % WORDS])
        a, b, c, d, e = (
            _sum(builder, turned(builder, a, 5), mixed, builder.add(e, fresh)),
            a,
            turned(builder, b, 30),
            c,
            d,
        )
    return [a, b, c, d, e]


def _sigma(builder: Any, value: Any, turns: tuple[int, int], last: int, shift: bool) -> Any:
    third = builder.lshr(value, splat(value, last)) if shift else turned(builder, value, 32 - last)
    return _xor(builder, *(turned(builder, value, 32 - turn) for turn in turns), third)


def _sha256_steps(builder: Any, words: list[Any], state: list[Any]) -> list[Any]:
    """The 64 steps of one block, as instructions on vectors."""
    a, b, c, d, e, f, g, h = state
    for step in range(64):
        if step >= WORDS:
            near = _sigma(builder, words[(step - 2) % WORDS], (17, 19), 10, shift=True)
            far = _sigma(builder, words[(step - 15) % WORDS], (7, 18), 3, shift=True)
            words[step % WORDS] = _sum(builder, words[step % WORDS], far, words[(step - 7) % WORDS], near)
        fresh = builder.add(builder.add(h, splat(a, SHA256_CONSTANTS[step])), words[step % WORDS])
        first = _sum(builder, _sigma(builder, e, (6, 11), 25, shift=False), _choice(builder, e, f, g), fresh)
        second = builder.add(_sigma(builder, a, (2, 13), 22, shift=False), _majority(builder, a, b, c))
        a, b, c, d, e, f, g, h = builder.add(first, second), a, b, c, builder.add(d, first), e, f, g
    return [a, b, c, d, e, f, g, h]


_sha1_together: Any = compressor(_sha1_steps, len(SHA1_START), TOGETHER)
_sha256_together: Any = compressor(_sha256_steps, len(SHA256_START), TOGETHER)


@njit(nogil=True, cache=True)
def _ends(offsets: Offsets, first: int, around: int, ends: Any) -> int:
    """Where each lane's padded message ends, in bytes; the number of lanes."""
    lanes = min(LANES, offsets.size - 1 - first)
    ends[0] = 0
    for lane in range(lanes):
        size = offsets[first + lane + 1] - offsets[first + lane] + around
        ends[lane + 1] = ends[lane] + ((size + 8) // BLOCK + 1) * BLOCK
    return lanes


@njit(nogil=True, cache=True)
def _write(data: Bytes, start: int, stop: int, around: Any, big: bool, room: Any) -> None:
    """One padded message: prefix, text, suffix, the bit behind it, zeros, and its length in bits."""
    prefix, suffix = around
    at = 0
    for place in range(prefix.size):
        room[at] = prefix[place]
        at += 1
    for place in range(start, stop):
        room[at] = data[place]
        at += 1
    for place in range(suffix.size):
        room[at] = suffix[place]
        at += 1
    bits = 8 * at
    room[at] = 0x80
    for place in range(at + 1, room.size):
        room[place] = 0
    for byte in range(8):
        room[room.size - 1 - byte if big else room.size - 8 + byte] = (bits >> (8 * byte)) & 0xFF


@njit(nogil=True, cache=True)
def _lay_out(words: Any, ends: Any, lanes: int, block: int, big: bool, packed: Any) -> None:
    """Word ``j`` of a block of all messages that have it, side by side."""
    for lane in range(lanes):
        at = ends[lane] + block * BLOCK
        if at >= ends[lane + 1]:
            continue
        for word in range(WORDS):
            value = np.uint32(words[(at >> 2) + word])
            if big:
                value = np.uint32(
                    (value >> 24) | ((value >> 8) & 0xFF00) | ((value << 8) & 0xFF0000) | ((value & 0xFF) << 24)
                )
            packed[word, lane] = value


@njit(nogil=True, cache=True)
def _keep(states: Any, ends: Any, lanes: int, block: int, result: Any) -> None:
    """Take the first words of the messages that this block ended."""
    for lane in range(lanes):
        if ends[lane] + (block + 1) * BLOCK == ends[lane + 1]:
            for row in range(result.shape[0]):
                result[row, lane] = states[row, lane]


@njit(nogil=True, cache=True)
def _compress(packed: Any, states: Any, lanes: int) -> None:
    """One block of each lane; the number of a state's words says of which digest."""
    if states.shape[0] == 4:
        compress(packed, states, lanes)
    elif states.shape[0] == 5:
        for lane in range(0, lanes, TOGETHER):
            _sha1_together(packed, states, lane)
    else:
        for lane in range(0, lanes, TOGETHER):
            _sha256_together(packed, states, lane)


@njit(nogil=True, cache=True)
def digest_all(data: Bytes, offsets: Offsets, around: Any, start: Words, result: Words) -> None:
    """The first words of the digest of each message: as many as ``result`` has rows.

    Args:
        data: uint8, the texts.
        offsets: where each text starts, and the end of the last.
        around: a pair of uint8 arrays, before and behind each text.
        start: the first state: 4 words for MD5, 5 for SHA-1, 8 for SHA-256.
        result: uint32, words x texts.
    """
    big = start.size > 4
    ends = np.zeros(LANES + 1, dtype=np.int64)
    room = np.zeros(LANES * BLOCK, dtype=np.uint8)
    packed = np.zeros((WORDS, LANES), dtype=np.uint32)
    states = np.zeros((start.size, LANES), dtype=np.uint32)
    for first in range(0, offsets.size - 1, LANES):
        lanes = _ends(offsets, first, around[0].size + around[1].size, ends)
        if ends[lanes] > room.size:
            room = np.zeros(ends[lanes], dtype=np.uint8)
        blocks = 0
        for lane in range(lanes):
            begin, end = ends[lane], ends[lane + 1]
            _write(data, offsets[first + lane], offsets[first + lane + 1], around, big, room[begin:end])
            blocks = max(blocks, (end - begin) // BLOCK)
        for row in range(start.size):
            for lane in range(LANES):
                states[row, lane] = start[row]
        words = room.view(np.uint32)
        for block in range(blocks):
            _lay_out(words, ends, lanes, block, big, packed)
            _compress(packed, states, lanes)
            _keep(states, ends, lanes, block, result[:, first : first + lanes])


MD5_WORDS = np.array(START, dtype=np.uint32)
SHA1_WORDS = np.array(SHA1_START, dtype=np.uint32)
SHA256_WORDS = np.array(SHA256_START, dtype=np.uint32)
