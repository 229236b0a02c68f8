"""A second evaluator over plain items, written for obviousness: fractions, no compilation, its own operators.

Where the specification is silent it follows the docstrings of ffcore/operators.py and ffcore/frozen.py: a Decimal
compares as an integer where it is whole, else as the nearest float; ``contains`` looks for a part of text or for an
element of a list; text orders by code points; a version may leave out minor and patch.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import Any

Item = Mapping[str, Any]
Outcome = tuple[bool, str, str | None, Any]

VERSION = re.compile(
    r"(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*))?(?:\.(0|[1-9][0-9]*))?"
    r"(?:-((?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
)


def hash32(user_id: str, salt: str) -> int:
    """The first four bytes of MD5 of ``user_id:salt``, little-endian."""
    digest = hashlib.md5(f"{user_id}:{salt}".encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:4], "little")


def evaluate(flag: Item, user_id: str, context: Mapping[str, Any] | None = None) -> Outcome:
    """Enabled, reason, variant and payload that a user gets from a flag's item."""
    buckets = flag.get("buckets", 10_000)
    percentage = number_of(flag.get("rollout_percentage", 0))
    if not flag.get("enabled", False):
        return False, "flag_disabled", None, None
    if not all_match(flag.get("targeting_rules", []), user_id, context):
        return False, "targeting_rules_not_met", None, None
    if not hash32(user_id, flag["key"]) % buckets < percentage * buckets / 100:
        return False, "not_in_rollout", None, None
    return True, "enabled", *chosen(flag.get("variants", []), user_id, flag["key"])


def assign(experiment: Item, user_id: str, context: Mapping[str, Any] | None = None) -> Outcome:
    """Enabled, reason, variant and payload that a user gets from an experiment's item."""
    salt = experiment.get("salt") or experiment["key"]
    traffic = number_of(experiment.get("traffic_allocation", 1))
    if experiment.get("status", "draft") != "active":
        return False, "experiment_not_active", None, None
    if not all_match(experiment.get("targeting_rules", []), user_id, context):
        return False, "targeting_rules_not_met", None, None
    if not Fraction(hash32(user_id, f"{salt}_traffic"), 2**32) < traffic:
        return False, "not_in_traffic", None, None
    return True, "assigned", *chosen(experiment["variants"], user_id, salt)


def number_of(stated: Any) -> Fraction:
    """The exact number that a decimal, or a fraction as text, states."""
    return Fraction(str(stated))


def chosen(variants: Sequence[Item], user_id: str, salt: str) -> tuple[str | None, Any]:
    """Key and payload of the variant whose share of the hash space holds the user."""
    point = Fraction(hash32(user_id, f"{salt}_variant"), 2**32)
    total = Fraction(0)
    for variant in variants:
        total += number_of(variant["allocation"])
        if point < total:
            return variant["key"], variant.get("payload")
    return None, None


def all_match(rules: Sequence[Item], user_id: str, context: Mapping[str, Any] | None) -> bool:
    """Whether every rule matches the context, of which the user's id is always a part."""
    return all(rule_matches(rule, {**(context or {}), "user_id": user_id}) for rule in rules)


def rule_matches(rule: Item, attributes: Mapping[str, Any]) -> bool:
    """Whether one rule, or one group of rules, matches."""
    if "all" in rule:
        return all(rule_matches(inner, attributes) for inner in rule["all"])
    if "any" in rule:
        return any(rule_matches(inner, attributes) for inner in rule["any"])
    if "not" in rule:
        return not rule_matches(rule["not"], attributes)
    actual = attributes.get(rule["attribute"])
    if actual is None:
        return bool(rule["operator"] == "not_exists")
    return OPERATORS[rule["operator"]](actual, rule.get("value"))


def kind(value: Any) -> str:
    """Text, boolean, number, or other; a bool is no number."""
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool) or (type(value).__module__ == "numpy" and type(value).__name__ == "bool"):
        return "boolean"
    return "number" if isinstance(value, Real | Decimal) else "other"


def plain(value: Any) -> Any:
    """A number as Python's own: a whole Decimal as an integer, any other, and a Fraction, as the nearest float."""
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
    if isinstance(value, Fraction):
        return float(value)
    return value.item() if type(value).__module__ == "numpy" else value


def same_kind(actual: Any, value: Any) -> bool:
    """Whether two values can be compared at all."""
    return kind(actual) == kind(value) and kind(actual) != "other"


def equal(actual: Any, value: Any) -> bool:
    """Whether two values are of one kind and the same."""
    return same_kind(actual, value) and bool(plain(actual) == plain(value))


def different(actual: Any, value: Any) -> bool:
    """Whether two values are of one kind and not the same."""
    return same_kind(actual, value) and not equal(actual, value)


def among(actual: Any, values: Sequence[Any]) -> bool:
    """Whether a value equals one of a list."""
    return any(equal(actual, value) for value in values)


def not_among(actual: Any, values: Sequence[Any]) -> bool:
    """Whether a value of a kind that the list holds (any kind, if it is empty) equals none of it."""
    if kind(actual) == "other" or (values and not any(same_kind(actual, value) for value in values)):
        return False
    return not among(actual, values)


def holds(actual: Any, value: Any) -> bool | None:
    """Whether text holds a part or a list an element; ``None`` where the question makes no sense."""
    if isinstance(actual, str):
        return value in actual if isinstance(value, str) else None
    return any(equal(item, value) for item in actual) if isinstance(actual, list | tuple | set | frozenset) else None


def compared(actual: Any, value: Any, *signs: int) -> bool:
    """Whether two texts or two numbers compare with one of the signs (-1 below, 0 same, 1 above)."""
    if not same_kind(actual, value) or kind(actual) == "boolean":
        return False
    left, right = plain(actual), plain(value)
    return ordered(left, right, *signs)


def ordered(left: Any, right: Any, *signs: int) -> bool:
    """Whether ``left`` is below (-1), the same as (0) or above (1) ``right``; numbers that are none are nothing."""
    return (
        (-1 in signs and bool(left < right))
        or (0 in signs and bool(left == right))
        or (1 in signs and bool(left > right))
    )


def searched(actual: Any, pattern: str) -> bool:
    """Whether a pattern is found anywhere in text; ``$`` is the very end."""
    return isinstance(actual, str) and re.search(pattern.replace("$", r"\Z"), actual, re.ASCII) is not None


def moment(value: Any) -> datetime | None:
    """A point in time from a datetime, a date or ISO 8601 text; naive ones are UTC."""
    try:
        if isinstance(value, date) and not isinstance(value, datetime):
            value = value.isoformat()
        when = datetime.fromisoformat(value) if isinstance(value, str) else value
        if not isinstance(when, datetime):
            return None
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def timed(actual: Any, value: Any, sign: int) -> bool:
    """Whether one point in time is before (-1) or after (1) another."""
    left, right = moment(actual), moment(value)
    return left is not None and right is not None and ordered(left, right, sign)


def version(value: Any) -> tuple[Any, ...] | None:
    """A semantic version as something that orders by its section 11, or ``None``."""
    found = VERSION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    numbers = tuple(int(part or 0) for part in found.groups()[:3])
    names = found[4].split(".") if found[4] else []
    # Numbers stand before words, a longer list after its own beginning, and any pre-release before the release.
    order = [(0, int(name), "") if name.isdigit() else (1, 0, name) for name in names]
    return (*numbers, not names, order)


def versioned(actual: Any, value: Any, *signs: int) -> bool:
    """Whether two semantic versions compare with one of the signs."""
    left, right = version(actual), version(value)
    return left is not None and right is not None and ordered(left, right, *signs)


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": equal,
    "not_equals": different,
    "in": among,
    "not_in": not_among,
    "greater_than": lambda actual, value: compared(actual, value, 1),
    "greater_or_equal": lambda actual, value: compared(actual, value, 0, 1),
    "less_than": lambda actual, value: compared(actual, value, -1),
    "less_or_equal": lambda actual, value: compared(actual, value, -1, 0),
    "contains": lambda actual, value: holds(actual, value) is True,
    "not_contains": lambda actual, value: holds(actual, value) is False,
    "starts_with": lambda actual, value: isinstance(actual, str) and actual[: len(value)] == value,
    "ends_with": lambda actual, value: isinstance(actual, str) and actual[len(actual) - len(value) :] == value,
    "matches": searched,
    "exists": lambda actual, value: True,
    "not_exists": lambda actual, value: False,
    "before": lambda actual, value: timed(actual, value, -1),
    "after": lambda actual, value: timed(actual, value, 1),
    "semver_equals": lambda actual, value: versioned(actual, value, 0),
    "semver_greater_than": lambda actual, value: versioned(actual, value, 1),
    "semver_greater_or_equal": lambda actual, value: versioned(actual, value, 0, 1),
    "semver_less_than": lambda actual, value: versioned(actual, value, -1),
    "semver_less_or_equal": lambda actual, value: versioned(actual, value, -1, 0),
}
