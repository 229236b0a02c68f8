"""Tests of a log's columns: texts, truth values and ids."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ffcore import ConfigError
from ffcore.lab.verify.log_columns import Coded, read_coded, read_enabled, read_log_ids

#: Columns that all say "7", nothing, "8", "7".
TEXTS: dict[str, Any] = {
    "text": pa.array(["7", None, "8", "7"]),
    "large text": pa.array(["7", None, "8", "7"], pa.large_string()),
    "text views": pa.array(["7", None, "8", "7"], pa.string_view()),
    "blank text": pa.array(["7", " ", "8", "7"]),
    "categories": pa.array(["7", None, "8", "7"]).dictionary_encode(),
    "categories of numbers": pa.array([7, None, 8, 7]).dictionary_encode(),
    "numbers": pa.array([7, None, 8, 7]),
    "numbers beside gaps": pa.array(pd.Series([7, None, 8, 7]), from_pandas=False),
    "chunks": pa.chunked_array([["7", None], ["8", "7"]]),
    "chunks of categories": pa.chunked_array(
        [pa.array(["7", None]).dictionary_encode(), pa.array(["8", "7"]).dictionary_encode()]
    ),
    "categories that hold null and repeat": pa.DictionaryArray.from_arrays(
        pa.array([0, 1, 2, 3]), pa.array(["7", None, "8", "7"])
    ),
    "objects": [7, None, "8", "7"],
}


@pytest.mark.parametrize("form", TEXTS)
def test_labels_are_numbered_whatever_holds_them(form: str) -> None:
    """Null and blank have the number -1; equal texts have one number."""
    found = read_coded(TEXTS[form], "variant")

    assert [None if code < 0 else found.labels[code] for code in found.codes] == ["7", None, "8", "7"]
    assert sorted(found.labels) == ["7", "8"]


def test_an_empty_category_column_has_no_labels() -> None:
    """A column of nulls alone is one of nothing."""
    found = read_coded(pa.nulls(2), "variant")

    assert (found.labels, found.codes.tolist()) == ((), [-1, -1])


@pytest.mark.parametrize(
    ("values", "kind"),
    [([1.5], "double"), ([True], "bool"), ([[1]], "list"), ([b"x"], "binary")],
    ids=["fractions", "truth values", "lists", "bytes"],
)
def test_what_is_no_text_is_refused(values: list[Any], kind: str) -> None:
    """The error names the column and its kind."""
    with pytest.raises(ConfigError, match=f"variant: expected texts, got a column of {kind}"):
        read_coded(pa.array(values), "variant")


def test_a_value_of_another_kind_among_texts_is_shown() -> None:
    """With its row."""
    with pytest.raises(ConfigError, match=r"variant: expected texts, got 1\.5 at row 1"):
        read_coded(["a", 1.5], "variant")


def test_labels_are_looked_up_and_written() -> None:
    """A meaning for each label reaches every row; as Arrow, -1 is null."""
    coded = Coded(np.array([1, -1, 0], np.int32), ("a", "bb"))

    assert coded.look_up(len, missing=9).tolist() == [2, 9, 1]
    assert coded.arrow().to_pylist() == ["bb", None, "a"]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([True, False, None], id="bools"),
        pytest.param(["True", "false", None], id="words"),
        pytest.param(["YES", "no", ""], id="yes and no"),
        pytest.param(["on", " off ", None], id="on and off"),
        pytest.param([1, 0, None], id="numbers"),
        pytest.param([1.0, 0.0, float("nan")], id="numbers beside gaps"),
        pytest.param(["1", "0", None], id="digits"),
    ],
)
def test_truth_values_are_read(values: list[Any]) -> None:
    """1, 0, and -1 for null."""
    assert read_enabled(pa.array(values), "enabled").tolist() == [1, 0, -1]


@pytest.mark.parametrize(
    ("values", "first"),
    [
        (["true", "perhaps"], "first: 'perhaps' at row 1"),
        ([1, 2], "first: 2 at row 1"),
        ([0.0, 0.5], "got a column of double"),
    ],
    ids=["word", "number", "fraction"],
)
def test_what_is_no_truth_value_is_counted_and_shown(values: list[Any], first: str) -> None:
    """The error lists the words that are."""
    with pytest.raises(ConfigError, match=f"(?s)enabled: .*{first}"):
        read_enabled(pa.array(values), "enabled")


@pytest.mark.parametrize(
    "values",
    [pa.array(["7", "ann"]), pa.array(["7", "ann"]).dictionary_encode(), [7, "ann"]],
    ids=["text", "categories", "objects"],
)
def test_ids_are_texts(values: Any) -> None:
    """A whole number is its digits."""
    assert read_log_ids(values, "user_id").text.to_pylist() == ["7", "ann"]


@pytest.mark.parametrize(
    ("values", "rows"),
    [
        pytest.param(pa.array(["a", None, " ", ""]), "3 of 4 values are null or blank .rows 1, 2, 3.", id="text"),
        pytest.param(pa.array([1.0, float("nan")]), "1 of 2 values are null or blank .rows 1.", id="NaN"),
        pytest.param(["a", None], "1 of 2 values are null or blank .rows 1.", id="objects"),
        pytest.param(pa.array([None] * 9), r"9 of 9 values .*rows 0, 1, 2, 3, 4, \.\.\.", id="many"),
        pytest.param(pa.array([1.0]), "text or whole numbers, got a column of double", id="fractions"),
    ],
)
def test_ids_that_are_none_are_counted(values: Any, rows: str) -> None:
    """With the first rows."""
    with pytest.raises(ConfigError, match=f"user_id: .*{rows}"):
        read_log_ids(values, "user_id")
