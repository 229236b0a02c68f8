"""All that numba compiles, in one file, because its cache notices changes of no other: MD5 side by side, decisions.

Ids are packed into words, word `j` of all ids side by side, so that one instruction takes a step of MD5 for as many ids
as a register holds. The steps are written as LLVM vectors, not left to its vectoriser: that compiles in a tenth of the
time and keeps several registers' worth of ids under way, which hides each step's wait for the one before.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from llvmlite import binding, ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

u32, u64 = np.uint32, np.uint64
Word: TypeAlias = np.uint32
Words = NDArray[np.uint32]
Bytes = NDArray[np.uint8]
Offsets = NDArray[np.int64]
Codes = NDArray[np.int16]
#: The lengths in bytes of the shortest and the longest id of some.
Extremes: TypeAlias = tuple[int, int]

#: RFC 1321: section 3.3 (state), 3.4 (constants, turns, and the order in which each round takes the words).
START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
CONSTANTS = [int(2**32 * abs(math.sin(step + 1))) for step in range(64)]
TURNS = ((7, 12, 17, 22), (5, 9, 14, 20), (4, 11, 16, 23), (6, 10, 15, 21))
ORDERS = ((1, 0), (5, 1), (3, 5), (7, 0))
#: Words and bytes of a block, and the longest message that one holds beside the bit of padding and the length.
WORDS = 16
BLOCK = 64
ONE_BLOCK = 55
#: Ids packed together: 16 words of 256 ids are 16 KiB, which the first-level cache holds beside what is made of them.
LANES = 256
_FEATURES = binding.get_host_cpu_features()
#: Ids under way at once: as many as the processor's registers hold four, or two, or four times over.
TOGETHER = 64 if _FEATURES.get("avx512f") else 32 if _FEATURES.get("avx2") else 16
_VECTOR = ir.VectorType(ir.IntType(32), TOGETHER)


class Suffixes(NamedTuple):
    """What follows an id, one row for each salt: the colon and the salt.

    `sizes` counts its bytes; `shifted[row, s]` holds them and the padding bit as words, for an id that ends `s` bytes
    into a word, between a word of zeros on the left and one or more on the right.
    """

    sizes: Offsets
    shifted: Words


class Draws(NamedTuple):
    """How plans decide, one entry for each; a row of suffixes below zero means that no hash is needed.

    Everybody starts with the code `first`; each of `bounds[start:stop]` that the `variant` hash reaches adds one; a
    `traffic` hash modulo `buckets` (0: all of the hash) at or above `accepted` gives the code `outside`.
    """

    first: Codes
    variant: Offsets
    bounds: Words
    start: Offsets
    stop: Offsets
    traffic: Offsets
    buckets: Words
    accepted: Words
    outside: Codes


def _splat(value: int) -> ir.Constant:
    return ir.Constant(_VECTOR, [value & 0xFFFFFFFF] * TOGETHER)


def _mix(builder: Any, step: int, b: Any, c: Any, d: Any) -> Any:
    """RFC 1321's F, G, H and I."""
    if step < 16:
        return builder.xor(d, builder.and_(b, builder.xor(c, d)))
    if step < 32:
        return builder.xor(c, builder.and_(d, builder.xor(b, c)))
    if step < 48:
        return builder.xor(builder.xor(b, c), d)
    return builder.xor(c, builder.or_(b, builder.not_(d)))


def _steps(builder: Any, words: list[Any], state: list[Any]) -> list[Any]:
    """The 64 steps of one block, as instructions on vectors."""
    a, b, c, d = state
    for step in range(64):
        factor, offset = ORDERS[step // 16]
        word = words[(factor * step + offset) % WORDS]
        turn = TURNS[step // 16][step % 4]
        mixed = builder.add(builder.add(a, _mix(builder, step, b, c, d)), builder.add(word, _splat(CONSTANTS[step])))
        turned = builder.or_(builder.shl(mixed, _splat(turn)), builder.lshr(mixed, _splat(32 - turn)))
        a, b, c, d = d, builder.add(b, turned), b, c
    return [a, b, c, d]


def _write_compress_together(_: Any, words: Any, states: Any, lane: Any) -> Any:
    """Compress one block of the next TOGETHER lanes; both arrays have LANES columns."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        def pointers(position: int, rows: int) -> list[Any]:
            array = context.make_array(signature.args[position])(context, builder, values[position])
            places = [builder.add(values[2], ir.Constant(values[2].type, LANES * row)) for row in range(rows)]
            return [builder.bitcast(builder.gep(array.data, [place]), _VECTOR.as_pointer()) for place in places]

        state_pointers = pointers(1, 4)
        state = [builder.load(pointer, align=4) for pointer in state_pointers]
        block = [builder.load(pointer, align=4) for pointer in pointers(0, WORDS)]
        for pointer, before, after in zip(state_pointers, state, _steps(builder, block, state), strict=True):
            builder.store(builder.add(before, after), pointer, align=4)
        return context.get_dummy_value()

    return types.void(words, states, lane), generate


_compress_together: Any = intrinsic(_write_compress_together)


def _write_word_at(_: Any, data: Any, at: Any) -> Any:
    """The four bytes from a place on as a little-endian word; the caller sees to it that they are there."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, values[0])
        pointer = builder.bitcast(builder.gep(array.data, [values[1]]), ir.IntType(32).as_pointer())
        return builder.load(pointer, align=1)

    return types.uint32(data, at), generate


_word_at: Any = intrinsic(_write_word_at)


@njit(nogil=True, cache=True)
def compress(words: Words, states: Words, lanes: int) -> None:
    """Add one block of each of the first `lanes` messages to their states.

    Args:
        words: uint32, 16 x LANES: the blocks.
        states: uint32, 4 x LANES, changed in place; START before a message's first block.
        lanes: how many messages; what lies behind them is spoilt.
    """
    for lane in range(0, lanes, TOGETHER):
        _compress_together(words, states, lane)


@njit(nogil=True, cache=True)
def _start(states: Words) -> None:
    for row in range(4):
        states[row] = u32(START[row])


class Room(NamedTuple):
    """Where a block of ids is worked on, lane by lane: the ids' words, whole messages, states and hashes."""

    packed: Words
    words: Words
    states: Words
    hashes: Words


@njit(nogil=True, cache=True)
def _room() -> Room:
    return Room(
        np.zeros((WORDS, LANES), dtype=np.uint32),
        np.zeros((WORDS, LANES), dtype=np.uint32),
        np.zeros((4, LANES), dtype=np.uint32),
        np.zeros(LANES, dtype=np.uint32),
    )


@njit(nogil=True, cache=True)
def _extremes(offsets: Offsets) -> Extremes:
    shortest, longest = offsets[1] - offsets[0], offsets[1] - offsets[0]
    for lane in range(1, offsets.size - 1):
        length = offsets[lane + 1] - offsets[lane]
        shortest, longest = min(shortest, length), max(longest, length)
    return int(shortest), int(longest)


@njit(nogil=True, cache=True)
def _pack(data: Bytes, offsets: Offsets, extremes: Extremes, block: int, packed: Words) -> None:
    """Write the ids' bytes of one block as words, each lane's tail filled with zeros."""
    shortest, longest = extremes
    start, lanes = BLOCK * block, offsets.size - 1
    rows = min(max((longest - start + 3) >> 2, 0), WORDS)
    packed[rows:] = 0
    behind_all = offsets[lanes - 1] + start + 4 * rows <= data.size
    for row in range(rows):
        place = start + 4 * row
        if place + 4 <= shortest:
            for lane in range(lanes):
                packed[row, lane] = _word_at(data, offsets[lane] + place)
            continue
        for lane in range(lanes):
            left = min(max(offsets[lane + 1] - offsets[lane] - place, 0), 4)
            if behind_all:
                packed[row, lane] = _word_at(data, offsets[lane] + place) & u32((u64(1) << u64(8 * left)) - u64(1))
            else:
                packed[row, lane] = _last_word(data, offsets[lane] + place, left)


@njit(nogil=True, cache=True)
def _last_word(data: Bytes, at: int, size: int) -> Word:
    """Up to four bytes as a word, read one by one because nothing may be read behind them."""
    word = u32(0)
    for k in range(size):
        word |= u32(data[at + k]) << u32(8 * k)
    return word


@njit(nogil=True, cache=True)
def _toggle(words: Words, shifted: Words, length: int, size: int) -> None:
    """Put the suffix behind ids of one length that fit one block with it, or take it away again."""
    for row in range(length >> 2, ((length + size) >> 2) + 1):
        piece = shifted[length & 3, row - (length >> 2) + 1]
        for lane in range(LANES):
            words[row, lane] ^= piece
    bits = u32(8 * (length + size))
    for lane in range(LANES):
        words[14, lane] ^= bits


@njit(nogil=True, cache=True)
def _append(words: Words, shifted: Words, offsets: Offsets, extremes: Extremes, size: int, block: int) -> None:
    """Put what this block holds of the suffix behind ids of different lengths, and the bits where a message ends."""
    shortest, longest = extremes
    last = shifted.shape[1] - 1
    for row in range(max((shortest >> 2) - WORDS * block, 0), min(((longest + size) >> 2) - WORDS * block + 1, WORDS)):
        for lane in range(offsets.size - 1):
            length = offsets[lane + 1] - offsets[lane]
            piece = min(max(WORDS * block + row - (length >> 2) + 1, 0), last)
            words[row, lane] |= shifted[length & 3, piece]
    for lane in range(offsets.size - 1):
        total = offsets[lane + 1] - offsets[lane] + size
        if (total + 8) // BLOCK == block:
            words[14, lane] = u32((8 * total) & 0xFFFFFFFF)
            words[15, lane] = u32((8 * total) >> 32)


@njit(nogil=True, cache=True)
def _hash_block(data: Bytes, offsets: Offsets, extremes: Extremes, suffixes: Suffixes, salt: int, room: Room) -> None:
    """The first word of the MD5 of each id with one suffix, into `room.hashes`; the ids' first block is packed."""
    shortest, longest = extremes
    size, shifted = suffixes.sizes[salt], suffixes.shifted[salt]
    _start(room.states)
    if shortest == longest and longest + size <= ONE_BLOCK:
        _toggle(room.packed, shifted, longest, size)
        compress(room.packed, room.states, offsets.size - 1)
        _toggle(room.packed, shifted, longest, size)
    else:
        _copy(room.packed.reshape(-1), room.words.reshape(-1))
        _append(room.words, shifted, offsets, extremes, size, 0)
        compress(room.words, room.states, offsets.size - 1)
    _copy(room.states[0], room.hashes)
    for block in range(1, (longest + size + 8) // BLOCK + 1):
        _pack(data, offsets, extremes, block, room.words)
        _append(room.words, shifted, offsets, extremes, size, block)
        compress(room.words, room.states, offsets.size - 1)
        for lane in range(offsets.size - 1):
            if (offsets[lane + 1] - offsets[lane] + size + 8) // BLOCK == block:
                room.hashes[lane] = room.states[0, lane]


@njit(nogil=True, cache=True)
def _copy(source: Words, target: Words) -> None:
    """A loop, because numba's assignment of arrays takes seconds to compile."""
    for place in range(target.size):
        target[place] = source[place]


@njit(nogil=True, cache=True)
def hash_all(data: Bytes, offsets: Offsets, suffixes: Suffixes, result: Words) -> None:
    """The hashes of all ids for each suffix, into `result`, suffixes x ids."""
    room = _room()
    for first in range(0, offsets.size - 1, LANES):
        part = offsets[first : first + LANES + 1]
        extremes = _extremes(part)
        _pack(data, part, extremes, 0, room.packed)
        for salt in range(suffixes.sizes.size):
            _hash_block(data, part, extremes, suffixes, salt, room)
            _copy(room.hashes, result[salt, first : first + part.size - 1])


@njit(nogil=True, cache=True)
def decide_all(data: Bytes, offsets: Offsets, suffixes: Suffixes, draws: Draws, result: NDArray[np.int16]) -> None:
    """The code of each id's decision for each plan, into `result`, plans x ids."""
    room = _room()
    for first in range(0, offsets.size - 1, LANES):
        part = offsets[first : first + LANES + 1]
        extremes = _extremes(part)
        _pack(data, part, extremes, 0, room.packed)
        for plan in range(draws.first.size):
            codes = result[plan, first : first + part.size - 1]
            codes[:] = draws.first[plan]
            if draws.variant[plan] >= 0:
                _hash_block(data, part, extremes, suffixes, draws.variant[plan], room)
                choose(room.hashes, draws.bounds[draws.start[plan] : draws.stop[plan]], codes)
            if draws.traffic[plan] >= 0:
                _hash_block(data, part, extremes, suffixes, draws.traffic[plan], room)
                if draws.buckets[plan] == 0:
                    refuse_from(room.hashes, draws.accepted[plan], draws.outside[plan], codes)
                else:
                    refuse(room.hashes, draws.buckets[plan], draws.accepted[plan], draws.outside[plan], codes)


@njit(nogil=True, cache=True)
def choose(hashes: Words, bounds: Words, codes: Codes) -> None:
    """Add to each code how many of the bounds the hash reaches."""
    for bound in bounds:
        for row in range(codes.size):
            codes[row] += hashes[row] >= bound


@njit(nogil=True, cache=True)
def refuse_from(hashes: Words, bound: Word, outside: int, codes: Codes) -> None:
    """Refuse where the hash reaches the bound."""
    for row in range(codes.size):
        if hashes[row] >= bound:
            codes[row] = outside


@njit(nogil=True, cache=True, error_model="numpy")
def refuse(hashes: Words, buckets: Word, accepted: Word, outside: int, codes: Codes) -> None:
    """Refuse where `hash % buckets >= accepted`; the remainder comes from a quotient that vectorises.

    The quotient is exact: `hash + 0.5` lies at least `0.5 / buckets` from the next whole quotient, and two roundings to
    53 bits move a quotient below `2**32 / buckets` by less than `2**-19 / buckets`.
    """
    inverse = 1.0 / buckets
    for row in range(codes.size):
        quotient = u32((hashes[row] + 0.5) * inverse)
        remainder = u32(hashes[row] - u32(quotient * buckets))
        codes[row] = outside if remainder >= accepted else codes[row]


@njit(nogil=True, cache=True)
def spread(codes: Codes, arms: int, named: bool, enabled: Any, variants: Any, reasons: Any) -> None:
    """Codes as three columns: enabled, the place of the variant (-1 for none, or unless `named`) and the reason's."""
    variant_arms = arms if named else 0
    for row in range(codes.size):
        enabled[row] = codes[row] < arms
        variants[row] = codes[row] if codes[row] < variant_arms else -1
        reasons[row] = max(codes[row] - (arms - 1), 0)


@njit(nogil=True, cache=True)
def look_closer(data: Bytes, offsets: Offsets, found: Any) -> None:
    """Mark the ids that may be blank: empty ones, and those that begin like white space."""
    for row in range(offsets.size - 1):
        at = offsets[row]
        found[row] = at == offsets[row + 1] or data[at] <= 0x20 or data[at] >= 0x7F
