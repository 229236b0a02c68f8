"""Memory's verdict: by the whole interval of a slope, and only if the control was caught."""

import numpy as np
import pytest

from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.bench.memory import CONTROL, OURS, READINGS, RESIDENT, TRACED, Memory, MemoryRun
from ffcore.lab.report.memory_checks import judged, memory_checks, memory_measures


def run_of(ours: float, control: float) -> MemoryRun:
    """Series with exact slopes."""
    made = np.arange(1.0, READINGS + 1) * 1_000
    return MemoryRun(
        tuple(
            Memory(who, kind, made, slope * made)
            for who, slope in ((OURS, ours), (CONTROL, control))
            for kind in (TRACED, RESIDENT)
        )
    )


@pytest.mark.parametrize(
    ("ours", "control", "verdicts"),
    [(0.0, 12.0, ["pass", "pass"]), (12.0, 12.0, ["fail", "pass"]), (0.0, 0.0, ["pass", "fail"])],
)
def test_growth_fails_and_so_does_a_blind_measurement(ours: float, control: float, verdicts: list[str]) -> None:
    """A leak fails the first check; a control that was not caught fails the second."""
    found = memory_checks(run_of(ours, control))

    assert [check.verdict for check in found.values()] == verdicts


def test_an_interval_across_the_limit_is_open() -> None:
    """Evidence for neither is inconclusive, and so is none at all."""
    assert judged(Estimate(0.01, 0.0, 0.02, 9)) == "inconclusive"
    assert judged(Estimate(None, None, None, 9)) == "inconclusive"


def test_the_seeds_benchmark_is_named() -> None:
    """Resident memory stands for the seed's test, in bytes an evaluation."""
    first = memory_measures(run_of(0.5, 12.0))[0]

    assert first.replaces == "test_memory_efficiency_with_many_evaluations"
    assert first.value == pytest.approx(0.5)
