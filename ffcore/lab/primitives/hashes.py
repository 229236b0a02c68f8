"""Hash functions as pairs: ``one`` for a message, by a library where there is one, and ``many`` for texts at once."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import mmh3
import numpy as np
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown
from ffcore.hashing import HASH_SPACE
from ffcore.lab.primitives.digests import MD5_WORDS, SHA1_WORDS, SHA256_WORDS, digest_all
from ffcore.lab.primitives.kernels import Units, crc32_all, multiply_all, murmur3_all
from ffcore.lab.primitives.texts import Texts, read_only

Numbers: TypeAlias = NDArray[Any]
FNV32 = (0x811C9DC5, 0x01000193, HASH_SPACE - 1)
FNV64 = (0xCBF29CE484222325, 0x100000001B3, (1 << 64) - 1)
CRC_POLYNOMIAL = 0xEDB88320
#: Below this, 64 leading bits of a longer number may not hold the 53 that a double keeps and the one behind them.
SHORT = 1 << 55


@dataclass(frozen=True, slots=True, eq=False)
class Wide:
    """Whole numbers of more than 64 bits: uint32 words x numbers, the highest word first.

    >>> wide = Wide(np.array([[1, 0], [0, 7]], dtype=np.uint32))
    >>> (wide % 10).tolist(), (wide / 2**64).tolist() == [2**-32, 7 / 2**64], wide.tolist()
    ([6, 7], True, [4294967296, 7])
    """

    words: NDArray[np.uint32]

    def __mod__(self, divisor: int) -> NDArray[np.int64]:
        rest = np.zeros(self.words.shape[1], dtype=np.uint64)
        for word in self.words:
            rest = ((rest << np.uint64(32)) | word) % np.uint64(divisor)
        return rest.astype(np.int64)

    def __truediv__(self, space: int) -> NDArray[np.float64]:
        """The numbers as shares of their whole space, each rounded once as Python rounds it."""
        high = self.words[0].astype(np.uint64) << np.uint64(32) | self.words[1]
        lost = self.words[2:].any(axis=0) if len(self.words) > 2 else False
        shares: NDArray[np.float64] = (high | lost).astype(np.float64) / 2.0**64
        for row in np.flatnonzero(high < SHORT).tolist():
            shares[row] = self._at(row) / space
        return shares

    def _at(self, row: int) -> int:
        return int.from_bytes(self.words[:, row].astype(">u4").tobytes(), "big")

    def tolist(self) -> list[int]:
        """The numbers as Python's."""
        return [self._at(row) for row in range(self.words.shape[1])]


@dataclass(frozen=True, slots=True)
class Hash:
    """A hash function of messages.

    Attributes:
        name: What it is called.
        bits: How long its numbers are.
        one: The number of one message, given as its bytes or wider units.
        many: The numbers of texts that stand between a prefix and a suffix: int64 where they fit, else uint64 or Wide.
        key: What tells it from another of this name.
    """

    name: str
    bits: int
    one: Callable[[Any], int]
    many: Callable[[Texts, Units, Units], Any]
    key: tuple[int, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hash) and (self.name, self.key) == (other.name, other.key)

    def __hash__(self) -> int:
        return hash((self.name, self.key))


def murmur3(seed: int = 0) -> Hash:
    """MurmurHash3 x86, 32 bits; a negative seed is taken modulo 2**32.

    >>> murmur3().one(b"test") == 0xBA6BD213, murmur3(0x9747B28C).one(b"Hello, world!") == 0x24884CBA
    (True, True)
    """
    word = seed % HASH_SPACE

    def one(message: bytes) -> int:
        return mmh3.hash(message, word, signed=False)

    def many(texts: Texts, prefix: Units, suffix: Units) -> Numbers:
        result = np.empty(len(texts), dtype=np.uint64)
        murmur3_all(texts.data, texts.offsets, (prefix, suffix), word, result)
        return result.view(np.int64)

    return Hash("murmur3", 32, one, many, (seed,))


def _multiplied(start: int, rule: tuple[int, int, bool], units: Sequence[int]) -> int:
    prime, cut, fnv = rule
    word = start
    for unit in units:
        word = ((word ^ unit) * prime if fnv else word * prime + unit) & cut
    return word


def _multiplying(name: str, bits: int, start: int, rule: tuple[int, int, bool]) -> Hash:
    prime, cut, fnv = rule

    def many(texts: Texts, prefix: Units, suffix: Units) -> Numbers:
        state = np.uint64(_multiplied(start, rule, prefix.tolist()))
        result = np.empty(len(texts), dtype=np.uint64)
        fixed = (np.uint64(prime), np.uint64(cut), fnv)
        multiply_all(texts.data, texts.offsets, suffix.astype(texts.data.dtype), state, fixed, result)
        return result if bits == 64 else result.view(np.int64)

    return Hash(name, bits, partial(_multiplied, start, rule), many)


fnv1a_32 = _multiplying("fnv1a_32", 32, FNV32[0], (FNV32[1], FNV32[2], True))
fnv1a_64 = _multiplying("fnv1a_64", 64, FNV64[0], (FNV64[1], FNV64[2], True))
#: Java's hash of a string: 31 times the word, and the next unit.
polynomial = _multiplying("polynomial", 32, 0, (31, HASH_SPACE - 1, False))


def _crc_table() -> NDArray[np.uint32]:
    table = np.arange(256).astype(np.uint32)
    for _ in range(8):
        table = (table >> np.uint32(1)) ^ ((table & np.uint32(1)) * np.uint32(CRC_POLYNOMIAL))
    return read_only(table)


def _crc_many(texts: Texts, prefix: Units, suffix: Units) -> Numbers:
    result = np.empty(len(texts), dtype=np.uint64)
    state = np.uint64(zlib.crc32(prefix.tobytes()) ^ (HASH_SPACE - 1))
    crc32_all(texts.data, texts.offsets, suffix, state, _CRC_TABLE, result)
    return result.view(np.int64)


_CRC_TABLE = _crc_table()
crc32 = Hash("crc32", 32, zlib.crc32, _crc_many)


def _words(start: NDArray[np.uint32], rows: int, frame: tuple[Texts, Units, Units]) -> NDArray[np.uint32]:
    texts, prefix, suffix = frame
    result = np.empty((rows, len(texts)), dtype=np.uint32)
    digest_all(texts.data, texts.offsets, (prefix, suffix), start, result)
    return result if start.size > 4 else result.byteswap()


def _top(start: NDArray[np.uint32], bits: int, texts: Texts, prefix: Units, suffix: Units) -> Numbers:
    """The leading bits, big-endian."""
    words = _words(start, 1 + (bits > 32), (texts, prefix, suffix))
    found: Numbers
    if bits <= 32:
        found = words[0].astype(np.int64) >> (32 - bits)
        return found
    found = (words[0].astype(np.uint64) << np.uint64(32) | words[1]) >> np.uint64(64 - bits)
    return found if bits == 64 else found.view(np.int64)


def _little(start: NDArray[np.uint32], texts: Texts, prefix: Units, suffix: Units) -> Numbers:
    """The first four bytes, little-endian."""
    found: Numbers = _words(start, 1, (texts, prefix, suffix))[0].byteswap().astype(np.int64)
    return found


def _all(start: NDArray[np.uint32], texts: Texts, prefix: Units, suffix: Units) -> Wide:
    return Wide(_words(start, start.size, (texts, prefix, suffix)))


def _leading(digest: str, bits: int, message: bytes) -> int:
    found = hashlib.new(digest, message, usedforsecurity=False).digest()
    return int.from_bytes(found, "big") >> (8 * len(found) - bits)


def _first_little(digest: str, message: bytes) -> int:
    return int.from_bytes(hashlib.new(digest, message, usedforsecurity=False).digest()[:4], "little")


def _digests() -> Iterator[Hash]:
    """The readings of digests that some client makes."""
    starts = {"md5": MD5_WORDS, "sha1": SHA1_WORDS, "sha256": SHA256_WORDS}
    for digest, bits in (("md5", 32), ("sha1", 60), ("sha1", 28), ("sha256", 64)):
        yield Hash(f"{digest}_{bits}", bits, partial(_leading, digest, bits), partial(_top, starts[digest], bits))
    for digest in ("md5", "sha256"):
        yield Hash(f"{digest}_little", 32, partial(_first_little, digest), partial(_little, starts[digest]))
    for digest, bits in (("md5", 128), ("sha256", 256)):
        yield Hash(f"{digest}_{bits}", bits, partial(_leading, digest, bits), partial(_all, starts[digest]))


DIGESTS = {found.name: found for found in _digests()}
HASHES = {found.name: found for found in (murmur3(), fnv1a_32, fnv1a_64, crc32, polynomial, *DIGESTS.values())}


def digest(name: str) -> Hash:
    """A reading of a digest: its leading bits, all of them, or its first four bytes as a little-endian word.

    >>> digest("md5_little").one(b"user_687:promo:2024")
    496170328
    """
    if name not in DIGESTS:
        raise ConfigError([("hash", f"{shown(name)} is no reading of a digest; expected one of {', '.join(DIGESTS)}")])
    return DIGESTS[name]
