"""Comparison with a baseline: differences that intervals carry, in words, beside what else differs."""

from dataclasses import replace
from pathlib import Path

import pytest

from ffcore import ConfigError
from ffcore.lab.report import page, results
from ffcore.lab.report.against import NO_DIFFERENCE, against, compare
from ffcore.lab.report.results import Measure, Result
from ffcore.lab.report.targets import Target

MEASURE = Measure("p99", "P99", 1.5, (1.4, 1.6), "ratio", 20)
CEILING = Target("P99", "demo", "p99", "", "", "", at_most=2.0)
FLOOR = replace(CEILING, at_most=None, at_least=1.0)
RESULT = Result(
    "demo", "Demo", "", "smoke", {"fault": ""}, 0, "1", None, {"cpu_model": "A"}, "2026-11-20T09:00:00Z", 1.0, "pass"
)


def measured(value: float, half: float = 0.1) -> Measure:
    """The measure with another value and the half width of its interval."""
    return replace(MEASURE, value=value, interval=(value - half, value + half))


@pytest.mark.parametrize(
    ("now", "target", "word"),
    [
        (measured(1.8), CEILING, "worse"),
        (measured(1.2), CEILING, "better"),
        (measured(1.8), FLOOR, "better"),
        (measured(1.2), FLOOR, "worse"),
        (measured(1.8), None, "changed"),
        (measured(1.65), CEILING, NO_DIFFERENCE),
        (replace(MEASURE, unit="ns"), None, "in another unit"),
        (replace(MEASURE, value=None, interval=None), None, "not comparable"),
        (replace(MEASURE, interval=(1.0, None)), None, "not comparable"),
    ],
)
def test_a_difference_is_what_intervals_carry(now: Measure, target: Target | None, word: str) -> None:
    """Overlap shows nothing; the target's bound says which way is better."""
    assert compare(MEASURE, now, target) == word


def test_counts_are_compared_as_they_are() -> None:
    """A count has no interval: it is equal or changed."""
    count = replace(MEASURE, interval=None)

    assert compare(count, count, None) == NO_DIFFERENCE
    assert compare(count, replace(count, value=1.6), None) == "changed"


def test_the_page_shows_both_runs_and_what_differs(tmp_path: Path) -> None:
    """Measures that only one run has, other processors, profiles, parameters and missing notebooks are told."""
    (tmp_path / "old").mkdir()
    other = {"profile": "full", "parameters": {"fault": "slow"}, "machine": {"cpu_model": "B"}}
    then = replace(RESULT, measures=[MEASURE, replace(MEASURE, name="gone")], **other)  # type: ignore[arg-type]
    results.write(then, tmp_path / "old" / "demo.json")
    now = replace(RESULT, measures=[measured(1.8), replace(MEASURE, name="new")])
    compared = against([now, replace(now, notebook="b", title="Bee")], tmp_path / "old", [CEILING])
    html = page.html([now], [CEILING], page.Beside(against=compared))

    assert [row.word for row in compared.rows] == ["worse", "gone", "not in the baseline"]
    assert len(compared.cautions) == 4
    for part in ("Against the baseline", "worse", "1.50 times", "the profile full", "fault was slow", "has no Bee"):
        assert part in html


def test_a_damaged_baseline_is_refused(tmp_path: Path) -> None:
    """A comparison with half a run would mislead."""
    (tmp_path / "demo.json").write_text("{", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"demo\.json"):
        against([RESULT], tmp_path, [])
