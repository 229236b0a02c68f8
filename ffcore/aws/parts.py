"""What the handlers are made of, from their settings: the store of flags and experiments, and the sink of events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..model import Decision
from ..stores import DynamoDBStore
from .settings import Settings

Told = Mapping[str, Any] | None


class Dropped(Protocol):
    """How many events were lost."""

    @property
    def dropped(self) -> int:
        """Events that will never be delivered."""


class EventSink(Protocol):
    """Told of decisions, which it delivers in batches."""

    def __call__(self, user_id: str, key: str, item_id: str | None, decision: Decision, context: Told) -> None:
        """Note a decision on a flag."""

    def assigned(self, user_id: str, key: str, item_id: str | None, decision: Decision, context: Told) -> None:
        """Note a decision on an experiment."""

    def flush(self) -> bool:
        """Deliver what waits; whether nothing is left."""

    def stats(self) -> Dropped:
        """The counts so far."""


def store(settings: Settings) -> DynamoDBStore:
    """The tables of flags and experiments; a handler reads the one that it names."""
    tables = settings.flags_table or settings.experiments_table, settings.experiments_table or settings.flags_table
    return DynamoDBStore(*tables, buckets=settings.buckets)


def event_sink(settings: Settings) -> EventSink | None:
    """The Kinesis stream of evaluation events, where one is named."""
    if not settings.stream:
        return None
    raise NotImplementedError
