"""Tests of times as logs write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ffcore import ConfigError
from ffcore.lab.verify.timestamps import moment, read_time, read_times

JUNE = datetime(2024, 6, 1, tzinfo=UTC)
SECOND = 1_717_200_000
PARIS = timezone(timedelta(hours=2))

#: Ways to write the first of June 2024, 00:00 UTC.
FORMS: dict[str, Any] = {
    "text with Z": pa.array(["2024-06-01T00:00:00Z"]),
    "text with an offset": pa.array(["2024-06-01T02:00:00+02:00"]),
    "text with a short offset": pa.array(["2024-06-01 02:00+0200"]),
    "text without a zone": pa.array(["2024-06-01 00:00:00"]),
    "text of a day": pa.array(["2024-06-01"]),
    "large text": pa.array(["2024-06-01"], pa.large_string()),
    "categories": pa.array(["2024-06-01"]).dictionary_encode(),
    "chunks": pa.chunked_array([["2024-06-01"], pa.array([], pa.string())]),
    "seconds": pa.array([SECOND]),
    "unsigned seconds": pa.array([SECOND], pa.uint64()),
    "fractional seconds": pa.array([float(SECOND)]),
    "seconds as text": pa.array([str(SECOND)]),
    "milliseconds": pa.array([SECOND * 1_000]),
    "milliseconds as fractional text": pa.array([f"{SECOND * 1_000}.0"]),
    "microseconds": pa.array([SECOND * 1_000_000]),
    "nanoseconds": pa.array([SECOND * 1_000_000_000]),
    "dates": pa.array([date(2024, 6, 1)]),
    "naive timestamps": pa.array([datetime(2024, 6, 1)]),
    "nanosecond timestamps": pa.array([JUNE], pa.timestamp("ns", "UTC")),
    "timestamps of a zone": pa.array(pd.Series([JUNE]).dt.tz_convert("Europe/Paris")),
    "objects": [JUNE],
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_time_is_the_same_instant(form: str) -> None:
    """Texts, numbers, dates and timestamps all come to microseconds since 1970 in UTC."""
    assert read_times(FORMS[form], "timestamp").tolist() == [SECOND * 1_000_000]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(pa.array(["2024-06-01T02:00:00+02:00", "2024-06-01T00:00:00"]), id="texts"),
        pytest.param([datetime(2024, 6, 1, 2, tzinfo=PARIS), datetime(2024, 6, 1)], id="objects"),
        pytest.param([datetime(2024, 6, 1, 2, tzinfo=PARIS), "2024-06-01"], id="objects and texts"),
    ],
)
def test_mixed_zones_are_converted(values: Any) -> None:
    """Each time by its own zone; one without is UTC."""
    assert read_times(values, "timestamp").tolist() == [SECOND * 1_000_000] * 2


def test_fractions_are_kept_to_the_microsecond() -> None:
    """As text, as a number, and in more digits than are kept."""
    texts = pa.array(["2024-06-01T00:00:00.123456Z", "2024-06-01T00:00:00.123456999Z"])

    assert (read_times(texts, "t") - SECOND * 1_000_000).tolist() == [123_456] * 2
    assert (read_times(pa.array([SECOND + 0.25]), "t") - SECOND * 1_000_000).tolist() == [250_000]


@pytest.mark.parametrize(
    ("number", "seconds"),
    [(10**8, 10**8), (10**11 - 1, 10**11 - 1), (10**11, 10**8), (10**14, 10**8), (10**17, 10**8), (-SECOND, -SECOND)],
)
def test_a_number_is_of_the_unit_that_its_size_tells(number: int, seconds: int) -> None:
    """Seconds below 1e11, then milliseconds, microseconds and nanoseconds; each begins in 1973."""
    assert read_times(pa.array([number]), "timestamp").tolist() == [seconds * 1_000_000]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param(
            ["2024-06-01", "2024-13-01", None], "2 of 3 values .*'2024-13-01' at row 1, None at row 2", id="month"
        ),
        pytest.param([str(SECOND), "soon"], "1 of 2 values .*'soon' at row 1", id="digits and words"),
        pytest.param([SECOND, 0], "1 of 2 values .*0 at row 1", id="placeholder"),
        pytest.param([20240601], "20240601 at row 0", id="a day as a number"),
        pytest.param(["20240601"], "'20240601' at row 0", id="a day as digits"),
        pytest.param([float("inf")], "inf at row 0", id="infinite"),
        pytest.param([None, None], "2 of 2 values", id="all null"),
        pytest.param([True], "got a column of bool", id="truth values"),
        pytest.param([[1]], "got a column of list", id="lists"),
        pytest.param([datetime(2024, 6, 1), "soon"], "1 of 2 .*'soon' at row 1", id="objects"),
        pytest.param(["soon"] * 9, r"9 of 9 values .*at row 4, \.\.\.\)", id="many"),
    ],
)
def test_what_is_no_time_is_counted_and_shown(values: list[Any], message: str) -> None:
    """The error says how many, and the first with their rows."""
    given = values if isinstance(values[0], datetime) else pa.array(values)
    with pytest.raises(ConfigError, match=f"(?s)timestamp: .*{message}"):
        read_times(given, "timestamp")


@pytest.mark.parametrize(
    "time",
    ["2024-06-01", JUNE, date(2024, 6, 1), np.datetime64("2024-06-01"), pd.Timestamp(JUNE), SECOND],
    ids=["text", "datetime", "date", "numpy", "pandas", "number"],
)
def test_one_time_takes_every_form_too(time: Any) -> None:
    """As the start of a configuration."""
    assert read_time(time, "flags[0]") == SECOND * 1_000_000


@pytest.mark.parametrize("time", ["soon", None, float("nan"), True, [1, 2]], ids=repr)
def test_what_is_no_time_is_named_with_its_place(time: Any) -> None:
    """Whatever it is."""
    with pytest.raises(ConfigError, match=r"flags\[0\]: expected ISO 8601"):
        read_time(time, "flags[0]")


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_717_200_000_000_000, "2024-06-01T00:00:00Z"),
        (1_717_200_000_001_000, "2024-06-01T00:00:00.001Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
    ],
)
def test_times_are_written_in_utc(time: int, text: str) -> None:
    """With as many digits as they need."""
    assert moment(time) == text
