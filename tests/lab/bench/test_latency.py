"""Per-call latency, on a clock that only the test moves."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ffcore.lab.bench.fresh import gathered
from ffcore.lab.bench.latency import latency, timer_only
from ffcore.lab.bench.slowdown import slow
from ffcore.lab.bench.warmup import WarmUp

if TYPE_CHECKING:
    from tests.lab.bench.conftest import FakeClock

USERS = [f"user-{number}" for number in range(10)]


def noisy(clock: FakeClock, mean: int, seed: int) -> Callable[[str], object]:
    """A call of lognormal length around a mean."""
    lengths = iter(np.random.default_rng(seed).lognormal(np.log(mean), 0.5, 100_000).astype(int).tolist())
    return lambda user: clock.spend(next(lengths))


def test_timer_overhead_is_subtracted_and_stated(clock: FakeClock) -> None:
    """A call of 700 ns timed with a clock that costs 40 ns counts 700 ns, and the 40 ns stand in the record."""
    run = latency({"call": clock.taking(700)}, USERS, calls=600, blocks=6, clock=clock)

    assert (run.workloads["call"].blocks == 700).all()
    assert run.timer.overhead == 40
    assert "40.0 ns subtracted" in run._repr_html_()


def test_no_time_is_negative() -> None:
    """A pair that a clock rounds to less than its usual cost counts 0, not less."""
    readings = itertools.accumulate(itertools.cycle([10, 50, 10, 50, 10, 20]))

    run = latency({"call": lambda user: None}, USERS, calls=60, blocks=6, clock=readings.__next__)

    assert run.timer.overhead == 50
    assert set(run.workloads["call"].blocks.ravel()) == {0.0}


def test_warm_up_is_found_and_dropped(clock: FakeClock) -> None:
    """Calls that are slow only at first are dropped, a block at a time, and the stated number of calls remains."""
    calls = []

    def warming(user: str) -> None:
        calls.append(user)
        clock.spend(90_000 if len(calls) <= 130 else 500)

    run = latency({"call": warming}, USERS, calls=1_000, blocks=10, clock=clock)

    sample = run.workloads["call"]
    assert len(calls) == 1_200
    assert sample.warm_up == WarmUp(130, settled=True)
    assert (sample.lead.size, sample.blocks.shape) == (200, (10, 100))
    assert sample.blocks.max() == 500


def test_without_warm_up_no_call_is_dropped(clock: FakeClock) -> None:
    """Where nothing changes, the first block counts."""
    run = latency({"call": clock.taking(700)}, USERS, calls=1_000, blocks=10, clock=clock)

    assert run.workloads["call"].lead.size == 0
    assert "0 calls of warm-up found" in run._repr_html_()


def test_times_that_never_settle_are_named(clock: FakeClock) -> None:
    """Where calls go on getting faster nothing is dropped, and the table says of which workload."""
    lengths = iter(range(24_000, 0, -10))
    loads = {"falling": lambda user: clock.spend(next(lengths)), "steady": clock.taking(700)}

    run = latency(loads, USERS, calls=1_000, blocks=10, clock=clock)

    assert run.unsettled() == {"falling"}
    assert "never settled: falling; " in run._repr_html_()
    assert "never settled: falling; " in gathered([run, run], np.ones((2, 3)))._repr_html_()


def test_blocks_of_workloads_interleave(clock: FakeClock) -> None:
    """Workloads take turns block by block in changing order; none runs through first."""
    turns: list[str] = []
    loads = {name: clock.noting(100, name, turns) for name in "ab"}

    latency(loads, USERS, calls=200, blocks=20, clock=clock)

    blocks = [turns[start : start + 10] for start in range(0, len(turns), 10)]
    assert all(len(set(block)) == 1 for block in blocks)
    rounds = ["".join(first[0] + second[0]) for first, second in zip(blocks[::2], blocks[1::2], strict=True)]
    assert set(rounds) == {"ab", "ba"}
    assert len(rounds) == 24


def test_a_round_gives_the_same_ids_to_all(clock: FakeClock) -> None:
    """Both workloads see the same users in the same order, the ids again from the start when they run out."""
    seen: dict[str, list[str]] = {"a": [], "b": []}

    latency(
        {name: clock.taking(1, users.append) for name, users in seen.items()}, USERS, calls=42, blocks=6, clock=clock
    )

    assert seen["a"] == seen["b"] == (USERS * 6)[:56]


def test_a_threefold_slow_down_is_found(clock: FakeClock) -> None:
    """The seeded fault turns the ratio to three, with an interval that excludes one, at the median and at p99."""
    call = noisy(clock, 1_000, seed=1)
    run = latency(
        {"floor": noisy(clock, 1_000, seed=2), "slow": slow(call, 3.0, clock)},
        USERS,
        calls=9_000,
        blocks=20,
        clock=clock,
    )

    for level in (0.5, 0.99):
        ratio = run.ratio("slow", q=level)
        assert ratio.low is not None
        assert ratio.value is not None
        assert ratio.low > 1.5
        assert ratio.value == pytest.approx(3, rel=0.2)


def test_small_blocks_carry_no_tail_ratio(clock: FakeClock) -> None:
    """A ratio of p99 needs 368 calls in each block; with 300 it is None."""
    run = latency({"a": clock.taking(10), "b": clock.taking(20)}, USERS, calls=3_000, blocks=10, clock=clock)

    assert run.ratio("b", q=0.99).value is None
    assert run.ratio("b").value == 2.0
    assert run.ratio("a", baseline="b").value == 0.5


def test_percentiles_say_what_they_cannot(clock: FakeClock) -> None:
    """With 400 calls p99 is there and p99.9 is not, in the record and on the page."""
    run = latency({"call": noisy(clock, 800, seed=3)}, USERS, calls=400, blocks=8, clock=clock)

    found = run.workloads["call"].percentiles()
    assert [name for name, estimate in found.items() if estimate.value is None] == ["p99.9", "p99.99"]
    assert run._repr_html_().count("not estimable (n = 400)") == 2


def test_garbage_collector_is_left_as_it_is(clock: FakeClock) -> None:
    """Measuring neither stops nor starts the collector, and the record says how it was."""
    states: set[bool] = set()
    call = clock.taking(1, lambda user: states.add(gc.isenabled()))

    run = latency({"call": call}, USERS, calls=6, blocks=6, clock=clock)

    assert states == {True}
    assert run.garbage_collector


def test_the_collector_rests_for_the_workloads_that_ask(clock: FakeClock) -> None:
    """A paused workload runs without the collector, its neighbour with it, and afterwards it is on again."""
    states: dict[str, set[bool]] = {"on": set(), "off": set()}
    loads = {name: clock.taking(1, lambda user, name=name: states[name].add(gc.isenabled())) for name in states}  # type: ignore[misc]

    latency(loads, USERS, calls=60, blocks=6, paused=["off"], clock=clock)

    assert states == {"on": {True}, "off": {False}}
    assert gc.isenabled()


def test_the_timer_alone_is_not_subtracted_from_itself(clock: FakeClock) -> None:
    """The row of the clock shows what its pair of readings costs."""
    run = latency({"timer": timer_only, "call": clock.taking(0)}, USERS, calls=60, blocks=6, clock=clock)

    assert set(run.workloads["timer"].blocks.ravel()) == {40.0}
    assert set(run.workloads["call"].blocks.ravel()) == {0.0}


@pytest.mark.parametrize(("calls", "blocks"), [(10, 0), (5, 6)])
def test_impossible_sizes_are_refused(clock: FakeClock, calls: int, blocks: int) -> None:
    """Fewer calls than blocks, or no block, is one message with both numbers."""
    with pytest.raises(ValueError, match=f"blocks is {blocks} and calls is {calls}"):
        latency({"call": clock.taking(1)}, USERS, calls=calls, blocks=blocks, clock=clock)
