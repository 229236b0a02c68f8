"""Targeting rules as one predicate: compiled to a Python expression, and explained rule by rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .model import Rule, RuleGroup
from .operators import OPERATORS, family


class Constants:
    """The values that compiled source refers to by name: ``c0``, ``c1``, … in order of use."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def name(self, value: Any) -> str:
        """The name that stands for ``value`` in the source."""
        self.values.append(value)
        return f"c{len(self.values) - 1}"


def expression(rules: Iterable[Rule | RuleGroup], constants: Constants) -> str:
    """Python source that is true iff all rules match, over the names ``get`` (context look-up) and ``user_id``.

    >>> expression([Rule("country", "equals", "NO")], Constants())
    '(a == c1 if (a := get(c0)).__class__ is str else a is not None and c2(a, c1))'
    """
    return " and ".join(_source(rule, constants) for rule in rules) or "True"


def _source(rule: Rule | RuleGroup, constants: Constants) -> str:
    if isinstance(rule, Rule):
        return _rule_source(rule, constants)
    if rule.kind == "not":
        return f"(not {_source(rule.rules[0], constants)})"
    parts = [_source(inner, constants) for inner in rule.rules]
    word, neutral = (" and ", "True") if rule.kind == "all" else (" or ", "False")
    return f"({word.join(parts) or neutral})"


def _rule_source(rule: Rule, constants: Constants) -> str:
    read = "user_id" if rule.attribute == "user_id" else f"get({constants.name(rule.attribute)})"
    if rule.operator in ("exists", "not_exists"):
        return f"({read} is {'not ' * (rule.operator == 'exists')}None)"
    operator, value = OPERATORS[rule.operator], rule.prepared()
    fast = _fast_value(operator.fast_type, value)
    expected, matches = constants.name(value), constants.name(operator.matches)
    general = f"a is not None and {matches}(a, {expected})"
    if fast is None:
        return f"((a := {read}) is not None and {matches}(a, {expected}))"
    quick = operator.fast.format(c=expected if fast is value else constants.name(fast))
    if operator.fast_type == "str":
        return f"({quick} if (a := {read}).__class__ is str else {general})"
    return f"({quick} if (a := {read}).__class__ is int or a.__class__ is float else {general})"


def _fast_value(fast_type: str, value: Any) -> Any:
    """The value in the form that an operator's fast source compares with, or ``None`` where it does not hold."""
    if fast_type == "number":
        return value if family(value) == "number" else None
    if fast_type == "str" and isinstance(value, tuple):
        return frozenset(value) if value and all(isinstance(item, str) for item in value) else None
    return value if fast_type == "str" and isinstance(value, str) else None


def matches(rule: Rule | RuleGroup, user_id: str, context: Mapping[str, Any]) -> bool:
    """Whether one rule or group matches, evaluated step by step (the meaning that ``expression`` compiles).

    >>> matches(Rule("age", "greater_than", 18), "user-1", {"age": "30"})
    False
    """
    if isinstance(rule, RuleGroup):
        results = (matches(inner, user_id, context) for inner in rule.rules)
        return not next(results) if rule.kind == "not" else (all if rule.kind == "all" else any)(results)
    actual = user_id if rule.attribute == "user_id" else context.get(rule.attribute)
    if actual is None:
        return rule.operator == "not_exists"
    return OPERATORS[rule.operator].matches(actual, rule.prepared())
