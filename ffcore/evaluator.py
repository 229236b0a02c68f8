"""The evaluator: flags and experiments decided from a cache in front of a store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .cache import Cache, CacheStats, Limits, Loaded
from .decide import Decide, compile_experiment, compile_flag, constant
from .errors import shown
from .flagset import FlagSet
from .model import Decision
from .stores.base import Malformed
from .stores.memory import MemoryStore

if TYPE_CHECKING:
    from .stores.base import FlagStore

Context = Mapping[str, Any]


def _same(reason: str) -> Decide:
    return constant(Decision(False, reason))


_FLAG_NOT_FOUND, _EXPERIMENT_NOT_FOUND = _same("flag_not_found"), _same("experiment_not_found")
_FLAG_MALFORMED, _EXPERIMENT_MALFORMED = _same("flag_malformed"), _same("experiment_malformed")
_UNAVAILABLE = _same("store_unavailable")


class Evaluator:
    """Decides what users get, from a ``FlagSet`` or any ``FlagStore``, through a cache.

    Args:
        source: Where flags and experiments come from.
        ttl: Seconds that an entry is fresh, from its fetch.
        max_entries: The most entries kept; the least recently used go first.
        negative_ttl: Seconds that "not found" and "malformed" are kept.
        max_stale: Seconds past its expiry that an entry still answers while the store fails.
        jitter: Shortens each entry's ``ttl`` by a random fraction up to this one (0 to 1).
        clock: Seconds, monotonic.
        tracker: Takes every decision: ``tracker.track(user_id, key, decision, context)``.

    >>> from ffcore import Evaluator, Flag, FlagSet
    >>> ev = Evaluator(FlagSet([Flag("dark-mode", enabled=True, rollout_percentage=50)]))
    >>> ev.evaluate("user-2", "dark-mode")
    Decision(enabled=True, reason='enabled', variant=None, payload=None)
    >>> ev.stats().loads
    1
    """

    def __init__(  # noqa: PLR0913 - each is a setting of its own
        self,
        source: FlagSet | FlagStore,
        *,
        ttl: float = 300.0,
        max_entries: int = 10_000,
        negative_ttl: float = 30.0,
        max_stale: float = 3600.0,
        jitter: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        tracker: Any = None,
    ) -> None:
        self._store = MemoryStore(source) if isinstance(source, FlagSet) else source
        self._cache = Cache(self._load, Limits(ttl, max_entries, negative_ttl, max_stale, jitter), clock)
        self._entry, self._stamps, self._clock = self._cache.entries.get, self._cache.stamps, clock
        self._tracker = tracker

    def evaluate(self, user_id: str, flag_key: str, context: Context | None = None) -> Decision:
        """What a user gets from a flag, and why.

        Raises ``TypeError`` for an id that is no text and ``ValueError`` for a blank one.
        """
        try:
            if not "!" <= user_id < "\x7f":
                check_user_id(user_id)
        except TypeError:
            check_user_id(user_id)
        entry = self._entry(flag_key)
        if entry is None or self._clock() >= entry.expires:
            decision = self._missed(flag_key)(user_id, context)
        else:
            entry.used = next(self._stamps)
            decision = entry.value(user_id, context)
        if self._tracker is not None:
            self._tracker.track(user_id, flag_key, decision, context)
        return decision

    def batch_evaluate(
        self, user_id: str, flag_keys: Iterable[str], context: Context | None = None
    ) -> dict[str, Decision]:
        """What a user gets from several flags; those not cached are fetched from the store in one call."""
        check_user_id(user_id)
        keys = list(dict.fromkeys(flag_keys))
        now, stamps, cached = self._clock(), self._stamps, self._entry
        decides: dict[str, Decide] = {}
        missed = []
        for key in keys:
            entry = cached(key)
            if entry is None or now >= entry.expires:
                missed.append(key)
            else:
                entry.used = next(stamps)
                decides[key] = entry.value
        if missed:
            found = self._cache.fetch(missed)
            decides |= {key: _UNAVAILABLE if entry is None else entry.value for key, entry in found.items()}
        decisions = {key: decides[key](user_id, context) for key in keys}
        if self._tracker is not None:
            for key, decision in decisions.items():
                self._tracker.track(user_id, key, decision, context)
        return decisions

    def assign(self, user_id: str, experiment_key: str, context: Context | None = None) -> Decision:
        """Which variant of an experiment a user gets, and why. Raises like ``evaluate``."""
        check_user_id(user_id)
        key = ("experiment", experiment_key)
        entry = self._entry(key)
        if entry is None or self._clock() >= entry.expires:
            decision = self._missed(key)(user_id, context)
        else:
            entry.used = next(self._stamps)
            decision = entry.value(user_id, context)
        if self._tracker is not None:
            self._tracker.track(user_id, experiment_key, decision, context)
        return decision

    def stats(self) -> CacheStats:
        """The cache's counts since the evaluator was made."""
        return self._cache.stats()

    def _missed(self, key: Any) -> Decide:
        entry = self._cache.fetch([key])[key]
        return _UNAVAILABLE if entry is None else entry.value

    def _load(self, keys: list[Any]) -> dict[Any, Loaded]:
        """Fetch and compile: flags are asked for by their key, experiments by ``("experiment", key)``."""
        flag_keys = [key for key in keys if isinstance(key, str)]
        experiment_keys = [key[1] for key in keys if not isinstance(key, str)]
        flags = self._store.get_flags(flag_keys) if flag_keys else {}
        experiments = self._store.get_experiments(experiment_keys) if experiment_keys else {}
        loaded = {key: _compiled(flags.get(key), compile_flag, _FLAG_NOT_FOUND, _FLAG_MALFORMED) for key in flag_keys}
        return loaded | {
            ("experiment", key): _compiled(
                experiments.get(key), compile_experiment, _EXPERIMENT_NOT_FOUND, _EXPERIMENT_MALFORMED
            )
            for key in experiment_keys
        }


def _compiled(item: Any, compile_item: Callable[[Any], Decide], not_found: Decide, malformed: Decide) -> Loaded:
    if item is None:
        return Loaded(not_found, negative=True)
    return Loaded(malformed, negative=True) if isinstance(item, Malformed) else Loaded(compile_item(item))


def check_user_id(user_id: object) -> None:
    """Raise ``TypeError`` unless an id is text, ``ValueError`` if it is blank."""
    if not isinstance(user_id, str):
        raise TypeError(f"user_id: expected text, got {shown(user_id)}")
    if not user_id.strip():
        raise ValueError(f"user_id: expected text that is not blank, got {shown(user_id)}")
