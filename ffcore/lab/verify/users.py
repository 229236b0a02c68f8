"""Users of a check: their ids as one Arrow array, the columns of their frame, and who stands in several rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown, suggestion
from ffcore.lab.bulk import parts
from ffcore.lab.bulk.deciding import Part
from ffcore.lab.bulk.hashing import hash_ids
from ffcore.lab.bulk.ids import Ids, id_array
from ffcore.lab.bulk.repeats import Rows, repeated_rows
from ffcore.lab.bulk.sources import PandasSource, Source, read_frame

ID_COLUMN = "user_id"
FEW = 5

Mask = NDArray[np.bool_]
Answer = TypeVar("Answer")


class ArrowStream(Protocol):
    """A frame of Arrow, Polars, DuckDB, ...: whatever exports a stream of Arrow data."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...


#: Any sequence of ids, or a frame with the column ``user_id`` and context columns.
Users = Iterable[Any] | pd.DataFrame | ArrowStream


@dataclass(frozen=True, eq=False)
class Population:
    """Users, all with valid ids, and the frame whose other columns are their context (None: no context)."""

    ids: Ids
    source: Source | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def names(self) -> list[str]:
        """The names of the frame's columns."""
        return [] if self.source is None else self.source.names

    def missing(self, attributes: Iterable[str]) -> list[str]:
        """The attributes that no column holds."""
        return sorted(set(attributes) - {ID_COLUMN, *self.names})

    def by_parts(self, work: Callable[[Part], Answer], attributes: Iterable[str] = ()) -> list[Answer]:
        """What ``work`` makes of each part of the rows, in their order, on a thread per core."""
        return list(parts.run(work, self._parts(set(attributes) - {ID_COLUMN}), None))

    def _parts(self, attributes: set[str]) -> Iterator[Part]:
        columns = {name: self.source.column(name) for name in self.names if name in attributes} if self.source else {}
        for start in range(0, max(1, len(self)), parts.PART_ROWS):
            stop = start + parts.PART_ROWS
            yield Part(start, self.ids.text[start:stop], {name: values[start:stop] for name, values in columns.items()})

    def hashes(self, salts: list[str]) -> NDArray[np.uint32]:
        """The product's hash of each row's id: uint32, salts x rows."""
        return np.concatenate(self.by_parts(lambda part: hash_ids(id_array(part.ids), salts)), axis=1)

    @cached_property
    def repeats(self) -> tuple[Rows, Rows]:
        """The rows of users who stand in several rows and, in step with them, a number for each user."""
        return repeated_rows(self.ids.text, self.hashes([ID_COLUMN])[0])

    def first_rows(self, admitted: Mask) -> Mask:
        """Which of the admitted rows are the first admitted one of their user."""
        rows, users = self.repeats
        if not rows.size:
            return admitted
        inside = admitted[rows]
        kept = admitted.copy()
        kept[rows] = False
        kept[firsts(rows[inside], users[inside])[users[inside]]] = True
        return kept

    def in_conflict(self, answers: NDArray[Any]) -> int:
        """How many users have rows of different answers; ``answers`` holds a number for each row."""
        rows, users = self.repeats
        differs = answers[rows] != answers[firsts(rows, users)[users]]
        return int(np.unique(users[differs]).size)


def firsts(rows: Rows, users: Rows) -> Rows:
    """The first row of each user, by the user's number.

    >>> firsts(np.array([2, 3, 5]), np.array([1, 0, 1]))
    array([3, 2])
    """
    first = np.full(users.max(initial=-1) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, users, rows)
    return first


def read_users(users: Users) -> Population:
    """The population of a sequence of ids or a frame; whole-number ids are read as text.

    Raises a ConfigError for a frame without ``user_id`` and for ids that are null, blank or no text, with their count
    and first positions.

    >>> read_users([17, "anna"]).ids.text.to_pylist()
    ['17', 'anna']
    """
    source = read_source(users)
    if source is None:
        return Population(read_ids(users))
    if (count := source.names.count(ID_COLUMN)) != 1:
        found = (
            f"{count} columns {ID_COLUMN}" if count else f"no column {ID_COLUMN}{suggestion(ID_COLUMN, source.names)}"
        )
        raise ConfigError([("users", f"the frame has {found}")])
    column = source.frame[ID_COLUMN] if isinstance(source, PandasSource) else source.table[ID_COLUMN]
    return Population(read_ids(column), source)


def read_source(users: Users) -> Source | None:
    """The frame, if it is one; what streams a single column is a sequence of ids."""
    if isinstance(users, pd.DataFrame | pa.Table | pa.RecordBatch):
        return read_frame(users, [])
    if isinstance(users, pd.Series) or not hasattr(users, "__arrow_c_stream__"):
        return None
    stream = pa.chunked_array(users)
    return read_frame(pa.Table.from_struct_array(stream), []) if pa.types.is_struct(stream.type) else None


def read_ids(values: Any) -> Ids:
    """Ids as text, each checked."""
    if isinstance(values, str):
        raise ConfigError([("users", "is one text; expected a sequence of ids or a frame")])
    if isinstance(values, Mapping) or not isinstance(values, Iterable):
        raise ConfigError([("users", f"expected a sequence of ids or a frame, got {shown(values)}")])
    if not hasattr(values, "__len__"):
        values = list(values)
    try:
        ids = id_array(values)
    except ConfigError:  # ids of several kinds, or something that is no id
        return read_one_by_one(values)
    wrong = np.flatnonzero(~ids.valid)
    if wrong.size:
        raise refused(len(ids), wrong.size, [(row, ids.text[row].as_py()) for row in wrong[:FEW].tolist()])
    return ids


def read_one_by_one(values: Iterable[Any]) -> Ids:
    """Ids of which some are text, some whole numbers, and some perhaps neither."""
    found = listed(values)
    whole = (int, np.integer)
    texts = [str(value) if isinstance(value, whole) and not isinstance(value, bool) else value for value in found]
    wrong = [place for place, value in enumerate(texts) if not is_id(value)]
    if wrong:
        raise refused(len(texts), len(wrong), [(place, found[place]) for place in wrong[:FEW]])
    return id_array(texts)


def listed(values: Any) -> list[Any]:
    """The values of an array, a column or any sequence as Python's own.

    >>> listed(np.array([1.5])), listed(pa.array(["a"])), listed((1, 2))
    ([1.5], ['a'], [1, 2])
    """
    convert = getattr(values, "to_pylist", None) or getattr(values, "tolist", None)
    return list(convert() if convert else values)


def is_id(value: object) -> bool:
    """Whether a value is text of something else than white space, which UTF-8 can hold.

    >>> is_id("anna"), is_id(" "), is_id(b"anna"), is_id(chr(0xD800))
    (True, False, False, False)
    """
    if not isinstance(value, str) or not value.strip():
        return False
    try:
        return bool(value.encode())
    except UnicodeEncodeError:
        return False


def refused(count: int, wrong: int, first: Iterable[tuple[int, object]]) -> ConfigError:
    """The error of ids that are none: how many, and the first places and values."""
    examples = ", ".join(f"{shown(value)} at {place}" for place, value in first)
    return ConfigError([("users", f"{wrong:,} of {count:,} ids are null, blank or no text (first: {examples})")])
