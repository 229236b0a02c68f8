"""Numbers that callers pass as settings: what each may be, and which of them are wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from numbers import Real
from typing import Any

from .errors import shown

#: What a number may be, in words and as a test.
Allowed = tuple[str, Callable[[Any], bool]]
SECONDS: Allowed = "a number of seconds, 0 or more", lambda value: value >= 0
SOME_SECONDS: Allowed = "a number of seconds above 0", lambda value: value > 0
FINITE_SECONDS: Allowed = "a finite number of seconds above 0", lambda value: 0 < value < inf
WHOLE: Allowed = "a whole number, 1 or more", lambda value: value >= 1 and value % 1 == 0
FRACTION: Allowed = "a fraction from 0 to 1", lambda value: 0 <= value <= 1


def wrong_numbers(given: Mapping[str, tuple[Any, Allowed]]) -> list[tuple[str, str]]:
    """The problems of settings, each given with what it may be; a bool is no number.

    >>> wrong_numbers({"ttl": (-1, SECONDS), "max_entries": (5, WHOLE)})
    [('ttl', 'expected a number of seconds, 0 or more, got -1')]
    """
    return [
        (name, f"expected {expected}, got {shown(value)}")
        for name, (value, (expected, holds)) in given.items()
        if isinstance(value, bool) or not isinstance(value, Real) or not holds(value)
    ]
