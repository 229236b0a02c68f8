"""Tests of the figure of a fleet."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ffcore import ConfigError
from ffcore.lab.figures.fleet import LOWEST
from ffcore.lab.plots import BLUE, VERMILION, Chart
from ffcore.lab.verify import Check, fleet
from tests.lab.verify.test_fleets import fair, share


def heights(figure: Chart, marker: str, colour: str) -> list[float]:
    """How high the points of a marker and a colour lie."""
    lines = [line for line in figure.axes[0].lines if (line.get_marker(), line.get_color()) == (marker, colour)]
    return [float(height) for line in lines for height in np.asarray(line.get_ydata(), dtype=float)]


def title(figure: Chart) -> str:
    """The title."""
    return figure.texts[0].get_text()


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        pytest.param(fair(50), "none of 50 checks stands out: PASS", id="fair"),
        pytest.param({**fair(50), "x": share(52_000)}, "1 of 51 checks stands out: FAIL", id="one"),
        pytest.param({**fair(50), "x": share(52_000), "y": share(48_000)}, "2 of 52 checks stand out: FAIL", id="two"),
        pytest.param(
            [share(50_000 + off) for off in range(100)], "100 checks: p-values as a whole are too good: FAIL", id="good"
        ),
    ],
)
def test_the_title_says_the_finding(checks: Any, words: str) -> None:
    """How many stand out, or what is wrong with all."""
    assert title(fleet(checks).plot()) == words


def test_every_p_value_has_a_point_and_findings_one_of_their_own() -> None:
    """Those below the axis are triangles at its end."""
    figure = fleet({**fair(50), "broken": share(50_900), "hopeless": share(60_000)}).plot()

    assert len(heights(figure, "o", BLUE)) == 50
    assert heights(figure, "o", VERMILION) == pytest.approx([share(50_900).p_value])
    assert heights(figure, "v", VERMILION) == [LOWEST]


def test_the_band_is_where_a_right_fleet_lies() -> None:
    """The smallest of 300 uniform p-values lies between the band's ends at the first rank with 99 % probability."""
    [band] = fleet(fair(300, seed=2)).plot().axes[0].collections
    corners = np.asarray(band.get_paths()[0].vertices)
    ends = corners[corners[:, 0] == 1, 1]

    assert (ends.min(), ends.max()) == pytest.approx((1 - 0.995 ** (1 / 300), 1 - 0.005 ** (1 / 300)))


def test_caption_and_verdicts_are_there() -> None:
    """Axes, band and size in words, and what the checks say by themselves."""
    figure = fleet(fair(50)).plot()

    for words in ("both axes logarithmic", "99 % probability", "n = 50 checks, 50 have a p-value", "Pass:"):
        assert words in figure.caption
    assert [text.get_text() for text in figure.axes[0].texts][:2] == ["by themselves", "50 pass"]


def test_a_fleet_of_proofs_has_nothing_to_draw() -> None:
    """A ConfigError instead of an empty figure."""
    with pytest.raises(ConfigError, match="no p-values to draw"):
        fleet([Check("ramp", "pass")]).plot()


def test_a_single_check_is_drawn() -> None:
    """One rank is enough for both axes."""
    assert fleet([share(50_010)]).plot().png()
