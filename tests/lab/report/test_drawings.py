"""Drawings: a flag set without the kind of flag that a figure shows gets a sentence, not a crash."""

from ffcore import Flag
from ffcore.lab.plots import Chart
from ffcore.lab.report.drawings import NOTHING, overview, widest_ramp
from ffcore.lab.verify import sample_ratio, variants

HALVES = [{"key": "a", "allocation": "0.5"}, {"key": "b", "allocation": "0.5"}]
THIRDS = [{"key": arm, "allocation": "1/3"} for arm in "abc"]


def flag(key: str, arms: list[dict[str, str]]) -> Flag:
    """A flag for everybody with these variants."""
    return Flag.from_item({"key": key, "enabled": True, "rollout_percentage": 100, "variants": arms})


def test_no_checks_draw_nothing() -> None:
    """An empty flag set is said in words."""
    assert (overview([]), widest_ramp([])) == (NOTHING, NOTHING)


def test_checks_without_a_ramp_draw_no_ramp() -> None:
    """A faulty function is judged at one percentage alone."""
    check = sample_ratio([4969, 5031], [0.5, 0.5])

    assert widest_ramp([check]) == NOTHING
    assert isinstance(overview([check]), Chart)


def test_the_ramp_with_the_most_variants_is_drawn() -> None:
    """Of several splits the widest is shown."""
    users = range(500)
    drawn = widest_ramp([variants(flag("two", HALVES), users), variants(flag("three", THIRDS), users)])

    assert isinstance(drawn, Chart)
    legend = drawn.axes[0].get_legend()
    assert legend is not None
    assert len(legend.get_texts()) == 3
