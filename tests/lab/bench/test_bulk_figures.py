"""Figures of bulk decisions: units, sample size and interval in words, nobody left out, lines told apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex

from ffcore.lab.bench.bulk import ALTERNATIVES, LIMIT
from ffcore.lab.bench.bulk_figures import LOOKS, OURS, bulk_ratios, bulk_throughput
from ffcore.lab.bench.bulk_run import BulkRun, Speed
from ffcore.lab.plots import GREY

ROUNDS = 20
SPEED = dict(zip(LOOKS, (40e6, 70e6, 1.5e6, 0.9e6, 4e6, 7e6, 230e6), strict=True))


def speed(name: str, rows: int) -> Speed:
    """Lognormal rates around a method's speed."""
    rates = SPEED[name] * np.random.default_rng(rows).lognormal(0, 0.03, ROUNDS)
    return Speed(rows, rates)


def made_up() -> BulkRun:
    """All methods over 1,000 to 1,000,000 rows, the slow ones over fewer."""
    most = {name: 100_000 if SPEED[name] < 5e6 else 1_000_000 for name in LOOKS}
    sizes = {name: [10**power for power in range(3, 7) if 10**power <= most[name]] for name in LOOKS}
    sizes[LIMIT] = [1_000_000]
    return BulkRun({n: tuple(speed(n, rows) for rows in sizes[n]) for n in LOOKS}, {}, 0.02)


RUN = made_up()
SHORTENED = replace(
    RUN,
    speeds={name: speeds for name, speeds in RUN.speeds.items() if not name.startswith("DuckDB")},
    absent={"DuckDB md5, 2 threads": "duckdb is not installed"},
)


@pytest.mark.parametrize("figure", [bulk_throughput, bulk_ratios], ids=["throughput", "ratios"])
def test_captions_state_unit_sample_size_and_interval(figure: type) -> None:
    """Each caption names what is measured, n and the interval."""
    drawn = figure(RUN)

    for part in ("One flag at 50 %", "decisions a second", "95 % interval", "n = 20 interleaved rounds"):
        assert part in drawn.caption
    assert 'alt="One flag at 50 %' in drawn._repr_html_()


def test_both_axes_of_throughput_are_logarithmic_and_named() -> None:
    """Rows and decisions a second stand in decades."""
    [axes] = bulk_throughput(RUN).axes
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]

    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("rows decided together", "decisions a second")
    assert {"1 k", "1 M"} <= {label.get_text() for label in axes.get_xticklabels()}
    assert {"1 M", "100 M"} <= {label.get_text() for label in axes.get_yticklabels()}


def test_every_way_has_a_line_of_its_own_look() -> None:
    """Seven lines of seven colours lie at their medians, the fastest first in the legend with its rate."""
    [axes] = bulk_throughput(RUN).axes
    lines = {str(line.get_label()).partition(":")[0]: line for line in axes.get_lines()}
    legend = axes.get_legend()

    assert set(lines) == set(LOOKS)
    assert len({to_hex(line.get_color()) for line in lines.values()}) == len(LOOKS)
    assert np.array_equal(lines["pandas apply"].get_xdata(), [1_000, 10_000, 100_000])
    assert np.array_equal(lines[OURS[0]].get_ydata(), [found.rate().value or 0 for found in RUN.speeds[OURS[0]]])
    assert np.array_equal(lines[LIMIT].get_xdata(), [1_000, 1_000_000])
    assert legend is not None
    assert [text.get_text().partition(":")[0] for text in legend.get_texts()][:2] == [LIMIT, OURS[1]]
    assert legend.get_texts()[1].get_text().endswith(" M/s]")


def test_bars_reach_from_one_to_the_ratio() -> None:
    """Each alternative has a bar of one thread and one of two, the limit one; figures stand beside them."""
    [axes] = bulk_ratios(RUN).axes
    reached = sorted(bar.get_x() + bar.get_width() for bar in axes.patches)  # type: ignore[attr-defined]
    ratios = [RUN.ratio(method, name).value or 0 for name in ALTERNATIVES for method in OURS]

    assert reached == pytest.approx(sorted([*ratios, RUN.ratio(OURS[0], LIMIT).value or 0]))
    assert axes.get_xscale() == "log"
    words = [text.get_text() for text in axes.texts]
    assert sum(word.startswith("1 thread: ") for word in words) == len(ALTERNATIVES) + 1
    assert sum(word.startswith("2 threads: ") for word in words) == len(ALTERNATIVES)


@pytest.mark.parametrize("figure", [bulk_throughput, bulk_ratios], ids=["throughput", "ratios"])
def test_words_stay_inside_the_figure(figure: type) -> None:
    """Neither the legend nor the words beside bars are cut off."""
    drawn = figure(RUN)
    drawn.draw_without_rendering()
    box = drawn.axes[0].get_tightbbox()

    assert 0 <= box.x0 < box.x1 <= drawn.bbox.x1


def test_fewer_rows_are_said() -> None:
    """The caption names the methods that decided fewer rows than ours, and no other."""
    caption = bulk_ratios(RUN).caption

    assert "pandas apply 100,000" in caption
    assert "DuckDB" not in caption


def test_who_is_absent_is_a_grey_row() -> None:
    """A alternative that is not installed stands in both figures, in grey and in words."""
    [axes] = bulk_ratios(SHORTENED).axes
    [legend] = [axes.get_legend() for axes in bulk_throughput(SHORTENED).axes]

    grey = [text.get_text() for text in axes.texts if text.get_color() == GREY]
    assert grey == ["duckdb is not installed"]
    assert [label.get_color() == GREY for label in axes.get_yticklabels()] == [False, False, False, True, False]
    assert legend is not None
    assert legend.get_texts()[-1].get_text() == "DuckDB md5, 2 threads:\nduckdb is not installed"
    assert legend.get_texts()[-1].get_color() == GREY
