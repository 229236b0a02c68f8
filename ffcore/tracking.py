"""Evaluation events: kept in a bounded buffer, delivered in batches to a sink, tried again, counted when dropped."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import TIMEOUT_MAX, Lock, Thread
from threading import Event as Signal
from typing import Any, Protocol

from .arguments import SOME_SECONDS, WHOLE, wrong_numbers
from .backoff import Backoff
from .errors import ConfigError
from .log import warning
from .model import Decision
from .tally import Tally

FLAG_EVENT, EXPERIMENT_EVENT = "flag_evaluation", "experiment_assignment"
#: ``(event_type, seconds since 1970, user_id, key, flag_id or experiment_id, decision, context)``
Event = tuple[str, float, str, str, str | None, Decision, Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a batch.

    Attributes:
        failed: The places of events to try again.
        refused: The places of events that can never be written.
        error: What went wrong.
    """

    failed: Sequence[int] = ()
    refused: Sequence[int] = ()
    error: BaseException | None = None


class Sink(Protocol):
    """Where events go. ``write`` may raise: then none of the batch was written."""

    #: The most events of one call.
    at_once: int

    def write(self, events: Sequence[Event]) -> Written:
        """Write a batch."""

    def close(self) -> None:
        """Finish what was begun."""


@dataclass(frozen=True, slots=True)
class TrackingStats:
    """Counts since the tracker was made; ``produced = delivered + dropped + pending`` once nobody is at work.

    Attributes:
        produced: Events told of.
        delivered: Events that the sink has written.
        overflowed: Events dropped because the buffer was full.
        refused: Events dropped because no sink could ever write them: too large, or no data.
        abandoned: Events dropped by ``close`` because they could not be delivered in time.
        pending: Events waiting.
        failures: Calls of the sink that failed, wholly or in part.
    """

    produced: int = 0
    delivered: int = 0
    overflowed: int = 0
    refused: int = 0
    abandoned: int = 0
    pending: int = 0
    failures: int = 0

    @property
    def dropped(self) -> int:
        """Events that will never be delivered."""
        return self.overflowed + self.refused + self.abandoned


@dataclass(slots=True)
class _Counts:
    delivered: int = 0
    refused: int = 0
    abandoned: int = 0
    failures: int = 0
    lock: Lock = field(default_factory=Lock)


class EventTracker:
    """An evaluator's tracker that delivers every decision as an event, without ever slowing or breaking one.

    A decision only appends to a buffer in memory; a thread of its own, started with the first event, delivers. What a
    sink fails to write is tried again until it succeeds, after pauses that double up to a second. New events are
    dropped once ``capacity`` wait, and every drop is counted in ``stats()``. A Lambda, whose threads stand still
    between invocations, uses ``background=False`` and calls ``flush`` before it answers its runtime.

    Args:
        sink: Where events go: see ``ffcore.sinks``. The tracker closes it.
        capacity: The most events that wait.
        interval: Seconds after which events are delivered though they fill no batch; ``math.inf``: never.
        background: Whether a thread delivers; without one only ``flush`` and ``close`` do.
        clock: Seconds since 1970, for the events' timestamps.

    >>> from ffcore import Evaluator, Flag, FlagSet
    >>> class Printer:
    ...     at_once = 500
    ...     def write(self, events):
    ...         print([(event[2], event[5].reason) for event in events])
    ...         return Written()
    ...     def close(self): ...
    >>> tracker = EventTracker(Printer(), background=False)
    >>> evaluator = Evaluator(FlagSet([Flag("dark-mode")]), tracker=tracker)
    >>> evaluator.evaluate("ann", "dark-mode").reason
    'flag_disabled'
    >>> tracker.flush()
    [('ann', 'flag_disabled')]
    True
    """

    def __init__(
        self,
        sink: Sink,
        *,
        capacity: int = 10_000,
        interval: float = 1.0,
        background: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if problems := wrong_numbers({"capacity": (capacity, WHOLE), "interval": (interval, SOME_SECONDS)}):
            raise ConfigError(problems)
        self._sink, self._capacity, self._clock = sink, capacity, clock
        self._interval = min(interval, TIMEOUT_MAX)
        self._buffer: deque[Event] = deque()
        self._batch: list[Event] = []
        self._produced, self._overflowed, self._counts = Tally(), Tally(), _Counts()
        self._at_once, self._ended = sink.at_once, False
        self._delivering, self._starting = Lock(), Lock()
        self._wake, self._closed = Signal(), Signal()
        self._failing = False
        self._thread: Thread | None = None
        self._background = background

    def __call__(
        self, user_id: str, key: str, item_id: str | None, decision: Decision, context: Mapping[str, Any] | None
    ) -> None:
        """Note a decision on a flag."""
        self._keep((FLAG_EVENT, self._clock(), user_id, key, item_id, decision, _kept(context)))

    def assigned(
        self, user_id: str, key: str, item_id: str | None, decision: Decision, context: Mapping[str, Any] | None
    ) -> None:
        """Note a decision on an experiment."""
        self._keep((EXPERIMENT_EVENT, self._clock(), user_id, key, item_id, decision, _kept(context)))

    def flush(self, timeout: float = 5.0) -> bool:
        """Deliver what waits, within so many seconds; whether nothing is left."""
        deadline = time.monotonic() + timeout
        backoff = Backoff()
        while not self._deliver(deadline):
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(left, backoff.pause()))
        return True

    def close(self, timeout: float = 5.0) -> TrackingStats:
        """Deliver what waits, drop and count what cannot be delivered in time, and close the sink."""
        self._ended = True
        self._closed.set()
        self._wake.set()
        self.flush(timeout)
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
        with self._counts.lock:
            self._counts.abandoned += len(self._buffer) + len(self._batch)
            self._buffer.clear()
            self._batch = []
        self._sink.close()
        if thread is not None:
            from atexit import unregister

            unregister(self._at_exit)
        return self.stats()

    def stats(self) -> TrackingStats:
        """The counts so far; exact once no thread is in the middle of a decision or a delivery."""
        counts = self._counts
        return TrackingStats(
            self._produced.value(),
            counts.delivered,
            self._overflowed.value(),
            counts.refused,
            counts.abandoned,
            len(self._buffer) + len(self._batch),
            counts.failures,
        )

    def _keep(self, event: Event) -> None:
        next(self._produced.steps)
        waiting = len(self._buffer)
        if waiting >= self._capacity or self._ended:
            next(self._overflowed.steps)
            return
        self._buffer.append(event)
        if self._background:
            if self._thread is None:
                self._start()
            if waiting + 1 >= self._at_once and not self._wake.is_set():
                self._wake.set()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                thread = Thread(target=self._run, name="ffcore-events", daemon=True)
                thread.start()
                self._thread = thread
                from atexit import register

                register(self._at_exit)

    def _at_exit(self) -> None:
        if not self._closed.is_set():
            self.close(timeout=1.0)

    def _run(self) -> None:
        backoff = Backoff()
        while not self._closed.is_set():
            self._wake.wait(self._interval)
            self._wake.clear()
            if self._deliver(None):
                backoff.reset()
            else:
                self._closed.wait(backoff.pause())

    def _deliver(self, deadline: float | None) -> bool:
        """Write batch after batch until nothing waits (True), or one fails in part or the time is up (False)."""
        wait = -1 if deadline is None else max(0.0, deadline - time.monotonic())
        if not self._delivering.acquire(timeout=wait):
            return False
        try:
            while self._fill():
                if not self._write() or (deadline is not None and time.monotonic() > deadline):
                    break
            return not self._batch and not self._buffer
        finally:
            self._delivering.release()

    def _fill(self) -> bool:
        """Move events from the buffer to the batch; whether it holds any."""
        while self._buffer and len(self._batch) < self._sink.at_once:
            self._batch.append(self._buffer.popleft())
        return bool(self._batch)

    def _write(self) -> bool:
        batch = self._batch
        try:
            written = self._sink.write(batch)
        except Exception as error:  # noqa: BLE001 - whatever a sink raises, the events are tried again
            written = Written(failed=range(len(batch)), error=error)
        with self._counts.lock:
            if self._batch is not batch:  # close() has counted these as abandoned
                return False
            self._batch = [batch[place] for place in written.failed]
            self._counts.refused += len(written.refused)
            self._counts.delivered += len(batch) - len(written.failed) - len(written.refused)
            self._counts.failures += bool(written.failed)
        self._tell(written)
        return not written.failed

    def _tell(self, written: Written) -> None:
        """Log what was refused, and the first failure of a row of them."""
        if written.refused:
            warning("%d events were dropped: they are too large, or no data", len(written.refused))
        if written.failed and not self._failing:
            text = "%d events could not be delivered and will be tried again: %s"
            warning(text, len(written.failed), written.error or "the sink refused them for now")
        self._failing = bool(written.failed)


def _kept(context: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """A copy of a context, which its caller may change."""
    return None if context is None else dict(context)


def as_fields(event: Event) -> dict[str, Any]:
    """An event as the platform's log holds it; its context still as the caller gave it.

    >>> fields = as_fields((FLAG_EVENT, 0.5, "ann", "dark-mode", "flag-7", Decision(False, "flag_disabled"), None))
    >>> fields["timestamp"], fields["flag_key"], fields["reason"]
    ('1970-01-01T00:00:00.500000+00:00', 'dark-mode', 'flag_disabled')
    """
    from datetime import UTC, datetime

    event_type, seconds, user_id, key, item_id, decision, context = event
    return {
        "event_type": event_type,
        "timestamp": datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds"),
        "user_id": user_id,
        "flag_id": item_id,
        "flag_key": key,
        "enabled": decision.enabled,
        "reason": decision.reason,
        "variant": decision.variant,
        "context": context or {},
    }


__all__ = ["EventTracker", "Sink", "TrackingStats", "Written", "as_fields"]
