"""Rules over columns: exact bounds of numbers, missing values, encodings, and what is looked at row by row."""

import logging
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ffcore.lab.bulk.columns import ORDERINGS, Columns, attributes
from ffcore.model import Rule, RuleGroup
from ffcore.targeting import predicate

BOUNDS = [
    0,
    -1,
    18,
    2.5,
    -2.5,
    0.1,
    1e300,
    -1e300,
    float("inf"),
    float("-inf"),
    2**53,
    2**53 + 1,
    2**63,
    2**64,
    10**30,
    "18",
]
NUMBERS: dict[str, list[Any]] = {
    "int8": [-128, -1, 0, 18, 127],
    "uint64": [0, 18, 2**53 + 1, 2**64 - 1],
    "int64": [-(2**63), -3, -2, 0, 2, 3, 18, 2**53, 2**53 + 1, 2**63 - 1],
    "float32": [0.1, 2.5, -2.5, float("inf"), float("nan"), 18.0],
    "float64": [0.1, 2.5, -2.5, float("-inf"), float("nan"), 2.0**53, 2.0**53 + 2, 2.0**63, 1e300, -0.0],
}


def expected(rule: Rule | RuleGroup, values: list[Any]) -> list[bool]:
    """The scalar predicate's answer to each value; None is left out."""
    holds = predicate(rule)
    return [holds("ann", {} if value is None else {"x": value}) for value in values]


@pytest.mark.parametrize("operator", ORDERINGS)
@pytest.mark.parametrize("kind", NUMBERS)
def test_orderings_of_numbers_are_exact(kind: str, operator: str) -> None:
    """No bound is rounded to a column's type: at 2**53, at the ends of 64 bits, between whole numbers, at infinity."""
    values: list[Any] = NUMBERS[kind]
    array = pa.array([*values, None], pa.type_for_alias(kind))
    for bound in BOUNDS:
        rule = Rule("x", operator, bound)
        assert Columns({"x": array}, len(array)).match(rule).tolist() == expected(rule, array.to_pylist()), bound


COLUMNS = {
    "text": pa.array(["NO", "SE", None, "", "1.10"]),
    "large text": pa.array(["NO", None], pa.large_string()),
    "text view": pa.array(["NO", None, "x"], pa.string_view()),
    "slice": pa.array(["x", "NO", None, "1.10"])[1:3],
    "chunks": pa.chunked_array([["NO"], [None, "1.10"]]),
    "categories": pa.array(["NO", None, "NO"]).dictionary_encode(),
    "categories with a null": pa.DictionaryArray.from_arrays(pa.array([0, 1, None]), pa.array(["NO", None])),
    "more categories than rows": pa.DictionaryArray.from_arrays(pa.array([1]), pa.array(["a", "NO", "c"])),
    "truth": pa.array([True, False, None]),
    "decimals": pa.array([Decimal("18.00"), Decimal("0.10"), None]),
    "moments": pa.array([datetime(2026, 1, 1), None, datetime(2025, 1, 1)]),
    "nanoseconds": pa.array([1767225600000000001, None], pa.timestamp("ns", "UTC")),
    "days": pa.array([date(2026, 1, 1), None, date(2026, 1, 2)]),
    "nulls": pa.nulls(3),
    "bytes": pa.array([b"NO", None]),
    "half": pa.array([np.float16(0.1), np.float16(18), None]),
    "lists": pa.array([["NO", "x"], None, []]),
    "structs": pa.array([{"a": 1}, None]),
    "objects": ["NO", 18, None, ["NO"], {"NO"}, object(), Decimal(18), True],
}
RULES = [
    Rule("x", "equals", "NO"),
    Rule("x", "not_equals", "NO"),
    Rule("x", "in", ["NO", 18, True]),
    Rule("x", "not_in", ["NO", 18]),
    Rule("x", "greater_than", 0),
    Rule("x", "less_or_equal", "O"),
    Rule("x", "contains", "NO"),
    Rule("x", "not_contains", "NO"),
    Rule("x", "starts_with", "N"),
    Rule("x", "ends_with", "O"),
    Rule("x", "matches", "^N"),
    Rule("x", "exists"),
    Rule("x", "not_exists"),
    Rule("x", "before", "2026-01-01T00:00:01"),
    Rule("x", "after", "2026-01-01"),
    Rule("x", "semver_greater_than", "1.9"),
    Rule("y", "exists"),
    Rule("y", "not_exists"),
]


@pytest.mark.parametrize("values", COLUMNS.values(), ids=COLUMNS.keys())
def test_every_kind_of_column_answers_as_its_values_do(values: Any) -> None:
    """Rules, negated too, say of a column's rows what they say of each value by itself; an absent column is missing."""
    plain = values if isinstance(values, list) else values.to_pylist()
    columns = Columns({"x": values}, len(plain))
    for rule in RULES:
        assert columns.match(rule).tolist() == expected(rule, plain), rule
        negated = RuleGroup("not", (rule,))
        assert columns.match(negated).tolist() == expected(negated, plain), rule


@pytest.mark.parametrize("kind", ["all", "any"])
def test_groups(kind: str) -> None:
    """Rules are joined by and, or; a group of none is true for all, false for any."""
    values = ["NO", "SE", "Norway", None]
    columns = Columns({"x": pa.array(values)}, 4)
    for rules in ((), (RULES[0],), (RULES[8], RULES[9]), (RULES[8], RuleGroup("any", (RULES[0], RULES[12])))):
        group = RuleGroup(kind, rules)
        assert columns.match(group).tolist() == expected(group, values)


@pytest.mark.parametrize(("values", "count"), [(pa.array([["a"], ["b"]]), 1), (["a", 1], 1), (pa.array(["a", "b"]), 0)])
def test_what_is_looked_at_row_by_row_is_logged(values: Any, count: int, caplog: pytest.LogCaptureFixture) -> None:
    """Lists and mixed objects have no distinct values: a debug line names their column."""
    with caplog.at_level(logging.DEBUG, "ffcore"):
        Columns({"x": values}, 2).match(Rule("x", "contains", "a"))

    assert [record.getMessage()[:34] for record in caplog.records] == ["rules on x look at 2 rows one by o"] * count


def test_a_rule_looks_at_a_distinct_value_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A million rows of two values cost two calls, and one for what is missing."""
    from ffcore.lab.bulk import columns

    seen: list[Any] = []

    def looks(value: Any) -> bool:
        seen.append(value)
        return bool(value == "a")

    monkeypatch.setattr(columns, "_test", lambda rule: looks)

    found = Columns({"x": pa.array(["a", "b", None, "a"] * 250_000)}, 10**6).match(Rule("x", "equals", "a"))

    assert seen == ["a", "b", None]
    assert int(found.sum()) == 500_000


def test_attributes_of_nested_rules() -> None:
    """Every attribute that any rule looks at is found."""
    nested = RuleGroup("any", (RULES[0], RuleGroup("not", (Rule("y", "exists"),))))

    assert attributes([nested, Rule("z", "exists")]) == {"x", "y", "z"}
