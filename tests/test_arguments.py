"""Settings that are numbers: the ends of what each may be."""

from math import inf, nan
from typing import Any

import pytest

from ffcore.arguments import FINITE_SECONDS, FRACTION, SECONDS, SOME_SECONDS, WHOLE, Allowed, wrong_numbers


@pytest.mark.parametrize(
    ("allowed", "right", "wrong"),
    [
        (SECONDS, [0, 0.5, inf], [-1e-9, nan, -inf]),
        (SOME_SECONDS, [1e-9, inf], [0, nan]),
        (FINITE_SECONDS, [1e-9, 1e9], [0, inf, nan]),
        (WHOLE, [1, 2.0], [0, 1.5, inf, nan]),
        (FRACTION, [0, 1], [-0.1, 1.1, nan]),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_number_outside_its_bounds_is_named(allowed: Allowed, right: list[Any], wrong: list[Any]) -> None:
    """Bounds belong to their range where they may; what is no number, bools among them, never does."""
    assert wrong_numbers({str(value): (value, allowed) for value in right}) == []
    for value in [*wrong, "1", None, True, 1j]:
        assert wrong_numbers({"it": (value, allowed)}) == [("it", f"expected {allowed[0]}, got {value!r}")]
