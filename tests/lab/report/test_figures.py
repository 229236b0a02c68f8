"""Figures in words: three significant digits and the unit."""

import pytest

from ffcore.lab.report.figures import amount, span
from ffcore.lab.report.results import Measure


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (1234.0, "ns", "1.23 µs"),
        (1_434_480.0, "1/s", "1.43 M/s"),
        (2.958, "ratio", "2.96 times"),
        (4208.58, "ratio", "4,209 times"),
        (-0.3125, "points", "-0.312 points"),
        (99.0, "%", "99 %"),
        (None, "ns", "not estimable"),
    ],
)
def test_an_amount_has_its_unit(value: float | None, unit: str, shown: str) -> None:
    """Each unit is written as readers know it; what the sample cannot carry is not a number."""
    assert amount(Measure("m", "M", value, None, unit, 9)) == shown


@pytest.mark.parametrize(
    ("interval", "unit", "shown"),
    [
        ((0.1, 0.25), "ratio", "[0.10, 0.25 times]"),
        ((900.0, 1300.0), "ns", "[900 ns, 1.30 µs]"),
        ((0.1, None), "ratio", "[0.10 times, not estimable]"),
        (None, "ratio", ""),
    ],
)
def test_a_span_names_a_shared_unit_once(interval: tuple[float, float] | None, unit: str, shown: str) -> None:
    """Bounds of different scale keep their own units."""
    assert span(Measure("m", "M", 0.2, interval, unit, 9)) == shown
