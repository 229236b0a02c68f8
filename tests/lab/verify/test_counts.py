"""Tests of reading counts and expected shares."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ffcore import ConfigError
from ffcore.lab.verify.counts import MOST_USERS, read_counts

HALVES = {"control": 0.5, "treatment": 0.5}


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        ([30, 70], [0.3, 0.7]),
        ((30, 70.0), (Fraction(3, 10), Fraction(7, 10))),
        (np.array([30, 70]), np.array([0.3, 0.7])),
        ({"b": 70, "a": 30}, {"a": 0.3, "b": 0.7}),
        (pd.Series({"b": 70, "a": 30}), {"a": Decimal("0.3"), "b": Decimal("0.7")}),
        (pd.Series([True] * 70 + [False] * 30).value_counts(), {False: 0.3, True: 0.7}),
    ],
)
def test_counts_come_in_many_forms(observed: Any, expected: Any) -> None:
    """Mappings, sequences, arrays and value counts are read alike, in the order of the expectation."""
    counts = read_counts(observed, expected)

    assert counts.observed == (30, 70)
    assert counts.shares == pytest.approx((0.3, 0.7))


def test_decimal_shares_that_floats_cannot_add_are_accepted() -> None:
    """0.7 + 0.2 + 0.1 is 1 within 1e-9, whatever floats say."""
    assert sum(read_counts([7, 2, 1], [0.7, 0.2, 0.1]).shares) == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize(
    ("observed", "expected", "problems"),
    [
        ({"control": -1, "treatment": 2.5}, HALVES, ["[control]: -1 is negative", "[treatment]: 2.5 is not a whole"]),
        ({"control": float("nan"), "treatment": "9"}, HALVES, ["[control]: nan is not", "[treatment]: '9' is not"]),
        ({"control": True, "treatment": None}, HALVES, ["[control]: True is not", "[treatment]: None is not"]),
        ({"control": 10**400, "treatment": 1}, HALVES, ["is not a whole number"]),
        (
            {"control": 1, "tretment": 2},
            HALVES,
            [
                "observed[tretment]: is no expected arm; did you mean treatment?",
                "observed[treatment]: is missing (0 must be said, not left out); did you mean tretment?",
            ],
        ),
        ([1, 2, 3], [0.5, 0.5], ["observed[2]: is no expected arm"]),
        ([1, 2], HALVES, ["observed: must name its arms as expected does"]),
        (HALVES, [0.5, 0.5], ["expected: must name its arms as observed does"]),
        ([1, 2], [0.5, 0.500001], ["expected: sums to 1.000001 instead of 1"]),
        ([1, 2], [50, 50], ["expected[0]: 50 is not a share between 0 and 1"]),
        ([1, 2], [float("nan"), 1], ["expected[0]: nan is not a share"]),
        ([1, 2], [None, True], ["expected[0]: None is not a share", "expected[1]: True is not a share"]),
        ([1, 2], [-0.5, 1.5], ["expected[0]: -0.5 is not", "expected[1]: 1.5 is not"]),
        ([10], [1], ["expected: needs two arms or more, got 1"]),
        ({}, {}, ["expected: needs two arms or more, got 0"]),
        ([MOST_USERS, 1], [0.5, 0.5], ["more than 2**53 users"]),
        ({1: 5, "1": 5}, {1: 0.5, "1": 0.5}, ["observed: 1 named more than once"]),
        (None, [0.5, 0.5], ["observed: None has no arms: expected a mapping"]),
        ([1, 2], 0.5, ["expected: 0.5 has no arms"]),
        ({30, 70}, [0.5, 0.5], ["observed: {", "has no arms"]),
        ("12", [0.5, 0.5], ["observed: '12' has no arms"]),
        (pd.DataFrame({"control": [1], "treatment": [2]}), HALVES, ["is not a whole number"]),
    ],
)
def test_bad_input_is_named(observed: Any, expected: Any, problems: list[str]) -> None:
    """Everything wrong with the input stands in one message, each with its place."""
    with pytest.raises(ConfigError) as error:
        read_counts(observed, expected)

    for problem in problems:
        assert problem in str(error.value)


def test_an_arm_of_zero_is_no_cell() -> None:
    """It takes no part in the test and any user in it is a leak."""
    counts = read_counts([5, 5, 2], [0.5, 0.5, 0])

    assert (counts.cells, counts.leaks, counts.users) == (([5, 5], [0.5, 0.5]), {"2": 2}, 12)
