"""What the handlers are made of, from their settings: the store of flags and experiments, and the tracker of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..stores import DynamoDBStore
from .settings import Settings

if TYPE_CHECKING:
    from ..tracking import EventTracker


def store(settings: Settings) -> DynamoDBStore:
    """The tables of flags and experiments; a handler reads the one that it names."""
    tables = settings.flags_table or settings.experiments_table, settings.experiments_table or settings.flags_table
    return DynamoDBStore(*tables, buckets=settings.buckets)


def tracker(settings: Settings) -> EventTracker | None:
    """Delivers events to the Kinesis stream, if one is named; on ``flush``, as a Lambda's threads stand still."""
    if not settings.stream:
        return None
    from ..sinks import KinesisSink
    from ..tracking import EventTracker

    return EventTracker(KinesisSink(settings.stream), background=False)
