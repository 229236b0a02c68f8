"""Figures of scale: units, sample size and interval in words, nobody left out, what is extrapolated told apart."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D

from ffcore.lab.bench.bulk_run import BulkRun, Speed
from ffcore.lab.bench.scale import GOAL, ScaleRun
from ffcore.lab.bench.scale_figures import LINES, scale_speed, scale_time
from ffcore.lab.plots import Chart

SPEED = {
    "range, 1 thread": 50e6,
    "range, 2 threads": 100e6,
    "range, 2 processes": 80e6,
    "range, Dask, 2 workers": 50e6,
    "frame, 2 threads": 90e6,
    "pandas apply": 1e6,
    "DuckDB md5, 2 threads": 8e6,
}


def speeds(name: str) -> tuple[Speed, ...]:
    """Seconds in exact proportion to users, for as many sizes as the method is measured with."""
    sizes = (10**5, 10**6, 10**7) if "2 threads" in name or "Dask" in name else (10**5, 10**6)
    return tuple(Speed(rows, np.full(6, SPEED[name])) for rows in sizes[: 1 if "pandas" in name else 3])


ABSENT = {"polars-hash md5, all cores": "polars_hash is not installed"}
RUN = ScaleRun(BulkRun({name: speeds(name) for name in SPEED}, ABSENT, 0.1), {}, {})


def lines(figure: Chart) -> dict[str, Line2D]:
    """The labelled lines of a figure by the first line of their label."""
    found = figure.axes[0].get_lines()
    return {str(line.get_label()).split(":\n")[0]: line for line in found if not str(line.get_label()).startswith("_")}


def points(line: Line2D) -> tuple[list[float], list[float]]:
    """Where a line goes."""
    return np.asarray(line.get_xdata(), dtype=float).tolist(), np.asarray(line.get_ydata(), dtype=float).tolist()


@pytest.mark.parametrize("figure", [scale_speed, scale_time], ids=["speed", "time"])
def test_captions_state_unit_sample_size_and_interval(figure: type) -> None:
    """Each caption names what is measured, n and the interval."""
    drawn = figure(RUN)

    for part in ("One flag at 50 %", "95 % interval", "n = 6 interleaved rounds"):
        assert part in drawn.caption
    assert 'alt="One flag at 50 %' in drawn._repr_html_()


def test_every_way_has_its_dot() -> None:
    """Whoever was measured stands with a rate and how many users that was for; who is absent, with the reason."""
    [axes] = scale_speed(RUN).axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    words = [text.get_text() for text in axes.texts]

    assert names == [*SPEED, *ABSENT]
    assert sum(line.get_marker() == "o" for line in axes.get_lines()) == len(SPEED)
    assert words[names.index("range, 2 threads")] == "100 M/s [100 M/s, 100 M/s], 10 M"
    assert words[names.index("pandas apply")] == "1.00 M/s [1.00 M/s, 1.00 M/s], 100 k"
    assert words[-1] == "polars_hash is not installed"


def test_lines_show_seconds() -> None:
    """Users divided by users a second, for each size measured."""
    drawn = lines(scale_time(RUN))

    assert list(drawn) == [name for name in LINES if name in SPEED]
    assert points(drawn["range, 2 threads"])[0] == [10**5, 10**6, 10**7]
    assert points(drawn["range, 2 threads"])[1] == pytest.approx([0.001, 0.01, 0.1])
    assert points(drawn["range, 1 thread"])[0] == [10**5, 10**6]


def test_what_is_extrapolated_is_hollow_and_says_so() -> None:
    """Two methods go on to ten billion users, to hollow markers, which the caption explains."""
    figure = scale_time(RUN)
    far = [line for line in figure.axes[0].get_lines() if points(line)[0] == [GOAL]]

    assert [points(line)[1] for line in far] == [pytest.approx([100]), pytest.approx([200])]
    assert {to_hex(line.get_markerfacecolor()) for line in far} == {"#ffffff"}
    assert "Hollow: not measured, but extrapolated to 10,000,000,000 users" in figure.caption
    assert "extrapolated to 10 G:\n100 s [100 s, 100 s]" in str(lines(figure)["range, 2 threads"].get_label())


def test_lines_are_told_apart_without_colour() -> None:
    """No two have the same dashes or the same marker."""
    drawn = lines(scale_time(RUN)).values()

    assert len({line.get_marker() for line in drawn}) == len(drawn)
    assert len({str(LINES[name][1]) for name in LINES}) == len(LINES)


def test_words_stay_inside_the_figure() -> None:
    """Neither bars' words nor the legend are cut off."""
    for figure in (scale_speed(RUN), scale_time(RUN)):
        figure.draw_without_rendering()
        box = figure.axes[0].get_tightbbox()

        assert box is not None
        assert 0 <= box.x0 < box.x1 <= figure.bbox.x1
