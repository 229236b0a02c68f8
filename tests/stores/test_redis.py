"""The Redis store: what it answers by itself, what a change there does to evaluators, and Redis being down."""

import gc
import json
import math
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from ffcore import ConfigError, Evaluator, Experiment, Flag, FlagSet
from ffcore.lab.testing.servers import Server, free_port
from ffcore.stores import RedisStore
from tests.support.doubles import PATIENCE, Store, switched_on, wait_until

NUMBERS = count()
Make = Callable[..., RedisStore]
ARMS = [{"key": "a", "allocation": 0.5}, {"key": "b", "allocation": 0.5}]


@pytest.fixture
def make(valkey: Server) -> Iterator[Make]:
    """Makes stores that share their entries, with patience enough for any machine."""
    prefix, made = f"test-{next(NUMBERS)}:", []

    def build(behind: Any, url: str = valkey.url, **settings: Any) -> RedisStore:
        made.append(RedisStore(url, behind, **{"prefix": prefix, "timeout": PATIENCE, **settings}))
        return made[-1]

    yield build
    for each in made:
        each.close()


def settled(ev: Evaluator, store: RedisStore) -> Evaluator:
    """The evaluator, once its store listens."""
    wait_until(lambda: store._listener is not None and store._listener.connections > 0)
    return ev


def test_the_store_behind_is_asked_once(make: Make) -> None:
    """What one store fetched, another store on the same Redis answers."""
    behind = Store(FlagSet(switched_on("a").values(), [Experiment("a", variants=ARMS)]))  # type: ignore[arg-type]
    first, second = make(behind), make(behind)
    assert first.get_flags(["a", "none"]) == second.get_flags(["a"]) == dict(switched_on("a"))
    assert first.get_experiments(["a"]) == second.get_experiments(["a"])

    assert behind.calls == [["a", "none"], ["a"]]
    assert (second.stats().hits, second.stats().misses, second.stats().errors) == (2, 0, 0)


def test_a_malformed_item_is_not_kept(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    """It is the store behind that says what is malformed, each time."""
    behind = Store(switched_on("a", "b"), malformed=["b"])
    store = make(behind)
    for _ in range(2):
        assert Evaluator(store).evaluate("u", "b").reason == "flag_malformed"
    assert behind.calls == [["b"], ["b"]]
    assert not caplog.records


def test_an_entry_that_is_no_flag_is_a_miss(make: Make) -> None:
    """What another program left under the name does not stand in the way."""
    store = make(Store(switched_on("a")))
    store._client.set(f"{store._prefix}flag:a", b"{")

    assert store.get_flags(["a"]) == dict(switched_on("a"))


def test_entries_have_a_time_to_live(make: Make) -> None:
    """No entry outlives ttl, whoever wrote it."""
    store = make(Store(switched_on("a")), ttl=50)
    store.get_flags(["a"])
    store.put(switched_on("b"))

    assert all(0 < store._client.pttl(f"{store._prefix}flag:{key}") <= 50_000 for key in "ab")


@pytest.mark.parametrize("how", ["put elsewhere", "dropped elsewhere", "deleted by hand", "flushed"])
def test_a_change_reaches_every_evaluator(make: Make, how: str) -> None:
    """Whatever changes or drops an entry, each evaluator decides by the new flag though its cache lives for hours."""
    behind = Store(switched_on("a"))
    stores = [make(behind) for _ in range(3)]
    evaluators = [settled(Evaluator(store, ttl=1e6), store) for store in stores]
    assert all(ev.evaluate("u", "a").enabled for ev in evaluators)

    if how == "put elsewhere":
        make(behind).put(FlagSet([Flag("a")]))
    else:
        behind.put(FlagSet([Flag("a")]))
    if how == "dropped elsewhere":
        make(behind).drop(["a"])
    elif how == "deleted by hand":
        stores[0]._client.delete(f"{stores[0]._prefix}flag:a")
    elif how == "flushed":
        stores[0]._client.flushdb()

    for ev in evaluators:
        wait_until(lambda ev=ev: ev.evaluate("u", "a").reason == "flag_disabled")  # type: ignore[misc]


def test_a_change_of_an_experiment_reaches_evaluators_too(make: Make) -> None:
    """Flags and experiments of one key are told apart."""
    behind = Store(FlagSet(switched_on("a").values(), [Experiment("a", "active", ARMS)]))  # type: ignore[arg-type]
    store = make(behind)
    ev = settled(Evaluator(store, ttl=1e6), store)
    assert ev.assign("u", "a").reason == "assigned"
    behind.put(FlagSet(experiments=[Experiment("a", "paused", ARMS)]))  # type: ignore[arg-type]
    store.drop(experiment_keys=["a"])

    wait_until(lambda: ev.assign("u", "a").reason == "experiment_not_active")
    assert ev.evaluate("u", "a").enabled


def test_other_keys_stay_in_the_cache(make: Make) -> None:
    """A change costs a look-up of what changed, not of everything."""
    behind = Store(switched_on("a", "b"))
    store = make(behind)
    ev = settled(Evaluator(store, ttl=1e6), store)
    store.get_flags(["a", "b"])
    ev.evaluate("u", "last")
    store.drop(["last"])
    wait_until(lambda: not fresh(ev, "last"))  # messages come in order: those of the fills are through
    ev.batch_evaluate("u", ["a", "b"])
    store.drop(["a"])
    wait_until(lambda: not fresh(ev, "a"))

    assert fresh(ev, "b")


def fresh(ev: Evaluator, key: str) -> bool:
    """Whether a decision on the flag would be a hit."""
    entry = ev._entries.get(key)
    return entry is not None and ev._clock() < entry.expires


def test_a_change_while_the_store_behind_is_down_costs_no_decision(make: Make) -> None:
    """An entry that was dropped answers, stale, until it can be loaded anew."""
    behind = Store(switched_on("a"))
    store = make(behind)
    ev = settled(Evaluator(store, ttl=1e6), store)
    ev.evaluate("u", "a")
    behind.fail()
    store.drop(["a"])
    wait_until(lambda: not fresh(ev, "a"))

    assert ev.evaluate("u", "a").reason == "enabled"
    assert ev.stats().stale >= 1


@pytest.mark.parametrize("change", ["drop", "put"])
def test_a_read_under_way_cannot_bring_back_what_was_changed(make: Make, change: str) -> None:
    """What was read from the store behind before a drop, or before a put, does not replace what came after."""
    behind = Store(switched_on("a"))
    store, other = make(behind), make(behind)
    old = behind.inner.get_flags(["a"])

    def read_early(_: Any) -> dict[str, Flag]:
        behind.put(FlagSet([Flag("a")]))
        other.put(FlagSet([Flag("a")])) if change == "put" else other.drop(["a"])
        return old

    assert store._get("flag:", ["a"], Flag.from_item, read_early) == old
    assert store.get_flags(["a"]) == {"a": Flag("a")}


def test_with_redis_down_the_store_behind_answers(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    """Decisions go on, one failure is logged, and Redis is left alone for a while after it."""
    behind = Store(switched_on("a"))
    store = make(behind, f"redis://127.0.0.1:{free_port()}")
    for _ in range(5):
        assert store.get_flags(["a"]) == dict(switched_on("a"))
    store.put(FlagSet([Flag("a")]))
    assert store.get_flags(["a"]) == {"a": Flag("a")}
    assert not store.drop(["a"])

    assert store.stats().errors < 8
    assert [record.getMessage() for record in caplog.records if "Redis failed" in record.getMessage()]


@pytest.mark.slow
@pytest.mark.usefixtures("caplog")
def test_a_server_that_comes_back_is_used_and_heard_again(make: Make) -> None:
    """Killed and started again, Redis is asked, and a change there reaches the evaluator; none is missed."""
    behind = Store(switched_on("a"))
    with Server("valkey") as server:
        store = make(behind, server.url, timeout=0.5)
        ev = settled(Evaluator(store, ttl=1e6), store)
        assert ev.evaluate("u", "a").enabled
        server.kill()
        assert ev.evaluate("u", "a").enabled
        behind.put(FlagSet([Flag("a")]))
        server.start()

        wait_until(lambda: ev.evaluate("u", "a").reason == "flag_disabled")
        behind.put(switched_on("a"))
        wait_until(lambda: store.drop(["a"]))
        wait_until(lambda: ev.evaluate("u", "a").enabled)


def test_an_evaluator_may_go(make: Make) -> None:
    """A store keeps no evaluator alive."""
    store = make(Store(switched_on("a")))
    settled(Evaluator(store), store)
    gc.collect()
    kept = settled(Evaluator(store), store)

    assert [each() for each in store._watchers] == [kept._changed]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"ttl": 0}, "ttl"),
        ({"ttl": math.inf}, "ttl"),
        ({"prefix": ""}, "prefix"),
        ({"url": "localhost"}, "url"),
        ({"behind": None}, "behind"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(settings: dict[str, Any], problem: str) -> None:
    """The message names the setting."""
    with pytest.raises(ConfigError, match=problem):
        RedisStore(**{"url": "redis://127.0.0.1:1", "behind": Store(), **settings})


def test_an_entry_is_a_flag_files_item(make: Make) -> None:
    """Whoever looks into Redis can read it."""
    store = make(Store(switched_on("a")))
    store.get_flags(["a"])

    assert json.loads(store._client.get(f"{store._prefix}flag:a"))["key"] == "a"
