"""What figures of benchmarks share."""

import pytest

from ffcore.lab.bench.axes import bar, logarithmic, mark, rows
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.plots import chart

NOTHING = Estimate(None, None, None, 3)


def test_a_mark_is_an_interval_and_a_value() -> None:
    """The line reaches from bound to bound, the marker stands at the value."""
    _, axes = chart("", "", 2)
    mark(axes, Estimate(2.0, 1.0, 4.0, 9), 3, "^", "black")
    interval, value = axes.get_lines()

    assert (list(interval.get_xdata()), list(interval.get_ydata())) == ([1.0, 4.0], [3, 3])  # type: ignore[arg-type]
    assert (list(value.get_xdata()), value.get_marker()) == ([2.0], "^")  # type: ignore[arg-type]


def test_a_bar_reaches_from_its_start_to_the_value() -> None:
    """A ratio's bar begins at 1."""
    _, axes = chart("", "", 2)
    bar(axes, Estimate(3.0, 2.5, 4.0, 9), 0, "black", start=1)
    [drawn] = axes.patches

    assert (drawn.get_x(), drawn.get_width()) == (1, 2)  # type: ignore[attr-defined]


@pytest.mark.parametrize("estimate", [NOTHING, Estimate(0.0, 0.0, 1.0, 9)], ids=["nothing", "zero"])
def test_what_has_no_place_is_not_drawn(estimate: Estimate) -> None:
    """What is not estimable, and 0 on a logarithmic axis, leave the row empty."""
    _, axes = chart("", "", 2)
    mark(axes, estimate, 0, "o", "black")
    bar(axes, estimate, 0, "black")

    assert not axes.has_data()


def test_rows_run_from_the_top_down() -> None:
    """The first name is the highest, and all are inside."""
    _, axes = chart("", "", 2)
    rows(axes, ["first", "second"], left=0.3, width=0.4)
    bottom, top = axes.get_ylim()

    assert [label.get_text() for label in axes.get_yticklabels()] == ["first", "second"]
    assert (bottom > 1, top < 0) == (True, True)
    assert axes.get_position().bounds[::2] == pytest.approx((0.3, 0.4))


def test_a_logarithmic_axis_writes_decades_or_what_it_is_told() -> None:
    """Ticks of one axis are short names of decades, those of the other as written."""
    figure, axes = chart("", "", 2)
    axes.plot([1e3, 1e6], [1, 100])
    logarithmic(axes, "x", "rows")
    logarithmic(axes, "y", "times", "{:.1f}".format)
    figure.draw_without_rendering()

    assert {"1 k", "1 M"} <= {label.get_text() for label in axes.get_xticklabels()}
    assert {"1.0", "10.0"} <= {label.get_text() for label in axes.get_yticklabels()}
    assert (axes.get_xlabel(), axes.get_xscale()) == ("rows", "log")


@pytest.mark.parametrize(("most", "written"), [(900.0, {"200", "500"}), (9e4, set())])
def test_a_short_axis_has_more_than_its_decades(most: float, written: set[str]) -> None:
    """An axis within one decade would have no number on it without 2 and 5; a long one has enough."""
    figure, axes = chart("", "", 2)
    axes.plot([150.0, most], [1, 2])
    logarithmic(axes, "x", "rows")
    figure.draw_without_rendering()

    assert {label.get_text() for label in axes.get_xticklabels(minor=True)} - {""} == written
