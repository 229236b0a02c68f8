"""Items as JSON text, as SQLite and Redis hold them."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from math import isinf
from typing import Any

from ..errors import ConfigError, shown


def parsed(text: str | bytes) -> Any:
    """The item of a text, its numbers as exact as they are stated; raises ``ConfigError`` for what is no JSON."""
    try:
        return json.loads(text, parse_float=_number)
    except RecursionError:
        raise ConfigError([("", "not JSON: nested too deeply")]) from None
    except ValueError as error:
        raise ConfigError([("", f"not JSON: {error}")]) from None


def _number(text: str) -> float | Decimal:
    """The float that ``put`` wrote, or what another program stated more exactly than a float can."""
    number = float(text)
    if isinf(number):
        raise ValueError(f"{shown(text)} is too large")
    try:
        return number if repr(number) == text else Decimal(text)
    except InvalidOperation:  # an exponent far below zero
        return 0.0
