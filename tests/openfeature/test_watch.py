"""The watched store: what it passes on, and which changes it tells of."""

import pytest

from ffcore import Experiment, Flag, FlagSet
from ffcore.openfeature import watch
from ffcore.openfeature.watch import WatchedStore
from tests.support.doubles import Store, switched_on

ARMS = [{"key": "a", "allocation": "1/2"}, {"key": "b", "allocation": "1/2"}]


def test_changes_arrivals_and_losses_are_told() -> None:
    """The first sight of a key is no change; another item, a new one and a lost one are."""
    store, told = Store(switched_on("a")), list[list[str]]()
    watched = WatchedStore(store, told.append)
    for flags in [switched_on("a"), FlagSet([Flag("a")]), switched_on("a", "b"), switched_on("a", "b")]:
        watched.put(flags)
        watched.get_flags(["a", "b"])
    store.malformed = {"b"}
    watched.get_flags(iter(["a", "b"]))

    assert told == [[], ["a"], ["a", "b"], [], ["b"]]


def test_a_flag_and_an_experiment_of_one_key_are_two() -> None:
    """What changes in one is no change of the other."""
    told: list[list[str]] = []
    watched = WatchedStore(
        Store(FlagSet([Flag("a")], [Experiment.from_item({"key": "a", "variants": ARMS})])), told.append
    )
    watched.get_flags(["a"])
    watched.get_experiments(["a"])
    watched.put(FlagSet([], [Experiment.from_item({"key": "a", "status": "active", "variants": ARMS})]))

    assert watched.get_experiments(["a"])["a"] == Experiment.from_item(
        {"key": "a", "status": "active", "variants": ARMS}
    )
    assert watched.get_flags(["a"])["a"] == Flag("a")
    assert told == [[], [], ["a"], []]


def test_a_failing_store_tells_nothing() -> None:
    """Its error passes through, and what was seen stays seen."""
    store, told = Store(switched_on("a")), list[list[str]]()
    watched = WatchedStore(store, told.append)
    store.fail()
    with pytest.raises(ConnectionError):
        watched.get_flags(["a"])
    store.mend()
    watched.get_flags(["a"])

    assert told == [[]]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of keys beyond the bound the oldest are forgotten: seen again, they are new, not changed."""
    monkeypatch.setattr(watch, "REMEMBERED", 2)
    store, told = Store(switched_on("a", "b", "c")), list[list[str]]()
    watched = WatchedStore(store, told.append)
    watched.get_flags(["a", "b", "c"])
    watched.put(FlagSet([Flag("a"), Flag("c")]))
    watched.get_flags(["c"])
    watched.get_flags(["a"])

    assert told == [[], ["c"], []]
