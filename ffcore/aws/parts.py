"""What both handlers are made of, from the environment: settings, the store of items, and the tracker of events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..stores import DynamoDBStore
from . import logs
from .settings import Settings, read_settings

if TYPE_CHECKING:
    from ..tracking import EventTracker


@dataclass(frozen=True, slots=True)
class Parts:
    """A handler's settings and what they name.

    Attributes:
        settings: What the environment says.
        store: The tables of flags and experiments; a handler reads the one that it names.
        events: Delivers events to the Kinesis stream, if one is named; on ``flush``, as a Lambda's threads stand still.
    """

    settings: Settings
    store: DynamoDBStore
    events: EventTracker | None


def read_parts(kind: str) -> Parts:
    """The parts of the flag or the experiment handler, whose log is set up; ``ConfigError`` for a wrong environment."""
    settings = read_settings(kind)
    logs.configure(settings.log_level)
    tables = settings.flags_table or settings.experiments_table, settings.experiments_table or settings.flags_table
    return Parts(settings, DynamoDBStore(*tables, buckets=settings.buckets), _tracker(settings.stream))


def _tracker(stream: str) -> EventTracker | None:
    if not stream:
        return None
    from ..sinks import KinesisSink
    from ..tracking import EventTracker

    return EventTracker(KinesisSink(stream), background=False)
