"""Ids as one buffer: what counts as null or blank, and what is no id."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ffcore import ConfigError
from ffcore.lab.bulk.ids import id_array, refuse_invalid

SPACES = ["", " ", "\t\n", "\u3000", "\xa0", "\x1c", "\x85", " " * 200]
TEXTS = ["a", " a", "\u3000a", "\u200b", "\x7f", "\0", "é", "𝔘"]


def test_blank_is_what_strip_leaves_nothing_of() -> None:
    """Every kind of white space is blank, and nothing else is."""
    ids = id_array(SPACES + TEXTS)

    assert ids.valid.tolist() == [bool(text.strip()) for text in SPACES + TEXTS]


@pytest.mark.parametrize(
    "column",
    [
        ["a", None],
        pd.Series(["a", None]),
        pd.Series(["a", float("nan")], dtype=object),
        pd.Series([1, None], dtype="Int64"),
        pd.Series(["a", None], dtype="category"),
        pa.array(["x", "a", None])[1:],
        pa.chunked_array([["a"], [None]]),
    ],
    ids=lambda column: str(getattr(column, "dtype", type(column).__name__)),
)
def test_null_is_not_valid(column: Any) -> None:
    """A null of any kind of column is no id."""
    assert id_array(column).valid.tolist() == [True, False]


@pytest.mark.parametrize(
    "column",
    [[1.5], ["a", 1], [True], [b"a"], [["a"]], pd.Series([1.0, None]), [2**70], ["\ud800"], [b"ann", 1.5j]],
    ids=str,
)
def test_what_is_neither_text_nor_a_whole_number(column: Any) -> None:
    """Fractions, truth values, bytes, mixtures and broken text are one clear message that names the column."""
    with pytest.raises(ConfigError, match=r"^uid: expected ids that are (all )?text or (all )?whole numbers"):
        id_array(column, "uid")


def test_no_ids() -> None:
    """An empty column has no ids, whatever its type."""
    columns: list[Any] = [[], pa.array([], pa.string()), pd.Series([], dtype="str")]

    assert [len(id_array(column)) for column in columns] == [0, 0, 0]


def test_invalid_ids_are_counted_and_placed() -> None:
    """The message gives the number of null and blank ids, and their first rows; without any there is none."""
    ids = id_array(["a", None, *[" "] * 1_500])

    with pytest.raises(
        ConfigError, match=r"^uid: 1,501 of 1,502 ids are null or blank, at rows 1, 2, 3, 4, 5, \.\.\.;"
    ):
        refuse_invalid(np.flatnonzero(~ids.valid), len(ids), "uid")
    refuse_invalid(np.empty(0, dtype=np.int64), 1, "uid")


@pytest.mark.long
def test_ids_of_more_than_two_gibibytes() -> None:
    """Chunks that 32-bit offsets hold one by one are read also where together they are larger."""
    chunk = pa.array(["x" * 2**20] * 1_100)
    ids = id_array(pa.chunked_array([chunk, chunk]))

    assert (len(ids), int(ids.offsets[-1]), int(ids.valid.sum())) == (2_200, 2_200 * 2**20, 2_200)
