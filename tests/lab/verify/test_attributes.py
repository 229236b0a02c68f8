"""Tests of how columns of a log become segments' values."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from ffcore import ConfigError
from ffcore.lab.bulk.sources import read_frame
from ffcore.lab.verify.attributes import MOST_VALUES, Attribute, read_attribute, read_attributes

EAST = dt.timezone(dt.timedelta(hours=5))


def read(values: object) -> Attribute:
    """The attribute of one column."""
    frame = pd.DataFrame({"x": values})
    return read_attribute(read_frame(frame, ["x"]), "x")


@pytest.mark.parametrize(
    ("values", "labels", "codes"),
    [
        pytest.param(["b", "a", None, "b"], ("a", "b", "null"), [1, 0, 2, 1], id="text"),
        pytest.param(["null", None], ("null", "null"), [0, 1], id="text that says null"),
        pytest.param([True, False, None], ("False", "True", "null"), [1, 0, 2], id="truth values"),
        pytest.param([10, 9, 10], ("9", "10"), [1, 0, 1], id="whole numbers by size"),
        pytest.param([1.5, np.nan, 1.0], ("1", "1.5", "null"), [1, 2, 0], id="NaN is null"),
        pytest.param(pd.Categorical(["b", None], ["c", "b"]), ("b", "null"), [0, 1], id="categories that occur"),
        pytest.param(pd.Categorical([2, 1]), ("1", "2"), [1, 0], id="categories of numbers"),
        pytest.param([dt.date(2024, 3, 2), dt.date(2024, 3, 1)], ("2024-03-01", "2024-03-02"), [1, 0], id="dates"),
        pytest.param([None, None], ("null",), [0, 0], id="nothing but null"),
    ],
)
def test_values_are_coded_in_rising_order_with_null_last(
    values: object, labels: tuple[str, ...], codes: list[int]
) -> None:
    """Each value that occurs has a code, whatever the order of the rows; null has the last one."""
    found = read(values)

    assert (found.labels, found.codes.tolist()) == (labels, codes)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_count_by_their_day_in_utc(unit: Literal["s", "ms", "us", "ns"]) -> None:
    """04:30 in a zone five hours east is 23:30 of the day before; instants before 1970 have days too."""
    times = pd.to_datetime(["2024-03-02T04:30+05:00", "2024-03-01T23:30+00:00", "1969-12-31T23:00+00:00"], utc=True)

    found = read(times.as_unit(unit))

    assert found.dated
    assert [found.labels[code] for code in found.codes] == ["2024-03-01", "2024-03-01", "1969-12-31"]


@pytest.mark.parametrize(
    ("make"),
    [
        pytest.param(pa.table, id="arrow"),
        pytest.param(pl.DataFrame, id="polars"),
        pytest.param(lambda data: pl.DataFrame(data, {"x": pl.Categorical}), id="polars categories"),
        pytest.param(pd.DataFrame, id="pandas"),
    ],
)
def test_frames_of_all_kinds_read_alike(make: Any) -> None:
    """An Arrow table in chunks, a Polars frame and a pandas frame give the same codes."""
    frame = make({"x": ["b", None, "a"]})
    frame = pa.concat_tables([frame, frame]) if isinstance(frame, pa.Table) else frame

    found = read_attribute(read_frame(frame, ["x"]), "x")

    assert (found.labels, found.codes[:3].tolist()) == (("a", "b", "null"), [1, 2, 0])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param([1, "a"], "values of several kinds", id="mixed kinds"),
        pytest.param([[1], [2]], "got a column of list", id="lists"),
        pytest.param([{"a": 1}], "got a column of struct", id="mappings"),
        pytest.param([dt.datetime(2024, 1, 1, tzinfo=EAST), dt.datetime(2024, 1, 1)], "mixes time zones", id="zones"),
        pytest.param(range(MOST_VALUES + 1), "100,001 different values", id="one value a user"),
    ],
)
def test_columns_that_make_no_segments_are_refused(values: object, message: str) -> None:
    """The column is named, and why it cannot be used."""
    with pytest.raises(ConfigError, match=message) as error:
        read(pd.Series(values, dtype=object))

    assert [place for place, _ in error.value.problems] == ["x"]


def test_all_columns_that_cannot_be_read_are_named_at_once() -> None:
    """Two bad columns are two problems."""
    frame = pd.DataFrame({"good": ["a"], "lists": [[1]], "mappings": [{"a": 1}]})

    with pytest.raises(ConfigError) as error:
        read_attributes(read_frame(frame, []), list(frame.columns))

    assert [place for place, _ in error.value.problems] == ["lists", "mappings"]


def test_spans_and_null_have_words_of_their_own() -> None:
    """A value that is null reads otherwise than a value called null."""
    found = read(["null", None])

    assert [found.segment(code, code) for code in (0, 1)] == ["x=null", "x is null"]
