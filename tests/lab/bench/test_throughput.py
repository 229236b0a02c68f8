"""Calls per second, on a clock that only the test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from ffcore.lab.bench.slowdown import slow
from ffcore.lab.bench.throughput import _loop_overhead, _sample, throughput

if TYPE_CHECKING:
    from tests.lab.bench.conftest import FakeClock

USERS = ["ann", "bob", "cleo"]


def test_rate_is_calls_over_seconds(clock: FakeClock) -> None:
    """A call of 2 µs gives 500,000 calls a second, to a clock reading per block."""
    run = throughput({"call": clock.taking(2_000)}, USERS, rounds=6, seconds=0.001, clock=clock)

    assert run.workloads["call"].median().value == pytest.approx(500_000, rel=1e-3)


def test_blocks_last_as_long_as_asked(clock: FakeClock) -> None:
    """Every counted block of a quick and of a slow call lasts at least the stated time, and less than twice that."""
    loads = {"quick": clock.taking(70), "slow": clock.taking(90_000)}

    run = throughput(loads, USERS, rounds=6, seconds=0.001, clock=clock)

    assert all(0.001 <= sample.shortest < 0.002 for sample in run.workloads.values())


def test_a_block_that_speeds_up_still_lasts(clock: FakeClock) -> None:
    """Calls that run 15 % faster after calibration still fill the asked time."""
    count = 0

    def speeding(_: str) -> None:
        nonlocal count
        count += 1
        clock.spend(1_000 if count < 4_000 else 850)

    run = throughput({"call": speeding}, USERS, rounds=12, seconds=0.001, clock=clock)

    assert run.workloads["call"].shortest >= 0.001


def test_loop_overhead_is_measured(clock: FakeClock) -> None:
    """An iterator that costs 50 ns a step is seen to, to a clock reading per loop."""

    def costly() -> Iterator[str]:
        while True:
            clock.spend(50)
            yield "ann"

    assert _loop_overhead(costly(), clock) == pytest.approx(50, rel=1e-4)


def test_loop_overhead_is_subtracted() -> None:
    """A thousand calls in 1 ms, of which the loop takes 200 ns each, are 1.25 million calls a second."""
    sample = _sample("call", [1_000_000] * 6, loops=1_000, loop=200)

    assert sample.rates.tolist() == [1_250_000] * 6


def test_a_stretched_empty_loop_makes_no_rate_negative() -> None:
    """Calls that seem to take less than the loop keep a tenth of their block as their own."""
    sample = _sample("call", [1_000_000] * 6, loops=1_000, loop=2_000)

    assert sample.rates.tolist() == [10_000_000] * 6


def test_blocks_of_workloads_interleave(clock: FakeClock) -> None:
    """After calibration no workload runs two blocks in a round."""
    turns: list[str] = []
    loads = {name: clock.noting(100_000, name, turns) for name in "ab"}

    throughput(loads, USERS, rounds=30, seconds=0.001, clock=clock)

    blocks = turns[-30 * 24 :]
    rounds = ["".join(blocks[start : start + 24 : 12]) for start in range(0, len(blocks), 24)]
    assert set(rounds) == {"ab", "ba"}


def test_a_threefold_slow_down_is_found(clock: FakeClock) -> None:
    """The seeded fault lowers the rate to a third, with an interval that excludes one."""
    loads = {"floor": clock.taking(2_000), "slow": slow(clock.taking(2_000), 3.0, clock)}

    ratio = throughput(loads, USERS, rounds=8, seconds=0.001, clock=clock).ratio("slow")

    assert ratio.high is not None
    assert ratio.high < 1 / 1.5
    assert ratio.value == pytest.approx(1 / 3, rel=0.1)


def test_drift_between_rounds_leaves_the_ratio(clock: FakeClock) -> None:
    """A machine that gets slower all the time moves both rates and spreads them, but not their ratio."""

    def drifting(nanoseconds: int) -> Callable[[str], object]:
        return lambda user: clock.spend(nanoseconds + clock.now // 100_000)

    run = throughput({"a": drifting(2_000), "b": drifting(2_000)}, USERS, rounds=10, seconds=0.001, clock=clock)

    rates = run.workloads["a"].rates
    assert rates.max() > 1.05 * rates.min()
    assert run.ratio("b").value == pytest.approx(1, rel=0.01)


def test_few_rounds_carry_no_interval(clock: FakeClock) -> None:
    """Five rounds give a spread and no median: six are the fewest with a 95 % interval."""
    run = throughput({"call": clock.taking(2_000)}, USERS, rounds=5, seconds=0.001, clock=clock)

    assert run.workloads["call"].median().value is None
    assert "not estimable (n = 5)" in run._repr_html_()


@pytest.mark.parametrize(("rounds", "seconds"), [(0, 0.1), (6, 0.0)])
def test_impossible_sizes_are_refused(clock: FakeClock, rounds: int, seconds: float) -> None:
    """No round or no time is one message with both numbers."""
    with pytest.raises(ValueError, match=f"rounds is {rounds} and seconds is {seconds}"):
        throughput({"call": clock.taking(1)}, USERS, rounds=rounds, seconds=seconds, clock=clock)
