"""Negative controls of the cache: evaluators that load a cold key once per thread, or take an outage for an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ffcore.cache import Cache, _Flight
from ffcore.errors import ConfigError
from ffcore.evaluator import Evaluator
from ffcore.flagset import FlagSet
from ffcore.model import Experiment, Flag
from ffcore.stores.base import FlagStore, Malformed
from ffcore.stores.memory import MemoryStore


class UnsharedCache(Cache):
    """A cache without single flight: every thread that misses loads for itself, whoever else is loading."""

    def _claim(self, keys: Iterable[Any]) -> tuple[dict[Any, _Flight], dict[Any, _Flight]]:
        """Take what is loaded already; set out for all else, and let the last one out keep what it brings."""
        waits, own = super()._claim(keys)
        under_way = [key for key, flight in waits.items() if not flight.done.is_set()]
        for key in under_way:
            del waits[key]
            own[key] = self._flights[key] = _Flight()
        return waits, own


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
        raise ConfigError.unknown("fault", fault, FAULTS)
    return FAULTS.get(fault, Evaluator)
