"""Tests of reading counts that come look by look."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from ffcore import ConfigError
from ffcore.lab.verify.counts import MOST_USERS
from ffcore.lab.verify.looks import read_looks

HALVES = {"control": 0.5, "treatment": 0.5}
COLUMNS = {"treatment": [30, 28], "control": [70, 71]}
ROWS = [{"control": 70, "treatment": 30}, {"treatment": 28, "control": 71}]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        pytest.param(ROWS, HALVES, id="mappings"),
        pytest.param((row for row in ROWS), HALVES, id="generator"),
        pytest.param([pd.Series(row) for row in ROWS], HALVES, id="series"),
        pytest.param(COLUMNS, HALVES, id="mapping of columns"),
        pytest.param(pd.DataFrame(COLUMNS, index=["monday", "tuesday"]), HALVES, id="pandas"),
        pytest.param(pl.DataFrame(COLUMNS), HALVES, id="polars"),
        pytest.param(pa.table(COLUMNS), HALVES, id="arrow"),
        pytest.param([[70, 30], (71.0, 28)], [0.5, 0.5], id="lists"),
        pytest.param(np.array([[70, 30], [71, 28]]), np.array([0.5, 0.5]), id="array"),
        pytest.param([np.array([70, 30]), np.array([71, 28])], (0.5, 0.5), id="list of arrays"),
    ],
)
def test_increments_come_in_many_forms(counts: Any, expected: Any) -> None:
    """Rows and columns, named and not, are read alike, in the order of the expectation."""
    looks = read_looks(counts, expected)

    assert looks.increments.tolist() == [[70, 30], [71, 28]]
    assert looks.cumulative.tolist() == [[70, 30], [141, 58]]
    assert looks.totals.observed == (141, 58)


@pytest.mark.parametrize(
    "counts", [[], np.zeros((0, 2)), {"control": [], "treatment": []}], ids=["list", "array", "columns"]
)
def test_before_the_first_look_there_is_nothing(counts: Any) -> None:
    """A rollout that nobody has looked at yet has no users."""
    expected: Any = HALVES if isinstance(counts, dict) else [0.5, 0.5]

    assert read_looks(counts, expected).totals.observed == (0, 0)


@pytest.mark.parametrize(
    ("counts", "expected", "problems"),
    [
        ([[5, 5], [5, -1]], [0.5, 0.5], ["counts[1][1]: -1 is negative"]),
        ([[5, 5.5], [float("nan"), 1]], [0.5, 0.5], ["counts[0][1]: 5.5 is not a whole", "counts[1][0]: nan is not"]),
        ([[5, "5"], [True, None]], [0.5, 0.5], ["[0][1]: '5' is not", "[1][0]: True is not", "[1][1]: None is not"]),
        ([[5, 5], [5]], [0.5, 0.5], ["counts[1][1]: is missing (0 must be said, not left out)"]),
        ([[5, 5, 5]], [0.5, 0.5], ["counts[0][2]: is no expected arm"]),
        ([{"control": 5, "tretment": 5}], HALVES, ["counts[0][tretment]: is no expected arm; did you mean treatment?"]),
        (pd.DataFrame({"day": [1], "control": [5], "treatment": [5]}), HALVES, ["counts[0][day]: is no expected arm"]),
        ([[5, 5]], HALVES, ["counts[0]: must name its arms as expected does"]),
        ([{"control": 5, "treatment": 5}], [0.5, 0.5], ["expected: must name its arms as counts[0] does"]),
        ([5, 5], [0.5, 0.5], ["counts[0]: 5 is no row: expected the new users of each arm at this look"]),
        (np.array([5, 5]), [0.5, 0.5], ["counts[0]: 5 is no row"]),
        (np.zeros((1, 2, 2)), [0.5, 0.5], ["counts[0][0]: [0.0, 0.0] is not a whole number"]),
        ({"control": 5, "treatment": 5}, HALVES, ["one value a look, all of one length; a look alone is [{...}]"]),
        ({"control": [5], "treatment": [5, 6]}, HALVES, ["needs a column for each arm"]),
        (["12"], [0.5, 0.5], ["counts[0]: '12' is no row"]),
        ("12", [0.5, 0.5], ["counts: '12' is no table: expected one row a look"]),
        (None, [0.5, 0.5], ["counts: None is no table"]),
        ([[5, 5]], [0.5, 0.6], ["expected: sums to 1.1 instead of 1"]),
        ([[5]], [1], ["expected: needs two arms or more, got 1"]),
        ([[MOST_USERS, 0], [0, 1]], [0.5, 0.5], ["counts: more than 2**53 users"]),
        pytest.param([[10**400, 0]], [0.5, 0.5], ["counts[0][0]: 1000", "is not a whole number"], id="huge"),
    ],
    ids=str,
)
def test_bad_input_is_named(counts: Any, expected: Any, problems: list[str]) -> None:
    """What is wrong stands in one message, with look and arm."""
    with pytest.raises(ConfigError) as error:
        read_looks(counts, expected)

    for problem in problems:
        assert problem in str(error.value)


def test_a_wrong_column_is_told_once() -> None:
    """A year of looks with a column that is no arm is one mistake, not 365."""
    with pytest.raises(ConfigError) as error:
        read_looks(pd.DataFrame({"day": range(365), "control": 5, "treatment": 5}), HALVES)

    assert len(error.value.problems) == 1


def test_a_flood_of_wrong_counts_stops() -> None:
    """Of a hundred thousand wrong counts, a thousand and one are enough."""
    with pytest.raises(ConfigError) as error:
        read_looks(np.full((50_000, 2), 0.5), [0.5, 0.5])

    assert len(error.value.problems) == 1_001
