"""The seeded slow-down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ffcore.lab.bench.slowdown import slow

if TYPE_CHECKING:
    from tests.lab.bench.conftest import FakeClock


@pytest.mark.parametrize("factor", [1.5, 3.0, 10.0])
def test_a_call_takes_the_multiple_of_its_time(clock: FakeClock, factor: float) -> None:
    """A call of 100 µs then takes `factor` times that, give or take a few clock readings."""
    slowed = slow(clock.taking(100_000), factor, clock)

    start = clock.now
    slowed("ann")

    assert clock.now - start == pytest.approx(factor * 100_000, abs=10 * clock.cost * factor)


def test_the_result_stays(clock: FakeClock) -> None:
    """A slow decision is the same decision."""
    assert slow(clock.taking(10, str.upper), 3.0, clock)("ann") == "ANN"
