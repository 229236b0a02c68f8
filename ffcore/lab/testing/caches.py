"""Negative controls of the cache: evaluators that load a cold key once per thread, or take an outage for an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ffcore.cache import Cache, Entry, Loaded
from ffcore.errors import ConfigError, suggestion
from ffcore.evaluator import Evaluator
from ffcore.flagset import FlagSet
from ffcore.model import Experiment, Flag
from ffcore.stores.base import FlagStore, Malformed
from ffcore.stores.memory import MemoryStore


class UnsharedCache(Cache):
    """A cache without single flight: every thread that misses loads for itself, whoever else is loading."""

    def fetch(self, keys: Iterable[Any]) -> dict[Any, Entry | None]:
        """Answer misses by a load of one's own."""
        keys = list(keys)
        loaded: Mapping[Any, Loaded] = {}
        own = Cache(lambda asked: loaded, self._limits, self.clock)
        with self._lock:
            self._misses += len(keys)
            self._expired += sum(key in self.entries for key in keys)
            self._loads += len(keys)
        loaded = self._load(keys)
        found = own.fetch(keys)
        with self._lock:
            for key, entry in found.items():
                if entry is not None:
                    entry.used = self._stamp()
                self._keep(key, entry)
        return found


class NoSingleFlight(Evaluator):
    """An evaluator whose cache lets every thread load a cold key.

    >>> evaluator = NoSingleFlight(FlagSet([Flag("dark-mode")]))
    >>> evaluator.evaluate("user-1", "dark-mode").reason, evaluator.stats().loads
    ('flag_disabled', 1)
    """

    def __init__(self, source: FlagSet | FlagStore, **settings: Any) -> None:
        super().__init__(source, **settings)
        shared = self._cache
        self._cache = UnsharedCache(self._load, shared._limits, self._clock)  # noqa: SLF001 - the same settings
        self._entries, self._stamps = self._cache.entries, self._cache.stamps


class ErrorsAsMissing(Evaluator):
    """An evaluator as the deployed Lambda is: a failed read is "not found", kept for the whole time to live.

    >>> from ffcore.stores import SQLiteStore
    >>> store = SQLiteStore(":memory:")
    >>> store.close()
    >>> ErrorsAsMissing(store).evaluate("user-1", "dark-mode").reason
    'flag_not_found'
    """

    def __init__(self, source: FlagSet | FlagStore, *, ttl: float = 300.0, **settings: Any) -> None:
        store = MemoryStore(source) if isinstance(source, FlagSet) else source
        super().__init__(_Swallowing(store), ttl=ttl, **{**settings, "negative_ttl": ttl})


class _Swallowing:
    """A store whose errors look like answers without any item."""

    def __init__(self, inner: FlagStore) -> None:
        self._inner = inner
        self.put = inner.put

    def get_flags(self, keys: Iterable[str]) -> Mapping[str, Flag | Malformed]:
        try:
            return self._inner.get_flags(keys)
        except Exception:  # noqa: BLE001 - the fault is to swallow any error
            return {}

    def get_experiments(self, keys: Iterable[str]) -> Mapping[str, Experiment | Malformed]:
        try:
            return self._inner.get_experiments(keys)
        except Exception:  # noqa: BLE001 - the fault is to swallow any error
            return {}


FAULTS: dict[str, Callable[..., Evaluator]] = {
    "no_single_flight": NoSingleFlight,
    "errors_as_missing": ErrorsAsMissing,
}


def evaluator(fault: str) -> Callable[..., Evaluator]:
    """The evaluator with a fault, or without one for ``""``; ``ConfigError`` names the nearest.

    >>> evaluator("") is Evaluator, evaluator("errors_as_missing") is ErrorsAsMissing
    (True, True)
    """
    if fault and fault not in FAULTS:
        raise ConfigError([("fault", f"{fault!r} is unknown{suggestion(fault, FAULTS)}")])
    return FAULTS.get(fault, Evaluator)
