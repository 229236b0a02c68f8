"""The end of warm-up, found in times whose warm-up is known."""

import numpy as np
import pytest

from ffcore.lab.bench.warmup import WarmUp, change_points, warm_up


def noisy(level: float, calls: int, seed: int) -> list[float]:
    """Lognormal times around a level, as calls have them."""
    values: list[float] = np.random.default_rng(seed).lognormal(np.log(level), 0.1, calls).round().tolist()
    return values


@pytest.mark.parametrize("calls", [100, 500, 2_000])
def test_a_known_boundary_is_found(calls: int) -> None:
    """A stretch of times twice as long ends where it ends, to the width of a bin."""
    found = warm_up(noisy(1_000, calls, 1) + noisy(500, 10_000 - calls, 2))

    assert found.settled
    assert abs(found.calls - calls) <= 50


def test_steady_times_have_no_warm_up() -> None:
    """Noise alone is no change: of 100 steady runs none loses a call.

    A change needs a gain of three times log(200) noise variances, about 16, from one of 200 places.
    """
    assert {warm_up(noisy(500, 4_000, seed)).calls for seed in range(100)} == {0}


def test_a_slow_stretch_later_is_no_warm_up() -> None:
    """What the machine does in the middle stays in the sample."""
    times = noisy(500, 4_000, 3) + noisy(900, 1_000, 4) + noisy(500, 5_000, 5)

    assert warm_up(times) == WarmUp(0, settled=True)


def test_times_that_settle_late_say_so() -> None:
    """Times that go on falling have no end of warm-up: nothing is dropped, and the record says so."""
    assert warm_up([1_000.0 - n / 20 for n in range(10_000)]) == WarmUp(0, settled=False)


def test_a_handful_of_calls_is_left_alone() -> None:
    """Fewer calls than two bins have no change to find."""
    assert warm_up(range(15)) == WarmUp(0, settled=True)


def test_two_changes_are_both_found() -> None:
    """Pieces may be short and levels may return."""
    levels = np.concatenate([np.full(5, 2.0), np.full(40, 1.0), np.full(10, 1.5)])

    assert change_points(levels) == [0, 5, 45]
