"""The count of false alarms and what it bounds."""

from __future__ import annotations

import pytest
from scipy import stats

from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.bench.gate.alarms import Alarms, calibrate, highest_rate


@pytest.mark.parametrize(("alarms", "runs"), [(0, 20), (3, 20), (0, 1), (19, 20)])
def test_the_bound_leaves_so_few_alarms_a_chance_of_5_percent(alarms: int, runs: int) -> None:
    """At the bound, so few alarms or fewer come in one series of twenty."""
    assert stats.binom.cdf(alarms, runs, highest_rate(alarms, runs)) == pytest.approx(0.05)


def test_alarms_only_bound_nothing() -> None:
    """Where every comparison alarmed, or none was made, any rate is possible."""
    assert highest_rate(20, 20) == highest_rate(0, 0) == 1.0


def noisy(number: int) -> dict[str, Estimate]:
    """Identical code of which every fifth comparison shows one of two workloads 5 % slower."""
    shift = 1.05 if number % 5 == 0 else 1.0
    steady, moved = (Estimate(at, at - 0.01, at + 0.01, 9) for at in (1.0, shift))
    return {"steady": steady, "moved": moved}


def test_one_failing_workload_is_one_alarm() -> None:
    """Each comparison is made once, by its number, and one failure in it makes it an alarm."""
    asked: list[int] = []
    said: list[str] = []

    def once(number: int) -> dict[str, Estimate]:
        asked.append(number)
        return noisy(number)

    found = calibrate(once, runs=20, progress=said.append)

    assert asked == list(range(1, 21))
    assert (found.count, found.passed) == (4, 16)
    assert said[-1] == "identical code, comparison 20 of 20"
    assert str(found).startswith("false alarms: 4 of 20 comparisons of identical code, so the rate is below 40 %")


def test_the_margin_is_the_gates() -> None:
    """With a margin of 10 % the same comparisons raise no alarm; the file says the margin."""
    found = calibrate(noisy, runs=20, margin=0.1)

    assert found.count == 0
    assert found.to_dict()["margin"] == 0.1
    assert found.to_dict()["rate_below"] == pytest.approx(0.139, abs=0.001)
    assert len(found.to_dict()["ratios"]) == 20


@pytest.mark.parametrize(
    ("runs", "said"), [(0, "below 100 %"), (1, "below 95 %"), (20, "below 14 %"), (60, "below 4.9 %")]
)
def test_the_bound_is_written_whole(runs: int, said: str) -> None:
    """Without a run the rate may be anything, and 100 % is not written as a power of ten."""
    assert said in str(Alarms(((),) * runs, 0.02))
