"""Times of hits and misses: who reads what, and the knee found where it was put. No time is asserted."""

import numpy as np
import pytest

from ffcore.lab.caching import Traffic, arrivals, misses, zipf
from ffcore.lab.caching.timing import HIT, Spectrum, reading, spectrum
from tests.support.doubles import Store, switched_on

KEYS = ["a", "b", "c"]


def test_every_miss_reads_its_store_and_hits_read_once() -> None:
    """All misses, those of the warm-up too, reach the store in whole blocks of ten, and one of the hits."""
    store = Store(switched_on("a"))
    run = reading({"store": store}, "a", ["ann"], calls=60, blocks=6)

    assert set(run.workloads) == {HIT, "store"}
    assert len(store.calls) > 60
    assert len(store.calls) % 10 == 1


def test_a_run_hits_what_the_simulator_says() -> None:
    """Requests that did not reach the store are those that the rule of the TTL says."""
    found = arrivals(Traffic(100, zipf(3)), 0.1, 20)
    run = spectrum(found, Store(switched_on(*KEYS)), KEYS, expected=0.5)

    assert (run.hits == ~misses(found)[found.counted]).all()
    assert run.hit_rate == run.hits.mean()
    assert (run.times > 0).all()


def made(slow: float, share: float, spread: float = 0.5) -> Spectrum:
    """Lognormal times of hits around 300 ns and misses around ``slow``, a ``share`` of them hits."""
    draw, size = np.random.default_rng(5), 20_000
    hits = np.arange(size) % 1_000 < 1_000 * share
    return Spectrum(np.where(hits, 300.0, slow) * draw.lognormal(0, spread, size), hits, share)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("slow", [30_000.0, 5e6])
def test_the_knee_is_found_where_it_was_put(share: float, slow: float) -> None:
    """From the times alone, to a tenth of a point."""
    run = made(slow, share)

    assert run.knee == pytest.approx(share, abs=0.001)
    assert 300 < run.threshold < slow
    assert run.offset().value == pytest.approx(0, abs=0.1)


def test_counts_that_belong_to_other_times_are_seen() -> None:
    """If one request in twenty that is fast was counted as a miss, the knee is off by as much."""
    run = made(5e6, 0.9)
    wrong = Spectrum(run.times, run.hits & (np.arange(len(run.hits)) % 20 != 0), 0.9)
    low = wrong.offset().low

    assert low is not None
    assert low > 4
