"""What the cache saves, on a clock that only the test moves."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from ffcore.flagset import FlagSet
from ffcore.lab.bench.cache_latency import DELAYED, SQLITE, cache_latency, timed
from ffcore.lab.testing.delayed import DelayedStore
from ffcore.model import Flag
from ffcore.stores.memory import MemoryStore

if TYPE_CHECKING:
    from tests.lab.bench.conftest import FakeClock

FLAGS = FlagSet(Flag(f"f{number}", enabled=True, rollout_percentage=Fraction(50)) for number in range(8))


def test_a_miss_takes_the_store_and_a_hit_does_not(clock: FakeClock) -> None:
    """A store that takes 5 ms makes each miss 5 ms longer, and no hit; the clock's cost is subtracted."""
    store = DelayedStore(MemoryStore(FLAGS), 0.005, lambda seconds: clock.spend(round(seconds * 1e9)))

    found = timed({"late": store}, FLAGS, clock).stores["late"]

    assert set(found.misses) == {5_000_000}
    assert set(found.hits) == {1}
    assert found.saving().n == len(FLAGS)


def test_both_stores_are_real() -> None:
    """Every miss of the 5 ms store takes 5 ms or more; SQLite answers from a file."""
    run = cache_latency(6)

    assert set(run.stores) == {SQLITE, DELAYED}
    late = run.stores[DELAYED]
    assert (late.misses >= 5_000_000).all()
    assert run.stores[SQLITE].misses.shape == (6,)
    assert "n = 6 pairs" in run._repr_html_()
