"""Change points: a new level is found where it begins, and steady series are marked as rarely as stated."""

import numpy as np
import pytest

from ffcore.lab.report.change_points import change_points

NOISE = np.random.default_rng(5)


def test_a_step_is_found_where_it_begins() -> None:
    """Ten noises apart, the position is exact."""
    values = np.concatenate([NOISE.normal(1, 0.01, 9), NOISE.normal(1.1, 0.01, 7)])

    assert change_points(values.tolist()) == [9]


def test_two_steps_are_found() -> None:
    """Each part is searched again."""
    values = np.concatenate([NOISE.normal(level, 0.01, 12) for level in (1.0, 2.0, 3.0)])

    assert change_points(values.tolist()) == [12, 24]


def test_one_wild_value_is_no_change() -> None:
    """Ranks bound what a single run can do."""
    values = NOISE.normal(1, 0.01, 20)
    values[10] = 50.0

    assert change_points(values.tolist()) == []


@pytest.mark.parametrize("length", [0, 1, 5, 9])
def test_a_short_series_shows_nothing(length: int) -> None:
    """Fewer than ten values have too few orders for a chance below 1 in 100."""
    assert change_points([float(value > length / 2) for value in range(length)]) == []


def test_steady_series_are_marked_as_rarely_as_stated() -> None:
    """At most 1 of 100 steady series is marked: of 300, more than 15 would be chance below 1e-7; the seed is fixed."""
    marked = sum(bool(change_points(series.tolist())) for series in np.random.default_rng(6).normal(size=(300, 14)))

    assert marked <= 15
