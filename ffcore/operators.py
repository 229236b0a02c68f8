"""The targeting operators: what each accepts as its value, and when an attribute matches it."""

from __future__ import annotations

import operator as compare
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

from .errors import shown
from .frozen import plain_number

Match = Callable[[Any, Any], bool]


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator.

    Attributes:
        prepare: Turns a rule's value into what ``matches`` compares with; a ``ValueError`` says what it expected.
        matches: ``matches(actual, prepared)`` for a present attribute; false on a type mismatch, never an exception.
        fast: Python source of the same comparison of ``a`` with ``{c}`` for attributes of the type ``fast_type``.
        fast_type: ``"str"``, ``"number"`` or ``""``: what the prepared value must be for ``fast`` to hold.
    """

    prepare: Callable[[Any], Any]
    matches: Match
    fast: str = ""
    fast_type: str = ""


def scalar(value: Any) -> str | int | float | bool | None:
    """Text, a number or a bool in its plain Python form (decimals and array scalars become numbers); else ``None``.

    >>> scalar(Decimal("18")), scalar(True), scalar([1])
    (18, True, None)
    """
    if isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Decimal):
        return plain_number(value)
    if type(value).__name__ == "bool" and hasattr(value, "item"):  # numpy.bool
        return bool(value)
    if isinstance(value, Integral):
        return int(value)
    try:
        return float(value) if isinstance(value, Real) else None
    except OverflowError:  # a rational that is larger than any float
        return None


def family(value: Any) -> str:
    """``"text"``, ``"boolean"``, ``"number"``, or ``""`` for anything else. A bool is no number."""
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, (int, float)) else ""


def _same_family(actual: Any, expected: Any) -> bool:
    return family(actual) == family(expected)  # a prepared value has one


def _compared(test: Callable[[Any, Any], bool]) -> Match:
    def matches(actual: Any, expected: Any) -> bool:
        actual = scalar(actual)
        return _same_family(actual, expected) and bool(test(actual, expected))

    return matches


_equals = _compared(compare.eq)


def _in(actual: Any, expected: tuple[Any, ...]) -> bool:
    return any(_equals(actual, value) for value in expected)


def _not_in(actual: Any, expected: tuple[Any, ...]) -> bool:
    actual = scalar(actual)
    known = not expected or any(_same_family(actual, value) for value in expected)
    return family(actual) != "" and known and not _in(actual, expected)


def _holds(actual: Any, expected: Any) -> bool | None:
    """Whether text or a collection contains a value; None on a type mismatch."""
    if isinstance(actual, str):
        return expected in actual if isinstance(expected, str) else None
    if isinstance(actual, (list, tuple, set, frozenset)):
        return any(_equals(item, expected) for item in actual)
    return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _searches(actual: Any, pattern: Any) -> bool:
    try:
        return isinstance(actual, str) and pattern.search(actual) is not None
    except UnicodeEncodeError:
        return False


def instant(value: Any) -> datetime | None:
    """A point in time from a datetime, a date or ISO 8601 text; naive ones are UTC; ``None`` for anything else.

    >>> instant("2026-01-31T12:00:00+02:00").isoformat()
    '2026-01-31T10:00:00+00:00'
    """
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        elif isinstance(value, date) and not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day, tzinfo=UTC)
        if not isinstance(value, datetime):
            return None
        aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def version(value: Any) -> Any:
    """A semantic version (minor and patch may be left out), or ``None`` for anything else.

    >>> version("1.10") > version("1.9.3"), version("one")
    (True, None)
    """
    from semver import Version  # loaded by the first rule that compares versions

    try:
        return Version.parse(value, optional_minor_and_patch=True) if isinstance(value, str) else None
    except ValueError:
        return None


def _parsed(parse: Callable[[Any], Any], test: Callable[[Any, Any], bool]) -> Match:
    def matches(actual: Any, expected: Any) -> bool:
        found = parse(actual)
        return found is not None and bool(test(found, expected))

    return matches


def _prepared(read: Callable[[Any], Any], expected: str) -> Callable[[Any], Any]:
    """Reads a rule's value; where ``read`` gives None, a ``ValueError`` says what was expected."""

    def prepare(value: Any) -> Any:
        found = read(value)
        if found is None:
            raise ValueError(f"expected {expected}, got {shown(value)}")
        return found

    return prepare


def _orderable(value: Any) -> str | int | float | None:
    plain = scalar(value)
    return None if isinstance(plain, bool) else plain


_prepare_scalar = _prepared(scalar, "text, a number, true or false")
_prepare_orderable = _prepared(_orderable, "a number or text")
_prepare_text = _prepared(_text, "text")
_prepare_instant = _prepared(instant, "a date or a time by ISO 8601")
_prepare_version = _prepared(version, "a semantic version as text")


def _prepare_list(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple, set, frozenset)):
        raise ValueError(f"expected a list, got {shown(value)}")  # noqa: TRY004
    return tuple(_prepare_scalar(item) for item in value)


def _prepare_pattern(value: Any) -> Any:
    import re2  # no backtracking, so no pattern can stall a decision; loaded by the first rule that needs it

    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        return re2.compile(_prepare_text(value), options)
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error
        raise ValueError(f"{shown(value)} is not a regular expression that is safe to run: {reason}") from None


def _ordering(symbol: str, test: Callable[[Any, Any], bool]) -> Operator:
    return Operator(_prepare_orderable, _compared(test), f"a {symbol} {{c}}", "number")


OPERATORS: dict[str, Operator] = {
    "equals": Operator(_prepare_scalar, _equals, "a == {c}", "str"),
    "not_equals": Operator(_prepare_scalar, _compared(compare.ne), "a != {c}", "str"),
    "in": Operator(_prepare_list, _in, "a in {c}", "str"),
    "not_in": Operator(_prepare_list, _not_in, "a not in {c}", "str"),
    "greater_than": _ordering(">", compare.gt),
    "greater_or_equal": _ordering(">=", compare.ge),
    "less_than": _ordering("<", compare.lt),
    "less_or_equal": _ordering("<=", compare.le),
    "contains": Operator(_prepare_scalar, lambda actual, expected: _holds(actual, expected) is True),
    "not_contains": Operator(_prepare_scalar, lambda actual, expected: _holds(actual, expected) is False),
    "starts_with": Operator(_prepare_text, _parsed(_text, str.startswith)),
    "ends_with": Operator(_prepare_text, _parsed(_text, str.endswith)),
    "matches": Operator(_prepare_pattern, _searches),
    "exists": Operator(lambda value: None, lambda actual, _: True),
    "not_exists": Operator(lambda value: None, lambda actual, _: False),
    "before": Operator(_prepare_instant, _parsed(instant, compare.lt)),
    "after": Operator(_prepare_instant, _parsed(instant, compare.gt)),
    "semver_equals": Operator(_prepare_version, _parsed(version, compare.eq)),
    "semver_greater_than": Operator(_prepare_version, _parsed(version, compare.gt)),
    "semver_greater_or_equal": Operator(_prepare_version, _parsed(version, compare.ge)),
    "semver_less_than": Operator(_prepare_version, _parsed(version, compare.lt)),
    "semver_less_or_equal": Operator(_prepare_version, _parsed(version, compare.le)),
}
