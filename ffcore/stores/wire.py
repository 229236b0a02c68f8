"""Items in DynamoDB's own notation: JSON-ready data to typed attributes and back, losing nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..frozen import plain_number

#: The name under which a value that DynamoDB cannot hold stands as JSON text, alone in its map.
AS_JSON = "$json"
#: DynamoDB nests 32 levels; a value that starts deeper than this inside its item stands as JSON text.
MAX_LEVELS = 28
#: DynamoDB keeps 38 digits, and numbers from 1E-130 to below 1E+126.
MAX_DIGITS, SMALLEST, LARGEST = 38, -130, 125


def encode(value: Any, level: int = 0) -> dict[str, Any]:
    """A JSON-ready value as a typed attribute.

    What DynamoDB cannot hold (numbers of 39 digits or beyond 1E+126, blank names, more than 32 levels) becomes a map
    with the one name ``$json``, which ``decode`` reads.

    >>> encode({"share": 0.5, "on": True})
    {'M': {'share': {'N': '0.5'}, 'on': {'BOOL': True}}}
    >>> encode(1e300)
    {'M': {'$json': {'S': '1e+300'}}}
    """
    if value is None or isinstance(value, (bool, str)):
        return {"NULL": True} if value is None else {"BOOL" if isinstance(value, bool) else "S": value}
    if isinstance(value, (int, float)):
        return _number(value)
    blank = isinstance(value, Mapping) and ("" in value or set(value) == {AS_JSON})
    if blank or level > MAX_LEVELS:
        return _json(value)
    if isinstance(value, Mapping):
        return {"M": {name: encode(inner, level + 1) for name, inner in value.items()}}
    return {"L": [encode(inner, level + 1) for inner in value]}


def decode(attribute: Mapping[str, Any]) -> Any:
    """A typed attribute as a value; numbers are ``Decimal``, sets are lists in order.

    >>> decode({"M": {"share": {"N": "0.5"}, "plans": {"SS": ["b", "a"]}}})
    {'share': Decimal('0.5'), 'plans': ['a', 'b']}
    """
    [(kind, value)] = attribute.items()
    if kind == "M":
        found = {name: decode(inner) for name, inner in value.items()}
        text = found.get(AS_JSON)
        return json.loads(text) if len(found) == 1 and isinstance(text, str) else found
    if kind == "L":
        return [decode(inner) for inner in value]
    if kind == "N":
        return Decimal(value)
    if kind == "NS":
        return sorted(map(Decimal, value))
    return None if kind == "NULL" else sorted(value) if kind == "SS" else value


def size_of(attribute: Mapping[str, Any]) -> int:
    """The bytes of a typed attribute, as DynamoDB counts them to within a few a value.

    >>> size_of(encode({"key": "dark-mode"}))
    16
    """
    [(kind, value)] = attribute.items()
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + size_of(inner) for name, inner in value.items())
    if kind == "L":
        return 3 + sum(1 + size_of(inner) for inner in value)
    if kind == "S":
        return len(value.encode())
    return (len(value) + 1) // 2 + 1 if kind == "N" else 1


def _json(value: Any) -> dict[str, Any]:
    return {"M": {AS_JSON: {"S": json.dumps(value)}}}


def _number(value: float) -> dict[str, Any]:
    """A number as DynamoDB holds it, where reading it gives the same number; else as JSON text."""
    number = Decimal(repr(value))
    digits = number.normalize() if len(number.as_tuple().digits) <= MAX_DIGITS else number
    fits = not number or (len(digits.as_tuple().digits) <= MAX_DIGITS and SMALLEST <= number.adjusted() <= LARGEST)
    return {"N": f"{digits or 0}"} if fits and plain_number(digits) == value else _json(value)
