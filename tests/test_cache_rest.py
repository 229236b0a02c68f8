"""A store that takes long to fail is left alone for a while: entries from before answer without waiting for it."""

import math

import pytest

from ffcore import CacheStats, Evaluator, FlagSet
from tests.support.doubles import Clock, Store, raise_, switched_on

pytestmark = pytest.mark.usefixtures("caplog")

TOOK = 2.0


def slow_to_fail(store: Store, clock: Clock) -> None:
    """Let each call take two seconds and then fail."""

    def time_out() -> None:
        clock.now += TOOK
        raise_(TimeoutError("the store does not answer"))

    store.before = time_out


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at 0."""
    return Clock()


@pytest.fixture
def store() -> Store:
    """A store of two flags."""
    return Store(switched_on("a", "b"))


@pytest.fixture
def ev(store: Store, clock: Clock) -> Evaluator:
    """An evaluator with both flags cached and expired, whose store takes two seconds to fail."""
    made = Evaluator(store, ttl=100, max_stale=1_000, clock=clock)
    made.batch_evaluate("user-1", ["a", "b"])
    clock.now = 100
    slow_to_fail(store, clock)
    store.calls.clear()
    return made


def test_after_a_slow_failure_no_warm_key_asks_for_ten_times_as_long(ev: Evaluator, store: Store, clock: Clock) -> None:
    """One look-up waits for the time-out; all others, of either flag, are answered at once until the rest is over."""
    assert ev.evaluate("user-1", "a").enabled
    assert clock.now == 100 + TOOK
    for clock.now in (102, 110, math.nextafter(122, 0)):
        assert ev.evaluate("user-1", "a").enabled
        assert ev.evaluate("user-1", "b").enabled
    assert store.calls == [["a"]]
    assert ev.stats() == CacheStats(misses=9, loads=3, expired=7, stale=7, errors=1)

    clock.now = 122
    ev.evaluate("user-1", "b")
    assert store.calls == [["a"], ["b"]]


def test_a_rest_never_outlasts_the_time_of_not_found(store: Store, clock: Clock) -> None:
    """However long a failure took, the store is asked again ``negative_ttl`` later."""
    ev = Evaluator(store, ttl=100, negative_ttl=5, clock=clock)
    ev.evaluate("user-1", "a")
    clock.now = 100
    slow_to_fail(store, clock)
    ev.evaluate("user-1", "a")
    store.mend()
    store.put(FlagSet([]))
    clock.now = math.nextafter(107, 0)
    ev.evaluate("user-1", "a")
    assert len(store.calls) == 2
    clock.now = 107
    ev.evaluate("user-1", "a")

    assert len(store.calls) == 3


def test_a_cold_key_is_asked_for_all_the_same_and_its_answer_ends_the_rest(ev: Evaluator, store: Store) -> None:
    """What has nothing to answer with tries; once the store answers, every expired key is fetched anew."""
    ev.evaluate("user-1", "a")
    assert ev.evaluate("user-1", "unknown").reason == "store_unavailable"
    store.mend()
    assert ev.evaluate("user-1", "unknown").reason == "flag_not_found"
    store.calls.clear()
    ev.evaluate("user-1", "a")

    assert store.calls == [["a"]]


def test_an_entry_too_old_to_answer_asks_though_the_store_rests(ev: Evaluator, store: Store, clock: Clock) -> None:
    """Past ``max_stale`` only the store can answer."""
    clock.now = 1_098
    ev.evaluate("user-1", "a")
    clock.now = 1_101
    ev.evaluate("user-1", "a")

    assert store.calls == [["a"], ["a"]]


def test_a_store_that_fails_at_once_is_asked_each_time(ev: Evaluator, store: Store) -> None:
    """A failure that took no time costs nothing to find again, and the store's return is seen at once."""
    store.fail()
    ev.evaluate("user-1", "a")
    ev.evaluate("user-1", "a")

    assert store.calls == [["a"], ["a"]]
