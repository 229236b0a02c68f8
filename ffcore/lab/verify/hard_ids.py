"""Ids that are hard to hash well: numbered, alike but for a few characters, of several alphabets; and their flips."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from itertools import count, islice
from uuid import UUID

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

#: Bits of a character that are flipped: ASCII stays ASCII, and other letters stay letters of their block or near it.
BITS = 7

Characters = NDArray[np.uint32]


def uuid(number: int) -> str:
    """A fixed UUID for each number."""
    return str(UUID(bytes=sha256(str(number).encode()).digest()[:16], version=4))


KINDS: dict[str, Callable[[int], str]] = {
    "sequential": lambda number: str(1_000_000 + number),
    "UUID": uuid,
    "e-mail": lambda number: f"user.{number:06d}@example.com",
    "shared prefix": lambda number: f"customers/europe/2024/{number:06d}",
    "shared suffix": lambda number: f"{number:06d}-mobile-app-android",
    "non-ASCII": lambda number: f"Zoë-東京-{number:06d}-жук-😀",
    "one bit apart": lambda number: f"{number:020b}",
}


@lru_cache(maxsize=4)
def hard_ids(size: int) -> Mapping[str, Characters]:
    """So many ids of each kind, as code points: ids x characters.

    Of the numbers from 0 on, those whose id has an even number of bits set: then an id with one bit flipped is never
    another id of its kind, and each pair of such ids is counted once.

    >>> ["".join(map(chr, row)) for row in hard_ids(4)["sequential"]]
    ['1000001', '1000002', '1000004', '1000007']
    """
    return {kind: np.stack(list(islice(even(make), size))) for kind, make in KINDS.items()}


def even(make: Callable[[int], str]) -> Iterator[Characters]:
    """The code points of ids with an even number of bits set."""
    for number in count():
        points = [ord(character) for character in make(number)]
        if sum(point.bit_count() for point in points) % 2 == 0:
            yield np.array(points, dtype=np.uint32)


def texts(characters: Characters) -> pa.LargeStringArray:
    """Ids from code points; a NUL at the end would be lost, but no kind has one there."""
    width = characters.shape[1]
    ids = np.ascontiguousarray(characters, dtype="<u4").view(f"<U{width}").ravel()
    return pa.array(ids.tolist(), pa.large_string())  # of numpy's own text Arrow drops what follows a NUL


def flipped(characters: Characters, place: int) -> pa.LargeStringArray:
    r"""All ids with the lowest bit of the character at ``place`` flipped, then all with the next bit flipped, ...

    >>> flipped(hard_ids(1)["sequential"], 6).to_pylist()
    ['1000000', '1000003', '1000005', '1000009', '100000!', '100000\x11', '100000q']
    """
    changed = np.tile(characters, (BITS, 1, 1))
    changed[:, :, place] ^= np.uint32(1) << np.arange(BITS, dtype=np.uint32)[:, None]
    return texts(changed.reshape(-1, characters.shape[1]))


def flipped_text(text: str) -> list[list[str]]:
    """For each character of a text, the text with each of the character's lowest bits flipped.

    >>> flipped_text("a")
    [['`', 'c', 'e', 'i', 'q', 'A', '!']]
    """
    return [
        [f"{text[:place]}{chr(ord(character) ^ 1 << bit)}{text[place + 1 :]}" for bit in range(BITS)]
        for place, character in enumerate(text)
    ]
