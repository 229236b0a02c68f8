"""Parquet and CSV files read in tables of bounded size: what columns they have, and their rows from any place on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from ffcore.errors import ConfigError

PARQUET_SUFFIXES = (".parquet", ".parq", ".pq")
#: The name's end of a CSV file, and how it is compressed then.
COMPRESSIONS = {".csv": None, ".csv.gz": "gzip", ".csv.bz2": "bz2", ".csv.zst": "zstd"}
CSV_SUFFIXES = tuple(COMPRESSIONS)
PARQUET_MARK = b"PAR1"
#: Rows of Parquet and bytes of any file read at once; the columns of a CSV have the types of its first block.
READ_ROWS = 1 << 17
READ_BYTES = 1 << 20
CSV_BLOCK = 1 << 23
SHOWN_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Head:
    """What a file says before its rows are read: all names, types of wanted columns, rows, bytes a row of them takes.

    The number of rows is None where only reading tells it.
    """

    names: list[str]
    types: Mapping[str, pa.DataType]
    rows: int | None
    row_bytes: float


def is_csv(path: Path) -> bool:
    """Whether the name is that of a CSV file, compressed or not."""
    return path.name.lower().endswith(CSV_SUFFIXES)


def is_parquet(path: Path) -> bool:
    """Whether a file that exists is Parquet, by its name or its content."""
    if path.name.lower().endswith(PARQUET_SUFFIXES):
        return True
    with path.open("rb") as file:
        return file.read(len(PARQUET_MARK)) == PARQUET_MARK


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn whatever a damaged file raises into a ConfigError that names it."""
    try:
        yield
    except ConfigError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:SHOWN_CHARACTERS]
        empty = isinstance(error, pa.ArrowInvalid) and "Empty CSV" in reason
        message = "is empty: expected a first line of names" if empty else f"cannot be read: {reason}"
        raise ConfigError([(str(path), message)]) from error


def read_head(path: Path, wanted: Collection[str], user_id: str) -> Head:
    """What is known of a file at once; a ConfigError where it cannot be read."""
    with readable(path):
        return _csv_head(path, wanted, user_id) if is_csv(path) else _parquet_head(path, wanted)


def read_rows(path: Path, schema: pa.Schema, start: int = 0, at_once: int = READ_ROWS) -> Iterator[pa.Table]:
    """The rows from `start` on, in tables of some columns with the types of a schema, of Parquet `at_once` rows each.

    Raises:
        ConfigError: The file is damaged, or a value does not fit its column's type.
    """
    with readable(path):
        found = _csv_rows(path, schema, start) if is_csv(path) else _parquet_rows(path, schema, start, at_once)
        yield from (table.select(schema.names).cast(schema) for table in found)


def plain(kind: pa.DataType) -> pa.DataType:
    """The type of a column's values: that of its categories, and one type for all forms of text.

    >>> plain(pa.dictionary(pa.int8(), pa.large_string()))
    DataType(string)
    """
    if pa.types.is_dictionary(kind):
        return plain(kind.value_type)
    return pa.string() if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) else kind


def _parquet_head(path: Path, wanted: Collection[str]) -> Head:
    with pq.ParquetFile(path) as file:
        schema, metadata = file.schema_arrow, file.metadata
    paths = [metadata.schema.column(index).path for index in range(metadata.num_columns)]
    places = [i for i, name in enumerate(paths) if any(name == one or name.startswith(f"{one}.") for one in wanted)]
    row_bytes = 0.0
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        taken = sum(group.column(place).total_uncompressed_size for place in places)
        row_bytes = max(row_bytes, taken / max(1, group.num_rows))
    types = {field.name: plain(field.type) for field in schema if field.name in wanted}
    return Head(schema.names, types, metadata.num_rows, row_bytes)


def _parquet_rows(path: Path, schema: pa.Schema, start: int, at_once: int) -> Iterator[pa.Table]:
    with pq.ParquetFile(path, pre_buffer=False, buffer_size=READ_BYTES) as file:
        rows = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
        ends = np.cumsum([0, *rows])
        first = max(0, int(np.searchsorted(ends, start, side="right")) - 1)
        groups = list(range(first, len(rows)))
        batches = file.iter_batches(at_once, row_groups=groups, columns=schema.names)
        yield from _after(map(pa.Table.from_batches, zip(batches, strict=False)), start - int(ends[first]))


def _csv_head(path: Path, wanted: Collection[str], user_id: str) -> Head:
    with _open_csv(path, column_types={user_id: pa.string()}) as reader:
        schema = reader.schema
        block = next(reader, None)
    types = {field.name: _csv_type(field.type) for field in schema if field.name in wanted}
    held = [block.column(place) for place, name in enumerate(schema.names) if name in wanted] if block else []
    return Head(schema.names, types, None, sum(column.nbytes for column in held) / max(1, len(block or ())))


def _csv_type(kind: pa.DataType) -> pa.DataType:
    """Numbers and truth values are what they look like; all else is text, also what looks like a date."""
    known = pa.types.is_int64(kind) or pa.types.is_float64(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind)
    return kind if known else pa.string()


def _csv_rows(path: Path, schema: pa.Schema, start: int) -> Iterator[pa.Table]:
    types = {field.name: field.type for field in schema}
    with _open_csv(path, column_types=types, include_columns=schema.names) as reader:
        blocks = (_empty_is_missing(pa.Table.from_batches([block])) for block in reader)
        yield from _after(blocks, start)


def _empty_is_missing(table: pa.Table) -> pa.Table:
    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            empty = pc.equal(table.column(place), "")
            if pc.any(empty).as_py():
                values = pc.if_else(empty, pa.scalar(None, pa.string()), table.column(place))
                table = table.set_column(place, field, values)
    return table


@contextmanager
def _open_csv(path: Path, **options: object) -> Iterator[csv.CSVStreamingReader]:
    (compression,) = (form for suffix, form in COMPRESSIONS.items() if path.name.lower().endswith(suffix))
    blocks = csv.ReadOptions(block_size=CSV_BLOCK, use_threads=False)
    lines, types = csv.ParseOptions(newlines_in_values=True), csv.ConvertOptions(**options)
    with pa.input_stream(path, compression) as stream, csv.open_csv(stream, blocks, lines, types) as reader:
        yield reader


def _after(tables: Iterator[pa.Table], skipped: int) -> Iterator[pa.Table]:
    for table in tables:
        if skipped < len(table):
            yield table.slice(skipped)
        skipped = max(0, skipped - len(table))
