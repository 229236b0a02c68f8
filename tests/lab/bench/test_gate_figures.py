"""The figure of the gate."""

from __future__ import annotations

import pytest

from ffcore.lab.bench.contender import NAMES
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.bench.gate.alarms import Alarms
from ffcore.lab.bench.gate.judging import judged
from ffcore.lab.bench.gate.outcome import Outcome
from ffcore.lab.bench.gate_figures import gate_ratios


def outcome(ratio: float, *, comparable: bool = True) -> Outcome:
    """The same ratio on all workloads, and twenty comparisons of identical code at 1."""
    found = judged({name: Estimate(ratio, ratio * 0.99, ratio * 1.01, 12) for name in NAMES})
    same = tuple(judged({name: Estimate(1.0, 0.99, 1.01, 12) for name in NAMES}))
    return Outcome("old", tuple(found), Alarms((same,) * 20, 0.02), comparable=comparable)


def test_the_caption_says_what_is_drawn() -> None:
    """Unit, sample size, interval, margin and the false alarms are in words, which are the alternative text."""
    figure = gate_ratios(outcome(1.0))

    for part in ("95 % interval over n = 12 processes", "the tolerated 2 %", "0 of 20 comparisons of identical code"):
        assert part in figure.caption
    assert 'alt="Time of this code over' in figure._repr_html_()


@pytest.mark.parametrize("ratio", [0.5, 1.0, 1.05, 4.0])
def test_every_interval_and_the_margin_are_inside_the_axes(ratio: float) -> None:
    """Whatever the ratio, nothing is drawn outside, and 1 is marked."""
    [axes] = gate_ratios(outcome(ratio)).axes
    low, high = axes.get_xlim()

    assert low < min(ratio * 0.99, 1 / 1.02) < max(ratio * 1.01, 1.02) < high
    assert "1.00" in [label.get_text() for label in axes.get_xticklabels()]


def test_verdicts_stand_as_words() -> None:
    """Each row says its verdict, and the title the whole; where runs don't compare, that nothing is judged."""
    failed, apart = gate_ratios(outcome(1.05)), gate_ratios(outcome(1.05, comparable=False))

    assert failed.texts[0].get_text() == "Against the baseline: FAIL"
    assert all("fail" in text.get_text() for text in failed.axes[0].texts)
    assert apart.texts[0].get_text() == "Against the baseline: INCONCLUSIVE"
    assert all("not judged" in text.get_text() for text in apart.axes[0].texts)
