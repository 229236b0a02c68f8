"""Log files as columns: Parquet, CSV and JSON lines, of which only the wanted columns are read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.json as pj
import pyarrow.parquet as pq
import pyarrow.types as kinds
from pyarrow import csv

from ffcore.errors import ConfigError, suggestion
from ffcore.lab.bulk.columns import Values
from ffcore.lab.bulk.reading import CSV_SUFFIXES, PARQUET_SUFFIXES, is_csv, is_parquet, readable
from ffcore.lab.bulk.sources import ArrowSource

JSON_SUFFIXES = tuple(
    f"{name}{packed}" for name in (".jsonl", ".ndjson", ".json") for packed in ("", ".gz", ".bz2", ".zst")
)
BLOCK = 1 << 24
#: How much of a JSON file is looked at before it is read.
SAMPLE = 1 << 20
SHOWN_CHARACTERS = 200
#: Takes the names of all columns and returns those to read, or raises a ConfigError.
Choose = Callable[[list[str]], list[str]]


class Log(Protocol):
    """Columns by name, all of one length."""

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        ...

    def __len__(self) -> int: ...

    def column(self, name: str) -> Values:
        """The values of a column."""
        ...


@dataclass(frozen=True, slots=True)
class JsonObjects:
    """Objects of a JSON file whose fields hold values of several kinds."""

    objects: list[dict[str, Any]]
    names: list[str]

    def __len__(self) -> int:
        return len(self.objects)

    def column(self, name: str) -> Values:
        """The values of a field, None where an object has none."""
        return [one.get(name) for one in self.objects]


def read_log(path: Path, choose: Choose) -> Log:
    """The wanted columns of a file. Those of a CSV are all text, and an empty field is null.

    Raises:
        ConfigError: No such file, another kind of file, or a damaged one.
    """
    if path.is_dir():
        raise ConfigError([(str(path), "is a folder; expected one Parquet, CSV or JSON lines file")])
    if not path.exists():
        beside = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        raise ConfigError([(str(path), f"no such file{suggestion(path.name, beside)}")])
    with readable(path):
        if is_csv(path):
            return read_csv(path, choose)
        if path.name.lower().endswith(JSON_SUFFIXES):
            return read_json(path, choose)
        if is_parquet(path):
            return read_parquet(path, choose)
    names = ", ".join((*PARQUET_SUFFIXES, *CSV_SUFFIXES, *JSON_SUFFIXES))
    raise ConfigError([(str(path), f"is neither Parquet nor CSV nor JSON lines by its name ({names})")])


def read_parquet(path: Path, choose: Choose) -> Log:
    """A Parquet file; columns of text other than ids come as categories where the file holds them so."""
    names = choose(pq.read_schema(path).names)
    return checked(pq.read_table(path, columns=names, read_dictionary=[name for name in names if name != "user_id"]))


def checked(table: pa.Table) -> ArrowSource:
    """A table whose every value is what its column says; Arrow takes text on trust that is no UTF-8."""
    table.validate(full=True)
    return ArrowSource(table)


def read_csv(path: Path, choose: Choose) -> Log:
    """A CSV file, every field as text; an empty one is null."""
    with unpacked(path) as stream, csv.open_csv(stream) as reader:
        names = choose(reader.schema.names)
    options = csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        include_columns=names,
        null_values=[""],
        strings_can_be_null=True,
    )
    blocks = csv.ReadOptions(block_size=BLOCK)
    try:  # lines broken within quotes are rare, and looking for them takes as long as all the rest
        with unpacked(path) as stream:
            return ArrowSource(csv.read_csv(stream, blocks, csv.ParseOptions(), options))
    except pa.ArrowInvalid:
        with unpacked(path) as stream:
            return ArrowSource(csv.read_csv(stream, blocks, csv.ParseOptions(newlines_in_values=True), options))


def read_json(path: Path, choose: Choose) -> Log:
    """A file of JSON objects, one a line; what looks like a time stays text."""
    try:
        table = json_table(lambda: unpacked(path))
    except pa.ArrowInvalid as error:
        if "Empty JSON" in str(error):
            raise ConfigError([(str(path), "is empty: expected one JSON object a line")]) from None
        return json_objects(path, choose)
    return checked(table.select(choose(table.column_names)))


def json_table(opened: Callable[[], Any]) -> pa.Table:
    """JSON objects as a table; ``opened`` gives their bytes, more than once: what looks like a time is read as text.

    >>> from io import BytesIO
    >>> json_table(lambda: BytesIO(b'{"day": "2024-06-01"}')).to_pylist()
    [{'day': '2024-06-01'}]
    """
    with opened() as stream:
        first = stream.read(SAMPLE)
    try:
        sample = read_json_bytes(BytesIO(first[: first.rfind(b"\n") + 1] or first), pa.schema([])).schema
    except pa.ArrowInvalid:  # cut off within an object, if the whole is any better
        sample = pa.schema([])
    dated = [field.with_type(found) for field in sample if (found := times_as_text(field.type))]
    with opened() as stream:
        table = read_json_bytes(stream, pa.schema(dated))
    if not any(times_as_text(field.type) for field in table.schema):
        return table
    known = pa.schema([field.with_type(without_times(field.type)) for field in table.schema])
    with opened() as stream:
        return read_json_bytes(stream, known)


def read_json_bytes(stream: Any, known: pa.Schema) -> pa.Table:
    """JSON objects as a table; the types of some fields, and of parts of them, are known."""
    return pj.read_json(stream, pj.ReadOptions(block_size=BLOCK), pj.ParseOptions(explicit_schema=known))


def times_as_text(kind: pa.DataType) -> pa.DataType | None:
    """Those parts of a type that are times, as text; None where there are none."""
    if kinds.is_struct(kind):
        parts = [field.with_type(found) for field in kind if (found := times_as_text(field.type))]
        return pa.struct(parts) if parts else None
    plain = without_times(kind)
    return None if plain == kind else plain


def without_times(kind: pa.DataType) -> pa.DataType:
    """A type with text in the place of times.

    >>> without_times(pa.list_(pa.timestamp("s")))
    ListType(list<item: string>)
    """
    if kinds.is_temporal(kind):
        return pa.string()
    if kinds.is_list(kind):
        return pa.list_(without_times(kind.value_type))
    if kinds.is_struct(kind):
        return pa.struct([field.with_type(without_times(field.type)) for field in kind])
    return kind


def json_objects(path: Path, choose: Choose) -> Log:
    """A file of JSON objects read line by line: what Arrow, which wants one kind a field, has refused."""
    objects: list[dict[str, Any]] = []
    with unpacked(path) as stream:
        for number, line in enumerate(stream.read().splitlines(), 1):
            if line.strip():
                objects.append(json_object(path, number, line))
    names = choose(list(dict.fromkeys(name for one in objects for name in one)))
    return JsonObjects(objects, names)


def json_object(path: Path, number: int, line: bytes) -> dict[str, Any]:
    """The object of one line; a ConfigError names the line that holds none."""
    try:
        found = json.loads(line, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise ConfigError([(str(path), f"line {number:,} is no JSON: {str(error)[:SHOWN_CHARACTERS]}")]) from None
    if not isinstance(found, dict):
        raise ConfigError([(str(path), f"line {number:,} holds a {type(found).__name__}; expected an object a line")])
    return found


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names all differ.

    >>> once([("a", 1), ("a", 2)])
    Traceback (most recent call last):
    ValueError: a stands twice in an object
    """
    twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if twice:
        raise ValueError(f"{twice[0]} stands twice in an object")
    return dict(pairs)


def unpacked(path: Path) -> Any:
    """The bytes of a file, decompressed where its name says so."""
    return pa.input_stream(path, compression="detect")
