"""Drawn requests follow their traffic, start stationary, and miss as the rule says."""

import numpy as np
import pytest

from ffcore.lab import caching
from ffcore.lab.caching import Traffic, zipf
from ffcore.lab.caching.arrivals import TICKS, Arrivals, arrivals, measured_hit_rate, misses

TRAFFIC = Traffic(200, zipf(5), containers=4)


def test_requests_are_spread_as_the_traffic_says() -> None:
    """Number, flags, containers and times lie within six standard errors (a false alarm in 500 million)."""
    found = arrivals(TRAFFIC, ttl=10, seconds=1_000)
    counted = found.counted
    size, expected = int(counted.sum()), 200_000
    shares = np.bincount(found.flags[counted], minlength=5) / size
    places = np.bincount(found.containers[counted], minlength=4) / size

    assert size == pytest.approx(expected, abs=6 * expected**0.5)
    assert shares == pytest.approx(np.array(zipf(5)), abs=6 * 0.5 / size**0.5)
    assert places == pytest.approx(np.full(4, 0.25), abs=6 * 0.5 / size**0.5)
    assert (np.diff(found.times) >= 0).all()
    assert found.times[counted].mean() / TICKS == pytest.approx(500, abs=6 * 1_000 / (12 * size) ** 0.5)


def test_every_flag_of_every_container_was_fetched_once_before() -> None:
    """Before time 0 there is one request for each, and it misses."""
    found = arrivals(TRAFFIC, ttl=10, seconds=5)
    before = ~found.counted

    assert len({*zip(found.flags[before], found.containers[before], strict=True)}) == before.sum() == 20
    assert misses(found)[before].all()


def test_entries_that_have_run_out_wait_as_long_as_requests_do() -> None:
    """The age of a fetch beyond its life is exponential: its mean lies within six errors of a mean wait."""
    traffic = Traffic(100, containers=2_000)
    ages = -arrivals(traffic, ttl=20, seconds=1).times[:2_000] / TICKS
    waits = ages[ages > 20] - 20

    assert len(waits) > 700
    assert waits.mean() == pytest.approx(20, abs=6 * 20 / len(waits) ** 0.5)


def test_a_life_ends_to_the_tick() -> None:
    """A request one tick before the end hits, the one at the end misses."""
    times = np.array([0, 9, 10, 19, 21])
    none = np.zeros(5, dtype=np.int64)

    assert misses(Arrivals(Traffic(1), 10, times, none, none)).tolist() == [True, False, True, False, True]


def by_hand(found: Arrivals) -> list[bool]:
    """Which requests miss, request by request."""
    fetched: dict[tuple[int, int], int] = {}
    answer = []
    for time, *place in zip(found.times.tolist(), found.flags.tolist(), found.containers.tolist(), strict=True):
        key = (place[0], place[1])
        answer.append(key not in fetched or time >= fetched[key] + found.ttl)
        if answer[-1]:
            fetched[key] = time
    return answer


@pytest.mark.parametrize("ttl", [0.001, 0.1, 3.0, 1e5])
def test_all_at_once_misses_what_one_after_the_other_misses(ttl: float) -> None:
    """Lives from below one gap to beyond the run."""
    found = arrivals(TRAFFIC, ttl, seconds=20, seed=5)

    assert misses(found).tolist() == by_hand(found)


def test_no_request_misses_nothing() -> None:
    """An empty run is no error."""
    empty = np.zeros(0, dtype=np.int64)

    assert misses(Arrivals(TRAFFIC, 1, empty, empty, empty)).tolist() == []


@pytest.mark.parametrize("ttl", [0.02, 0.5, 30.0])
def test_hit_rates_scatter_around_theory_as_its_standard_error_says(ttl: float) -> None:
    """Of 200 runs the mean lies within six errors of theory (one false alarm in 500 million), the scatter near its own.

    A start with empty caches, or one that forgets how long an expired entry has waited, shifts the mean by far more.
    """
    runs = [arrivals(TRAFFIC, ttl, 40, seed) for seed in range(200)]
    rates = np.array([measured_hit_rate(found, misses(found))[0] for found in runs])
    error = caching.standard_error(TRAFFIC, ttl, 40)

    assert rates.mean() == pytest.approx(caching.fleet_hit_rate(TRAFFIC, ttl), abs=6 * error / 200**0.5)
    assert rates.std() == pytest.approx(error, rel=0.35)
