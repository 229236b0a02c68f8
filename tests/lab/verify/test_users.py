"""Tests of reading the users of a check."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ffcore import ConfigError, Flag
from ffcore.lab.verify.users import read_users, rule_attributes


@pytest.mark.parametrize(
    "users",
    [
        ["7", "anna"],
        (7, "anna"),
        np.array(["7", "anna"]),
        pd.Series(["7", "anna"]),
        pd.DataFrame({"user_id": ["7", "anna"]}),
        pa.table({"user_id": ["7", "anna"]}),
    ],
)
def test_users_come_in_many_forms(users: Any) -> None:
    """Sequences, arrays, series, frames and Arrow tables give the same ids; a whole number is its text."""
    assert read_users(users).ids == ["7", "anna"]


def test_large_integers_keep_their_digits() -> None:
    """An id above 2**53 is read exactly."""
    assert read_users(np.array([2**63 - 1])).ids == ["9223372036854775807"]


@pytest.mark.parametrize(
    ("users", "message"),
    [
        (
            ["a", None, "b", "  ", 1.5, float("nan")],
            "4 of 6 ids are null, blank or no text (first: None at 1, '  ' at 3",
        ),
        ([True], "1 of 1 ids are null, blank or no text"),
        (pd.DataFrame({"user": ["a"]}), "the frame has no column user_id; did you mean user?"),
        ("anna", "is one text; expected a sequence of ids or a frame"),
    ],
)
def test_bad_users_are_refused(users: Any, message: str) -> None:
    """One message with count, first places, or the nearest column."""
    with pytest.raises(ConfigError) as error:
        read_users(users)

    assert message in str(error.value)


def test_contexts_hold_what_rules_ask_for() -> None:
    """Only the attributes asked for, as plain values, nulls left out."""
    frame = pd.DataFrame({"user_id": ["a", "b"], "age": pd.array([31, None], dtype="Int64"), "country": ["NO", "SE"]})

    assert list(read_users(frame).contexts({"age", "height"})) == [{"age": 31}, {}]


def test_missing_attributes_are_named() -> None:
    """Attributes without a column; the id always is one."""
    population = read_users(pd.DataFrame({"user_id": ["a"], "age": [3]}))

    assert population.missing({"age", "countri", "user_id"}) == ["countri"]
    assert read_users(["a"]).missing({"age"}) == ["age"]


def test_attributes_of_nested_rules_are_found() -> None:
    """Groups are searched at every depth."""
    rules = [
        {"attribute": "age", "operator": "greater_than", "value": 18},
        {"any": [{"not": {"attribute": "country", "operator": "equals", "value": "NO"}}]},
    ]

    assert rule_attributes(Flag.from_item({"key": "a", "targeting_rules": rules}).targeting_rules) == {"age", "country"}
