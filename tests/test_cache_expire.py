"""Ending the freshness of keys: what is loaded anew, and what a load under way makes of it."""

from collections.abc import Mapping
from threading import Event
from typing import Any

import pytest

from ffcore.cache import Cache, Entry, Limits, Loaded
from tests.support.doubles import PATIENCE, Clock, together


def test_a_load_that_an_expiry_overtakes_leaves_the_next_load_alone() -> None:
    """A look-up after the change does not wait for the older load, and its answer stays when that comes in late."""
    versions = iter((1, 2))

    def load(keys: list[str]) -> dict[str, Loaded]:
        version = next(versions)
        if version == 1:
            cache.expire(keys)
            assert values(cache.fetch(keys)) == {"a": 2}
        return {key: Loaded(version, key) for key in keys}

    cache = Cache(load, Limits(), Clock())

    assert together(lambda: values(cache.fetch(["a"]))) == [{"a": 1}]
    assert values(cache.entries) == {"a": 2}


def test_two_loads_of_one_key_each_end_their_own() -> None:
    """Where the load before a change ends while the one after it still runs, the newer one is kept all the same."""
    newer_runs, older_done = Event(), Event()

    def load(keys: list[str]) -> dict[str, Loaded]:
        if newer.is_set():
            newer_runs.set()
            older_done.wait(PATIENCE)
            return {key: Loaded(2, key) for key in keys}
        cache.expire(keys)
        newer.set()
        newer_runs.wait(PATIENCE)
        return {key: Loaded(1, key) for key in keys}

    def older() -> dict[str, int]:
        found = values(cache.fetch(["a"]))
        older_done.set()
        return found

    newer = Event()
    cache = Cache(load, Limits(), Clock())

    assert together(older, lambda: newer.wait(PATIENCE) and values(cache.fetch(["a"]))) == [{"a": 1}, {"a": 2}]
    assert values(cache.entries) == {"a": 2}


@pytest.mark.parametrize(("expired", "loaded"), [(None, ["a", "b"]), (["a", "unknown"], ["a"]), ([], [])])
def test_expired_keys_are_loaded_anew_and_answer_if_that_fails(expired: list[str] | None, loaded: list[str]) -> None:
    """``expire`` ends the freshness of the keys it is given, or of all; what they held still serves a failing store."""
    asked: list[str] = []
    broken = False

    def load(keys: list[str]) -> dict[str, Loaded]:
        asked.extend(keys)
        if broken:
            raise ConnectionError
        return {key: Loaded(key, key) for key in keys}

    cache = Cache(load, Limits(), Clock())
    cache.fetch(["a", "b"])
    asked.clear()
    cache.expire(expired)
    broken = True
    found = cache.fetch(["a", "b"])

    assert asked == loaded
    assert values(found) == {"a": "a", "b": "b"}
    assert cache.stats().stale == cache.stats().expired == len(loaded)


def test_a_load_that_an_expiry_overtakes_is_kept_as_expired() -> None:
    """What was read before the change is no fresh answer, but a stale one while the store fails."""

    def load(keys: list[str]) -> dict[str, Loaded]:
        if cache.entries:
            raise ConnectionError
        cache.expire(keys)
        return {key: Loaded(key, key) for key in keys}

    cache = Cache(load, Limits(), Clock())

    assert [values(cache.fetch(["a"])), cache.entries["a"].expires] == [{"a": "a"}, 0.0]
    assert values(cache.fetch(["a"])) == {"a": "a"}
    assert (cache.stats().loads, cache.stats().stale) == (2, 1)


def values(entries: Mapping[Any, Entry | None]) -> dict[Any, Any]:
    """What the entries hold, by key."""
    return {key: entry.value for key, entry in entries.items() if entry}
