"""A store that takes its time."""

from ffcore.flagset import FlagSet
from ffcore.lab.testing.delayed import DelayedStore
from ffcore.model import Flag
from ffcore.stores.memory import MemoryStore


def test_every_request_takes_its_time_and_gets_its_answer() -> None:
    """Reads and writes go through, each after the stated seconds."""
    slept: list[float] = []
    store = DelayedStore(MemoryStore(FlagSet()), 0.25, slept.append)

    store.put(FlagSet([Flag("a")]))

    assert list(store.get_flags(["a", "b"])) == ["a"]
    assert store.get_experiments(["a"]) == {}
    assert slept == [0.25] * 3
