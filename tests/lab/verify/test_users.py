"""Tests of reading the users of a check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ffcore import ConfigError
from ffcore.lab.bulk import parts
from ffcore.lab.verify.users import Population, listed, read_users

NAMES = ["7", "anna"]


class Streamed:
    """A frame, or a column, of some other library, known by its interface alone."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.data.__arrow_c_stream__(requested_schema)


def polars(kind: str) -> Any:
    """Polars' own series, or a frame of it."""
    library = pytest.importorskip("polars")
    return library.Series(NAMES) if kind == "series" else library.DataFrame({"user_id": NAMES})


MANY_FORMS: dict[str, Callable[[], Any]] = {
    "list": lambda: NAMES,
    "mixed tuple": lambda: (7, "anna"),
    "numpy number beside text": lambda: [np.int64(7), "anna"],
    "generator": lambda: iter(NAMES),
    "dict keys": lambda: dict.fromkeys(NAMES).keys(),
    "numpy": lambda: np.array(NAMES),
    "objects": lambda: np.array([7, "anna"], dtype=object),
    "series": lambda: pd.Series(NAMES),
    "categories": lambda: pd.Series(NAMES, dtype="category"),
    "pandas": lambda: pd.DataFrame({"user_id": NAMES}),
    "pandas with objects": lambda: pd.DataFrame({"user_id": pd.Series([7, "anna"], dtype=object)}),
    "arrow": lambda: pa.table({"user_id": NAMES}),
    "arrow batch": lambda: pa.record_batch({"user_id": NAMES}),
    "arrow array": lambda: pa.array(NAMES),
    "arrow dictionary": lambda: pa.array(NAMES).dictionary_encode(),
    "arrow chunks": lambda: pa.chunked_array([NAMES[:1], NAMES[1:]]),
    "stream of a frame": lambda: Streamed(pa.table({"user_id": NAMES})),
    "stream of a column": lambda: pa.chunked_array(Streamed(pa.chunked_array([NAMES]))),
    "reader": lambda: pa.table({"user_id": NAMES}).to_reader(),
    "polars series": lambda: polars("series"),
    "polars frame": lambda: polars("frame"),
}


@pytest.mark.parametrize("form", MANY_FORMS)
def test_users_come_in_many_forms(form: str) -> None:
    """Sequences, arrays, series, frames and streams give the same ids; a whole number is its text."""
    assert read_users(MANY_FORMS[form]()).ids.text.to_pylist() == NAMES


def test_large_integers_keep_their_digits() -> None:
    """An id above 2**53, or even 2**64, is read exactly."""
    assert read_users(np.array([2**63 - 1])).ids.text.to_pylist() == ["9223372036854775807"]
    assert read_users([2**64]).ids.text.to_pylist() == ["18446744073709551616"]


BAD: dict[str, tuple[Any, str]] = {
    "mixed": (
        ["a", None, "b", "  ", 1.5, float("nan")],
        "4 of 6 ids are null, blank or no text (first: None at 1, '  ' at 3, 1.5 at 4, nan at 5)",
    ),
    "all text": (
        pa.array(["a", None, " ", "b", "", None, "\u3000"]),
        "5 of 7 ids are null, blank or no text (first: None at 1, ' ' at 2, '' at 4, None at 5, '\\u3000' at 6)",
    ),
    "more than five": (
        [None] * 9,
        "9 of 9 ids are null, blank or no text (first: None at 0, None at 1, None at 2, None at 3, None at 4)",
    ),
    "nullable": (pd.DataFrame({"user_id": pd.array([1, None], dtype="Int64")}), "1 of 2 ids are null, blank or no"),
    "truth": ([True], "1 of 1 ids are null, blank or no text"),
    "truth among numbers": ([1, True, "a"], "1 of 3 ids are null, blank or no text (first: True at 1)"),
    "fractions": (pa.table({"user_id": [1.0, 2.5]}), "2 of 2 ids are null, blank or no text (first: 1.0 at 0, 2.5 at"),
    "bytes": ([b"a"], "1 of 1 ids are null, blank or no text (first: b'a' at 0)"),
    "broken text": (["a", "\ud800"], "1 of 2 ids are null, blank or no text (first: '\\ud800' at 1)"),
    "another column": (pd.DataFrame({"user": ["a"]}), "the frame has no column user_id; did you mean user?"),
    "twice": (pd.DataFrame([["a", "b"]], columns=["user_id", "user_id"]), "the frame has 2 columns user_id"),
    "one text": ("anna", "is one text; expected a sequence of ids or a frame"),
    "a number": (5, "expected a sequence of ids or a frame, got 5"),
    "a mapping": ({"user_id": ["a"]}, "expected a sequence of ids or a frame, got {'user_id'"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_users_are_refused(kind: str) -> None:
    """One message with count, first places and values, or the nearest column."""
    users, message = BAD[kind]
    with pytest.raises(ConfigError) as error:
        read_users(users)

    assert message in str(error.value)


def test_missing_attributes_are_named() -> None:
    """Attributes without a column; the id always is one."""
    population = read_users(pd.DataFrame({"user_id": ["a"], "age": [3]}))

    assert population.missing({"age", "countri", "user_id"}) == ["countri"]
    assert read_users(["a"]).missing({"age"}) == ["age"]


def test_parts_cover_the_rows_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts hold the rows and the columns asked for, one after the other; no rows are one empty part."""
    monkeypatch.setattr(parts, "PART_ROWS", 2)
    frame = pd.DataFrame({"user_id": [*"abcde"], "age": range(5), "country": "NO"})
    found = read_users(frame).by_parts(
        lambda part: (listed(part.ids), {name: listed(values) for name, values in part.columns.items()}),
        {"age", "height", "user_id"},
    )

    assert found == [(["a", "b"], {"age": [0, 1]}), (["c", "d"], {"age": [2, 3]}), (["e"], {"age": [4]})]
    assert read_users([]).by_parts(len) == [0]


REPEATED = read_users(["a", "b", "a", "c", "b", "a"])


@pytest.mark.parametrize(
    ("admitted", "first"),
    [
        ([1, 1, 1, 1, 1, 1], [1, 1, 0, 1, 0, 0]),
        ([0, 1, 1, 1, 1, 1], [0, 1, 1, 1, 0, 0]),
        ([0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 1, 1]),
        ([0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]),
    ],
)
def test_the_first_admitted_row_of_each_user_counts(admitted: list[int], first: list[int]) -> None:
    """A user counts once, by the first row that is admitted."""
    assert REPEATED.first_rows(np.array(admitted, dtype=bool)).tolist() == [bool(one) for one in first]


@pytest.mark.parametrize(
    ("answers", "users"), [([1, 2, 1, 3, 2, 1], 0), ([1, 2, 1, 3, 3, 1], 1), ([1, 2, 0, 3, 3, 1], 2)]
)
def test_users_of_different_answers_are_counted(answers: list[int], users: int) -> None:
    """A user counts once, however many rows differ; users of one row never do."""
    assert REPEATED.in_conflict(np.array(answers)) == users


def test_distinct_users_have_neither_repeats_nor_conflicts() -> None:
    """Nobody stands twice in a population of distinct users, or in an empty one."""
    for population in (read_users(range(1_000)), read_users([])):
        everyone = np.ones(len(population), dtype=bool)
        assert population.first_rows(everyone).all()
        assert population.in_conflict(np.arange(len(population))) == 0


def test_hashes_are_those_of_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words of all rows for each salt, over several parts."""
    from ffcore import hash32

    monkeypatch.setattr(parts, "PART_ROWS", 7)
    population: Population = read_users(range(20))

    assert population.hashes(["a", "b"]).tolist() == [[hash32(str(one), salt) for one in range(20)] for salt in "ab"]
