"""The timer's own step and cost."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

import pytest

from ffcore.lab.bench.clock import timer

if TYPE_CHECKING:
    from tests.lab.bench.conftest import FakeClock


def test_overhead_is_the_median_of_an_empty_pair(clock: FakeClock) -> None:
    """A clock that costs 40 ns to read shows 40 ns between two readings with nothing between them."""
    measured = timer(clock, pairs=500)

    assert (measured.overhead, measured.resolution) == (40.0, 40)


def test_overhead_ignores_rare_interruptions() -> None:
    """One pair in ten that another process interrupts does not move the overhead: it is a median, not a mean."""
    steps = itertools.cycle([10, 25] * 9 + [10, 90_000])
    now = itertools.accumulate(steps)

    assert timer(now.__next__, pairs=1_000).overhead == 25.0


def test_resolution_of_a_coarse_clock_is_its_step() -> None:
    """A clock that steps by 15.6 ms while pairs see nothing is waited for, and its step is the resolution."""
    readings = (15_600_000 * (count // 5_000) for count in itertools.count())

    measured = timer(readings.__next__, pairs=1_000)

    assert (measured.resolution, measured.overhead) == (15_600_000, 0.0)


def test_a_clock_that_stands_still_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that never advances gives one message with its name instead of an endless wait."""
    monkeypatch.setattr("ffcore.lab.bench.clock.READINGS", 1_000)

    def frozen() -> int:
        return 7

    with pytest.raises(ValueError, match="clock frozen did not advance in 1,000 readings"):
        timer(frozen, pairs=10)


def test_the_real_clock_advances() -> None:
    """The default clock has a positive step and cost, and names itself."""
    measured = timer(pairs=200)

    assert measured.resolution > 0
    assert measured.overhead > 0
    assert measured.clock == time.perf_counter_ns.__name__
