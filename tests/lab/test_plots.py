"""Tests of the figures: what they say, what they draw, and that they say it in words too."""

from __future__ import annotations

import io
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib import image as images
from matplotlib.text import Text
from PIL import Image

from ffcore import ConfigError, Flag
from ffcore.lab import plots
from ffcore.lab.verify import Check, sample_ratio, variants

INCONCLUSIVE = sample_ratio({"control": 4969, "treatment": 5031}, {"control": 0.5, "treatment": 0.5})
LEAK = sample_ratio({"a": 50_000, "b": 50_000, "dark": 3}, {"a": 0.5, "b": 0.5, "dark": 0})
NOBODY = sample_ratio([0, 0], [0.5, 0.5])
ARMS = [{"key": "blue", "allocation": 0.5}, {"key": "green", "allocation": 0.5}]


def words(figure: plots.Chart) -> str:
    """All text in a figure."""
    return "\n".join(str(found.get_text()) for found in figure.findobj(Text))


@pytest.mark.parametrize("check", [INCONCLUSIVE, LEAK, NOBODY])
def test_a_check_s_figure_says_what_the_check_says(check: Check) -> None:
    """Verdict, sample size and interval level are in the figure, in words."""
    figure = plots.intervals(check)

    assert f"sample ratio: {check.verdict.upper()}" in words(figure)
    assert f"n = {check.n:,}" in figure.caption
    assert "90 % interval" in figure.caption
    assert "percentage points" in figure.caption


def test_the_bar_is_the_interval_in_percentage_points() -> None:
    """What is drawn is what was measured: the bar's ends are the bounds less the target."""
    axes = plots.intervals(INCONCLUSIVE).axes[0]
    low, high = INCONCLUSIVE.interval["control"]
    drawn = [np.asarray(line.get_xdata()).tolist() for line in axes.lines]

    assert drawn[0] == pytest.approx([100 * (low - 0.5), 100 * (high - 0.5)])
    assert drawn[1] == pytest.approx([-0.31])
    assert [patch.get_width() for patch in axes.patches] == pytest.approx([2, 2])  # type: ignore[attr-defined]


def test_an_arm_of_zero_is_named_with_its_users() -> None:
    """Three users where none may be."""
    assert "3 users, none expected" in words(plots.intervals(LEAK))


@pytest.mark.parametrize("draw", [plots.intervals, plots.ramp])
def test_nothing_to_draw_is_an_error(draw: object) -> None:
    """A check without shares has no figure of shares."""
    with pytest.raises(ConfigError):
        draw(Check("demo", "pass"))  # type: ignore[operator]


def test_the_overview_marks_what_lies_beyond_its_scale() -> None:
    """A mismatch of many margins is an arrow with its size, and a proof is named as one."""
    proof = sample_ratio([10, 0], [1, 0])
    figure = plots.overview({"good": INCONCLUSIVE, "far": sample_ratio([60_000, 40_000], [0.5, 0.5]), "off": proof})

    assert "10 margins" in words(figure)
    assert "pass (proof)" in words(figure)
    assert "n = 10 to 100,000" in figure.caption


def test_an_empty_overview_is_refused() -> None:
    """No checks, no figure."""
    with pytest.raises(ConfigError):
        plots.overview({})


def test_the_ramp_draws_every_variant_at_every_percentage() -> None:
    """One series a variant, one point a percentage, named with its users."""
    check = variants(Flag("button", enabled=True, rollout_percentage=50, variants=ARMS), range(2_000))  # type: ignore[arg-type]
    axes = plots.ramp(check).axes[0]
    series = [line for line in axes.lines if line.get_label() in check.estimate]

    assert [np.size(line.get_xdata()) for line in series] == [6, 6]
    assert axes.get_xticklabels()[-1].get_text() == "100 %\n2,000"


def test_the_image_carries_its_alternative_text() -> None:
    """Notebooks show an image whose alternative text is the caption; the file's metadata hold it, and no version."""
    figure = plots.intervals(INCONCLUSIVE)
    found: dict[str, str | None] = {}
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.update(attrs)  # type: ignore[method-assign]
    parser.feed(figure._repr_html_())
    picture = Image.open(io.BytesIO(figure.png()))

    assert found["alt"] == figure.caption == picture.info["Description"]
    assert "Software" not in picture.info


def test_an_image_repeats_byte_for_byte() -> None:
    """The same check gives the same file."""
    assert plots.intervals(INCONCLUSIVE).png() == plots.intervals(INCONCLUSIVE).png()


@pytest.mark.parametrize("check", [INCONCLUSIVE, LEAK])
def test_nothing_is_cut_off(check: Check) -> None:
    """The outermost pixels are white: no word runs out of the figure."""
    pixels = images.imread(io.BytesIO(plots.intervals(check).png()))

    assert all((edge[..., :3] == 1).all() for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]))


def test_fixed_ticks_stand_where_they_are_told_and_nowhere_else() -> None:
    """A logarithmic axis within a decade would write its minor ticks too."""
    figure, axes = plots.chart("", "", 2)
    axes.plot([1, 5_000], [1, 9])
    axes.set(xscale="log", yscale="log")
    plots.fixed_ticks(axes.xaxis, [1, 60, 3_600])
    plots.fixed_ticks(axes.yaxis, [2, 5], "{:.1f} s".format)
    figure.draw_without_rendering()

    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "60", "3,600"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["2.0 s", "5.0 s"]
    assert [label.get_text() for label in axes.get_yticklabels(minor=True)] == []
