"""The cache as an evaluator uses it: times to live, order of eviction, stale answers, statistics to the last count."""

import logging
import math
from collections.abc import Callable
from dataclasses import astuple

import pytest

from ffcore import CacheStats, Evaluator, FlagSet
from ffcore.cache import Limits
from tests.support.doubles import Clock, Store, switched_on


def evaluator(store: Store, clock: Callable[[], float], **settings: float) -> Evaluator:
    """An evaluator with short, round times."""
    return Evaluator(store, clock=clock, **{"ttl": 100, "negative_ttl": 10, "max_stale": 50, **settings})  # type: ignore[arg-type]


def reasons(ev: Evaluator, *keys: str) -> list[str]:
    """What one user gets, key by key."""
    return [ev.evaluate("user-1", key).reason for key in keys]


def test_an_entry_is_fresh_until_exactly_its_time_to_live() -> None:
    """A look-up just before the end is a hit, the one at the very end a miss that found an expired entry."""
    clock, store = Clock(), Store(switched_on("a"))
    ev = evaluator(store, clock)
    ev.evaluate("user-1", "a")
    clock.now = math.nextafter(100, 0)
    ev.evaluate("user-1", "a")

    assert ev.stats() == CacheStats(hits=1, misses=1, loads=1)

    clock.now = 100
    ev.evaluate("user-1", "a")

    assert ev.stats() == CacheStats(hits=1, misses=2, loads=2, expired=1)


def test_the_time_to_live_counts_from_the_start_of_the_fetch() -> None:
    """A slow fetch does not lengthen the life of what it brings: that was read at its start, for all we know."""
    clock, store = Clock(), Store(switched_on("a"))
    store.before = lambda: setattr(clock, "now", clock.now + 30)
    ev = evaluator(store, clock)
    ev.evaluate("user-1", "a")
    clock.now = 99
    ev.evaluate("user-1", "a")
    clock.now = 100
    ev.evaluate("user-1", "a")

    assert (ev.stats().hits, ev.stats().misses) == (1, 2)


def test_the_least_recently_used_entry_goes_first_though_the_clock_stands_still() -> None:
    """Use alone decides who goes, not time and not the order of arrival."""
    store = Store(switched_on("a", "b", "c", "d"))
    ev = evaluator(store, Clock(), max_entries=3)
    reasons(ev, "a", "b", "c", "a", "d")
    store.calls.clear()
    reasons(ev, "a", "c", "d", "b", "a")

    assert store.calls == [["b"], ["a"]]
    assert astuple(ev.stats()) == (4, 6, 6, 3, 0, 0, 0)


def test_an_expired_entry_that_a_batch_reloads_is_in_use() -> None:
    """What a batch has just fetched is not evicted for the batch's other keys while an unused entry is there."""
    clock, store = Clock(), Store(switched_on("a", "b", "c"))
    ev = evaluator(store, clock, max_entries=2)
    reasons(ev, "a")
    clock.now = 50
    reasons(ev, "b")
    clock.now = 100
    ev.batch_evaluate("user-1", ["a", "c"])
    store.calls.clear()
    reasons(ev, "a", "c")

    assert store.calls == []


def test_not_found_is_kept_for_its_own_time_and_a_new_flag_appears_after_it() -> None:
    """A missing flag is not asked for again before ``negative_ttl``, and once made it shows no later than that."""
    clock, store = Clock(), Store()
    ev = evaluator(store, clock)
    assert reasons(ev, "a", "a") == ["flag_not_found"] * 2
    store.put(switched_on("a"))
    clock.now = math.nextafter(10, 0)
    assert reasons(ev, "a") == ["flag_not_found"]
    clock.now = 10

    assert reasons(ev, "a") == ["enabled"]
    assert store.calls == [["a"]] * 2


def test_malformed_is_kept_as_long_as_not_found() -> None:
    """A repaired item is served no later than ``negative_ttl`` after the broken one was read."""
    clock, store = Clock(), Store(switched_on("a"), malformed=["a"])
    ev = evaluator(store, clock)
    assert reasons(ev, "a", "a") == ["flag_malformed"] * 2
    store.malformed.clear()
    clock.now = 10

    assert reasons(ev, "a") == ["enabled"]


def test_a_store_error_names_what_was_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    """Flags by their keys, experiments with their kind, as a reader of logs would search for them."""
    store = Store(FlagSet())
    store.fail()
    ev = evaluator(store, Clock())
    ev.batch_evaluate("user-1", ["a", "b"])
    ev.assign("user-1", "pricing")

    assert [record.getMessage() for record in caplog.records] == [
        "the store failed to load a, b",
        "the store failed to load experiment pricing",
    ]


def test_a_store_error_is_never_cached(caplog: pytest.LogCaptureFixture) -> None:
    """With nothing cached every look-up asks again, is told what is wrong, and logs the failure with its cause."""
    store = Store(switched_on("a"))
    ev = evaluator(store, Clock())
    store.fail()
    assert reasons(ev, "a", "a", "unknown") == ["store_unavailable"] * 3
    assert ev.stats() == CacheStats(misses=3, loads=3, errors=3)
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 3
    assert "the store is down" in caplog.text
    store.mend()

    assert reasons(ev, "a", "unknown") == ["enabled", "flag_not_found"]


@pytest.mark.usefixtures("caplog")
def test_a_stale_entry_answers_while_the_store_fails_up_to_its_bound() -> None:
    """Past its life an entry still answers, each time counted, until ``max_stale`` is over; then nothing does."""
    clock, store = Clock(), Store(switched_on("a"))
    ev = evaluator(store, clock)
    reasons(ev, "a")
    store.fail()
    clock.now = 100
    assert reasons(ev, "a", "a") == ["enabled"] * 2
    clock.now = math.nextafter(150, 0)
    assert reasons(ev, "a") == ["enabled"]
    clock.now = 150
    assert reasons(ev, "a") == ["store_unavailable"]

    assert ev.stats() == CacheStats(misses=5, loads=5, expired=4, stale=3, errors=4)


@pytest.mark.usefixtures("caplog")
def test_a_stale_answer_is_a_use() -> None:
    """An entry that answered during an outage outlives one that nobody asked for."""
    clock, store = Clock(), Store(switched_on("a", "b", "c"))
    ev = evaluator(store, clock, max_entries=2)
    reasons(ev, "a", "b")
    clock.now = 100
    store.fail()
    reasons(ev, "a")
    store.mend()
    reasons(ev, "c")

    assert set(ev._entries) == {"a", "c"}


def test_one_call_fetches_all_misses_of_a_batch_and_nothing_else() -> None:
    """Keys named twice are asked for once, cached ones not at all, and each key counts as one look-up."""
    store = Store(switched_on("a", "b", "c"))
    ev = evaluator(store, Clock())
    ev.evaluate("user-1", "b")
    store.calls.clear()
    decisions = ev.batch_evaluate("user-1", ["a", "b", "unknown", "a", "c", "b"])

    assert store.calls == [["a", "unknown", "c"]]
    assert {key: decision.reason for key, decision in decisions.items()} == {
        "a": "enabled",
        "b": "enabled",
        "unknown": "flag_not_found",
        "c": "enabled",
    }
    assert list(decisions) == ["a", "b", "unknown", "c"]
    assert ev.stats() == CacheStats(hits=1, misses=4, loads=4)


def test_jitter_shortens_lives_within_its_bounds_and_differently() -> None:
    """With a jitter of a half nothing expires before half its life, everything by its end, and not all at once."""
    keys = [f"flag-{i}" for i in range(200)]
    clock = Clock()
    ev = evaluator(Store(switched_on(*keys)), clock, jitter=0.5)
    ev.batch_evaluate("user-1", keys)
    clock.now = 49.999
    ev.batch_evaluate("user-1", keys)
    assert ev.stats().expired == 0
    clock.now = 75
    ev.batch_evaluate("user-1", keys)
    early = ev.stats().expired
    assert 50 < early < 150

    clock.now = 200
    ev.batch_evaluate("user-1", keys)
    assert ev.stats().expired == early + 200


@pytest.mark.parametrize("jitter", [0, 1])
def test_the_ends_of_each_setting_are_allowed(jitter: float) -> None:
    """No time at all, and all the time there is, are settings too."""
    for seconds in (0, math.inf):
        Limits(ttl=seconds, max_entries=1, negative_ttl=seconds, max_stale=seconds, jitter=jitter)


def test_without_a_time_to_live_every_look_up_asks_the_store() -> None:
    """A ``ttl`` of 0 turns the cache off, though the clock stands still."""
    store = Store(switched_on("a"))
    ev = evaluator(store, Clock(), ttl=0)

    assert reasons(ev, "a", "a") == ["enabled"] * 2
    assert len(store.calls) == 2


def test_with_endless_life_nothing_is_fetched_twice() -> None:
    """An infinite ``ttl`` keeps an entry for good."""
    clock, store = Clock(), Store(switched_on("a"))
    ev = evaluator(store, clock, ttl=math.inf)
    reasons(ev, "a")
    clock.now = 1e300
    reasons(ev, "a")

    assert len(store.calls) == 1


@pytest.mark.parametrize(("hits", "misses", "rate"), [(0, 0, 0.0), (3, 1, 0.75), (0, 5, 0.0), (7, 0, 1.0)])
def test_the_hit_rate_is_the_share_of_hits(hits: int, misses: int, rate: float) -> None:
    """Hits over all look-ups; nothing before the first."""
    assert CacheStats(hits=hits, misses=misses).hit_rate == rate


def test_asking_for_statistics_changes_none() -> None:
    """Reading the counts many times, also between look-ups, counts as nothing."""
    ev = evaluator(Store(switched_on("a", "b")), Clock())
    for key in ("a", "b", "a", "a"):
        ev.evaluate("user-1", key)
        ev.stats()

    assert ev.stats() == ev.stats() == CacheStats(hits=2, misses=2, loads=2)
