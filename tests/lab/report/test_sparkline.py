"""Trends drawn inside the page: inside their box, with words for those who do not see them."""

import re
from dataclasses import replace

import pytest

from ffcore.lab.report import sparkline
from ffcore.lab.report.history import Point, Trend
from ffcore.lab.report.results import Measure, Result

MEASURE = Measure("p99", "P<99>", 1.5, (1.0, 2.0), "ratio", 20)
RESULT = Result("demo", "Demo", "", "smoke", {}, 0, "1", None, {}, "2026-11-20T09:00:00Z", 1.0, "pass")


def trend(*values: float, interval: tuple[float | None, float | None] | None = None) -> Trend:
    """A trend of these values, one a day."""
    points = [
        Point(f"2026-11-{day + 1:02d}T09:00:00Z", replace(MEASURE, value=value, interval=interval))
        for day, value in enumerate(values)
    ]
    return Trend(RESULT, tuple(points), ())


@pytest.mark.parametrize("interval", [None, (0.5, 4.0), (None, None), (0.5, None)])
def test_everything_lies_inside_the_drawing(interval: tuple[float | None, float | None] | None) -> None:
    """Equal values and unknown bounds are drawn too."""
    for drawn in (sparkline.svg(trend(1.0, 3.0, 2.0, interval=interval)), sparkline.svg(trend(1.0, 1.0))):
        heights = [float(y) for y in re.findall(r'(?:y1|y2|cy)="([-\d.]+)"', drawn)]

        assert heights
        assert all(0 <= y <= sparkline.HEIGHT for y in heights)


def test_a_new_level_is_a_line_and_a_sentence() -> None:
    """What the dashed line says is said in words."""
    stepped = replace(trend(1.0, 1.0, 2.0), changes=(2,))

    assert "stroke-dasharray" in sparkline.svg(stepped)
    assert sparkline.words(stepped).endswith(
        "from 1.00 times on 2026-11-01 to 2.00 times; new level since 2026-11-03 09:00"
    )
