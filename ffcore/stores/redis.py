"""Redis as a second level of caching in front of another store, shared by every evaluator of a fleet."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

from ..arguments import FINITE_SECONDS, wrong_numbers
from ..errors import ConfigError, printable, shown
from ..flagset import FlagSet
from ..log import warning
from ..model import DEFAULT_BUCKETS, Experiment, Flag
from .base import FlagStore, Item, Malformed
from .text import parsed

if TYPE_CHECKING:
    from .broadcast import Listener

#: Told which flags and experiments changed; None: any may have.
Changed = Callable[[Sequence[str] | None, Sequence[str] | None], None]
FLAG, EXPERIMENT = "flag:", "experiment:"
#: Seconds during which a dropped key is not filled again: a read of the store behind that is under way may be older.
DROPPED = 2
#: Seconds during which Redis is not asked after it failed.
REST = 1.0


@dataclass(slots=True)
class RedisStats:
    """Counts since the store was made.

    Attributes:
        hits: Keys answered by Redis.
        misses: Keys that the store behind was asked for.
        errors: Calls of Redis that failed.
    """

    hits: int = 0
    misses: int = 0
    errors: int = 0


@dataclass(slots=True)
class _State:
    stats: RedisStats = field(default_factory=RedisStats)
    lock: Lock = field(default_factory=Lock)
    rests_until: float = float("-inf")


class RedisStore:
    """A store that answers from Redis what it can, and fills Redis from the store behind it.

    An entry that is written, dropped or that expires in Redis, by whatever program, reaches every evaluator on such a
    store: each loads it anew at its next look-up (43 us after the write on one machine). A fill is a write too, so an
    evaluator may load a key once more after another one filled it. While Redis is down, slow or full, the store behind
    answers; each failure is counted, the first of a row logged, and Redis is left alone for a second after it. What
    Redis held then lives at most ``ttl``.

    Args:
        url: The server, as ``redis://host:6379/0`` or ``rediss://`` for TLS.
        behind: The store that holds the flags. ``close`` closes it too.
        ttl: Seconds that an entry lives in Redis.
        prefix: What the names of all entries begin with; stores that share one share their entries.
        timeout: Seconds to wait for Redis.
        buckets: The resolution of flags whose items name none; those that this store fills always name theirs.
    """

    def __init__(
        self,
        url: str,
        behind: FlagStore,
        *,
        ttl: float = 300.0,
        prefix: str = "ffcore:",
        timeout: float = 0.25,
        buckets: int = DEFAULT_BUCKETS,
    ) -> None:
        _check(ttl, prefix, behind)
        self._url, self._behind, self._ttl, self._prefix = url, behind, max(1, round(ttl * 1_000)), prefix
        self._timeout, self._buckets = timeout, buckets
        self._client = _client(url, timeout)
        self._state = _State()
        self._watchers: list[WeakMethod[Any]] = []
        self._listener: Listener | None = None

    def get_flags(self, keys: Iterable[str]) -> dict[str, Flag | Malformed]:
        """The flags with these keys."""
        return self._get(FLAG, keys, lambda item: Flag.from_item(item, buckets=self._buckets), self._behind.get_flags)

    def get_experiments(self, keys: Iterable[str]) -> dict[str, Experiment | Malformed]:
        """The experiments with these keys."""
        return self._get(EXPERIMENT, keys, Experiment.from_item, self._behind.get_experiments)

    def put(self, flag_set: FlagSet) -> None:
        """Add a set's flags and experiments to the store behind, and to Redis, which tells every evaluator."""
        self._behind.put(flag_set)
        self._fill(FLAG, flag_set, only_new=False)
        self._fill(EXPERIMENT, flag_set.experiments, only_new=False)

    def drop(self, flag_keys: Iterable[str] = (), experiment_keys: Iterable[str] = ()) -> bool:
        """Drop entries here and in every evaluator, after a change of the store behind by another way.

        Returns whether Redis did so; if not, what it holds lives until its time is over.
        """
        names = [f"{FLAG}{key}" for key in flag_keys] + [f"{EXPERIMENT}{key}" for key in experiment_keys]

        def run() -> bool:
            pipeline = self._client.pipeline(transaction=True)
            for name in names:
                pipeline.set(self._prefix + name, b"", px=DROPPED * 1_000)
            pipeline.execute()
            return True

        return not names or bool(self._try(run, rest=False))

    def watch(self, changed: Changed) -> None:
        """Tell a bound method of every change from now on, for as long as its object lives."""
        with self._state.lock:
            self._watchers = [each for each in self._watchers if each() is not None]
            self._watchers.append(WeakMethod(changed))
            if self._listener is None:
                from .broadcast import Listener

                self._listener = Listener(self._url, self._prefix, self._heard, max(1.0, self._timeout))

    def stats(self) -> RedisStats:
        """The counts so far."""
        counts = self._state.stats
        return RedisStats(counts.hits, counts.misses, counts.errors)

    def close(self) -> None:
        """Stop listening, close the connections, and close the store behind."""
        if self._listener is not None:
            self._listener.close()
        self._client.close()
        getattr(self._behind, "close", lambda: None)()

    def _get(
        self,
        kind: str,
        keys: Iterable[str],
        read: Callable[[Any], Item],
        behind: Callable[[list[str]], Mapping[str, Any]],
    ) -> dict[str, Item | Malformed]:
        asked = [key for key in dict.fromkeys(keys) if printable(key) == key]
        texts = self._try(lambda: self._client.mget([f"{self._prefix}{kind}{key}" for key in asked])) if asked else None
        found: dict[str, Item | Malformed] = {}
        for key, text in zip(asked, texts or (), strict=False):
            item = _read(text, read) if text else None
            if item is not None:
                found[key] = item
        missed = [key for key in asked if key not in found]
        with self._state.lock:
            self._state.stats.hits += len(found)
            self._state.stats.misses += len(missed)
        if missed:
            fetched = behind(missed)
            found.update(fetched)
            if texts is not None:
                self._fill(kind, {key: item for key, item in fetched.items() if not isinstance(item, Malformed)})
        return found

    def _fill(self, kind: str, items: Mapping[str, Flag] | Mapping[str, Experiment], *, only_new: bool = True) -> None:
        """Write items to Redis; what a reader brings never replaces what somebody else wrote in the meantime."""

        def run() -> None:
            pipeline = self._client.pipeline(transaction=True)
            for key, item in items.items():
                text = json.dumps(item.to_item())
                pipeline.set(f"{self._prefix}{kind}{key}", text, px=self._ttl, nx=only_new)
            pipeline.execute()

        if items:
            self._try(run, rest=only_new)

    def _try(self, run: Callable[[], Any], *, rest: bool = True) -> Any:
        """The answer of Redis, or None where it fails or, unless it must be asked, rests after a failure."""
        from redis.exceptions import RedisError

        state = self._state
        if rest and time.monotonic() < state.rests_until:
            return None
        try:
            answer = run()
        except (RedisError, OSError) as error:
            with state.lock:
                first = state.rests_until == float("-inf")
                state.stats.errors += 1
                state.rests_until = time.monotonic() + REST
            if first:
                warning("Redis failed; the store behind it answers: %s", error)
            return None
        state.rests_until = float("-inf")
        return answer

    def _heard(self, names: Sequence[str] | None) -> None:
        flags = None if names is None else [name.removeprefix(FLAG) for name in names if name.startswith(FLAG)]
        experiments = (
            None if names is None else [name.removeprefix(EXPERIMENT) for name in names if name.startswith(EXPERIMENT)]
        )
        for each in list(self._watchers):
            changed = each()
            if changed is not None:
                changed(flags, experiments)


def _read(text: bytes, read: Callable[[Any], Item]) -> Item | None:
    """The item of an entry; None where it is none, so that the store behind is asked."""
    try:
        return read(parsed(text))
    except ConfigError:
        return None


def _client(url: str, timeout: float) -> Any:
    try:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError:
        raise ImportError("a Redis store needs redis: pip install 'ffcore[redis]'") from None
    try:
        return Redis.from_url(
            url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=Retry(NoBackoff(), 1), protocol=3
        )
    except ValueError as error:
        raise ConfigError([("url", f"{error}; got {shown(url)}")]) from None


def _check(ttl: object, prefix: object, behind: object) -> None:
    problems = wrong_numbers({"ttl": (ttl, FINITE_SECONDS)})
    if not isinstance(prefix, str) or not prefix:
        problems.append(("prefix", f"expected text that is not empty, got {shown(prefix)}"))
    if not all(callable(getattr(behind, name, None)) for name in ("get_flags", "get_experiments", "put")):
        problems.append(("behind", f"expected a store, got {shown(behind)}"))
    if problems:
        raise ConfigError(problems)
