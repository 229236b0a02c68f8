"""Tests of contexts spread into a column for each attribute."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from ffcore import ConfigError
from ffcore.lab.verify import contexts
from ffcore.lab.verify.contexts import spread_context

ROWS: list[dict[str, Any] | None] = [{"country": "NO", "age": 31}, None, {"age": 7}, {}, {"country": "NO", "age": 31}]
WANTED = {"country": ["NO", None, None, None, "NO"], "age": [31, None, 7, None, 31]}
TEXTS = [None if one is None else json.dumps(one) for one in ROWS]

FORMS: dict[str, Any] = {
    "JSON": pa.array(TEXTS),
    "large JSON": pa.array(TEXTS, pa.large_string()),
    "JSON views": pa.array(TEXTS, pa.string_view()),
    "JSON over several lines": pa.array([None if one is None else json.dumps(one, indent=1) for one in ROWS]),
    "JSON and null as text": pa.array(["null" if one is None else json.dumps(one) for one in ROWS]),
    "JSON and empty text": pa.array(["" if one is None else json.dumps(one) for one in ROWS]),
    "categories of JSON": pa.array(TEXTS).dictionary_encode(),
    "categories that hold null": pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3, 4]), pa.array(TEXTS)),
    "chunks": pa.chunked_array([TEXTS[:2], TEXTS[2:]]),
    "structs": pa.array(ROWS),
    "chunks of structs": pa.chunked_array([pa.array(ROWS)]),
    "objects": ROWS,
    "objects and JSON": [TEXTS[0], *ROWS[1:]],
}


def listed(found: dict[str, Any]) -> dict[str, list[Any]]:
    """The columns as plain lists."""
    return {name: values if isinstance(values, list) else values.to_pylist() for name, values in found.items()}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_columns(form: str) -> None:
    """A missing attribute and a missing context are null."""
    assert listed(spread_context(FORMS[form])) == WANTED


def test_no_context_at_all_has_no_attributes() -> None:
    """A column of nulls, and one of empty objects."""
    assert spread_context(pa.nulls(2)) == {} == spread_context(pa.array(["{}", "{}"]))


def test_values_of_several_kinds_stay_as_they_are() -> None:
    """An attribute that is a number for some and a text for others is a list of either."""
    found = spread_context(pa.array(['{"age": 7, "os": "ios"}', '{"age": "7"}', None, '{"age": 7, "os": "ios"}']))

    assert found["age"] == [7, "7", None, 7]
    assert listed(found)["os"] == ["ios", None, None, "ios"]


def test_texts_that_look_like_times_stay_texts() -> None:
    """A rule compares them with the text that was logged, also within lists."""
    found = spread_context(pa.array(['{"born": "2001-02-03", "seen": ["2001-02-03"], "age": 1}']))

    assert listed(found) == {"born": ["2001-02-03"], "seen": [["2001-02-03"]], "age": [1]}


def test_large_numbers_keep_their_digits() -> None:
    """An integer that no float holds."""
    found = spread_context(pa.array(['{"id": 9007199254740993}']))

    assert listed(found) == {"id": [9007199254740993]}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param(pa.array(["{}", "{", None, "[1]", "x"]), r"3 of 5 .*'{' at row 1, '\[1\]' at row 3", id="texts"),
        pytest.param([{}, 5], "1 of 2 values are no JSON objects .first: 5 at row 1.", id="objects"),
        pytest.param(pa.array([1]), "expected JSON objects as text, or structs, got a column of int64", id="numbers"),
    ],
)
def test_what_is_no_context_is_counted_and_shown(values: Any, message: str) -> None:
    """The error names the column, the count and the first rows."""
    with pytest.raises(ConfigError, match=f"(?s)context: .*{message}"):
        spread_context(values)


def test_each_distinct_text_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of millions of rows has few contexts."""
    read: list[str] = []

    def note(text: str) -> object:
        read.append(text)
        return json.loads(text)

    monkeypatch.setattr(contexts, "read_object", note)
    spread_context(pa.array(['{"a": 1}', '{"a": "x"}'] * 50))

    assert read == ['{"a": 1}', '{"a": "x"}']


def test_a_pandas_column_of_mappings_is_spread() -> None:
    """As a frame made from Python objects holds them."""
    values = pd.Series([{"a": 1}, {"a": "x"}]).tolist()

    assert listed(spread_context(values)) == {"a": [1, "x"]}
