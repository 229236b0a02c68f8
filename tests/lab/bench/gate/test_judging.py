"""Verdicts of ratios."""

from __future__ import annotations

import random

import numpy as np
import pytest

from ffcore.lab.bench.estimate import Estimate, median
from ffcore.lab.bench.gate.judging import judged, quotient, verdict
from ffcore.lab.verify.check import Verdict


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.99, 1.02, "pass"),
        (0.5, 0.6, "pass"),
        (0.99, 1.021, "inconclusive"),
        (1.02, 1.03, "inconclusive"),
        (1.021, 1.03, "fail"),
    ],
)
def test_the_whole_interval_decides(low: float, high: float, expected: Verdict) -> None:
    """Inside the margin, or a gain, is a pass; wholly beyond it a fail; on both sides inconclusive."""
    assert verdict(Estimate((low + high) / 2, low, high, 9)) == expected


def test_the_margin_counts() -> None:
    """A loss of 20 % is tolerated where the margin is 30 %, and a margin of 0 tolerates none."""
    loss = Estimate(1.2, 1.19, 1.21, 9)

    assert (verdict(loss, 0.3), verdict(loss, 0.0)) == ("pass", "fail")


def test_nothing_estimable_is_inconclusive() -> None:
    """Too few processes judge nothing."""
    assert judged({"simple": Estimate(None, None, None, 3)})[0].verdict == "inconclusive"


def rates(factor: float, runs: int = 400) -> dict[Verdict, float]:
    """How often made-up races of so slow a candidate get each verdict: 20 pairs, whose ratios scatter by 1.5 %."""
    draw = np.random.default_rng(7)
    found = [verdict(median(factor * draw.lognormal(0, 0.015, 20))) for _ in range(runs)]
    return {name: found.count(name) / runs for name in ("pass", "fail", "inconclusive")}


def test_five_percent_is_caught_and_nothing_is_not() -> None:
    """On pairs that scatter by 1.5 % a loss of 5 % fails in nine races of ten and never passes; 0 % never fails."""
    slow, same = rates(1.05), rates(1.0)

    assert slow["fail"] > 0.9
    assert slow["pass"] == 0
    assert same["pass"] > 0.9
    assert same["fail"] == 0


def test_a_loss_of_the_margin_itself_seldom_fails() -> None:
    """On the edge at most the 2.5 % of one side of the interval fail; a fixed draw, so 1 to 16 of 400."""
    assert 0 < rates(1.02)["fail"] <= 0.04


def test_the_interval_of_a_quotient_covers_the_truth() -> None:
    """Of 300 pairs of skewed samples with a true ratio of 1.1, the 95 % interval misses it in 1 to 30."""
    draw = random.Random(5)  # noqa: S311  repeatable, not secret
    missed = 0
    for _ in range(300):
        new, old = (median([factor * draw.lognormvariate(0, 0.2) for _ in range(12)]) for factor in (1.1, 1.0))
        found = quotient(new, old)
        assert found.low is not None
        assert found.high is not None
        missed += not found.low <= 1.1 <= found.high

    assert 1 <= missed <= 30


def test_a_quotient_of_nothing_is_nothing() -> None:
    """Where either side is not estimable there is no ratio, and n is the smaller one."""
    known, unknown = Estimate(1.0, 0.9, 1.1, 9), Estimate(None, None, None, 3)

    assert quotient(known, unknown) == quotient(unknown, known) == unknown
