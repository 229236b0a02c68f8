"""A store that takes its time, as one behind a network does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from ffcore.flagset import FlagSet
from ffcore.model import Experiment, Flag
from ffcore.stores.base import FlagStore, Malformed


class DelayedStore:
    """Answers as another store does, so many seconds later.

    >>> from ffcore.stores import MemoryStore
    >>> store = DelayedStore(MemoryStore(FlagSet([Flag("dark-mode")])), 0.001)
    >>> list(store.get_flags(["dark-mode"]))
    ['dark-mode']
    """

    def __init__(self, inner: FlagStore, seconds: float, sleep: Callable[[float], object] = time.sleep) -> None:
        self._inner, self._seconds, self._sleep = inner, seconds, sleep

    def get_flags(self, keys: Iterable[str]) -> Mapping[str, Flag | Malformed]:
        """The flags with these keys, late."""
        self._sleep(self._seconds)
        return self._inner.get_flags(keys)

    def get_experiments(self, keys: Iterable[str]) -> Mapping[str, Experiment | Malformed]:
        """The experiments with these keys, late."""
        self._sleep(self._seconds)
        return self._inner.get_experiments(keys)

    def put(self, flag_set: FlagSet) -> None:
        """Add a set's flags and experiments, late."""
        self._sleep(self._seconds)
        self._inner.put(flag_set)
