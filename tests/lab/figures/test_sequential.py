"""Tests of the figure of a running check: what it draws is what the check found."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.text import Text

from ffcore.lab import plots
from ffcore.lab.figures.sequential import path
from ffcore.lab.verify import sequential_sample_ratio

ARMS = {"control": 0.5, "treatment": 0.5}
OFF = sequential_sample_ratio([{"control": 1_060, "treatment": 940}] * 10, ARMS)
FAIR = sequential_sample_ratio([{"control": 5_010, "treatment": 4_990}] * 30, ARMS)


def words(figure: plots.Chart) -> str:
    """All text in a figure."""
    return "\n".join(str(found.get_text()) for found in figure.findobj(Text))


def lines(figure: plots.Chart, panel: int) -> list[list[list[float]]]:
    """Every line of a panel as its x and its y values."""
    return [np.asarray(line.get_data(), dtype=float).tolist() for line in figure.axes[panel].lines]


def test_a_running_check_shows_its_path() -> None:
    """The check's own plot is this figure."""
    assert OFF.plot().caption == path(OFF).caption


def test_the_path_threshold_and_crossing_are_drawn() -> None:
    """The e-value begins at 1 before anybody came; the threshold is 1,000; the mark stands at the first look beyond."""
    found = lines(path(OFF), 0)
    log10_e = OFF.details["path"]["log10_e"]

    assert found[0] == [[0, *OFF.details["path"]["users"]], [0, *log10_e]]
    assert found[1][1] == [3, 3]
    assert found[-1] == [[6_000], [pytest.approx(log10_e[2])]]
    assert "look 3" in words(path(OFF))
    assert "look" not in words(path(FAIR)).split("users so far")[0].replace("looks", "")


@pytest.mark.parametrize("arm", [0, 1])
def test_bands_are_the_sequences_in_percentage_points(arm: int) -> None:
    """Each arm has a panel: its bounds less its target, from anything possible before the first look."""
    name = list(ARMS)[arm]
    (users, low), (_, high), *_ = lines(path(OFF), arm + 1)

    assert users == [0, *OFF.details["path"]["users"]]
    assert low == pytest.approx([-50, *(100 * (bound - 0.5) for bound in OFF.details["sequence"][name]["low"])])
    assert high == pytest.approx([50, *(100 * (bound - 0.5) for bound in OFF.details["sequence"][name]["high"])])


def test_the_figure_says_what_the_check_says() -> None:
    """Verdict, sample size, confidence, units and what each band means stand there in words."""
    off, fair = path(OFF), path(FAIR)

    assert "sequential sample ratio: FAIL" in words(off)
    assert "target refuted" in words(off)
    assert "sequential sample ratio: PASS" in words(fair)
    assert words(fair).count("inside the margin") == 2
    assert "n = 20,000" in off.caption
    assert "99.9 % confidence sequences" in off.caption
    assert "percentage points" in off.caption
    assert "passed 1,000 at look 3 (6,000 users)" in off.caption


def test_of_many_arms_the_six_farthest_are_drawn() -> None:
    """Nine arms: six panels below the path, the arm that is off among them, and the caption counts the rest."""
    check = sequential_sample_ratio([[400, 400, 400, 400, 500, 400, 380, 400, 420]] * 5, [1 / 9] * 9)
    figure = path(check)

    assert len(figure.axes) == 7
    assert "4: 13.5 %" in words(figure)
    assert "The 3 arms nearest to their targets are left out." in figure.caption


@pytest.mark.parametrize("counts", [[], [[0, 0]], [[3, 0]], [[10**12, 0]], np.full((3_000, 2), 7)], ids=repr)
def test_any_path_can_be_drawn(counts: object) -> None:
    """No look, one look without users, one user, a trillion, and thousands of looks."""
    figure = sequential_sample_ratio(counts, [0.5, 0.5]).plot()  # type: ignore[arg-type]

    assert figure.png().startswith(b"\x89PNG")


def test_a_proof_has_no_path() -> None:
    """Where one arm gets everyone there is no e-value, and the figure is that of the intervals."""
    check = sequential_sample_ratio([[10, 0]], [1, 0])

    assert check.plot().caption == plots.intervals(check).caption
