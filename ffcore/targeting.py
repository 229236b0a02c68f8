"""Targeting rules as one predicate: compiled to a Python expression, and explained rule by rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .errors import shown
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
    """Python source that is true iff all rules match, over ``context`` (a dict) and ``user_id``.

    It raises ``KeyError`` where it meets a missing attribute; the rules then go through ``all_match``.

    >>> expression([Rule("country", "equals", "NO")], Constants())
    '(a == c1 if type(a := context[c0]) is str else a is not None and c2(a, c1))'
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
    read = "user_id" if rule.attribute == "user_id" else f"context[{constants.name(rule.attribute)}]"
    if rule.operator in ("exists", "not_exists"):
        read = read.replace("[", ".get(").replace("]", ")")
        return f"({read} is {'not ' * (rule.operator == 'exists')}None)"
    operator, value = OPERATORS[rule.operator], rule.prepared()
    fast = _fast_value(operator.fast_type, value)
    expected = constants.name(value)
    general = f"a is not None and {constants.name(operator.matches)}(a, {expected})"
    if fast is None:
        return f"({general.replace('a is', f'(a := {read}) is', 1)})"
    quick = operator.fast.format(c=expected if fast is value else constants.name(fast))
    number = " or type(a) is float" if operator.fast_type == "number" else ""
    return f"({quick} if type(a := {read}) is {'int' if number else 'str'}{number} else {general})"


def _fast_value(fast_type: str, value: Any) -> Any:
    """The value in the form that an operator's fast source compares with, or ``None`` where it does not hold."""
    if fast_type == "number":
        return value if family(value) == "number" else None
    if fast_type == "str" and isinstance(value, tuple):
        return frozenset(value) if value and all(isinstance(item, str) for item in value) else None
    return value if fast_type == "str" and isinstance(value, str) else None


Predicate = Callable[[str, Mapping[str, Any]], bool]


def predicate(rule: Rule | RuleGroup) -> Predicate:
    """Whether one rule or group matches, step by step: the meaning that ``expression`` compiles.

    >>> predicate(Rule("age", "greater_than", 18))("user-1", {"age": "30"})
    False
    """
    if isinstance(rule, Rule):
        return _rule_predicate(rule)
    if rule.kind == "all":
        return all_match(rule.rules)
    inner = [predicate(one) for one in rule.rules]
    if rule.kind == "not":
        return lambda user_id, context: not inner[0](user_id, context)
    return lambda user_id, context: any(matches(user_id, context) for matches in inner)


def _rule_predicate(rule: Rule) -> Predicate:
    attribute, matches, expected = rule.attribute, OPERATORS[rule.operator].matches, rule.prepared()
    missing = rule.operator == "not_exists"

    def holds(user_id: str, context: Mapping[str, Any]) -> bool:
        try:
            actual = user_id if attribute == "user_id" else context.get(attribute)
        except AttributeError:  # only here, so that a context that is right pays nothing
            check_context(context)
            raise
        return missing if actual is None else matches(actual, expected)

    return holds


def check_context(context: object) -> None:
    """Raise ``TypeError`` unless a context is a mapping."""
    if not isinstance(context, Mapping):
        raise TypeError(f"context: expected a mapping of attributes, got {shown(context)}") from None


def all_match(rules: Iterable[Rule | RuleGroup]) -> Predicate:
    """All rules as one predicate, for contexts that lack an attribute or are no plain dict."""
    inner = [predicate(rule) for rule in rules]
    return lambda user_id, context: all(matches(user_id, context) for matches in inner)
