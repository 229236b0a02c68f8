"""Tests of attributes out of files that know only text."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from ffcore.lab.verify.rule_types import as_compared, families, leaves
from ffcore.model import Rule, RuleGroup


def rule(operator: str, value: Any = None) -> Rule:
    """A rule on one attribute."""
    return Rule("x", operator, value)


@pytest.mark.parametrize(
    ("operator", "value", "kind"),
    [
        ("equals", "NO", {"text"}),
        ("greater_than", 18, {"number"}),
        ("equals", True, {"boolean"}),
        ("in", [1, "a"], {"number", "text"}),
        ("semver_equals", "1.2", {"text"}),
        ("before", "2024-06-01", {"text"}),
        ("matches", "^a", {"text"}),
        ("exists", None, set()),
        ("not_exists", None, set()),
    ],
)
def test_rules_say_what_they_compare(operator: str, value: Any, kind: set[str]) -> None:
    """Text, numbers or truth values; whether there is a value at all is asked of any kind."""
    assert families([rule(operator, value)]) == kind


def test_rules_are_found_in_all_groups() -> None:
    """However deep they lie."""
    inner = RuleGroup("not", (rule("exists"),))
    rules: list[Rule | RuleGroup] = [rule("equals", 1), RuleGroup("any", (rule("equals", 2), inner))]

    assert [(one.operator, one.value) for one in leaves(rules)] == [("equals", 1), ("equals", 2), ("exists", None)]


@pytest.mark.parametrize(
    ("texts", "compared", "wanted"),
    [
        pytest.param(["1.10", None], {"text"}, ["1.10", None], id="text"),
        pytest.param(["1.10", None], set(), ["1.10", None], id="nothing"),
        pytest.param(["1.10"], {"text", "number"}, ["1.10"], id="text and numbers"),
        pytest.param(["18", None, "-3"], {"number"}, [18, None, -3], id="whole numbers"),
        pytest.param(["9007199254740993"], {"number"}, [9007199254740993], id="large numbers"),
        pytest.param(["18", "1.5"], {"number"}, [18.0, 1.5], id="numbers"),
        pytest.param(["18", "old", None, "1.5"], {"number"}, [18, "old", None, 1.5], id="a word among numbers"),
        pytest.param(["True", "false", None], {"boolean"}, [True, False, None], id="truth values"),
        pytest.param(["true", "1"], {"boolean"}, [True, "1"], id="a digit is no truth value"),
        pytest.param(["true", "7"], {"boolean", "number"}, [True, 7], id="truth values and numbers"),
    ],
)
def test_texts_become_what_rules_compare(texts: list[str | None], compared: set[str], wanted: list[Any]) -> None:
    """And stay text where any rule compares them with text, so that a version 1.10 is not 1.1."""
    found = as_compared(pa.array(texts, pa.string()), compared)
    values = found if isinstance(found, list) else found.to_pylist()

    assert values == wanted
    assert [type(value) for value in values] == [type(value) for value in wanted]
