"""A store that is watched: whether it answers, and which flags changed since they were last read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

from ..flagset import FlagSet
from ..model import Experiment, Flag
from ..stores.base import Malformed

if TYPE_CHECKING:
    from ..stores.base import FlagStore

#: The most items remembered; the oldest go first, and their next change passes unseen.
REMEMBERED = 10_000


class WatchedStore:
    """A store that tells of each answer which of the keys asked for had another item before, or none.

    Args:
        store: The store behind.
        answered: Told after each answer: ``answered(keys of items that changed)``.

    >>> from ffcore.stores import MemoryStore
    >>> store, changes = MemoryStore(FlagSet([Flag("a")])), []
    >>> watched = WatchedStore(store, changes.append)
    >>> _ = watched.get_flags(["a"]), store.put(FlagSet([Flag("a", enabled=True)])), watched.get_flags(["a"])
    >>> changes
    [[], ['a']]
    """

    def __init__(self, store: FlagStore, answered: Callable[[list[str]], None]) -> None:
        self._store, self._answered = store, answered
        #: The store's own, if it has one: tells an evaluator of changes at once.
        self.watch = getattr(store, "watch", None)
        self._seen: dict[tuple[str, str], Any] = {}
        self._lock = Lock()

    def get_flags(self, keys: Iterable[str]) -> Mapping[str, Flag | Malformed]:
        """The flags with these keys."""
        asked = list(keys)
        found = self._store.get_flags(asked)
        self._answered(self._changed("flag", asked, found))
        return found

    def get_experiments(self, keys: Iterable[str]) -> Mapping[str, Experiment | Malformed]:
        """The experiments with these keys."""
        asked = list(keys)
        found = self._store.get_experiments(asked)
        self._answered(self._changed("experiment", asked, found))
        return found

    def put(self, flag_set: FlagSet) -> None:
        """Add a set's flags and experiments."""
        self._store.put(flag_set)

    def _changed(self, kind: str, keys: Iterable[str], found: Mapping[str, Any]) -> list[str]:
        """The keys whose items are not those last seen; notes the new ones."""
        changed = []
        with self._lock:
            for key in keys:
                before, now = self._seen.pop((kind, key), self), found.get(key)
                if before is not self and before != now:
                    changed.append(key)
                self._seen[kind, key] = now
            while len(self._seen) > REMEMBERED:
                del self._seen[next(iter(self._seen))]
        return changed
