"""Memory over evaluations: a slope in bytes, which a leak has and the evaluator has not."""

from __future__ import annotations

import numpy as np
import pytest

from ffcore.flagset import FlagSet
from ffcore.lab.bench import memory as subject
from ffcore.lab.bench.estimate import Floats
from ffcore.lab.bench.memory import READINGS, RESIDENT, TRACED, Memory, Task, memory, watch
from ffcore.lab.bench.workloads import STANDARD


def series(slope: float, noise: float, seed: int = 0) -> Memory:
    """Readings that rise by so much an evaluation, after a start that rises far more."""
    made: Floats = np.arange(1, READINGS + 1, dtype=np.float64) * 1_000
    held: Floats = slope * made + np.random.default_rng(seed).normal(0, noise, READINGS)
    held[:5] -= [9e6, 7e6, 5e6, 3e6, 1e6]
    return Memory("ffcore", TRACED, made, held)


def test_the_slope_is_found_behind_settling_and_noise() -> None:
    """What happens in the first readings has no say; the interval is narrow and lies around the value."""
    found = series(0.5, 100).slope()

    assert found.value == pytest.approx(0.5, rel=0.05)
    assert found.low < found.value < found.high < 1.1 * found.low  # type: ignore[operator]


def test_memory_that_stays_has_slope_zero() -> None:
    """Readings that do not change are a slope of exactly 0, with an interval of no width."""
    found = series(0.0, 0.0).slope()

    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("kind", [TRACED, RESIDENT])
def test_both_memories_are_read_at_each_reading(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Evaluations are counted from the first after settling; bytes are positive."""
    monkeypatch.setattr(subject, "SETTLED", 100)

    made, held = watch(Task(STANDARD, 4_000, kind, leaks=False))

    assert made.tolist() == [100.0 * n for n in range(1, READINGS + 1)]
    assert (held > 0).all()


def test_a_leak_is_traced_to_the_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tenth call keeps an id, a tuple and a number: at least ten bytes a call, and without it next to none."""
    monkeypatch.setattr(subject, "SETTLED", 2_000)

    clean, leaking = (
        Memory("ffcore", TRACED, *watch(Task(STANDARD, 4_000, TRACED, leaks=leaks))).slope() for leaks in (False, True)
    )

    assert leaking.low > 10  # type: ignore[operator]
    assert clean.high < 1  # type: ignore[operator]


@pytest.mark.slow
def test_four_processes_tell_leak_from_none() -> None:
    """The evaluator and the control are watched apart; under the fault both leak."""
    run = memory(FlagSet(), 4_000, fault="leak")

    assert len(run.series) == 4
    assert all(one.slope().low > 1 for one in run.series)  # type: ignore[operator]
    assert "leaking control" in run._repr_html_()


def test_too_few_evaluations_are_refused() -> None:
    """Fewer evaluations than readings is one message."""
    with pytest.raises(ValueError, match="evaluations is 10"):
        memory(STANDARD, 10)
