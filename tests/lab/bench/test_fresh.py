"""Latency over processes: the spread that one process does not show is in every interval."""

from __future__ import annotations

import numpy as np
import pytest

from ffcore.lab.bench.clock import Timer
from ffcore.lab.bench.estimate import Floats
from ffcore.lab.bench.fresh import FreshRun, fresh_latency, gathered
from ffcore.lab.bench.latency import Latency, LatencyRun
from ffcore.lab.bench.sizes import SIZES
from ffcore.lab.bench.workloads import STANDARD

CLOCK = Timer("perf_counter_ns", 40, 42.0)
USERS = [f"user-{number}" for number in range(900)]


def run_of(levels: Floats, seed: int, noise: float = 0.1) -> FreshRun:
    """Processes whose calls are lognormal around a level each; "double" takes twice as long as "simple"."""
    generator = np.random.default_rng(seed)
    runs = []
    for level in levels:
        blocks = generator.lognormal(np.log(level), noise, (8, 500))
        samples = {"simple": Latency("simple", blocks), "double": Latency("double", 2 * blocks)}
        runs.append(LatencyRun(samples, CLOCK, garbage_collector=True))
    return gathered(runs, np.ones((len(runs), 3)))


def levels_of(seed: int, processes: int, spread: float = 0.2) -> Floats:
    """Processes differ by a lognormal factor."""
    return np.random.default_rng(seed).lognormal(np.log(600), spread, processes)


@pytest.mark.slow
def test_intervals_over_processes_cover() -> None:
    """Of 300 intervals at 20 processes at least 255 hold the median of all processes.

    Nominally 285; the bootstrap of 20 draws holds about 93 %, and fewer than 255 of 300 has a probability below 1e-5
    even at 92 % (seeds are fixed, so the count is too).
    """
    held = 0
    for seed in range(300):
        found = run_of(levels_of(seed, 20), seed + 1_000).percentile("simple", 0.5)
        held += found.low <= 600 <= found.high  # type: ignore[operator]

    assert held >= 255


def test_few_processes_say_that_they_are_few() -> None:
    """Below six processes the interval is that of the calls, and the caption says so; from six on it is not."""
    few, many = run_of(levels_of(3, 3), 4), run_of(levels_of(3, 6), 4)

    assert few.percentile("simple", 0.9) == few.pooled.bands("simple", [0.9])[0]
    assert many.percentile("simple", 0.9) != many.pooled.bands("simple", [0.9])[0]
    assert "of calls alone: fewer than six processes" in few.conditions()
    assert "over processes" in many._repr_html_()


def test_ratios_pair_within_a_process() -> None:
    """However far processes are apart, twice the time is twice the time in each; the interval counts processes."""
    ratio = run_of(levels_of(5, 8), 6).ratio("double", "simple", 0.99)

    assert ratio.value == pytest.approx(2.0)
    assert ratio.n == 8


def test_variation_tells_processes_from_calls() -> None:
    """Equal processes have no variation between them; processes 20 % apart have about 0.2 of it."""
    alike = run_of(np.full(12, 600.0), 7).variation("simple")
    apart = run_of(levels_of(8, 12), 7).variation("simple")

    assert alike.between < 0.005
    assert apart.between == pytest.approx(0.2, rel=0.6)
    assert apart.within == pytest.approx(alike.within, rel=0.2)


def test_percentiles_are_blank_where_the_calls_cannot_carry_them() -> None:
    """24,000 calls carry a p99.9 and no p99.99, over processes too."""
    found = run_of(levels_of(9, 6), 10).bands("simple", [0.999, 0.9999])

    assert found[0].value is not None
    assert (found[1].value, found[1].low) == (None, None)


def test_bounds_hold_the_value_and_rise_with_the_level() -> None:
    """Over processes, too, an interval holds its own estimate, and tails do not cross."""
    found = run_of(levels_of(11, 7), 12).bands("simple", [0.1, 0.5, 0.9, 0.99])

    assert all(e.low <= e.value <= e.high for e in found)  # type: ignore[operator]
    assert [e.high for e in found] == sorted(e.high for e in found if e.high)


@pytest.mark.slow
def test_every_process_is_new_and_slow_is_slow() -> None:
    """Spawned interpreters record all workloads; the fault makes decisions take longer than the floor, but not it."""
    size = SIZES["smoke"]
    clean, slowed = (fresh_latency(STANDARD, USERS, size, fault=fault) for fault in ("", "slow"))

    assert len(clean.runs) == size.processes
    assert {"floor", "timer alone", "simple, collector off"} < set(clean.workloads)
    assert (clean.first > 0).all()
    for name in ("simple", "variants"):
        assert slowed.ratio(name, "floor").low > clean.ratio(name, "floor").value  # type: ignore[operator]


def test_nobody_to_time_is_refused() -> None:
    """No user is one message."""
    with pytest.raises(ValueError, match="at least one user and one process"):
        fresh_latency(STANDARD, [], SIZES["smoke"])
