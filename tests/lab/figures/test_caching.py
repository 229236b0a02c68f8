"""The figures of the cache: what is drawn is what was measured, and captions say units, sample and interval."""

import numpy as np
import pytest
from matplotlib.text import Text

from ffcore.lab import caching, plots
from ffcore.lab.caching import Scenario, Traffic, arrivals, measure, replay, stampede, zipf
from ffcore.lab.caching.stampede import Stampede
from ffcore.lab.caching.timing import Spectrum
from ffcore.lab.figures import cache_faults, cache_price, hit_rates, knee
from ffcore.lab.testing.caches import ErrorsAsMissing

TRAFFIC = Traffic(40, zipf(4), containers=2)
RUNS = [measure(TRAFFIC, ttl, 4_000) for ttl in (1, 10)]


def words(figure: plots.Chart) -> str:
    """All text in a figure."""
    return "\n".join(str(found.get_text()) for found in figure.findobj(Text))


def lines(figure: plots.Chart, panel: int = 0) -> list[list[list[float]]]:
    """Every line of a panel as its x and its y values."""
    return [np.asarray(line.get_data(), dtype=float).tolist() for line in figure.axes[panel].lines]


def test_marks_stand_at_the_flags_products_and_rates() -> None:
    """Across λT, up the measured share, one series for each run, over theory's curve."""
    figure = hit_rates.hit_rate_curve(RUNS)
    curve, _, *marks = lines(figure)
    series = [found for found in marks if len(found[0]) == 4 and found[1] in [(100 * r.flags).tolist() for r in RUNS]]

    assert curve[1] == pytest.approx((100 * caching.hit_rate(np.array(curve[0]), 1)).tolist())
    assert [found[0] for found in series] == [pytest.approx((TRAFFIC.rates * run.ttl).tolist()) for run in RUNS]
    assert f"n = {sum(run.n for run in RUNS):,} requests" in figure.caption
    assert "95 % interval" in figure.caption


def test_a_fleet_is_drawn_at_its_containers_with_the_target() -> None:
    """Dots at the measured rates, the line through theory's, and the target in words."""
    runs = [measure(TRAFFIC.over(count), 10, 2_000) for count in (1, 10, 1_000)]
    figure = hit_rates.fleet_curve(runs, target=0.9)
    line, dots = lines(figure)[:2]

    assert dots == [[1, 10, 1_000], pytest.approx([100 * run.hit_rate for run in runs])]
    assert (line[0][0], line[0][-1]) == (1, 1_000)
    assert line[1][-1] == pytest.approx(100 * caching.fleet_hit_rate(TRAFFIC.over(1_000), 10))
    assert "target 90 %" in words(figure)


def test_price_and_staleness_stand_in_two_panels() -> None:
    """Reads above, seconds below, over the same lives; the sum of the caption is what theory says."""
    figure = cache_price.price(TRAFFIC, 300, dollars_per_million=2)
    above, below = lines(figure, 0), lines(figure, 1)
    lives = np.array(above[0][0])

    assert above[1][1] == pytest.approx([caching.reads(TRAFFIC.over(10), life) for life in lives])
    assert below[0][1] == pytest.approx(lives.tolist())
    for life, half in zip(lives[60:], below[1][1][60:], strict=True):
        assert float(caching.stale_share(TRAFFIC, life, half)) == pytest.approx(0.5)
    reads = caching.reads(TRAFFIC, 300)
    assert (
        f"read {reads / 1e6:.3g} million times for ${caching.cost(reads, dollars_per_million=2):,.2f}" in figure.caption
    )


def test_loads_are_drawn_for_each_cache() -> None:
    """One line each, named at its end with its count."""
    figure = cache_faults.loads({"ours": [stampede(1), stampede(4)], "bare": [Stampede(1, 1, 1), Stampede(4, 4, 4)]})

    assert lines(figure) == [[[1, 4], [1, 1]], [[1, 4], [1, 4]]]
    assert "ours:\n1 load" in words(figure)
    assert "bare:\n4 loads" in words(figure)


def test_outages_are_drawn_one_below_the_other() -> None:
    """Each panel has its title, its shaded time, and one line of shares for each cache."""
    found = arrivals(TRAFFIC, 10, 60)
    scenario = Scenario(down=((20, 40),))
    answers = {"ours": replay(found, scenario), "naive": replay(found, scenario, ErrorsAsMissing)}
    figure = cache_faults.outages({"first": ((20, 40), answers), "second": ((20, 40), answers)})
    steps = [patch.get_data().values for patch in figure.axes[1].patches if hasattr(patch, "get_data")]

    assert [axes.get_title(loc="left") for axes in figure.axes] == ["first", "second"]
    assert [float(np.nanmax(values)) for values in steps] == [0, 100]
    assert f"n = {len(answers['ours'].seconds):,} and" in figure.caption


def test_staleness_is_drawn_from_the_change_on() -> None:
    """Nothing before, theory's line after, the end of a life marked."""
    answers = replay(arrivals(TRAFFIC, 10, 60), Scenario(change=30))
    figure = cache_faults.staleness(answers, TRAFFIC, 10, 30)
    theory, end = lines(figure)
    steps = next(patch.get_data() for patch in figure.axes[0].patches if hasattr(patch, "get_data"))

    assert np.nanmax(steps.values[steps.edges[1:] <= 0]) == 0
    assert theory[1][0] == pytest.approx(100 * caching.fleet_hit_rate(TRAFFIC, 10))
    assert end[0] == [10, 10]


def test_a_knee_is_marked_on_its_spectrum() -> None:
    """Every request is drawn in order; the mark stands where the times part, the line at theory's hit rate."""
    times, hits = np.array([100.0] * 80 + [9_000.0] * 20), np.arange(100) < 80
    figure = knee.knees({"store": Spectrum(times, hits, expected=0.75)})
    drawn, mark, expected = lines(figure)

    assert drawn[1] == sorted(times.tolist())
    assert mark[0] == [pytest.approx(5)]
    assert expected[0] == [4, 4]
    assert "store 80.00 and 80.00 %" in figure.caption


def test_every_figure_is_an_image_with_its_caption() -> None:
    """Captions are alternative texts, long enough to say something."""
    for figure in (hit_rates.hit_rate_curve(RUNS), cache_price.price(TRAFFIC, 1)):
        assert figure.png().startswith(b"\x89PNG")
        assert figure.caption[:40] in figure._repr_html_()
