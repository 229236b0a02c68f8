"""The evaluator: flags and experiments decided from a cache in front of a store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .cache import Cache, CacheStats, Limits, Loaded
from .decide import Decide, compile_experiment, compile_flag, constant
from .errors import ConfigError, shown
from .flagset import FlagSet
from .log import warning
from .model import Decision, Experiment, Flag
from .stores.base import Malformed
from .stores.memory import MemoryStore
from .targeting import check_context

if TYPE_CHECKING:
    from .stores.base import FlagStore
    from .trace import Trace

Context = Mapping[str, Any]
#: A flag is cached by its key, an experiment by ``(EXPERIMENT, key)``: the two may share a key.
CacheKey = str | tuple[str, str]
EXPERIMENT = "experiment"
#: ``tracker(user_id, key, flag_id or experiment_id, decision, context)``
Tracker = Callable[[str, str, str | None, Decision, Context | None], None]
strip = str.strip  # one call tells text from anything else (TypeError) and blank from not


@dataclass(frozen=True, slots=True)
class Found:
    """What the cache holds for a key.

    Attributes:
        decide: ``decide(user_id, context)``; the id is taken as checked.
        item: The flag or experiment behind it; None where none can be read.
        stale: Whether it is past its time to live, and serves only because the store fails.
    """

    decide: Decide
    item: Flag | Experiment | None
    stale: bool


class Evaluator:
    """Decides what users get, from a ``FlagSet`` or any ``FlagStore``, through a cache.

    Raises ``ConfigError`` for settings out of their range and ``TypeError`` for a source that is neither; a decision
    raises ``TypeError`` where a rule reads a context that is no mapping.

    Args:
        source: Where flags and experiments come from.
        ttl: Seconds that an entry is fresh, from its fetch.
        max_entries: The most entries kept; the least recently used go first.
        negative_ttl: Seconds that "not found" and "malformed" are kept.
        max_stale: Seconds after its expiry during which an entry still serves while the store fails. After a failed
            call the store is not asked about such entries for ten times as long as the call took, at most
            ``negative_ttl``, so that few look-ups wait for a time-out.
        jitter: Shortens each entry's ``ttl`` by a random fraction up to this one (0 to 1).
        clock: Seconds, monotonic.
        tracker: Told of every decision: ``tracker(user_id, key, flag_id or experiment_id, decision, context)``. Where
            it has a method ``assigned``, that is told of the decisions on experiments.

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
        tracker: Tracker | None = None,
    ) -> None:
        _check_functions(clock, tracker)
        self._store = _as_store(source)
        self._cache = Cache(self._load, Limits(ttl, max_entries, negative_ttl, max_stale, jitter), clock)
        self._entries, self._stamps, self._clock = self._cache.entries, self._cache.stamps, clock
        self._tracker = tracker
        if (watch := getattr(self._store, "watch", None)) is not None:
            watch(self._changed)

    def evaluate(self, user_id: str, flag_key: str, context: Context | None = None) -> Decision:
        """What a user gets from a flag, and why.

        Raises ``TypeError`` for an id that is no text and ``ValueError`` for a blank one.
        """
        try:  # a hit stays in this frame: see cache.py
            if not strip(user_id):
                check_user_id(user_id)
            entry = self._entries[flag_key]
        except (KeyError, TypeError):
            decide = self._missed(user_id, flag_key)
        else:
            clock = self._clock
            if clock() < entry.expires:
                entry.used = next(self._stamps)
                decide = entry.value
            else:
                decide = self._missed(user_id, flag_key)
        return decide(user_id, context)

    def flag(self, flag_key: str) -> Callable[..., Decision]:
        """``evaluate`` bound to one flag, for hot loops: ``decide(user_id, context=None)``.

        It follows changes of the flag as ``evaluate`` does.

        >>> from ffcore import Evaluator, Flag, FlagSet
        >>> decide = Evaluator(FlagSet([Flag("dark-mode", enabled=True, rollout_percentage=100)])).flag("dark-mode")
        >>> decide("user-1").enabled
        True
        """
        entries, stamps, clock, missed = self._entries, self._stamps, self._clock, self._missed

        def decide(user_id: str, context: Context | None = None) -> Decision:
            try:
                if not strip(user_id):
                    check_user_id(user_id)
                entry = entries[flag_key]
            except (KeyError, TypeError):
                run = missed(user_id, flag_key)
            else:
                if clock() < entry.expires:
                    entry.used = next(stamps)
                    run = entry.value
                else:
                    run = missed(user_id, flag_key)
            return run(user_id, context)

        return decide

    def batch_evaluate(
        self, user_id: str, flag_keys: Iterable[str], context: Context | None = None
    ) -> dict[str, Decision]:
        """What a user gets from several flags; those not cached are fetched from the store in one call."""
        check_user_id(user_id)
        if isinstance(flag_keys, str):
            raise TypeError(f"flag_keys: expected several keys, got the text {shown(flag_keys)}")
        now, stamps, entries = self._clock(), self._stamps, self._entries
        decisions: dict[Any, Any] = {}
        missed: list[CacheKey] = []
        for key in flag_keys:
            if key in decisions:
                continue
            if key in entries and now < (entry := entries[key]).expires:
                entry.used = next(stamps)
                run = entry.value
                decisions[key] = run(user_id, context)
            else:
                decisions[key] = None
                missed.append(key)
        if missed:
            for late, run in self._fetch(missed).items():
                decisions[late] = run(user_id, context)
        return decisions

    def assign(self, user_id: str, experiment_key: str, context: Context | None = None) -> Decision:
        """Which variant of an experiment a user gets, and why. Raises like ``evaluate``."""
        return self.evaluate(user_id, (EXPERIMENT, experiment_key), context)  # type: ignore[arg-type]

    def look_up(self, key: CacheKey) -> Found | None:
        """What is cached for a key, loaded if need be: one look-up. None where the store fails and nothing serves.

        >>> from ffcore import Evaluator, Flag, FlagSet
        >>> Evaluator(FlagSet([Flag("dark-mode", enabled=True)])).look_up("dark-mode").item.rollout_percentage
        Fraction(0, 1)
        """
        entry = self._entries.get(key)
        if entry is not None and self._clock() < entry.expires:
            entry.used = next(self._stamps)
            return Found(entry.value, entry.source, False)
        check_key(key)
        entry = self._cache.fetch([key])[key]
        return None if entry is None else Found(entry.value, entry.source, self._clock() >= entry.expires)

    def trace(self, user_id: str, key: str, context: Context | None = None) -> Trace:
        """Why a user gets what they get from a flag, or from the experiment if there is no such flag.

        Prints as sentences. Counts as a look-up where the item is not cached; the tracker is not told.
        Raises ``ConfigError`` for a key that is neither, or that cannot be read.
        """
        from .trace import trace

        check_user_id(user_id)
        check_key(key)
        if context is not None:
            check_context(context)
        for name in (key, (EXPERIMENT, key)):
            entry = self._entries.get(name)
            if entry is None or self._clock() >= entry.expires:
                entry = self._cache.fetch([name])[name]
            if entry is not None and entry.source is not None:
                return trace(entry.source, user_id, context or {})
        raise ConfigError([(key, "neither a flag nor an experiment that can be read has this key")])

    def cached(self, key: CacheKey) -> Flag | Experiment | None:
        """The flag with this key, or with ``(EXPERIMENT, key)`` the experiment, if it is cached; no look-up is counted.

        >>> from ffcore import Evaluator, Flag, FlagSet
        >>> ev = Evaluator(FlagSet([Flag("dark-mode", flag_id="f-7")]))
        >>> ev.evaluate("user-1", "dark-mode").reason, ev.cached("dark-mode").flag_id, ev.cached("unknown")
        ('flag_disabled', 'f-7', None)
        """
        entry = self._entries.get(key)
        source: Flag | Experiment | None = None if entry is None else entry.source
        return source

    def stats(self) -> CacheStats:
        """The cache's counts since the evaluator was made."""
        return self._cache.stats()

    def _changed(self, flag_keys: Iterable[str] | None, experiment_keys: Iterable[str] | None) -> None:
        """Told by the store what changed in it, None standing for anything: the next look-up loads it anew."""
        if flag_keys is None or experiment_keys is None:
            self._cache.expire()
        else:
            self._cache.expire([*flag_keys, *((EXPERIMENT, key) for key in experiment_keys)])

    def _missed(self, user_id: str, key: CacheKey) -> Decide:
        check_user_id(user_id)
        return self._fetch([key])[key]

    def _fetch(self, keys: list[CacheKey]) -> dict[CacheKey, Decide]:
        for key in keys:
            check_key(key)
        found = self._cache.fetch(keys)
        unavailable = Decision(False, "store_unavailable")
        return {key: entry.value if entry else self._constant(key, unavailable) for key, entry in found.items()}

    def _load(self, keys: list[CacheKey]) -> dict[CacheKey, Loaded]:
        """Fetch and compile: flags are asked for by their key, experiments by ``(EXPERIMENT, key)``."""
        flag_keys = [key for key in keys if isinstance(key, str)]
        experiment_keys = [key[1] for key in keys if not isinstance(key, str)]
        found: dict[CacheKey, Any] = {}
        if flag_keys:
            found.update(self._store.get_flags(flag_keys))
        if experiment_keys:
            experiments = self._store.get_experiments(experiment_keys)
            found |= {(EXPERIMENT, key): item for key, item in experiments.items()}
        return {key: self._compiled(key, found.get(key)) for key in keys}

    def _compiled(self, key: CacheKey, item: Flag | Experiment | Malformed | None) -> Loaded:
        kind = "flag" if isinstance(key, str) else "experiment"
        if item is None or isinstance(item, Malformed):
            reason = f"{kind}_{'not_found' if item is None else 'malformed'}"
            return Loaded(self._constant(key, Decision(False, reason)))
        if isinstance(item, Flag):
            return Loaded(self._tracked(key, item.flag_id, compile_flag(item)), item)
        return Loaded(self._tracked(key, item.experiment_id, compile_experiment(item)), item)

    def _constant(self, key: CacheKey, decision: Decision) -> Decide:
        return self._tracked(key, None, constant(decision))

    def _tracked(self, key: CacheKey, item_id: str | None, decide: Decide) -> Decide:
        """``decide``, telling the tracker of every decision; the tracker can neither change nor break it."""
        tracker = self._tracker
        if tracker is None:
            return decide
        name = key if isinstance(key, str) else key[1]
        track = tracker if isinstance(key, str) else getattr(tracker, "assigned", tracker)

        def tracked(user_id: str, context: Context | None) -> Decision:
            decision = decide(user_id, context)
            try:
                track(user_id, name, item_id, decision, context)
            except Exception as error:  # noqa: BLE001 - whatever a tracker raises, the decision stands
                warning("the tracker failed on %s", name, error=error)
            return decision

        return tracked


def _check_functions(clock: object, tracker: object) -> None:
    if not callable(clock):
        raise ConfigError([("clock", f"expected a function that returns seconds, got {shown(clock)}")])
    if tracker is not None and not callable(tracker):
        raise ConfigError(
            [("tracker", f"expected a function that is told of decisions, or None, got {shown(tracker)}")]
        )


def _as_store(source: FlagSet | FlagStore) -> FlagStore:
    """A set's store, or the store that was given; raises ``TypeError`` for anything else."""
    if isinstance(source, FlagSet):
        return MemoryStore(source)
    readers = (getattr(source, name, None) for name in ("get_flags", "get_experiments"))
    if isinstance(source, type) or not all(map(callable, readers)):
        hint = "ffcore.load(path) makes a FlagSet of a file, FlagSet.from_items of items"
        raise TypeError(f"source: expected a FlagSet or a FlagStore, got {shown(source)}; {hint}")
    return source


def check_key(key: CacheKey) -> None:
    """Raise ``TypeError`` unless a cache key holds a flag's or an experiment's key as text."""
    name: object = key[1] if isinstance(key, tuple) and key[:1] == (EXPERIMENT,) else key
    if not isinstance(name, str):
        raise TypeError(f"key: expected text, got {shown(name)}")


def check_user_id(user_id: object) -> None:
    """Raise ``TypeError`` unless an id is text, ``ValueError`` if it is blank."""
    if not isinstance(user_id, str):
        raise TypeError(f"user_id: expected text, got {shown(user_id)}")
    if not user_id.strip():
        raise ValueError(f"user_id: expected text that is not blank, got {shown(user_id)}")
