"""Evaluation events: none slows or breaks a decision, and each is delivered, waits or is counted as dropped."""

import gc
import math
import weakref
from collections.abc import Callable, Sequence
from threading import Event as Signal
from typing import Any

import pytest

from ffcore import ConfigError, Evaluator, FlagSet
from ffcore.tracking import Event, EventTracker, Written, as_fields
from tests.support.doubles import PATIENCE, switched_on, together, wait_until

ARMS = [{"key": "a", "allocation": 0.5}, {"key": "b", "allocation": 0.5}]


class ListSink:
    """Keeps what it is given; ``before`` runs first and may wait, raise or say what becomes of the batch."""

    at_once = 10

    def __init__(self, before: Callable[[Sequence[Event]], Written | None] = lambda events: None) -> None:
        self.before = before
        self.events: list[Event] = []
        self.sizes: list[int] = []
        self.closed = False

    def write(self, events: Sequence[Event]) -> Written:
        """Keep what neither fails nor is refused."""
        events = list(events)
        self.sizes.append(len(events))
        written = self.before(events) or Written()
        left = {*written.failed, *written.refused}
        self.events += [event for place, event in enumerate(events) if place not in left]
        return written

    def close(self) -> None:
        """Be closed."""
        self.closed = True


def note(tracker: EventTracker, *users: str) -> None:
    """One decision for each user."""
    ev = Evaluator(switched_on("a"), tracker=tracker)
    for user in users:
        ev.evaluate(user, "a")


def users_of(sink: ListSink) -> list[str]:
    """Whose events were written."""
    return [event[2] for event in sink.events]


def test_an_event_holds_the_decision() -> None:
    """Type, time, user, id, key, outcome, reason, variant and context, as the platform's log has them."""
    sink = ListSink()
    tracker = EventTracker(sink, background=False, clock=lambda: 1_767_225_600.25)
    flags = FlagSet.from_items(
        [{"key": "a", "flag_id": "flag-1", "enabled": True, "rollout_percentage": 100}],
        [{"key": "a", "experiment_id": "exp-1", "status": "active", "variants": ARMS}],
    )
    ev = Evaluator(flags, tracker=tracker)
    ev.evaluate("ann", "a", {"country": "NO"})
    ev.assign("ann", "a")
    ev.evaluate("ann", "unknown")
    tracker.flush()
    flag, experiment, unknown = map(as_fields, sink.events)

    expected: dict[str, Any] = {
        "event_type": "flag_evaluation",
        "timestamp": "2026-01-01T00:00:00.250000+00:00",
        "user_id": "ann",
    }
    expected |= {"flag_id": "flag-1", "flag_key": "a", "enabled": True, "reason": "enabled", "variant": None}
    assert flag == expected | {"context": {"country": "NO"}}
    assert (experiment["event_type"], experiment["flag_id"]) == ("experiment_assignment", "exp-1")
    assert experiment["variant"] in {"a", "b"}
    assert (unknown["flag_id"], unknown["reason"], unknown["context"]) == (None, "flag_not_found", {})


def test_a_context_is_kept_as_it_was() -> None:
    """A caller may use its context for something else at once."""
    sink = ListSink()
    tracker = EventTracker(sink, background=False)
    context = {"country": "NO"}
    Evaluator(switched_on("a"), tracker=tracker).evaluate("ann", "a", context)
    context["country"] = "SE"
    tracker.flush()

    assert as_fields(sink.events[0])["context"] == {"country": "NO"}


def test_events_are_delivered_in_order_and_in_batches() -> None:
    """No batch is larger than the sink takes at once."""
    sink = ListSink()
    tracker = EventTracker(sink, background=False)
    users = [f"user-{i}" for i in range(25)]
    note(tracker, *users)

    assert tracker.flush()
    assert (users_of(sink), sink.sizes) == (users, [10, 10, 5])
    assert tracker.stats().delivered == tracker.stats().produced == 25


def test_a_thread_delivers_by_itself() -> None:
    """A full batch is delivered at once, a part of one after the interval."""
    sink = ListSink()
    tracker = EventTracker(sink, interval=0.01)
    note(tracker, *map(str, range(13)))

    wait_until(lambda: len(sink.events) == 13)
    tracker.close()
    assert sink.closed


def test_a_full_batch_does_not_wait_for_the_interval() -> None:
    """The thread is woken by the event that fills a batch, be the interval endless."""
    sink = ListSink()
    tracker = EventTracker(sink, interval=math.inf)
    note(tracker, *map(str, range(10)))

    wait_until(lambda: len(sink.events) == 10)
    tracker.close()


def test_what_fails_in_part_is_tried_again_and_nothing_is_doubled() -> None:
    """Each event of a batch that fails in part arrives exactly once."""
    failures = iter([Written(failed=[1, 3]), Written(failed=[0])])
    sink = ListSink(lambda events: next(failures, None))
    tracker = EventTracker(sink, background=False)
    note(tracker, *"abcde")

    assert tracker.flush(timeout=PATIENCE)
    assert sorted(users_of(sink)) == list("abcde")
    assert (tracker.stats().delivered, tracker.stats().failures, tracker.stats().dropped) == (5, 2, 0)


def test_a_sink_that_raises_loses_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """All events of a failed call are tried again; the first failure of a row is logged, with what went wrong."""
    failures = iter([ConnectionError("the stream is away")] * 3)

    def fail(_: Sequence[Event]) -> None:
        error = next(failures, None)
        if error:
            raise error

    sink = ListSink(fail)
    tracker = EventTracker(sink, background=False)
    note(tracker, *"abc")

    assert tracker.flush(timeout=PATIENCE)
    assert users_of(sink) == list("abc")
    [record] = caplog.records
    assert "3 events could not be delivered and will be tried again: the stream is away" in record.getMessage()


@pytest.mark.usefixtures("caplog")
def test_what_can_never_be_written_is_counted() -> None:
    """A refused event is dropped once, and the others are delivered."""
    sink = ListSink(lambda events: Written(refused=[0]))
    tracker = EventTracker(sink, background=False)
    note(tracker, *"abc")

    assert tracker.flush()
    assert users_of(sink) == ["b", "c"]
    assert (tracker.stats().delivered, tracker.stats().refused, tracker.stats().pending) == (2, 1, 0)


def test_a_full_buffer_drops_new_events_and_counts_them() -> None:
    """Memory stays bounded; what waited first is kept."""
    sink = ListSink()
    tracker = EventTracker(sink, capacity=3, background=False)
    note(tracker, *"abcde")

    assert (tracker.stats().produced, tracker.stats().overflowed, tracker.stats().pending) == (5, 2, 3)
    tracker.flush()
    assert users_of(sink) == list("abc")


@pytest.mark.usefixtures("caplog")
def test_closing_counts_what_it_cannot_deliver() -> None:
    """With the sink down, close comes back in time, and every event is accounted for."""
    sink = ListSink(lambda events: Written(failed=range(len(events))))
    tracker = EventTracker(sink, background=False)
    note(tracker, *"abc")
    stats = tracker.close(timeout=0.0)

    assert (stats.abandoned, stats.dropped, stats.pending, stats.delivered) == (3, 3, 0, 0)
    assert sink.closed
    note(tracker, "d")
    assert tracker.stats().dropped == tracker.stats().produced == 4


def test_a_decision_never_waits_for_a_sink_that_hangs() -> None:
    """With a delivery under way that never ends, thousands of decisions are made; their events wait or are dropped."""
    hanging, release = Signal(), Signal()

    def hang(_: Sequence[Event]) -> None:
        hanging.set()
        release.wait(PATIENCE)

    tracker = EventTracker(ListSink(hang), capacity=100, interval=0.01)
    note(tracker, "first")
    assert hanging.wait(PATIENCE)
    note(tracker, *map(str, range(2_000)))
    stats = tracker.stats()

    assert not release.is_set()
    assert (stats.produced, stats.pending + stats.dropped, stats.delivered) == (2_001, 2_001, 0)
    assert not tracker.flush(timeout=0.0)
    release.set()
    assert tracker.close(PATIENCE).delivered == stats.pending


def test_counts_are_exact_under_threads() -> None:
    """Events of many threads, with failures and a small buffer: produced is delivered plus dropped."""
    turn = iter(range(10_000_000))
    sink = ListSink(lambda events: Written(failed=[0]) if next(turn) % 3 == 0 else None)
    tracker = EventTracker(sink, capacity=50, interval=0.001)
    together(*[lambda start=start: note(tracker, *map(str, range(start, start + 500))) for start in range(4)])
    stats = tracker.close(PATIENCE)

    assert stats.produced == 2_000
    assert stats.produced == stats.delivered + stats.dropped
    assert stats.delivered == len(sink.events)


def test_a_closed_tracker_may_go() -> None:
    """Nothing keeps it alive once it is closed: neither its thread nor the end of the program."""
    tracker = EventTracker(ListSink(), interval=0.01)
    note(tracker, "ann")
    tracker.close()
    gone = weakref.ref(tracker)
    del tracker
    gc.collect()

    assert gone() is None


@pytest.mark.parametrize("setting", [{"capacity": 0}, {"capacity": True}, {"interval": 0}, {"interval": "1"}])
def test_a_setting_that_makes_no_sense_is_refused(setting: dict[str, Any]) -> None:
    """The message names the setting."""
    with pytest.raises(ConfigError, match=next(iter(setting))):
        EventTracker(ListSink(), **setting)
