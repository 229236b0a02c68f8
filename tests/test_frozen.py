"""Shared payloads: no way to change them, and equal to the plain data that they were made from."""

import copy
import json
import math
import pickle
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from ffcore.frozen import MAX_DIGITS, FrozenDict, FrozenList, freeze, plain_number
from tests.support.strategies import payloads

DICT_CHANGES: dict[str, Callable[[Any], object]] = {
    "setitem": lambda d: d.__setitem__("b", 1),
    "delitem": lambda d: d.__delitem__("a"),
    "ior": lambda d: d.__ior__({"b": 1}),
    "update": lambda d: d.update(b=1),
    "setdefault": lambda d: d.setdefault("b", 1),
    "pop": lambda d: d.pop("a"),
    "popitem": lambda d: d.popitem(),
    "clear": lambda d: d.clear(),
    "attribute": lambda d: setattr(d, "extra", 1),
}
LIST_CHANGES: dict[str, Callable[[Any], object]] = {
    "setitem": lambda x: x.__setitem__(0, 9),
    "setslice": lambda x: x.__setitem__(slice(None), []),
    "delitem": lambda x: x.__delitem__(0),
    "iadd": lambda x: x.__iadd__([9]),
    "imul": lambda x: x.__imul__(2),
    "append": lambda x: x.append(9),
    "extend": lambda x: x.extend([9]),
    "insert": lambda x: x.insert(0, 9),
    "pop": lambda x: x.pop(),
    "remove": lambda x: x.remove(2),
    "clear": lambda x: x.clear(),
    "sort": lambda x: x.sort(),
    "reverse": lambda x: x.reverse(),
    "attribute": lambda x: setattr(x, "extra", 1),
}


@pytest.mark.parametrize("change", DICT_CHANGES.values(), ids=DICT_CHANGES)
def test_a_frozen_dict_refuses_every_change(change: Callable[[Any], object]) -> None:
    """Whatever would change a dict raises, and leaves it as it was."""
    frozen = FrozenDict(a=1)

    with pytest.raises((TypeError, AttributeError)):
        change(frozen)
    assert frozen == {"a": 1}


@pytest.mark.parametrize("change", LIST_CHANGES.values(), ids=LIST_CHANGES)
def test_a_frozen_list_refuses_every_change(change: Callable[[Any], object]) -> None:
    """Whatever would change a list raises, and leaves it as it was."""
    frozen = FrozenList([2, 1])

    with pytest.raises((TypeError, AttributeError)):
        change(frozen)
    assert frozen == [2, 1]


@pytest.mark.parametrize(("kind", "frozen"), [(dict, FrozenDict), (list, FrozenList)])
def test_the_changes_tried_above_are_all_there_are(kind: type, frozen: type) -> None:
    """A method that a plain dict or list changes itself with is refused by the frozen one."""
    reading = {"copy", "fromkeys", "get", "items", "keys", "values", "count", "index"}
    public = {name for name in vars(kind) if not name.startswith("_")} - reading
    special = {"__setitem__", "__delitem__", "__ior__", "__iadd__", "__imul__"} & set(vars(kind))

    assert public | special <= set(vars(frozen))


def test_the_refusal_says_what_to_do() -> None:
    """A developer who changes a payload learns why not, and how to get one of their own."""
    with pytest.raises(TypeError, match=r"shared by all decisions.*copy it first"):
        freeze({"a": 1})["a"] = 2


@given(payloads)
def test_frozen_data_is_equal_at_every_depth_and_frozen_at_every_depth(payload: Any) -> None:
    """Freezing keeps what the data says, and leaves no container in it that could be changed."""
    frozen = freeze(payload)

    assert frozen == payload
    assert json.dumps(frozen) == json.dumps(payload)
    assert all(isinstance(part, FrozenDict | FrozenList) for part in containers(frozen))


def containers(value: Any) -> list[Any]:
    """Every dict and list in ``value``, itself included."""
    if not isinstance(value, dict | list):
        return []
    inner = value.values() if isinstance(value, dict) else value
    return [value, *(part for item in inner for part in containers(item))]


def test_freezing_leaves_its_source_free_and_takes_no_later_change() -> None:
    """The caller's own data stays theirs: changing it later changes no payload."""
    source = {"sizes": [1, 2]}
    frozen = freeze(source)
    source["sizes"].append(3)

    assert source == {"sizes": [1, 2, 3]}
    assert frozen == {"sizes": [1, 2]}


def test_copies_are_free() -> None:
    """dict(...) and list(...) give what may be changed."""
    free = dict(freeze({"sizes": [1]}))
    free["sizes"] = [*free["sizes"], 2]

    assert free == {"sizes": [1, 2]}


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])  # noqa: S301
def test_frozen_data_can_be_copied_and_sent(copied: Callable[[Any], Any]) -> None:
    """Copying and pickling keep the data, and keep it frozen."""
    result = copied(freeze({"sizes": [1, {"deep": True}]}))

    assert result == {"sizes": [1, {"deep": True}]}
    assert type(result) is FrozenDict
    assert type(result["sizes"]) is FrozenList


@pytest.mark.parametrize("several", [(1, 2), [1, 2], {1, 2}, frozenset({1, 2})])
def test_all_kinds_of_lists_freeze_to_lists(several: Any) -> None:
    """Tuples and sets, which JSON does not know, become lists."""
    assert freeze(several) == [1, 2]
    assert type(freeze(several)) is FrozenList


@pytest.mark.parametrize(
    ("decimal", "number"),
    [("3", 3), ("3.0", 3), ("3E+2", 300), ("-0", 0), ("0.1", 0.1), ("2.50", 2.5), ("1E-400", 0.0), ("1E+30", 10**30)],
)
def test_decimals_become_plain_numbers(decimal: str, number: float) -> None:
    """A whole decimal becomes an integer, any other the nearest float."""
    found = freeze([Decimal(decimal)])[0]

    assert found == number
    assert type(found) is type(number)


@pytest.mark.parametrize(
    ("number", "plain"),
    [(np.int64(3), 3), (np.float64(0.1), 0.1), (np.float32(0.5), 0.5), (Fraction(1, 4), 0.25), (True, True)],
    ids=repr,
)
def test_numbers_of_any_class_become_plain_ones(number: Any, plain: float) -> None:
    """What a computation gives is a number that JSON knows, at any depth."""
    found = freeze({"sizes": [number]})["sizes"][0]

    assert found == plain
    assert type(found) is type(plain)


@pytest.mark.parametrize("text", ["Infinity", "-Infinity", f"1E+{MAX_DIGITS}", "1E+999999"])
def test_decimals_beyond_floats_are_infinite(text: str) -> None:
    """A decimal too long to be spelled out is as infinite as its nearest float, and costs no memory."""
    assert abs(plain_number(Decimal(text))) == float("inf")


@pytest.mark.parametrize("text", ["NaN", "sNaN", "-NaN7"])
def test_a_decimal_that_is_no_number_stays_none(text: str) -> None:
    """NaN, the signalling kind too, becomes the float's NaN."""
    assert math.isnan(plain_number(Decimal(text)))
