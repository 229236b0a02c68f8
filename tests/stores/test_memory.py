"""The store in memory, where it does more than every store."""

from ffcore.stores import MemoryStore
from tests.support.doubles import restless, switched_on, together


def test_it_starts_from_a_set_and_leaves_that_as_it_is() -> None:
    """What is put later is the store's alone."""
    flags = switched_on("a")
    store = MemoryStore(flags)
    store.put(switched_on("b"))

    assert list(store.get_flags(["a", "b"])) == ["a", "b"]
    assert flags == switched_on("a")


def test_threads_that_put_at_once_lose_nothing() -> None:
    """Each of many sets put at the same time is there afterwards."""
    store = MemoryStore()
    batches = [[f"flag-{thread}-{i}" for i in range(40)] for thread in range(8)]

    def put(keys: list[str]) -> None:
        for key in keys:
            store.put(switched_on(key))

    with restless():
        together(*[lambda keys=keys: put(keys) for keys in batches])

    assert len(store.get_flags(key for keys in batches for key in keys)) == 320
