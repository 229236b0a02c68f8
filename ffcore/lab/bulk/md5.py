"""MD5 over many messages at once: one 64-byte block of each, lane by lane, in a loop that LLVM turns into vectors.

The rounds stand written out (RFC 1321, section 3.4): only then does the loop over lanes vectorise, sixteen messages at
a time where the processor has 512-bit registers. `words[j, lane]` is word `j` of a lane's block, so that the same word
of neighbouring messages lies side by side.
"""

from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

WORDS = 16
START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
u32 = np.uint32
Word: TypeAlias = np.uint32
Words = NDArray[np.uint32]
State = tuple[Word, Word, Word, Word]


@njit(inline="always")
def turn(x: Word, bits: Word) -> Word:
    """Rotate a word to the left."""
    return u32((u32(x) << bits) | (u32(x) >> (u32(32) - bits)))


@njit(inline="always")
def choose(x: Word, y: Word, z: Word) -> Word:
    """Bits of `y` where `x` has ones, bits of `z` elsewhere: RFC 1321's F, and its G with the arguments turned."""
    return z ^ (x & (y ^ z))


@njit(inline="always")
def parity(x: Word, y: Word, z: Word) -> Word:
    """RFC 1321's H."""
    return x ^ y ^ z


@njit(inline="always")
def mix(x: Word, y: Word, z: Word) -> Word:
    """RFC 1321's I."""
    return y ^ (x | ~z)


@njit(inline="always")
def first_round(words: Words, lane: int, state: State) -> State:
    """The 16 steps of RFC 1321 with F."""
    a, b, c, d = state
    a = u32(turn(a + choose(b, c, d) + words[0, lane] + u32(0xD76AA478), u32(7)) + b)
    d = u32(turn(d + choose(a, b, c) + words[1, lane] + u32(0xE8C7B756), u32(12)) + a)
    c = u32(turn(c + choose(d, a, b) + words[2, lane] + u32(0x242070DB), u32(17)) + d)
    b = u32(turn(b + choose(c, d, a) + words[3, lane] + u32(0xC1BDCEEE), u32(22)) + c)
    a = u32(turn(a + choose(b, c, d) + words[4, lane] + u32(0xF57C0FAF), u32(7)) + b)
    d = u32(turn(d + choose(a, b, c) + words[5, lane] + u32(0x4787C62A), u32(12)) + a)
    c = u32(turn(c + choose(d, a, b) + words[6, lane] + u32(0xA8304613), u32(17)) + d)
    b = u32(turn(b + choose(c, d, a) + words[7, lane] + u32(0xFD469501), u32(22)) + c)
    a = u32(turn(a + choose(b, c, d) + words[8, lane] + u32(0x698098D8), u32(7)) + b)
    d = u32(turn(d + choose(a, b, c) + words[9, lane] + u32(0x8B44F7AF), u32(12)) + a)
    c = u32(turn(c + choose(d, a, b) + words[10, lane] + u32(0xFFFF5BB1), u32(17)) + d)
    b = u32(turn(b + choose(c, d, a) + words[11, lane] + u32(0x895CD7BE), u32(22)) + c)
    a = u32(turn(a + choose(b, c, d) + words[12, lane] + u32(0x6B901122), u32(7)) + b)
    d = u32(turn(d + choose(a, b, c) + words[13, lane] + u32(0xFD987193), u32(12)) + a)
    c = u32(turn(c + choose(d, a, b) + words[14, lane] + u32(0xA679438E), u32(17)) + d)
    b = u32(turn(b + choose(c, d, a) + words[15, lane] + u32(0x49B40821), u32(22)) + c)
    return a, b, c, d


@njit(inline="always")
def second_round(words: Words, lane: int, state: State) -> State:
    """The 16 steps of RFC 1321 with G."""
    a, b, c, d = state
    a = u32(turn(a + choose(d, b, c) + words[1, lane] + u32(0xF61E2562), u32(5)) + b)
    d = u32(turn(d + choose(c, a, b) + words[6, lane] + u32(0xC040B340), u32(9)) + a)
    c = u32(turn(c + choose(b, d, a) + words[11, lane] + u32(0x265E5A51), u32(14)) + d)
    b = u32(turn(b + choose(a, c, d) + words[0, lane] + u32(0xE9B6C7AA), u32(20)) + c)
    a = u32(turn(a + choose(d, b, c) + words[5, lane] + u32(0xD62F105D), u32(5)) + b)
    d = u32(turn(d + choose(c, a, b) + words[10, lane] + u32(0x02441453), u32(9)) + a)
    c = u32(turn(c + choose(b, d, a) + words[15, lane] + u32(0xD8A1E681), u32(14)) + d)
    b = u32(turn(b + choose(a, c, d) + words[4, lane] + u32(0xE7D3FBC8), u32(20)) + c)
    a = u32(turn(a + choose(d, b, c) + words[9, lane] + u32(0x21E1CDE6), u32(5)) + b)
    d = u32(turn(d + choose(c, a, b) + words[14, lane] + u32(0xC33707D6), u32(9)) + a)
    c = u32(turn(c + choose(b, d, a) + words[3, lane] + u32(0xF4D50D87), u32(14)) + d)
    b = u32(turn(b + choose(a, c, d) + words[8, lane] + u32(0x455A14ED), u32(20)) + c)
    a = u32(turn(a + choose(d, b, c) + words[13, lane] + u32(0xA9E3E905), u32(5)) + b)
    d = u32(turn(d + choose(c, a, b) + words[2, lane] + u32(0xFCEFA3F8), u32(9)) + a)
    c = u32(turn(c + choose(b, d, a) + words[7, lane] + u32(0x676F02D9), u32(14)) + d)
    b = u32(turn(b + choose(a, c, d) + words[12, lane] + u32(0x8D2A4C8A), u32(20)) + c)
    return a, b, c, d


@njit(inline="always")
def third_round(words: Words, lane: int, state: State) -> State:
    """The 16 steps of RFC 1321 with H."""
    a, b, c, d = state
    a = u32(turn(a + parity(b, c, d) + words[5, lane] + u32(0xFFFA3942), u32(4)) + b)
    d = u32(turn(d + parity(a, b, c) + words[8, lane] + u32(0x8771F681), u32(11)) + a)
    c = u32(turn(c + parity(d, a, b) + words[11, lane] + u32(0x6D9D6122), u32(16)) + d)
    b = u32(turn(b + parity(c, d, a) + words[14, lane] + u32(0xFDE5380C), u32(23)) + c)
    a = u32(turn(a + parity(b, c, d) + words[1, lane] + u32(0xA4BEEA44), u32(4)) + b)
    d = u32(turn(d + parity(a, b, c) + words[4, lane] + u32(0x4BDECFA9), u32(11)) + a)
    c = u32(turn(c + parity(d, a, b) + words[7, lane] + u32(0xF6BB4B60), u32(16)) + d)
    b = u32(turn(b + parity(c, d, a) + words[10, lane] + u32(0xBEBFBC70), u32(23)) + c)
    a = u32(turn(a + parity(b, c, d) + words[13, lane] + u32(0x289B7EC6), u32(4)) + b)
    d = u32(turn(d + parity(a, b, c) + words[0, lane] + u32(0xEAA127FA), u32(11)) + a)
    c = u32(turn(c + parity(d, a, b) + words[3, lane] + u32(0xD4EF3085), u32(16)) + d)
    b = u32(turn(b + parity(c, d, a) + words[6, lane] + u32(0x04881D05), u32(23)) + c)
    a = u32(turn(a + parity(b, c, d) + words[9, lane] + u32(0xD9D4D039), u32(4)) + b)
    d = u32(turn(d + parity(a, b, c) + words[12, lane] + u32(0xE6DB99E5), u32(11)) + a)
    c = u32(turn(c + parity(d, a, b) + words[15, lane] + u32(0x1FA27CF8), u32(16)) + d)
    b = u32(turn(b + parity(c, d, a) + words[2, lane] + u32(0xC4AC5665), u32(23)) + c)
    return a, b, c, d


@njit(inline="always")
def fourth_round(words: Words, lane: int, state: State) -> State:
    """The 16 steps of RFC 1321 with I."""
    a, b, c, d = state
    a = u32(turn(a + mix(b, c, d) + words[0, lane] + u32(0xF4292244), u32(6)) + b)
    d = u32(turn(d + mix(a, b, c) + words[7, lane] + u32(0x432AFF97), u32(10)) + a)
    c = u32(turn(c + mix(d, a, b) + words[14, lane] + u32(0xAB9423A7), u32(15)) + d)
    b = u32(turn(b + mix(c, d, a) + words[5, lane] + u32(0xFC93A039), u32(21)) + c)
    a = u32(turn(a + mix(b, c, d) + words[12, lane] + u32(0x655B59C3), u32(6)) + b)
    d = u32(turn(d + mix(a, b, c) + words[3, lane] + u32(0x8F0CCC92), u32(10)) + a)
    c = u32(turn(c + mix(d, a, b) + words[10, lane] + u32(0xFFEFF47D), u32(15)) + d)
    b = u32(turn(b + mix(c, d, a) + words[1, lane] + u32(0x85845DD1), u32(21)) + c)
    a = u32(turn(a + mix(b, c, d) + words[8, lane] + u32(0x6FA87E4F), u32(6)) + b)
    d = u32(turn(d + mix(a, b, c) + words[15, lane] + u32(0xFE2CE6E0), u32(10)) + a)
    c = u32(turn(c + mix(d, a, b) + words[6, lane] + u32(0xA3014314), u32(15)) + d)
    b = u32(turn(b + mix(c, d, a) + words[13, lane] + u32(0x4E0811A1), u32(21)) + c)
    a = u32(turn(a + mix(b, c, d) + words[4, lane] + u32(0xF7537E82), u32(6)) + b)
    d = u32(turn(d + mix(a, b, c) + words[11, lane] + u32(0xBD3AF235), u32(10)) + a)
    c = u32(turn(c + mix(d, a, b) + words[2, lane] + u32(0x2AD7D2BB), u32(15)) + d)
    b = u32(turn(b + mix(c, d, a) + words[9, lane] + u32(0xEB86D391), u32(21)) + c)
    return a, b, c, d


@njit(nogil=True, cache=True)
def compress(words: Words, states: Words, lanes: int) -> None:
    """Add one block of each of the first `lanes` messages to their states.

    Args:
        words: uint32, 16 x lanes.
        states: uint32, 4 x lanes, changed in place; START before a message's first block.
        lanes: how many messages.
    """
    for lane in range(lanes):
        start = (states[0, lane], states[1, lane], states[2, lane], states[3, lane])
        first = first_round(words, lane, start)
        second = second_round(words, lane, first)
        third = third_round(words, lane, second)
        a, b, c, d = fourth_round(words, lane, third)
        states[0, lane] = start[0] + a
        states[1, lane] = start[1] + b
        states[2, lane] = start[2] + c
        states[3, lane] = start[3] + d
