"""The cache under threads: one load a key, exact counts, and nobody left waiting."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest

from ffcore import CacheStats, Decision, Evaluator, Flag, FlagSet
from tests.support.doubles import Clock, Store, restless, switched_on, together, wait_until

pytestmark = pytest.mark.usefixtures("caplog")


@pytest.fixture(autouse=True)
def restless_threads() -> Iterator[None]:
    """Threads change places all the time."""
    with restless():
        yield


def reasons(results: list[object]) -> Counter[str]:
    """How often each reason came back; whatever is no decision is counted by its type."""
    return Counter(each.reason if isinstance(each, Decision) else type(each).__name__ for each in results)


def test_one_cold_key_is_loaded_once_however_many_threads_ask() -> None:
    """Of 64 threads one loads and 63 wait for it: one call of the store, 64 misses, one answer for all."""
    store = Store(switched_on("a"))
    ev = Evaluator(store)
    store.before = lambda: wait_until(lambda: ev.stats().misses == 64)
    results = together(*[lambda: ev.evaluate("user-1", "a")] * 64)

    assert reasons(results) == {"enabled": 64}
    assert len({id(result) for result in results}) == 1
    assert store.calls == [["a"]]
    assert ev.stats() == CacheStats(misses=64, loads=1)


def test_an_expired_key_is_reloaded_once_however_many_threads_ask() -> None:
    """A key that runs out under load is fetched once; each of the waiting threads found it expired."""
    clock, store = Clock(), Store(switched_on("a"))
    ev = Evaluator(store, ttl=10, clock=clock)
    ev.evaluate("user-1", "a")
    clock.now = 10
    store.put(FlagSet([Flag("a")]))
    store.before = lambda: wait_until(lambda: ev.stats().misses == 17)
    results = together(*[lambda: ev.evaluate("user-1", "a")] * 16)

    assert reasons(results) == {"flag_disabled": 16}
    assert ev.stats() == CacheStats(misses=17, loads=2, expired=16)


def test_every_look_up_of_many_threads_counts_once() -> None:
    """Eight threads and 200,000 look-ups of warm keys: as many hits, to the last one."""
    keys = [f"flag-{i}" for i in range(10)]
    ev = Evaluator(Store(switched_on(*keys)))
    ev.batch_evaluate("user-1", keys)
    handles = [ev.flag(key) for key in keys]

    def look_up() -> None:
        for i in range(1_250):
            for key in keys:
                ev.evaluate("user-1", key)
            if i % 2:
                ev.batch_evaluate("user-1", keys)
            else:
                for handle in handles:
                    handle("user-1")

    assert set(together(*[look_up] * 8)) == {None}
    assert ev.stats() == CacheStats(hits=200_000, misses=10, loads=10)


def test_counts_are_exact_while_entries_come_and_go() -> None:
    """With more keys than room and a clock that runs, every look-up is a hit or a miss and every load a call."""
    keys = [f"flag-{i}" for i in range(12)]
    clock, store = Clock(), Store(switched_on(*keys[:9]))
    ev = Evaluator(store, ttl=5, negative_ttl=1, max_entries=6, clock=clock)

    def look_up(seed: int) -> Counter[str]:
        draw, found = random.Random(seed), Counter[str]()  # noqa: S311 - no secret
        for _ in range(1_000):
            clock.now += 0.001
            asked = draw.sample(keys, draw.choice((1, 1, 1, 4)))
            batch = {asked[0]: ev.evaluate("u", asked[0])} if len(asked) == 1 else ev.batch_evaluate("u", asked)
            assert list(batch) == asked
            found.update(f"{key} {decision.reason}" for key, decision in batch.items())
        return found

    total = Counter[str]()
    for result in together(*[partial(look_up, seed) for seed in range(8)]):
        assert isinstance(result, Counter), result
        total += result
    stats = ev.stats()

    assert stats.hits + stats.misses == total.total()
    assert stats.loads == sum(map(len, store.calls)) <= stats.misses
    assert stats.loads - stats.evictions <= stats.expired + 6
    assert (stats.stale, stats.errors) == (0, 0)
    assert set(total) == {f"{key} {'enabled' if i < 9 else 'flag_not_found'}" for i, key in enumerate(keys)}


def test_a_failed_load_fails_once_for_all_who_wait() -> None:
    """Sixteen threads wait for a load that fails: one error, and each is told that the store is unavailable."""
    store = Store(switched_on("a"))
    ev = Evaluator(store)

    def fail_late() -> None:
        wait_until(lambda: ev.stats().misses == 16)
        raise ConnectionError

    store.before = fail_late
    results = together(*[lambda: ev.evaluate("user-1", "a")] * 16)

    assert reasons(results) == {"store_unavailable": 16}
    assert ev.stats() == CacheStats(misses=16, loads=1, errors=1)


def test_a_failed_reload_serves_stale_to_all_who_wait() -> None:
    """Sixteen threads wait for a reload that fails: one error, sixteen stale answers."""
    clock, store = Clock(), Store(switched_on("a"))
    ev = Evaluator(store, ttl=10, clock=clock)
    ev.evaluate("user-1", "a")
    clock.now = 10

    def fail_late() -> None:
        wait_until(lambda: ev.stats().misses == 17)
        raise ConnectionError

    store.before = fail_late
    results = together(*[lambda: ev.evaluate("user-1", "a")] * 16)

    assert reasons(results) == {"enabled": 16}
    assert ev.stats() == CacheStats(misses=17, loads=2, expired=16, stale=16, errors=1)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interrupted_load_releases_those_who_wait(interruption: type[BaseException]) -> None:
    """Ctrl-C in the loading thread ends its call alone; the others are answered, and the key can be loaded again."""
    store = Store(switched_on("a"))
    ev = Evaluator(store)

    def interrupt() -> None:
        wait_until(lambda: ev.stats().misses == 8)
        raise interruption

    store.before = interrupt
    results = together(*[lambda: ev.evaluate("user-1", "a")] * 8)

    assert reasons(results) == {interruption.__name__: 1, "store_unavailable": 7}
    store.mend()
    assert ev.evaluate("user-1", "a").enabled


def test_overlapping_batches_share_their_loads_without_deadlock() -> None:
    """Two threads that each load what the other needs both come back, and no key is loaded twice."""
    keys = "abcdef"
    for _ in range(50):
        store = Store(switched_on(*keys))
        store.before = lambda: time.sleep(0)
        ev = Evaluator(store)
        batches = [list(keys[:4]), list(reversed(keys[2:])), list(keys[1:5])]
        results = together(*[partial(ev.batch_evaluate, "user-1", batch) for batch in batches])

        assert [list(each) if isinstance(each, dict) else each for each in results] == batches
        assert sorted(key for call in store.calls for key in call) == sorted(keys)
        assert ev.stats().hits + ev.stats().misses == sum(map(len, batches))


def test_two_batches_that_wait_for_each_other_both_come_back() -> None:
    """Each thread owns the load that the other waits for: both loads run before anybody waits."""
    store = Store(switched_on("a", "b", "c", "d"))
    ev = Evaluator(store)
    first_claimed = threading.Event()

    def first_loads_while_second_claims() -> None:
        first_claimed.set()
        wait_until(lambda: ev.stats().misses >= 5)

    store.before = first_loads_while_second_claims

    def second() -> object:
        assert first_claimed.wait(10)
        return ev.batch_evaluate("user-1", ["c", "b", "d"])

    results = together(lambda: ev.batch_evaluate("user-1", ["a", "b"]), second)

    assert [list(each) for each in results if isinstance(each, dict)] == [["a", "b"], ["c", "b", "d"]]
    assert sorted(store.calls) == [["a", "b"], ["c", "d"]]


def test_a_slow_load_holds_up_nobody_else() -> None:
    """While one key is being loaded, cached keys answer and other keys are loaded."""
    store = Store(switched_on("slow", "warm", "other"))
    ev = Evaluator(store)
    ev.evaluate("user-1", "warm")
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        if store.calls[-1] == ["slow"]:
            entered.set()
            assert leave.wait(10)

    store.before = hold

    def others() -> object:
        assert entered.wait(10)
        found = [ev.evaluate("user-1", key).reason for key in ("warm", "other")]
        leave.set()
        return found

    results = together(lambda: ev.evaluate("user-1", "slow").reason, others)

    assert results == ["enabled", ["enabled", "enabled"]]


def test_a_change_is_seen_whole_and_for_good() -> None:
    """While a flag changes, readers get the old decision or the new one, and never the old one after the new."""
    clock, store = Clock(), Store()
    arms = [FlagSet([Flag("a", True, 100, variants=[{"key": str(i), "allocation": 1, "payload": {"is": str(i)}}])])  # type: ignore[arg-type]
            for i in range(100)]  # fmt: skip
    store.put(arms[0])
    ev = Evaluator(store, ttl=1, clock=clock)
    done = threading.Event()

    def write() -> None:
        for arm in arms:
            store.put(arm)
            clock.now += 1
            time.sleep(0)
        done.set()

    def read() -> list[Decision]:
        found = [ev.evaluate("u", "a")]
        while not done.is_set():
            found.append(ev.evaluate("u", "a"))
        return found

    for result in together(write, read, read, read)[1:]:
        assert isinstance(result, list), result
        versions = [int(decision.variant or -1) for decision in result]
        assert versions == sorted(versions)
        assert all(decision.payload == {"is": decision.variant} for decision in result)
