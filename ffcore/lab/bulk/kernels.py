"""MD5 side by side and decisions, compiled: in one file, because numba's cache notices changes of no other.

Ids are packed into words, word `j` of all ids side by side, so that one instruction takes a step of MD5 for as many ids
as a register holds. The steps are written as LLVM vectors, not left to its vectoriser: that compiles in a tenth of the
time and keeps several registers' worth of ids under way, which hides each step's wait for the one before.
"""

from __future__ import annotations

import math
from collections.abc import Callable
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
#: Ids hashed together: 16 words of 256 ids are 16 KiB, which the first-level cache holds beside what is made of them.
LANES = 256
#: Ids whose words are turned into columns together, and words of each.
SQUARE = 8
#: Ids that differ in length by fewer bytes get their suffix length by length, others one by one.
FEW_LENGTHS = 16
_FEATURES = binding.get_host_cpu_features()
#: Ids under way at once: as many as the processor's registers hold four, or two, or four times over.
TOGETHER = 64 if _FEATURES.get("avx512f") else 32 if _FEATURES.get("avx2") else 16
_WORD = ir.IntType(32)
Steps: TypeAlias = Callable[[Any, list[Any], list[Any]], list[Any]]


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


def splat(like: Any, number: int) -> ir.Constant:
    """A vector of one number, of the type of another vector."""
    return ir.Constant(like.type, [number & 0xFFFFFFFF] * like.type.count)


def turned(builder: Any, value: Any, turn: int) -> Any:
    """A vector's words rotated to the left."""
    return builder.or_(builder.shl(value, splat(value, turn)), builder.lshr(value, splat(value, 32 - turn)))


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
        mixed = builder.add(builder.add(a, _mix(builder, step, b, c, d)), builder.add(word, splat(a, CONSTANTS[step])))
        a, b, c, d = d, builder.add(b, turned(builder, mixed, turn)), b, c
    return [a, b, c, d]


def _pointer(context: Any, builder: Any, array: tuple[Any, Any], place: Any, vector: Any) -> Any:
    """Where an array, given as its type and value, holds a vector from some place on."""
    kind, value = array
    start = builder.gep(context.make_array(kind)(context, builder, value).data, [place])
    return builder.bitcast(start, vector.as_pointer())


def _plus(builder: Any, value: Any, number: int) -> Any:
    return builder.add(value, ir.Constant(value.type, number))


def compressor(steps: Steps, rows: int, together: int) -> Any:
    """An intrinsic that compresses one block of so many lanes: (words, states, first lane); both have LANES columns.

    Args:
        steps: writes the steps of a block, given a builder, its 16 words and the words of the state.
        rows: words of a state.
        together: how many lanes.
    """
    vector = ir.VectorType(_WORD, together)

    def write(_: Any, words: Any, states: Any, lane: Any) -> Any:
        def generate(context: Any, builder: Any, _: Any, values: Any) -> Any:
            def pointers(array: tuple[Any, Any], count: int) -> list[Any]:
                places = [_plus(builder, values[2], LANES * row) for row in range(count)]
                return [_pointer(context, builder, array, place, vector) for place in places]

            state_pointers = pointers((states, values[1]), rows)
            state = [builder.load(pointer, align=4) for pointer in state_pointers]
            block = [builder.load(pointer, align=4) for pointer in pointers((words, values[0]), WORDS)]
            for pointer, before, after in zip(state_pointers, state, steps(builder, block, state), strict=True):
                builder.store(builder.add(before, after), pointer, align=4)
            return context.get_dummy_value()

        return types.void(words, states, lane), generate

    return intrinsic(write)


_compress_together: Any = compressor(_steps, len(START), TOGETHER)


def _columns(builder: Any, lines: list[Any]) -> list[Any]:
    """SQUARE vectors of as many words turned: neighbours change places, then pairs, then fours."""
    for width in (1, 2, 4):
        kept = [k + (SQUARE - width if k & width else 0) for k in range(SQUARE)]
        for k in (k for k in range(SQUARE) if not k & width):
            pair = lines[k], lines[k + width]
            for place, shift in ((k, 0), (k + width, width)):
                choice = ir.Constant(ir.VectorType(_WORD, SQUARE), [one + shift for one in kept])
                lines[place] = builder.shuffle_vector(*pair, choice)
    return lines


def _write_pack_square(_: Any, data: Any, offsets: Any, start: Any, lane: Any, packed: Any) -> Any:
    """Write SQUARE words of each of SQUARE ids, from a byte of the id on, into as many rows of `packed`.

    The caller sees to it that so many bytes are there; those behind an id are what comes next.
    """
    vector = ir.VectorType(_WORD, SQUARE)

    def generate(context: Any, builder: Any, _: Any, values: Any) -> Any:
        lines = []
        for k in range(SQUARE):
            offset = _pointer(context, builder, (offsets, values[1]), _plus(builder, values[3], k), ir.IntType(64))
            place = builder.add(builder.load(offset), values[2])
            lines.append(builder.load(_pointer(context, builder, (data, values[0]), place, vector), align=1))
        for row, line in enumerate(_columns(builder, lines)):
            place = _plus(builder, values[3], LANES * row)
            builder.store(line, _pointer(context, builder, (packed, values[4]), place, vector), align=4)
        return context.get_dummy_value()

    return types.void(data, offsets, start, lane, packed), generate


_pack_square: Any = intrinsic(_write_pack_square)


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
    """Where a block of ids is worked on, lane by lane: the ids' words, whole messages, states and hashes.

    `sizes` counts the bytes of each id in its first block, and in a later one.
    """

    sizes: Words
    packed: Words
    words: Words
    states: Words
    hashes: Words


@njit(nogil=True, cache=True)
def _room() -> Room:
    sizes, states = np.zeros((2, LANES), dtype=np.uint32), np.zeros((4, LANES), dtype=np.uint32)
    packed, words = np.zeros((WORDS, LANES), dtype=np.uint32), np.zeros((WORDS, LANES), dtype=np.uint32)
    return Room(sizes, packed, words, states, np.zeros(LANES, dtype=np.uint32))


@njit(nogil=True, cache=True)
def _extremes(offsets: Offsets) -> Extremes:
    shortest, longest = offsets[1] - offsets[0], offsets[1] - offsets[0]
    for lane in range(1, offsets.size - 1):
        length = offsets[lane + 1] - offsets[lane]
        shortest, longest = min(shortest, length), max(longest, length)
    return int(shortest), int(longest)


@njit(nogil=True, cache=True)
def _pack(data: Bytes, offsets: Offsets, extremes: Extremes, block: int, sizes: Words, packed: Words) -> None:
    """Write the ids' bytes of one block as words, each lane's tail filled with zeros, and count them."""
    shortest, longest = extremes
    start, lanes = BLOCK * block, offsets.size - 1
    for lane in range(lanes):
        sizes[lane] = min(max(offsets[lane + 1] - offsets[lane] - start, 0), BLOCK)
    rows = min(max((longest - start + 3) >> 2, 0), WORDS)
    if lanes % SQUARE == 0 and offsets[lanes - 1] + start + BLOCK <= data.size:
        for row in range(0, rows, SQUARE):
            for lane in range(0, lanes, SQUARE):
                _pack_square(data, offsets, start + 4 * row, lane, packed[row:])
        for row in range(max((shortest - start) >> 2, 0), rows):
            _cut(packed[row], sizes, 4 * row)
    else:
        for lane in range(lanes):
            for row in range(rows):
                packed[row, lane] = _word(data, offsets[lane] + start, np.int64(sizes[lane]), 4 * row)
    packed[rows:] = 0


@njit(nogil=True, cache=True)
def _cut(words: Words, sizes: Words, start: int) -> None:
    """Keep those bytes of a row of words, the first of which is an id's byte `start`, that belong to their ids."""
    for lane in range(LANES):
        left = min(max(sizes[lane], u32(start)) - u32(start), u32(4))
        words[lane] &= u32((u64(1) << u64(8 * left)) - u64(1))


@njit(nogil=True, cache=True)
def _word(data: Bytes, at: int, size: Any, start: int) -> Word:
    """The word at the byte `start` of `size` bytes, read one by one because nothing may be read behind them."""
    word = u32(0)
    for k in range(start, min(start + 4, size)):
        word |= u32(data[at + k]) << u32(8 * (k - start))
    return word


@njit(nogil=True, cache=True)
def _toggle(words: Words, shifted: Words, sizes: Words, extremes: Extremes, size: int) -> None:
    """Put the suffix behind ids of few lengths that fit one block with it, or take it away again."""
    shortest, longest = extremes
    for length in range(shortest, longest + 1):
        for row in range(length >> 2, ((length + size) >> 2) + 1):
            piece = shifted[length & 3, row - (length >> 2) + 1]
            for lane in range(LANES):
                words[row, lane] ^= piece if sizes[lane] == u32(length) else u32(0)
    for lane in range(LANES):
        words[14, lane] ^= u32(u32(8) * (sizes[lane] + u32(size)))


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
    if longest - shortest < FEW_LENGTHS and longest + size <= ONE_BLOCK:
        _toggle(room.packed, shifted, room.sizes[0], extremes, size)
        compress(room.packed, room.states, offsets.size - 1)
        _toggle(room.packed, shifted, room.sizes[0], extremes, size)
    else:
        _copy(room.packed.reshape(-1), room.words.reshape(-1))
        _append(room.words, shifted, offsets, extremes, size, 0)
        compress(room.words, room.states, offsets.size - 1)
    _copy(room.states[0], room.hashes)
    for block in range(1, (longest + size + 8) // BLOCK + 1):
        _pack(data, offsets, extremes, block, room.sizes[1], room.words)
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
def _take_up(data: Bytes, offsets: Offsets, first: int, room: Room) -> Any:
    """The offsets of up to LANES ids and the extremes of their lengths; their first block is packed."""
    part = offsets[first : first + LANES + 1]
    extremes = _extremes(part)
    _pack(data, part, extremes, 0, room.sizes[0], room.packed)
    return part, extremes


@njit(nogil=True, cache=True)
def hash_all(data: Bytes, offsets: Offsets, suffixes: Suffixes, result: Words) -> None:
    """The hashes of all ids for each suffix, into `result`, suffixes x ids."""
    room = _room()
    for first in range(0, offsets.size - 1, LANES):
        part, extremes = _take_up(data, offsets, first, room)
        for salt in range(suffixes.sizes.size):
            _hash_block(data, part, extremes, suffixes, salt, room)
            _copy(room.hashes, result[salt, first : first + part.size - 1])


@njit(nogil=True, cache=True)
def decide_all(data: Bytes, offsets: Offsets, suffixes: Suffixes, draws: Draws, result: NDArray[np.int16]) -> None:
    """The code of each id's decision for each plan, into `result`, plans x ids."""
    room = _room()
    for first in range(0, offsets.size - 1, LANES):
        part, extremes = _take_up(data, offsets, first, room)
        for plan in range(draws.first.size):
            codes = result[plan, first : first + part.size - 1]
            codes[:] = draws.first[plan]
            if draws.variant[plan] >= 0:
                _hash_block(data, part, extremes, suffixes, draws.variant[plan], room)
                choose(room.hashes, draws.bounds[draws.start[plan] : draws.stop[plan]], codes)
            if draws.traffic[plan] >= 0:
                _hash_block(data, part, extremes, suffixes, draws.traffic[plan], room)
                refuse(room.hashes, draws.buckets[plan], draws.accepted[plan], draws.outside[plan], codes)


@njit(nogil=True, cache=True)
def choose(hashes: Words, bounds: Words, codes: Codes) -> None:
    """Add to each code how many of the bounds the hash reaches."""
    for bound in bounds:
        for row in range(codes.size):
            codes[row] += hashes[row] >= bound


@njit(nogil=True, cache=True, error_model="numpy")
def refuse(hashes: Words, buckets: Word, accepted: Word, outside: int, codes: Codes) -> None:
    """Refuse where `hash % buckets >= accepted`, or with 0 buckets where `hash >= accepted`.

    The remainder comes from a quotient, because that vectorises, and the quotient is exact: `hash + 0.5` lies at least
    `0.5 / buckets` from the next whole one, and two roundings to 53 bits move a quotient below `2**32 / buckets` by
    less than `2**-19 / buckets`.
    """
    inverse = 1.0 / buckets if buckets else 0.0
    for row in range(codes.size):
        quotient = u32((hashes[row] + 0.5) * inverse)
        remainder = u32(hashes[row] - u32(quotient * buckets))
        codes[row] = outside if remainder >= accepted else codes[row]
