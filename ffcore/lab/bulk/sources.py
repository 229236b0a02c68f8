"""Frames of any kind as columns, and result columns as a frame of the same kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown, suggestion
from ffcore.lab.bulk.columns import Values

#: A column of results: truth values, or categories with the place of each row's (below zero: null).
Result = NDArray[np.bool_] | tuple[NDArray[np.signedinteger[Any]], tuple[str, ...]]


class ArrowSource:
    """A table in Arrow's form; results are a table, or a record batch for a record batch."""

    def __init__(self, frame: Any) -> None:
        self.single = isinstance(frame, pa.RecordBatch)
        self.table = pa.Table.from_batches([frame]) if self.single else pa.table(frame)
        self.names = list(self.table.column_names)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def column(self, name: str) -> Values:
        """The values of an attribute."""
        _check_once(name, self.names)
        return self.table[name]

    def ids(self, name: str) -> pa.Array | pa.ChunkedArray:
        """The column of ids."""
        return self.table[name]

    def pandas(self, names: list[str]) -> pd.DataFrame:
        """Some columns as pandas holds them."""
        frame: pd.DataFrame = self.table.select(names).to_pandas()
        return frame

    def result(self, columns: Mapping[str, Result]) -> Any:
        """The result columns as a frame of the kind that came in."""
        arrays = {name: _arrow_column(column) for name, column in columns.items()}
        return pa.record_batch(arrays) if self.single else pa.table(arrays)


class PolarsSource(ArrowSource):
    """A Polars frame, read as Arrow's columns; categories become an Enum."""

    def result(self, columns: Mapping[str, Result]) -> Any:
        """The result columns as a Polars frame."""
        import polars as pl  # whoever hands in a Polars frame has it

        frame = pl.DataFrame(pa.table({name: _arrow_column(column) for name, column in columns.items()}))
        enums = {name: pl.Enum(column[1]) for name, column in columns.items() if isinstance(column, tuple)}
        return frame.with_columns(pl.col(name).cast(pl.String).cast(enum) for name, enum in enums.items())


class PandasSource:
    """A pandas frame; results keep its index."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.names = [str(name) for name in frame.columns]
        self.frame = frame.set_axis(self.names, axis=1)

    def __len__(self) -> int:
        return len(self.frame)

    def column(self, name: str) -> Values:
        """The values of an attribute: Arrow's where all are of one plain kind, else objects; nulls are missing.

        An array in a cell is the list that it was in the file that pandas read.
        """
        _check_once(name, self.names)
        series: Any = self.frame[name]
        plain = series.dtype != object or pd.api.types.infer_dtype(series, skipna=True) in _PLAIN
        try:
            array = pa.array(series, from_pandas=True) if plain else None
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            array = None
        if array is not None and not isinstance(array, pa.ExtensionArray):
            return array
        cells = zip(series.astype(object), series.isna(), strict=True)
        return [None if gone else value.tolist() if isinstance(value, np.ndarray) else value for value, gone in cells]

    def ids(self, name: str) -> pa.Array | pa.ChunkedArray:
        """The column of ids."""
        try:
            return pa.array(self.frame[name], from_pandas=True)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            message = f"expected ids that are all text or all whole numbers: {error}"
            raise ConfigError([(name, message)]) from None

    def pandas(self, names: list[str]) -> pd.DataFrame:
        """Some columns as pandas holds them."""
        return self.frame[names]

    def result(self, columns: Mapping[str, Result]) -> pd.DataFrame:
        """The result columns with the index that came in."""
        made = {name: _pandas_column(column) for name, column in columns.items()}
        return pd.DataFrame(made, index=self.frame.index, copy=False)


_PLAIN = ("string", "boolean", "integer", "floating", "empty")
Source = ArrowSource | PandasSource


def read_frame(frame: Any, needed: list[str]) -> Source:
    """A frame of any kind, in which each of the needed columns stands once.

    Raises:
        ConfigError: it is no frame, or a column is missing or stands twice.
    """
    source = _source(frame)
    check_columns(needed, source.names)
    return source


def check_columns(needed: Iterable[object], names: list[str]) -> None:
    """Raise ConfigError unless each of the needed columns stands once among a frame's."""
    for name in needed:
        if not isinstance(name, str) or name not in names:
            raise ConfigError([(shown_name(name), f"the frame has no such column{suggestion(name, names)}")])
        _check_once(name, names)


def shown_name(name: object) -> str:
    """A column's name as the place of a problem, also where it is no text."""
    return name if isinstance(name, str) else shown(name)


def _check_once(name: str, names: list[str]) -> None:
    if (count := names.count(name)) > 1:
        raise ConfigError([(name, f"{count} columns of the frame have this name")])


def _source(frame: Any) -> Source:
    if isinstance(frame, pd.DataFrame):
        return PandasSource(frame)
    try:
        if isinstance(frame, pa.Table | pa.RecordBatch) or hasattr(frame, "__arrow_c_stream__"):
            polars = type(frame).__module__.partition(".")[0] == "polars"
            return PolarsSource(frame) if polars else ArrowSource(frame)
    except (pa.ArrowException, TypeError, ValueError):
        pass
    kinds = "a pandas, Polars or Arrow frame, or one with __arrow_c_stream__"
    raise ConfigError([("frame", f"expected {kinds}, got {shown(frame)}")])


def _pandas_column(column: Result) -> Any:
    if not isinstance(column, tuple):
        return column
    codes, categories = column
    return pd.Categorical.from_codes(codes, list(categories), validate=False)  # type: ignore[call-overload,unused-ignore]


def _arrow_column(column: Result) -> pa.Array:
    """An Arrow array made without a look at single values: bits are packed, and codes stay where they are."""
    if not isinstance(column, tuple):
        return pa.Array.from_buffers(pa.bool_(), len(column), [None, _bits(column)])
    codes, categories = column
    known = codes >= 0
    validity = None if known.all() else _bits(known)
    places = pa.Array.from_buffers(pa.from_numpy_dtype(codes.dtype), len(codes), [validity, pa.py_buffer(codes)])
    return pa.DictionaryArray.from_arrays(places, pa.array(categories, pa.string()))


def _bits(flags: NDArray[np.bool_]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(flags, bitorder="little"))
