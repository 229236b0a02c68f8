"""Points in time, however a log writes them, as microseconds since 1970 in UTC."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown
from ffcore.lab.bulk.columns import Values
from ffcore.lab.verify.log_columns import refused

Times = NDArray[np.int64]
#: Microseconds, and which of them stand for a value that is no time.
Found: TypeAlias = "tuple[Times, NDArray[np.bool_]]"
#: A point in time; without a zone it is UTC.
Time: TypeAlias = "str | date | np.datetime64 | float"
MICROSECONDS = 1_000_000
UTC = pa.timestamp("us", "UTC")
#: A number from here on counts seconds, milliseconds, microseconds, nanoseconds: each from March 1973 on.
FIRST_SECOND = 1e8
UNITS = ((1e11, 1e6), (1e14, 1e3), (1e17, 1.0), (np.inf, 1e-3))
EXPECTED = "expected ISO 8601, or seconds or milliseconds since 1970"


def read_times(values: Values, place: str) -> Times:
    """A column of times as microseconds since 1970.

    Texts are ISO 8601; a time without a zone is UTC, others are converted to it. Numbers, and texts of digits alone,
    count from 1970: below 1e11 seconds, below 1e14 milliseconds, below 1e17 microseconds, beyond nanoseconds. Numbers
    below 1e8 (March 1973 in seconds) are refused: they are days, years or placeholders.

    Raises:
        ConfigError: How many values are null or no point in time, and the first of them.

    >>> read_times(pa.array(["2024-06-01T02:00+02:00", "2024-06-01"]), "timestamp") // 1_000_000
    array([1717200000, 1717200000])
    >>> read_times(pa.array([1_717_200_000, 1_717_200_000_000]), "timestamp") // 1_000_000
    array([1717200000, 1717200000])
    """
    array = arrow(values)
    found = convert(array)
    if found is None:
        raise ConfigError([(place, f"{EXPECTED}, got a column of {array.type}")])
    times, wrong = found
    rows = np.flatnonzero(wrong)
    if rows.size:
        raise refused(place, f"no points in time; {EXPECTED}", rows, len(times), values)
    return times


def read_time(time: Time, place: str) -> int:
    """One point in time.

    >>> read_time("2024-06-01", "start") // 1_000_000
    1717200000
    """
    try:
        return int(read_times([pd.Timestamp(time) if isinstance(time, np.datetime64) else time], place)[0])
    except ConfigError:
        raise ConfigError([(place, f"{EXPECTED}, got {shown(time)}")]) from None


def moment(time: int) -> str:
    """A time as text.

    >>> moment(1_717_200_000_500_000)
    '2024-06-01T00:00:00.500Z'
    """
    whole, rest = divmod(time, MICROSECONDS)
    part = "" if not rest else f".{rest // 1000:03d}" if rest % 1000 == 0 else f".{rest:06d}"
    return f"{np.datetime64(whole, 's')}{part}Z"


def arrow(values: Values) -> pa.Array:
    """The values as one Arrow array; where they are of several kinds, as the times that they are by themselves."""
    if isinstance(values, list):
        try:
            return pa.array(values, from_pandas=True)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            return from_pandas(pd.Series(values, dtype=object))
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return array.dictionary_decode() if kinds.is_dictionary(array.type) else array


def convert(array: pa.Array) -> Found | None:
    """Microseconds, and which values are no times; None for a column that holds none."""
    kind = array.type
    if kinds.is_timestamp(kind) or kinds.is_date(kind):
        return plain(array.cast(pa.timestamp("us", getattr(kind, "tz", None)), safe=False))
    if kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_decimal(kind):
        return numbers(array)
    if kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind) or kinds.is_null(kind):
        return texts(array.cast(pa.large_string()))
    return None


def plain(array: pa.Array) -> Found:
    """Timestamps of microseconds as they are."""
    wrong = np.asarray(array.is_null())
    return np.asarray(array.cast(pa.int64()).fill_null(0)), wrong


def numbers(array: pa.Array) -> Found:
    """Numbers, by their size."""
    whole = kinds.is_integer(array.type)
    values = array if whole else array.cast(pa.float64())
    count = np.asarray(values.fill_null(0))
    size = np.abs(count.astype(np.float64))
    wrong = ~(size >= FIRST_SECOND) | np.isinf(size)
    times = np.zeros(len(count), dtype=np.int64)
    low = FIRST_SECOND
    for high, factor in UNITS:
        rows = (size >= low) & (size < high)
        exact = count[rows] * int(factor) if whole and factor >= 1 else np.floor(count[rows] * factor)
        times[rows] = exact.astype(np.int64)
        low = high
    return times, wrong


def texts(array: pa.LargeStringArray) -> Found:
    """Texts: of digits, or by ISO 8601; Arrow reads the common forms, pandas what remains, a mixture of zones too."""
    known = array.drop_null()
    first = known[0].as_py().strip() if len(known) else ""
    if first.replace(".", "", 1).isdigit():
        return digits(array)
    for kind in (UTC, pa.timestamp("us")):
        try:
            return plain(array.cast(kind))
        except pa.ArrowInvalid:
            continue
    return plain(from_pandas(array.to_pandas()))


def from_pandas(values: pd.Series[Any]) -> pa.Array:
    """What pandas takes for times, converted to UTC; all else is null."""
    found = pd.to_datetime(values, utc=True, format="ISO8601", errors="coerce")
    return pa.array(found).cast(UTC, safe=False)


def digits(array: pa.LargeStringArray) -> Found:
    """Numbers written as text."""
    for kind in (pa.int64(), pa.float64()):
        try:
            return numbers(array.cast(kind))
        except pa.ArrowInvalid:
            continue
    pattern = r"^\s*\d+(\.\d+)?\s*$"
    numeric = pc.fill_null(pc.match_substring_regex(array, pattern), False)
    return numbers(pc.if_else(numeric, array, None).cast(pa.float64()))
