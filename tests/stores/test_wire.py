"""DynamoDB's notation: everything JSON holds comes back equal, and natively where DynamoDB can hold it."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffcore.frozen import freeze
from ffcore.stores.wire import AS_JSON, decode, encode, size_of
from tests.support.strategies import payloads


@given(value=payloads | st.recursive(st.floats(allow_nan=False, allow_infinity=False), st.lists))
def test_any_value_comes_back_equal(value: Any) -> None:
    """Whatever JSON can say is kept."""
    assert freeze(decode(encode(value))) == freeze(value)


@pytest.mark.parametrize("value", [0, 1, -1.5, 0.1, 1e22, 1e-100, 10**37, -0.0, True, None, "", "a", [], {}])
def test_what_dynamodb_holds_stands_as_it_is(value: Any) -> None:
    """Numbers are numbers, and nothing is hidden in text without need."""
    assert AS_JSON not in str(encode(value))
    assert freeze(decode(encode(value))) == value


@pytest.mark.parametrize("value", [1e126, 1e-131, 10**38 + 1, 1e23, {"": 1}, {AS_JSON: "x"}, {AS_JSON: 1}])
def test_what_dynamodb_cannot_hold_stands_as_text(value: Any) -> None:
    """Such a value is escaped by itself, and so is one that looks like an escape."""
    assert list(encode(value)["M"]) == [AS_JSON]
    assert freeze(decode(encode(value))) == value


def test_deep_values_stay_within_32_levels() -> None:
    """A value of hundreds of levels is held, the deeper part as text."""
    value: Any = "end"
    for _ in range(200):
        value = [value]
    depth, inner = 0, encode(value)
    while "L" in inner:
        depth, [inner] = depth + 1, inner["L"]

    assert depth < 31
    assert decode(encode(value)) == value


def test_numbers_arrive_as_decimals() -> None:
    """A share that another program wrote with twenty digits keeps them all; sets come in order."""
    assert decode({"N": "33.333333333333333333"}) == Decimal("33.333333333333333333")
    assert decode({"NS": ["3", "1"]}) == [1, 3]


@pytest.mark.parametrize(("value", "size"), [({"a": "é"}, 3 + 1 + 1 + 2), ([1234, None], 3 + 2 + 3 + 1), ({}, 3)])
def test_sizes_are_dynamodbs(value: Any, size: int) -> None:
    """Names and texts count in bytes of UTF-8, each value of a list or map one more, numbers two digits a byte."""
    assert size_of(encode(value)) == size
