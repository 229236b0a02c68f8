"""The contexts that a log holds as JSON or as nested columns, spread into one column for each attribute."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from ffcore.errors import ConfigError
from ffcore.lab.bulk.columns import Values
from ffcore.lab.verify.log_columns import refused
from ffcore.lab.verify.log_files import json_table

NO_OBJECTS = "no JSON objects"


def spread_context(values: Values, place: str = "context") -> dict[str, Values]:
    """A column of contexts as one column for each attribute that any of them has; null is missing.

    Args:
        values: JSON objects as text, Arrow's structs, or Python mappings; null is an empty context.
        place: the column's name.

    Raises:
        ConfigError: how many contexts are no JSON objects, and the first of them.

    >>> found = spread_context(pa.array(['{"country": "NO", "age": 31}', None]))
    >>> {name: column.to_pylist() for name, column in found.items()}
    {'country': ['NO', None], 'age': [31, None]}
    """
    if isinstance(values, list):
        return from_objects(values, place)
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    kind = array.type.value_type if kinds.is_dictionary(array.type) else array.type
    if kinds.is_struct(kind):
        return {field.name: pc.struct_field(array, [number]) for number, field in enumerate(kind)}
    if kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind) or kinds.is_null(kind):
        return from_json(array.cast(pa.string()) if kinds.is_null(kind) else array, place)
    raise ConfigError([(place, f"expected JSON objects as text, or structs, got a column of {array.type}")])


def from_json(array: pa.Array, place: str) -> dict[str, Values]:
    """Each distinct text read once, by Arrow where every attribute has values of one kind, else one by one."""
    if kinds.is_dictionary(array.type) and array.dictionary.null_count:
        array = array.dictionary_decode()
    encoded = array if kinds.is_dictionary(array.type) else pc.dictionary_encode(array)
    texts = encoded.dictionary.to_pylist()
    rows = encoded.indices.cast(pa.int64())
    try:
        table = json_table(lambda: BytesIO("\n".join(texts).encode()))
    except (pa.ArrowInvalid, UnicodeEncodeError):
        table = None
    if table is not None and len(table) == len(texts):
        return {name: table[name].combine_chunks().take(rows) for name in table.column_names}
    objects = [read_object(text) for text in texts]
    wrong = np.flatnonzero([one is None for one in objects])
    if wrong.size:
        bad = np.flatnonzero(np.isin(np.asarray(rows.fill_null(-1)), wrong))
        raise refused(place, NO_OBJECTS, bad, len(array), array)
    found = by_attribute([{} if one is None else one for one in objects])
    return {name: take(column, rows) for name, column in found.items()}


def take(values: Values, rows: pa.Int64Array) -> Values:
    """The values of some places; null has none."""
    return (
        [None if row is None else values[row] for row in rows.to_pylist()]
        if isinstance(values, list)
        else values.take(rows)
    )


def read_object(text: str | None) -> dict[str, Any] | None:
    """The JSON object that a text holds, None where it holds none."""
    try:
        found = json.loads(text or "null")
    except (ValueError, RecursionError):
        return None
    return {} if found is None else found if isinstance(found, dict) else None


def from_objects(values: Sequence[Any], place: str) -> dict[str, Values]:
    """Contexts that are mappings, or some texts and some null."""
    found = [read_object(value) if value is None or isinstance(value, str) else value for value in values]
    wrong = np.flatnonzero([not isinstance(one, dict) for one in found])
    if wrong.size:
        raise refused(place, NO_OBJECTS, wrong, len(values), list(values))
    return by_attribute([one for one in found if isinstance(one, dict)])


def by_attribute(objects: Sequence[dict[str, Any]]) -> dict[str, Values]:
    """One column for each attribute: Arrow's where all values are of one kind."""
    names = dict.fromkeys(str(name) for one in objects for name in one)
    columns: dict[str, Values] = {}
    for name in names:
        values = [one.get(name) for one in objects]
        try:
            columns[name] = pa.array(values)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            columns[name] = values
    return columns
