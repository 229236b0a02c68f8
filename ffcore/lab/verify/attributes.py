"""Columns of a log as attributes: a code for each row, and a label for each value; null is a value of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds
from numpy.typing import NDArray

from ffcore.errors import ConfigError
from ffcore.lab.bulk.columns import Values
from ffcore.lab.bulk.sources import Source

Codes = NDArray[np.int32]
NULL = "null"
#: An attribute of more values than this names single users rather than segments.
MOST_VALUES = 100_000
#: How many of each unit of a timestamp make a day.
PER_DAY = {"s": 86_400, "ms": 86_400 * 10**3, "us": 86_400 * 10**6, "ns": 86_400 * 10**9}


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """One column.

    Attributes:
        name: The column's name.
        labels: Each value as text, by its code: in rising order, null last.
        codes: The place of each row's value among the labels.
        dated: Whether the values are days, so that spans of them are segments too.
        nulls: Whether the last label stands for rows without a value.
    """

    name: str
    labels: tuple[str, ...]
    codes: Codes
    dated: bool = False
    nulls: bool = False

    @property
    def known(self) -> int:
        """How many values there are besides null."""
        return len(self.labels) - self.nulls

    def of(self, rows: NDArray[np.bool_]) -> Attribute:
        """The attribute of some of the rows."""
        return replace(self, codes=self.codes[rows])

    def segment(self, low: int, high: int) -> str:
        """The rows whose codes lie from ``low`` to ``high``, in words.

        >>> day = Attribute("day", ("2024-03-01", "2024-03-02", "2024-03-03"), np.array([0], np.int32), dated=True)
        >>> day.segment(0, 0), day.segment(0, 1), day.segment(1, 2)
        ('day=2024-03-01', 'day until 2024-03-02', 'day from 2024-03-02 on')
        """
        if self.nulls and low == self.known:
            return f"{self.name} is null"
        if low == high:
            return f"{self.name}={self.labels[low]}"
        return f"{self.name} until {self.labels[high]}" if low == 0 else f"{self.name} from {self.labels[low]} on"


def read_attribute(source: Source, name: str) -> Attribute:
    """One column of a frame; timestamps count by day (UTC), NaN is null.

    Raises a ConfigError for a column of lists, of values of several kinds, of times with and without a zone, and for
    one of more than 100,000 values.

    >>> from ffcore.lab.bulk.sources import read_frame
    >>> found = read_attribute(read_frame(pa.table({"os": ["ios", None, "android"]}), ["os"]), "os")
    >>> found.labels, found.codes.tolist()
    (('android', 'ios', 'null'), [1, 2, 0])
    """
    array = arrow(source.column(name), name)
    dated = kinds.is_temporal(array.type)
    encoded = pc.dictionary_encode(days(array) if dated else array)
    count = len(encoded.dictionary)
    if count > MOST_VALUES:
        advice = f"an attribute takes at most {MOST_VALUES:,}: group them, or leave the column out"
        raise ConfigError([(name, f"has {count:,} different values; {advice}")])
    codes, values = in_order(encoded)
    labels = [label(value, dated) for value in values.to_pylist()]
    nulls = encoded.null_count > 0
    return Attribute(name, (*labels, NULL) if nulls else tuple(labels), codes, dated, nulls)


def arrow(values: Values, name: str) -> pa.Array:
    """The values as one Arrow array of a kind that names segments."""
    try:
        array = pa.array(values, from_pandas=True) if isinstance(values, list) else values
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise ConfigError([(name, f"holds values of several kinds: {error}")]) from None
    if isinstance(values, list) and kinds.is_timestamp(array.type) and len(zones(values)) > 1:
        raise ConfigError([(name, f"mixes time zones: {', '.join(sorted(zones(values)))}")])
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    array = plain(array)
    if not names_segments(array.type):
        expected = "expected text, categories, truth values, numbers or dates"
        raise ConfigError([(name, f"{expected}, got a column of {array.type}")])
    return pc.if_else(pc.is_nan(array), None, array) if kinds.is_floating(array.type) else array


def plain(array: pa.Array) -> pa.Array:
    """The array without views of text, which Arrow does not sort, and with categories of plain text alone."""
    if kinds.is_string_view(array.type):
        return array.cast(pa.large_string())
    if not kinds.is_dictionary(array.type):
        return array
    dictionary = plain(array.dictionary)
    array = pa.DictionaryArray.from_arrays(array.indices, dictionary)
    texts = kinds.is_string(dictionary.type) or kinds.is_large_string(dictionary.type)
    return array if texts and not dictionary.null_count else array.dictionary_decode()


def zones(values: list[object]) -> set[str]:
    """The time zones of timestamps."""
    return {str(getattr(value, "tzinfo", None) or "without a zone") for value in values if value is not None}


def names_segments(kind: pa.DataType) -> bool:
    """Whether a column of this kind divides users into segments.

    >>> names_segments(pa.string()), names_segments(pa.list_(pa.string()))
    (True, False)
    """
    texts = (kinds.is_string, kinds.is_large_string, kinds.is_string_view, kinds.is_dictionary)
    numbers = (kinds.is_boolean, kinds.is_integer, kinds.is_floating, kinds.is_decimal)
    others = (kinds.is_date, kinds.is_timestamp, kinds.is_null)
    return any(test(kind) for test in (*texts, *numbers, *others))


def days(array: pa.Array) -> pa.Array:
    """Dates and timestamps as days since 1970, in UTC.

    >>> days(pa.array([-1, 86_400], pa.timestamp("s"))).to_pylist()
    [-1, 1]
    """
    if kinds.is_date(array.type):
        return array.cast(pa.date32()).cast(pa.int32())
    units = np.asarray(array.cast(pa.int64()).fill_null(0))
    return pa.array(units // PER_DAY[array.type.unit], mask=np.asarray(array.is_null()))


def in_order(encoded: pa.DictionaryArray) -> tuple[Codes, pa.Array]:
    """Codes of the values that occur, in rising order, null last; and those values."""
    found = np.asarray(encoded.indices.cast(pa.int32()).fill_null(len(encoded.dictionary)))
    used = np.bincount(found, minlength=len(encoded.dictionary) + 1) > 0
    order = np.asarray(pc.sort_indices(encoded.dictionary))
    order = order[used[order]]
    rank = np.zeros(used.size, dtype=np.int32)
    rank[order] = np.arange(order.size)
    rank[-1] = order.size
    return rank[found], encoded.dictionary.take(pa.array(order))


def label(value: object, dated: bool = False) -> str:
    """A value as a segment names it.

    >>> label(19_783, dated=True), label(4.0), label(4.25), label(True)
    ('2024-03-01', '4', '4.25', 'True')
    """
    if dated:
        return str(np.datetime64(int(str(value)), "D"))
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def read_attributes(source: Source, names: list[str]) -> tuple[Attribute, ...]:
    """The attributes of several columns; a ConfigError lists all that cannot be read."""
    problems: list[tuple[str, str]] = []
    found: list[Attribute] = []
    for name in names:
        try:
            found.append(read_attribute(source, name))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return tuple(found)
