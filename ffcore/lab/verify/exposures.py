"""Exposure logs: who saw which flag when and with which outcome, read from a frame or a file and checked."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ffcore.errors import ConfigError, suggestion
from ffcore.lab.bulk.columns import Values
from ffcore.lab.bulk.ids import Ids
from ffcore.lab.bulk.reading import is_csv
from ffcore.lab.bulk.sources import read_frame
from ffcore.lab.verify.contexts import spread_context
from ffcore.lab.verify.log_columns import Coded, one_array, read_coded, read_enabled, read_log_ids, refused
from ffcore.lab.verify.log_files import Log, read_log
from ffcore.lab.verify.timestamps import UTC, Times, read_times

ID, KEY, ENABLED, VARIANT, REASON = "user_id", "flag_key", "enabled", "variant", "reason"
TIME, EVENT, CONTEXT, PREFIX = "timestamp", "event_type", "context", "context."
#: Names under which pipelines note when an event arrived.
RECEIVED = ("received_at", "received_timestamp", "ingested_at", "ingestion_timestamp")
KNOWN = (ID, KEY, ENABLED, VARIANT, REASON, TIME, EVENT, "flag_id", CONTEXT, *RECEIVED)
#: How alike two names are that are taken for one, misspelt (difflib's ratio).
NEARLY = 0.85
Read = TypeVar("Read")


@dataclass(frozen=True, eq=False)
class Exposures:
    """A log, one entry a row; what it has no column for is None.

    Attributes:
        ids: The users, all valid.
        keys: The flags or experiments.
        enabled: Whether the user was let in: 1, 0, or -1 where only the variant says.
        variant: The variant; code -1 for none.
        reason: Why.
        event: The type of the event.
        time: When it happened: microseconds since 1970.
        received: When it arrived, likewise.
        context: The values of each attribute.
        typed: Whether the context's values have types; a CSV's are all text.
        source: The file's name, for messages.
    """

    ids: Ids
    keys: Coded
    enabled: NDArray[np.int8] | None = None
    variant: Coded | None = None
    reason: Coded | None = None
    event: Coded | None = None
    time: Times | None = None
    received: Times | None = None
    context: Mapping[str, Values] = field(default_factory=dict)
    typed: bool = True
    source: str = "exposures"

    def __len__(self) -> int:
        return len(self.ids)

    def table(self) -> pa.Table:
        """The log as a table: texts are categories, times UTC, attributes columns ``context.<attribute>``."""
        columns: dict[str, Any] = {ID: self.ids.text, KEY: self.keys.arrow()}
        texts = {VARIANT: self.variant, REASON: self.reason, EVENT: self.event}
        columns |= {name: coded.arrow() for name, coded in texts.items() if coded is not None}
        times = {TIME: self.time, RECEIVED[0]: self.received}
        columns |= {name: pa.array(time, UTC) for name, time in times.items() if time is not None}
        if self.enabled is not None:
            columns[ENABLED] = pa.array(self.enabled > 0, mask=self.enabled < 0)
        return pa.table(columns | {f"{PREFIX}{name}": plain(values) for name, values in self.context.items()})


def plain(values: Values) -> pa.Array:
    """Values as Arrow holds them, those of several kinds as text.

    >>> plain([1, "a", None]).to_pylist()
    ['1', 'a', None]
    """
    if not isinstance(values, list):
        return values
    return pa.array([None if value is None else str(value) for value in values], pa.string())


def read_exposures(source: Any) -> Exposures:
    """An exposure log, checked.

    Columns: ``user_id`` (text or whole numbers), ``flag_key``, and ``variant`` or ``enabled`` or both; where they are
    there, ``timestamp``, ``event_type``, ``reason``, the time of arrival (``received_at``, ``received_timestamp``,
    ``ingested_at`` or ``ingestion_timestamp``), and the context, as a column ``context`` of JSON objects (or structs),
    or as columns ``context.<attribute>``. Others are not read.

    A time is ISO 8601 (without a zone it is UTC) or a number since 1970: seconds below 1e11, milliseconds below 1e14,
    then microseconds. A null or empty variant means that the user was not let in, or that the flag has none; a column
    ``variant`` of truth values stands for ``enabled``. In a CSV the values of ``context.<attribute>`` are text until a
    rule compares them with numbers or truth values.

    Args:
        source: a pandas, Polars or Arrow frame, or the path of a Parquet, CSV or JSON lines file, the latter two also
            compressed (``.csv.gz``).

    Raises:
        ConfigError: No such file or another kind; no rows; a column that is missing or misspelt (with the nearest
            name); ids and keys that are null or blank, outcomes that are no truth values, times that are none, contexts
            that are no JSON, each with their count and first rows (the first row is 0).

    >>> import pandas as pd
    >>> log = pd.DataFrame({"user_id": ["anna", "ben"], "flag_key": "dark-mode", "enabled": [True, False]})
    >>> len(read_exposures(log))
    2
    >>> read_exposures(log.rename(columns={"flag_key": "flagkey"}))
    Traceback (most recent call last):
    ffcore.errors.ConfigError: exposures: 1 problem
      flag_key: there is no such column; did you mean flagkey?
    """
    if isinstance(source, Exposures):
        return source
    if isinstance(source, str | os.PathLike):
        path = Path(source).expanduser()
        log = read_log(path, lambda names: wanted(names, str(path)))
        return from_columns(log, log.names, str(path), typed=not is_csv(path))
    frame = read_frame(source, [])
    return from_columns(frame, wanted(frame.names, "exposures"), "exposures")


def wanted(names: Sequence[str], source: str) -> list[str]:
    """The columns to read; a ConfigError names those that are missing, misspelt or there twice."""
    problems = [(name, f"there is no such column{nearest(name, names)}") for name in (ID, KEY) if name not in names]
    if ENABLED not in names and VARIANT not in names:
        problems.append((f"{VARIANT} or {ENABLED}", f"there is no such column{nearest(VARIANT, names)}"))
    read = [name for name in names if name in KNOWN or name.startswith(PREFIX)]
    if not problems:
        problems = [(name, f"{count} columns have this name") for name, count in Counter(read).items() if count > 1]
        problems += [(name, f"did you mean {meant}?") for name in names if (meant := misspelt(name, names))]
    if problems:
        raise ConfigError(problems, source=source)
    return read


def nearest(name: str, names: Sequence[str]) -> str:
    """The column that may be meant, as a closing phrase.

    >>> nearest("user_id", ["USER_ID", "flag"])
    '; did you mean USER_ID?'
    """
    same = [one for one in names if one.lower() == name]
    return f"; did you mean {same[0]}?" if same else suggestion(name, names)


def misspelt(name: str, names: Sequence[str]) -> str:
    """The known column that a name is nearly that of, if the log does not have it; else nothing.

    >>> misspelt("time_stamp", ["time_stamp"]), misspelt("contxt.os", ["contxt.os"]), misspelt("session", ["session"])
    ('timestamp', 'context.os', '')
    """
    if name in KNOWN or name.startswith(PREFIX):
        return ""
    head, dot, attribute = name.partition(".")
    absent = [CONTEXT] if dot else [known for known in KNOWN if known not in names]
    near = get_close_matches(head.lower(), absent, n=1, cutoff=NEARLY)
    return f"{near[0]}{dot}{attribute}" if near else ""


def from_columns(log: Log, names: Sequence[str], source: str, *, typed: bool = True) -> Exposures:
    """The log out of its columns; one ConfigError lists the problems of all of them."""
    if not len(log):
        raise ConfigError([("", "there are no rows: an audit needs at least one exposure")], source=source)
    problems: list[tuple[str, str]] = []

    def read(reader: Callable[[Values, str], Read], name: str) -> Any:
        try:
            return reader(log.column(name), name) if name in names else None
        except ConfigError as error:
            problems.extend(error.problems)
            return None

    variant, enabled = outcomes(log, names)
    received = [name for name in RECEIVED if name in names][:1]
    found = {
        "ids": read(read_log_ids, ID),
        "keys": read(read_keys, KEY),
        "variant": read(read_coded, variant),
        "enabled": read(read_enabled, enabled),
        "reason": read(read_coded, REASON),
        "event": read(read_coded, EVENT),
        "time": read(read_times, TIME),
        "received": read(read_times, received[0]) if received else None,
    }
    if not variant and found["enabled"] is not None:
        found["enabled"] = np.maximum(found["enabled"], 0)
    context = read_context(log, names, problems)
    problems += unsaid(found["variant"], found["enabled"])
    if problems:
        raise ConfigError(problems, source=source)
    return Exposures(**found, context=context, typed=typed, source=source)


def outcomes(log: Log, names: Sequence[str]) -> tuple[str, str]:
    """The columns that hold variants and truth values; a variant that is one says whether the user was let in."""
    if ENABLED in names or VARIANT not in names:
        return VARIANT, ENABLED
    values = log.column(VARIANT)
    truth = not isinstance(values, list) and pa.types.is_boolean(values.type)
    return ("", VARIANT) if truth else (VARIANT, ENABLED)


def read_keys(values: Values, place: str) -> Coded:
    """The keys of flags and experiments, none of them null or blank."""
    keys = read_coded(values, place)
    missing = np.flatnonzero(keys.codes < 0)
    if missing.size:
        raise refused(place, "null or blank", missing, keys.codes.size)
    return keys


def read_context(log: Log, names: Sequence[str], problems: list[tuple[str, str]]) -> dict[str, Values]:
    """The values of each attribute; what cannot be read is added to the problems."""
    logged = {name.removeprefix(PREFIX): log.column(name) for name in names if name.startswith(PREFIX)}
    columns = {name: some if isinstance(some, list) else one_array(some, name) for name, some in logged.items()}
    if CONTEXT not in names:
        return columns
    try:
        spread = spread_context(log.column(CONTEXT), CONTEXT)
    except ConfigError as error:
        problems += error.problems
        return columns
    twice = f"stands in the column {CONTEXT} too"
    problems += [(f"{PREFIX}{name}", twice) for name in columns if name in spread]
    return {**columns, **spread}


def unsaid(variant: Coded | None, enabled: NDArray[np.int8] | None) -> list[tuple[str, str]]:
    """A problem where rows say neither whether the user was let in nor which variant there was."""
    if enabled is None:
        return []
    missing = np.flatnonzero((enabled < 0) & (variant is None or variant.codes < 0))
    return refused(ENABLED, "null, without a variant beside", missing, enabled.size).problems if missing.size else []
