"""Readers of plain data: exact numbers, hostile numbers, records, and the paths of problems."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffcore import ConfigError
from ffcore.errors import shown
from ffcore.fields import INVALID, Boolean, Exact, ListOf, OneOf, Problems, Record, Text, Whole, exact, join
from ffcore.model import Variant


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (0.1, Fraction(1, 10)),
        (1, Fraction(1)),
        (Decimal("0.10"), Fraction(1, 10)),
        (Fraction(2, 7), Fraction(2, 7)),
        ("1/3", Fraction(1, 3)),
        ("0.5/1.5", Fraction(1, 3)),
        ("12.5", Fraction(25, 2)),
        (np.float64(0.1), Fraction(1, 10)),
        (np.float32(0.1), Fraction(1, 10)),
        (np.int64(7), Fraction(7)),
        (np.uint8(7), Fraction(7)),
        (1e-30, Fraction(1, 10**30)),
        (10**5_000, Fraction(10**5_000)),
    ],
    ids=shown,
)
def test_a_number_is_the_decimal_that_it_is_written_as(value: Any, number: Fraction) -> None:
    """Floats, decimals and fractions as text are exact rationals."""
    assert exact(value) == number


@pytest.mark.parametrize(
    "value",
    [
        *(
            np.bool(1),
            np.float64("nan"),
            np.float32("inf"),
            True,
            None,
            [],
            b"1",
            1j,
            float("nan"),
            float("inf"),
            Decimal("NaN"),
            Decimal("sNaN"),
            Decimal("-Infinity"),
        ),
        *("", "x", "nan", "inf", "1/0", "0/0", "3/", "/3", "1/2/3", "1_0", "1e999999", "1e-999999", "1e31", "9" * 61),
        *(Decimal("1e999999"), Decimal("1e-999999"), 1e-31, 1e300, "1/1e-999999", "1e99999999999999999999"),
    ],
)
def test_a_hostile_number_is_none(value: Any) -> None:
    """What is no finite number, or one of more than 30 places, is refused before it takes time or memory."""
    assert exact(value) is None


@given(st.decimals(-(10**9), 10**9, places=12))
def test_a_decimal_is_itself(value: Decimal) -> None:
    """Text and Decimal of the same digits are the same rational."""
    assert exact(value) == exact(str(value)) == Fraction(value)


@pytest.mark.parametrize(
    ("reader", "value", "message"),
    [
        (Text(), 5, "expected text, got 5"),
        (Text(), None, "expected text, got None"),
        (Text(), " \t", "expected text that is not blank, got ' \\t'"),
        (Text(), "a\udfff", "expected text that UTF-8 can hold, got 'a\\udfff'"),
        (Text(blank=True), "\ud800", "expected text that UTF-8 can hold, got '\\ud800'"),
        (Boolean(), 1, "expected true or false, got 1"),
        (Boolean(), "true", "expected true or false, got 'true'"),
        (OneOf("active", "draft"), "activ", "'activ' is unknown; did you mean active?"),
        (OneOf("active", "draft"), ["draft"], "['draft'] is unknown"),
        (Exact(0, 100), 150, "150 is not between 0 and 100"),
        (Exact(0, 100), -0.1, "-0.1 is not between 0 and 100"),
        (Exact(0, 100), 10**5_000, "a very large int is not between 0 and 100"),
        (Exact(0, 100), True, 'expected a number or a fraction as text ("1/3"), got True'),
        (Whole(1, 9), 0, "expected a whole number from 1 to 9, got 0"),
        (Whole(1, 9), 10, "expected a whole number from 1 to 9, got 10"),
        (Whole(1, 9), 1.5, "expected a whole number from 1 to 9, got 1.5"),
        (Whole(1, 9), "5", "expected a whole number from 1 to 9, got '5'"),
        (Whole(1, 9), True, "expected a whole number from 1 to 9, got True"),
        (ListOf(Boolean()), {"a": 1}, "expected a list, got {'a': 1}"),
        (ListOf(Boolean()), "ab", "expected a list, got 'ab'"),
        (ListOf(Boolean()), 5, "expected a list, got 5"),
    ],
    ids=lambda value: re.sub(" object at 0x[0-9a-f]+", "", shown(value)),
)
def test_a_wrong_value_is_noted(reader: Any, value: Any, message: str) -> None:
    """The reader returns INVALID and says what it expected and what it got."""
    problems = Problems()

    assert reader.read(value, "here", problems) is INVALID
    [(path, text)] = problems.found
    assert path == "here"
    assert text.startswith(message)


@pytest.mark.parametrize(
    ("reader", "value", "read"),
    [
        (Text(optional=True), None, None),
        (Text(blank=True), "", ""),
        (Text(), " a ", " a "),
        (Boolean(), False, False),
        (Exact(0, 1), 1, Fraction(1)),
        (Exact(0, 1), 0, Fraction(0)),
        (Whole(1, 9), Decimal("9.0"), 9),
        (Whole(1, 9), 1.0, 1),
        (ListOf(Boolean()), [True], (True,)),
        (ListOf(Boolean()), (), ()),
    ],
)
def test_a_right_value_is_read(reader: Any, value: Any, read: Any) -> None:
    """Bounds are part of their range, and lists become tuples."""
    problems = Problems()

    assert reader.read(value, "here", problems) == read
    assert problems.found == []


def test_a_list_notes_every_item() -> None:
    """Each wrong item has its index in its path."""
    problems = Problems()
    ListOf(Boolean()).read([True, 1, False, 2], "switches", problems)

    assert [path for path, _ in problems.found] == ["switches[1]", "switches[3]"]


RECORD = Record(Variant, Variant.FIELDS, "key", "allocation")


def test_a_record_is_strict_in_files_only() -> None:
    """An unknown field is a problem in a file, with the nearest name, and nothing in a store's item."""
    item = {"key": "a", "allocation": 1, "pay_load": 3}

    assert RECORD.load(item) == Variant("a", Fraction(1))
    with pytest.raises(ConfigError) as caught:
        RECORD.load(item, strict=True)
    assert caught.value.problems == [("pay_load", "unknown field; did you mean payload?")]


def test_a_record_notes_everything() -> None:
    """Missing, unknown and wrong fields are listed together; a missing value and null are the same."""
    with pytest.raises(ConfigError) as caught:
        RECORD.load({"allocation": 2, "key": None, 7: 1}, strict=True)

    assert caught.value.problems == [
        ("7", "unknown field; expected one of key, allocation, payload"),
        ("key", "required, but missing"),
        ("allocation", "2 is not between 0 and 1"),
    ]


@pytest.mark.parametrize("value", [None, 5, "a", []])
def test_what_is_no_mapping_is_no_record(value: Any) -> None:
    """The message names the fields that a record needs."""
    with pytest.raises(ConfigError, match="expected a mapping with key, allocation, got "):
        RECORD.load(value)


def test_problems_of_a_part_have_their_place() -> None:
    """A part's paths follow the path of the part."""
    problems = Problems()
    problems.include("flags[0]", ConfigError([("", "x"), ("key", "y"), ("[1].key", "z")]))
    problems.add(join("", "a"), "b")

    assert [path for path, _ in problems.found] == ["flags[0]", "flags[0].key", "flags[0][1].key", "a"]
