"""Draws: the number that a client makes of each id, for one id and for an array of them."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from ffcore.errors import ConfigError
from ffcore.hashing import HASH_SPACE
from ffcore.lab.bulk.executors import in_order
from ffcore.lab.bulk.ids import Ids, id_array
from ffcore.lab.primitives.hashes import Hash, Wide
from ffcore.lab.primitives.kernels import Units
from ffcore.lab.primitives.texts import Encoding, encoding, read_only, texts_of

Numbers = NDArray[Any]
Found = TypeVar("Found")
#: Ids drawn together: what is made of them stays in the second-level cache.
PART_ROWS = 1 << 16
UTF8 = encoding("utf-8")


class Draw:
    """A number for each id: ``draw("ann")`` is one number, ``draw(ids)`` an array of them.

    Attributes:
        span: The least number and how far the numbers reach.
    """

    __slots__ = ()
    vectorized: ClassVar[bool] = True
    takes_arrow: ClassVar[bool] = True
    span: tuple[float, float]

    @abstractmethod
    def one(self, user_id: str) -> Any:
        """The number of one id."""

    @abstractmethod
    def many(self, ids: Ids) -> Numbers:
        """The numbers of all ids, on this thread."""

    def __call__(self, user_id: Any, key: str = "") -> Any:  # noqa: ARG002 - the key is in the draw already
        """The number of one id, or of each id of an array."""
        return self.one(user_id) if isinstance(user_id, str) else in_parts(self.many, present(user_id))

    def word(self, user_id: Any) -> Any:
        """The number's place in the span as a 32-bit integer, in the same order: what checks of hashes take."""
        first, size = self.span
        found = self(user_id)
        if isinstance(user_id, str):
            return min(int((found - first) * HASH_SPACE / size), HASH_SPACE - 1)
        return np.minimum((found - first) * float(HASH_SPACE) / size, HASH_SPACE - 1).astype(np.uint32)


@dataclass(frozen=True, slots=True)
class Hashed(Draw):
    """What a client makes of the hash of a message: prefix, id, suffix.

    Attributes:
        hash: The hash function.
        prefix: What stands before the id; bytes are taken as they are.
        suffix: What stands behind it.
        reduce: From the hash to the number, for Python's integers and for arrays alike.
        span: The least number and how far the numbers reach.
        encoding: How text becomes what is hashed.
    """

    hash: Hash
    prefix: str | bytes = ""
    suffix: str | bytes = ""
    reduce: Callable[[Any], Any] = int
    span: tuple[float, float] = (0, HASH_SPACE)
    encoding: Encoding = UTF8

    def raw(self, user_id: str) -> int:
        """The hash of one id."""
        units = self.encoding.one(user_id)
        before, behind = (
            self.encoding.one(part) if isinstance(part, str) else part for part in (self.prefix, self.suffix)
        )
        return self.hash.one(before + units + behind)  # type: ignore[operator]

    def raws(self, ids: Ids) -> Numbers | Wide:
        """The hashes of all ids."""
        texts = self.encoding.many(texts_of(ids))
        found: Numbers | Wide = self.hash.many(texts, self._part(self.prefix), self._part(self.suffix))
        return found

    def top(self, user_id: Any) -> Any:
        """The hash's leading 32 bits, before the client makes a bucket of it: of one id, or of each id of an array."""
        shift = max(self.hash.bits - 32, 0)
        if isinstance(user_id, str):
            return self.raw(user_id) >> shift << max(32 - self.hash.bits, 0)
        return in_parts(self._tops, present(user_id))

    def _tops(self, ids: Ids) -> Numbers:
        raws = self.raws(ids)
        if isinstance(raws, Wide):
            words: Numbers = raws.words[0]
            return words
        shifted = raws >> max(self.hash.bits - 32, 0) << max(32 - self.hash.bits, 0)
        found: Numbers = shifted.astype(np.uint32)
        return found

    def _part(self, part: str | bytes) -> Units:
        if isinstance(part, bytes):
            return read_only(np.frombuffer(part, dtype=np.uint8))
        return self.encoding.part(part)

    def one(self, user_id: str) -> Any:
        """The number of one id."""
        return self.reduce(self.raw(user_id))

    def many(self, ids: Ids) -> Numbers:
        """The numbers of all ids."""
        raws = self.raws(ids)
        return raws if self.reduce is int else self.reduce(raws)  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Constant(Draw):
    """The same number for every id."""

    number: float
    span: tuple[float, float] = (0, 1)

    def one(self, user_id: str) -> float:  # noqa: ARG002 - it is the same for every id
        """The number."""
        return self.number

    def many(self, ids: Ids) -> Numbers:
        """The number for each id."""
        return np.full(len(ids), self.number)


def present(ids: object) -> Ids:
    """Ids of any kind of column, none of them null.

    Raises:
        ConfigError: an id is null, or no text and no whole number.
    """
    found = ids if isinstance(ids, Ids) else id_array(ids)
    if found.text.null_count:
        row = int(np.flatnonzero(np.asarray(found.text.is_null()))[0])
        raise ConfigError([("user_id", f"{found.text.null_count:,} ids are null, the first at row {row:,}")])
    return found


def in_parts(work: Callable[[Ids], NDArray[Any]], ids: Ids) -> NDArray[Any]:
    """What ``work`` makes of the ids, part by part, on a thread per core where there are several parts."""
    if len(ids) <= PART_ROWS:
        return work(ids)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return np.concatenate(list(in_order(work, parts(ids), threads)))


def parts(ids: Ids) -> Iterator[Ids]:
    """The ids in parts of PART_ROWS."""
    for start in range(0, len(ids), PART_ROWS):
        yield ids.part(start, min(start + PART_ROWS, len(ids)))
