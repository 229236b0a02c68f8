"""The negative controls of the cache: each is wrong in its one way, and otherwise an evaluator."""

import pytest

from ffcore import CacheStats, ConfigError, Evaluator
from ffcore.lab.testing import caches
from tests.support.doubles import Clock, Store, switched_on, together, wait_until


@pytest.mark.parametrize("fault", caches.FAULTS)
def test_without_an_outage_and_threads_the_faults_answer_as_the_evaluator_does(fault: str) -> None:
    """Decisions and counts over hits, misses, expiry, unknown flags and experiments are the same."""
    found = []
    for make in (Evaluator, caches.evaluator(fault)):
        clock = Clock()
        ev = make(Store(switched_on("a", "b", "c")), ttl=10, negative_ttl=10, max_entries=2, clock=clock)
        answers = []
        for clock.now in (0, 5, 9, 10, 30):
            answers += [ev.evaluate("user-1", key) for key in ("a", "b", "a", "c", "unknown")]
            answers += [ev.assign("user-1", "pricing"), *ev.batch_evaluate("user-1", ["a", "b"]).values()]
        found.append((answers, ev.stats()))

    assert found[0] == found[1]


def test_without_single_flight_each_thread_loads() -> None:
    """Eight threads that all miss before the first answer comes are eight loads, and eight calls of the store."""
    store = Store(switched_on("a"))
    ev = caches.NoSingleFlight(store)
    store.before = lambda: wait_for(ev, 8)
    results = together(*[lambda: ev.evaluate("user-1", "a").enabled] * 8)

    assert results == [True] * 8
    assert store.calls == [["a"]] * 8
    assert ev.stats() == CacheStats(misses=8, loads=8)


def wait_for(ev: Evaluator, misses: int) -> None:
    """Come back when so many look-ups have missed."""
    wait_until(lambda: ev.stats().misses == misses)


def test_an_error_is_missing_for_a_whole_life() -> None:
    """After one failed read of an expired flag it stays "not found" until its time to live is over."""
    clock, store = Clock(), Store(switched_on("a"))
    ev = caches.ErrorsAsMissing(store, ttl=100, clock=clock)
    reasons = []
    for clock.now in (0, 100, 101, 199, 200):
        store.mend()
        if clock.now == 100:
            store.fail()
        reasons.append(ev.evaluate("user-1", "a").reason)

    assert reasons == ["enabled", "flag_not_found", "flag_not_found", "flag_not_found", "enabled"]


def test_an_unknown_fault_names_the_nearest() -> None:
    """A misspelt fault is a ConfigError."""
    with pytest.raises(ConfigError, match="did you mean no_single_flight"):
        caches.evaluator("no_single_flights")
