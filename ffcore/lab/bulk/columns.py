"""Targeting rules over columns: a rule looks once at each distinct value, then every row takes its value's answer."""

from __future__ import annotations

import logging
import operator
from collections.abc import Callable, Iterable, Mapping
from math import ceil, floor, isfinite
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ffcore.model import Rule, RuleGroup
from ffcore.operators import OPERATORS

Mask = NDArray[np.bool_]
#: The values of one attribute: an Arrow array, or Python objects with `None` for missing ones.
Values: TypeAlias = "pa.Array | pa.ChunkedArray | list[Any]"
#: The comparison, and how a bound between two whole numbers is rounded so that it stays exact.
ORDERINGS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[float], int]]] = {
    "greater_than": (operator.gt, floor),
    "greater_or_equal": (operator.ge, ceil),
    "less_than": (operator.lt, ceil),
    "less_or_equal": (operator.le, floor),
}
EXACT_IN_FLOAT = 2**53
logger = logging.getLogger("ffcore")


class Columns:
    """The attributes of some rows; a name without a column is missing everywhere.

    >>> columns = Columns({"age": pa.array([17, 18, None])}, 3)
    >>> columns.match_all([Rule("age", "greater_or_equal", 18)]).tolist()
    [False, True, False]
    """

    def __init__(self, values: Mapping[str, Values], rows: int) -> None:
        self._values = values
        self._rows = rows
        self._columns: dict[str, _Column] = {}

    def match_all(self, rules: Iterable[Rule | RuleGroup]) -> Mask:
        """Which rows match all of the rules."""
        result = np.ones(self._rows, dtype=np.bool_)
        for rule in rules:
            result &= self.match(rule)
        return result

    def match(self, rule: Rule | RuleGroup) -> Mask:
        """Which rows match one rule or group."""
        if isinstance(rule, Rule):
            return self._match_rule(rule)
        if rule.kind == "all":
            return self.match_all(rule.rules)
        if rule.kind == "not":
            return ~self.match(rule.rules[0])
        result = np.zeros(self._rows, dtype=np.bool_)
        for inner in rule.rules:
            result |= self.match(inner)
        return result

    def _match_rule(self, rule: Rule) -> Mask:
        name = rule.attribute
        if name not in self._values:
            return np.full(self._rows, rule.operator == "not_exists")
        if name not in self._columns:
            self._columns[name] = _column(name, self._values[name])
        return self._columns[name].match(rule)


class _Column:
    """Values that have no distinct form: every row is looked at by itself."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    def match(self, rule: Rule) -> Mask:
        test = _test(rule)
        return np.fromiter(map(test, self.values), dtype=np.bool_, count=len(self.values))


class _EncodedColumn(_Column):
    """Distinct values, and for each row the place of its value among them; missing ones have the last place."""

    def __init__(self, values: pa.Array) -> None:
        encoded = values.dictionary_encode()
        super().__init__([*encoded.dictionary.to_pylist(), None])
        self.places = encoded.indices.fill_null(len(self.values) - 1).to_numpy(zero_copy_only=False)

    def match(self, rule: Rule) -> Mask:
        found: Mask = super().match(rule)[self.places]
        return found


class _NumberColumn(_Column):
    """Numbers: compared by their order at once, otherwise value by value."""

    def __init__(self, values: pa.Array) -> None:
        self.array = values
        self.known: Mask = np.asarray(values.is_valid())
        numbers = values.fill_null(0).to_numpy(zero_copy_only=False)
        self.whole = numbers.dtype.kind in "iu"
        self.numbers = numbers if self.whole else numbers.astype(np.float64)
        self.encoded: _EncodedColumn | None = None

    def match(self, rule: Rule) -> Mask:
        if rule.operator in ORDERINGS:
            compare, rounded = ORDERINGS[rule.operator]
            bound = _exact_bound(rule.prepared(), self.whole, rounded)
            if bound is not None:
                result: Mask = compare(self.numbers, bound) & self.known
                return result
        self.encoded = self.encoded or _EncodedColumn(self.array)
        return self.encoded.match(rule)


def _exact_bound(value: Any, whole: bool, rounded: Callable[[float], int]) -> float | None:
    """The bound whose comparison by numpy is exact, or None where there is none."""
    if isinstance(value, (str, bool)):
        return None
    if whole:
        return rounded(value) if isfinite(value) else None
    return float(value) if isinstance(value, float) or abs(value) <= EXACT_IN_FLOAT else None


def _column(name: str, values: Values) -> _Column:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, list):
        return _row_by_row(name, values, "objects")
    kind = values.type
    if pa.types.is_dictionary(kind) and (values.dictionary.null_count or len(values.dictionary) > len(values)):
        values = values.dictionary_decode()
    if pa.types.is_string_view(kind):
        values = values.cast(pa.large_string())
    if pa.types.is_integer(kind) or pa.types.is_float32(kind) or pa.types.is_float64(kind):
        return _NumberColumn(values)
    try:
        return _EncodedColumn(values)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid, AttributeError):
        return _row_by_row(name, values.to_pylist(), str(kind))


def _row_by_row(name: str, values: list[Any], kind: str) -> _Column:
    logger.debug("rules on %s look at %d rows one by one: %s have no distinct values", name, len(values), kind)
    return _Column(values)


def _test(rule: Rule) -> Callable[[Any], bool]:
    """The rule's answer to one value, as `ffcore.targeting` gives it."""
    matches, expected = OPERATORS[rule.operator].matches, rule.prepared()
    missing = rule.operator == "not_exists"
    return lambda value: missing if value is None else matches(value, expected)


def attributes(rules: Iterable[Rule | RuleGroup]) -> set[str]:
    """The names of all attributes that rules look at.

    >>> attributes([Rule("country", "equals", "NO")])
    {'country'}
    """
    names: set[str] = set()
    for rule in rules:
        names |= {rule.attribute} if isinstance(rule, Rule) else attributes(rule.rules)
    return names
