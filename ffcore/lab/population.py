"""Populations: a CSV or Parquet file of user ids and context attributes, read as the evaluator takes them.

Ids are text, exactly as the file holds them; an integer id is its ``str``. A null is a missing attribute. A CSV
carries no types: there, columns of numbers are read as numbers, an empty field is missing, and words such as ``NA``
are missing among numbers but text among text.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api import types

from ffcore.errors import ConfigError, shown

_PARQUET_MARK = b"PAR1"
_CSV_SUFFIXES = (".csv", ".csv.gz")
_SHOWN_ROWS = 5
_SHOWN_COLUMNS = 30
_SHOWN_CHARACTERS = 200


def load_population(path: str | Path, id_column: str = "user_id") -> pd.DataFrame:
    r"""Read a population: one row per user, in the order of the file.

    Args:
        path: A Parquet file (known by its content), or a CSV file by its suffix ``.csv`` or ``.csv.gz``; UTF-8.
        id_column: The column of user ids: text or integers, neither null nor blank.

    Returns:
        The file's columns, ids as text. ``frame.attrs["repeated_ids"]`` counts the rows whose id an earlier row
        holds already; they are kept, since whether a user may occur twice is the caller's to know.

    Raises:
        ConfigError: The file is missing, a folder, of another kind, damaged or empty; or it has no such column, or
            ids that are null, blank, or neither text nor integers.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "users.csv")
    >>> _ = path.write_text("user_id,country,age\n007,NA,31\nNA,,\n", encoding="utf-8")
    >>> frame = load_population(path)
    >>> list(frame["user_id"])
    ['007', 'NA']
    >>> list(contexts(frame))
    [{'country': 'NA', 'age': 31}, {}]
    """
    path = Path(path)
    if not isinstance(id_column, str):
        raise ConfigError([("id_column", f"expected the name of a column, got {shown(id_column)}")])
    frame = _read(path, id_column)
    if id_column not in frame.columns:
        raise _refused(path, _absent_column(id_column, [str(column) for column in frame.columns]))
    if frame.empty:
        raise _refused(path, "no rows: a population needs at least one user")
    frame[id_column] = _ids_as_text(path, frame[id_column])
    frame.attrs["repeated_ids"] = int(frame[id_column].duplicated().sum())
    return frame


def contexts(frame: pd.DataFrame, id_column: str = "user_id") -> Iterator[dict[str, Any]]:
    """The context of each row, in order: plain Python values by column, without the id and without nulls.

    Args:
        frame: Any frame; columns other than ``id_column`` are context attributes.
        id_column: The column to leave out; it may be absent.

    >>> frame = pd.DataFrame({"user_id": ["a", "b"], "month": [1, 2], "origin": ["JFK", None]})
    >>> list(contexts(frame))
    [{'month': 1, 'origin': 'JFK'}, {'month': 2}]
    """
    columns = {str(name): frame[name] for name in frame.columns if name != id_column}
    names = tuple(columns)
    whole = not any(column.hasnans for column in columns.values())
    rows = zip(*map(_plain_values, columns.values()), strict=True) if columns else iter([()] * len(frame))
    for row in rows:
        context = dict(zip(names, row, strict=True))
        yield context if whole else {name: value for name, value in context.items() if value is not None}


def _plain_values(column: pd.Series[Any]) -> list[Any]:
    values: list[Any] = column.astype(object).where(column.notna(), None).tolist()
    if types.is_object_dtype(column) or types.is_datetime64_any_dtype(column):
        return [_plain(value) for value in values]
    return values


def _plain(value: object) -> object:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return value.to_pydatetime(warn=False) if isinstance(value, pd.Timestamp) else value


def _read(path: Path, id_column: str) -> pd.DataFrame:
    if path.is_dir():
        raise _refused(path, "a folder; expected one CSV or Parquet file")
    if not path.exists():
        raise _refused(path, _absent_file(path))
    try:
        return _read_parquet(path) if _is_parquet(path) else _read_csv(path, id_column)
    except Exception as error:  # damaged files meet readers that expect whole ones, so any kind may come
        raise _refused(path, _reason(error)) from error


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_PARQUET_MARK)) == _PARQUET_MARK


def _reason(error: Exception) -> str:
    if isinstance(error, pd.errors.EmptyDataError):
        return "the file is empty"
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 text: {error.reason} at byte {error.start}"
    return f"not readable: {' '.join(str(error).split())[:_SHOWN_CHARACTERS]}"


def _read_parquet(path: Path) -> pd.DataFrame:
    frame = pd.read_parquet(path, dtype_backend="numpy_nullable")  # keeps large integers exact beside nulls
    named = any(name is not None for name in frame.index.names)
    frame = frame.reset_index(drop=not named)
    texts = [name for name in frame.columns if frame[name].dtype == "string"]
    for name in texts:
        pa.array(frame[name]).validate(full=True)  # text that is no UTF-8 would end whoever reads the value
    return frame


def _read_csv(path: Path, id_column: str) -> pd.DataFrame:
    if not path.name.lower().endswith(_CSV_SUFFIXES):
        raise ValueError(f"neither Parquet by its content nor CSV by its name ({', '.join(_CSV_SUFFIXES)})")
    frame = pd.read_csv(path, dtype={id_column: "string"}, dtype_backend="numpy_nullable", low_memory=False)
    if type(frame.index) is not pd.RangeIndex:  # pandas then takes the first column for the index
        raise ValueError(f"rows have more fields than the {len(frame.columns)} names of the first line")
    texts = [name for name in frame.columns if _may_be_text(frame[name])]
    if texts:
        frame[texts] = pd.read_csv(path, usecols=texts, dtype="string", keep_default_na=False, na_values=[""])[texts]
    return frame


def _may_be_text(column: pd.Series[Any]) -> bool:
    return column.dtype == "string" or bool(column.isna().all())


def _ids_as_text(path: Path, ids: pd.Series[Any]) -> pd.Series[str]:
    if isinstance(ids.dtype, pd.CategoricalDtype):
        ids = ids.astype(ids.cat.categories.dtype)
    if not (types.is_integer_dtype(ids) or types.is_string_dtype(ids) or ids.isna().all()):
        raise _refused(path, f"column {ids.name!r} holds {ids.dtype}; expected ids that are text or integers")
    _refuse_rows(path, ids, "null", ids.isna().tolist())
    texts = ids.astype("str")
    _refuse_rows(path, ids, "blank", [not text.strip() for text in texts])
    return texts


def _refuse_rows(path: Path, ids: pd.Series[Any], kind: str, wrong: list[bool]) -> None:
    count = sum(wrong)
    if count:
        rows = [str(row) for row, is_wrong in enumerate(wrong, start=1) if is_wrong][:_SHOWN_ROWS]
        more = ", ..." if count > len(rows) else ""
        noun = "id" if count == 1 else "ids"
        raise _refused(path, f"column {ids.name!r} has {count} {kind} {noun}; data rows {', '.join(rows)}{more}")


def _absent_column(id_column: str, columns: list[str]) -> str:
    listing = ", ".join(columns[:_SHOWN_COLUMNS]) + ", ..." * (len(columns) > _SHOWN_COLUMNS)
    return f"no column {id_column!r}; the columns are {listing}{_near(id_column, columns)}"


def _absent_file(path: Path) -> str:
    if not path.parent.is_dir():
        return f"no such file: there is no folder {path.parent}"
    return f"no such file{_near(path.name, [entry.name for entry in path.parent.iterdir()])}"


def _near(name: str, names: list[str]) -> str:
    near = get_close_matches(name, sorted(names), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _refused(path: Path, message: str) -> ConfigError:
    return ConfigError([(str(path), message)])
