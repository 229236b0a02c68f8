"""Ids as numbers to hash: UTF-8 bytes, UTF-16 units, code points, and what some clients make of other letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown
from ffcore.lab.bulk.ids import Ids
from ffcore.lab.primitives.kernels import Offsets, Units, decode_all, prepend_all

BACKSLASH, LAST_ASCII = 0x5C, 0x7F


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Texts back to back: text ``i`` is ``data[offsets[i]:offsets[i + 1]]``, bytes (uint8) or wider units (uint32)."""

    data: Units
    offsets: Offsets

    def __len__(self) -> int:
        return self.offsets.size - 1

    @property
    def ascii(self) -> bool:
        """Whether no text goes beyond ASCII."""
        used = self.data[self.offsets[0] : self.offsets[-1]]
        return bool(used.max(initial=0) <= LAST_ASCII)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a text becomes numbers.

    Attributes:
        name: What `encoding` knows it by.
        one: The numbers of one text.
        many: The numbers of many, from their UTF-8.
        dtype: The numbers' kind.
    """

    name: str
    one: Callable[[str], Sequence[int]]
    many: Callable[[Texts], Texts]
    dtype: type = np.uint8

    def part(self, text: str) -> Units:
        """A piece of a message, for the kernels."""
        return read_only(np.array(list(self.one(text)), dtype=self.dtype))


def texts_of(ids: Ids) -> Texts:
    """The ids' UTF-8."""
    return Texts(read_only(ids.data), read_only(ids.offsets))


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """The same array as one that nothing is written to, so that the kernels are compiled for one kind alone."""
    view = array.view()
    view.flags.writeable = False
    return view


def encoding(name: str) -> Encoding:
    """The encoding of this name.

    >>> list(encoding("utf-16").one("é😀")), list(encoding("utf-8").one("é"))
    ([233, 55357, 56832], [195, 169])
    """
    if name not in ENCODINGS:
        raise ConfigError.unknown("encoding", name, ENCODINGS)
    return ENCODINGS[name]


def utf16(text: str) -> list[int]:
    """The UTF-16 units: two for a letter beyond the basic plane."""
    return memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H").tolist()


def code_points(text: str) -> list[int]:
    """One number a letter."""
    return list(map(ord, text))


def low_bytes(text: str) -> bytes:
    """The lower half of each UTF-16 unit."""
    return bytes(unit & 0xFF for unit in utf16(text))


def backslashes(text: str) -> bytes:
    """A backslash for each UTF-16 unit beyond ASCII."""
    return bytes(unit if unit <= LAST_ASCII else BACKSLASH for unit in utf16(text))


def ascii_alone(text: str) -> bytes:
    """The bytes of a text that has to be ASCII."""
    if not text.isascii():
        raise ConfigError([("user_id", f"expected ASCII, which this client alone takes; got {shown(text)}")])
    return text.encode()


def framed(text: str) -> bytes:
    """A text as CBOR (RFC 8949): a head with its length, then its UTF-8."""
    data = text.encode()
    return cbor_head(3, len(data)) + data


def cbor_head(kind: int, size: int) -> bytes:
    """The head of a CBOR item, in the shortest form.

    >>> cbor_head(3, 10).hex(), cbor_head(3, 300).hex()
    ('6a', '79012c')
    """
    if size < 24:
        return bytes([kind << 5 | size])
    power = next(power for power in range(4) if size < 1 << (8 << power))
    return bytes([kind << 5 | 24 + power]) + size.to_bytes(1 << power, "big")


def _decoded(texts: Texts, astral: bool) -> Texts:
    """UTF-8 as wider units."""
    first, last = texts.offsets[0], texts.offsets[-1]
    units, offsets = np.empty(last - first, dtype=np.uint32), np.zeros(len(texts) + 1, dtype=np.int64)
    decode_all(texts.data, texts.offsets, astral, units, offsets)
    return Texts(read_only(units), read_only(offsets))


def _utf16_many(texts: Texts) -> Texts:
    return _decoded(texts, astral=False)


def _code_points_many(texts: Texts) -> Texts:
    return _decoded(texts, astral=True)


def _low_bytes_many(texts: Texts) -> Texts:
    return _folded(texts, lambda units: units & 0xFF)


def _backslashes_many(texts: Texts) -> Texts:
    return _folded(texts, lambda units: np.where(units <= LAST_ASCII, units, BACKSLASH))


def _folded(texts: Texts, fold: Callable[[Units], Units]) -> Texts:
    if texts.ascii:
        return texts
    units = _utf16_many(texts)
    return Texts(read_only(fold(units.data).astype(np.uint8)), units.offsets)


def _ascii_many(texts: Texts) -> Texts:
    if texts.ascii:
        return texts
    starts = np.flatnonzero(texts.data[texts.offsets[0] : texts.offsets[-1]] > LAST_ASCII)
    row = int(np.searchsorted(texts.offsets, texts.offsets[0] + starts[0], side="right")) - 1
    value = bytes(texts.data[texts.offsets[row] : texts.offsets[row + 1]]).decode()
    raise ConfigError([("user_id", f"expected ASCII, which this client alone takes; row {row:,} is {shown(value)}")])


def _framed_many(texts: Texts) -> Texts:
    sizes = np.diff(texts.offsets)
    heads = 1 + sum(((sizes >= bound) * width for bound, width in ((24, 1), (1 << 8, 1), (1 << 16, 2), (1 << 32, 4))))
    offsets = np.concatenate([[0], np.cumsum(sizes + heads)])
    data = np.empty(offsets[-1], dtype=np.uint8)
    prepend_all(texts.data, texts.offsets, offsets, data)
    return Texts(read_only(data), read_only(offsets))


def _same(texts: Texts) -> Texts:
    return texts


ENCODINGS = {
    one.name: one
    for one in (
        Encoding("utf-8", str.encode, _same),
        Encoding("utf-16", utf16, _utf16_many, np.uint32),
        Encoding("code-points", code_points, _code_points_many, np.uint32),
        Encoding("low-byte", low_bytes, _low_bytes_many),
        Encoding("backslash", backslashes, _backslashes_many),
        Encoding("ascii", ascii_alone, _ascii_many),
        Encoding("cbor", framed, _framed_many),
    )
}
