"""What both handlers share: one invocation from its event to its answer, with log line, metrics and flushed events."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ..errors import ConfigError
from ..evaluator import Evaluator
from ..log import warning
from ..tracking import EventTracker
from . import logs, metrics
from .events import BadRequest, Names, Question, question
from .responses import BAD_REQUEST, FAULT, OK, envelope
from .settings import Settings

#: The longest that an answer waits for its events.
FLUSH_SECONDS = 1.0
Answer = tuple[int, dict[str, Any]]


class Service:
    """A container's warm state: the evaluator with its cache and client, built once and used by every invocation.

    Args:
        settings: What the environment says.
        names: What the keys are called.
        evaluator: Decides.
        answer: Status and body for a question.
        events: Where decisions are reported, if anywhere.
        errors: Failed calls of other tables than the evaluator's, so far.
    """

    def __init__(
        self,
        settings: Settings,
        names: Names,
        evaluator: Evaluator,
        answer: Callable[[Question], Answer],
        events: EventTracker | None = None,
        errors: Callable[[], int] = int,
    ) -> None:
        self.settings, self.names, self.evaluator, self.events = settings, names, evaluator, events
        self._answer, self._errors = answer, errors
        self._invocations = 0

    def handle(self, event: Any, started: float) -> dict[str, Any]:
        """Answer one event; whatever happens, events are flushed and metrics printed before the runtime goes on."""
        before, failed, dropped = self.evaluator.stats(), self._errors(), self._dropped()
        status, body = self._safely(event)
        self._flush()
        values = metrics.cache_metrics(before, self.evaluator.stats())
        values[metrics.STORE_ERRORS] += self._errors() - failed
        values[metrics.EVENTS_DROPPED] = self._dropped() - dropped
        self._report(values, status, started)
        return envelope(status, body)

    def _safely(self, event: Any) -> Answer:
        try:
            status, body = self._answer(question(event, self.names))
        except BadRequest as refused:
            warning("refused: %s", refused)
            return BAD_REQUEST, {"error": str(refused)}
        except Exception as error:  # noqa: BLE001 - nothing of the inside may reach a caller
            warning("an invocation failed", error=error)
            return FAULT, {"error": "internal error"}
        if status != OK:
            warning("answered %d: %s", status, body["error"])
        return status, body

    def _flush(self) -> None:
        """A container is frozen once it has answered: what is still buffered then may never be sent."""
        if self.events is None:
            return
        try:
            if not self.events.flush(FLUSH_SECONDS):
                warning("events are left after the time for a flush")
        except Exception as error:  # noqa: BLE001 - a lost event never breaks a decision
            warning("events could not be sent", error=error)

    def _dropped(self) -> int:
        return 0 if self.events is None else self.events.stats().dropped

    def _report(self, values: dict[str, float], status: int, started: float) -> None:
        values[metrics.BAD_REQUESTS] = int(status == BAD_REQUEST)
        values[metrics.FAULTS] = int(status == FAULT)
        values[metrics.LATENCY] = round(1_000 * (time.perf_counter() - started), 4)
        properties = {"status": status, "cold_start": not self._invocations, "request_id": logs.REQUEST.get()}
        self._invocations += 1
        metrics.emit(metrics.document(self.settings.function, values, properties))


def respond(build: Callable[[], Service], event: Any, context: Any) -> dict[str, Any]:
    """Answer an event with the container's service, which the first invocation builds where the cold start did not."""
    started = time.perf_counter()
    token = logs.REQUEST.set(str(getattr(context, "aws_request_id", "") or ""))
    try:
        return build().handle(event, started)
    except Exception as error:  # noqa: BLE001 - a service that cannot be built answers too
        if isinstance(error, ConfigError):
            warning("the function is not configured: %s", error)
        else:
            warning("the function cannot start", error=error)
        return envelope(FAULT, {"error": "the function is not configured; its log says why"})
    finally:
        logs.REQUEST.reset(token)


def warm_up(build: Callable[[], Service]) -> None:
    """In a Lambda, build the service with the cold start, and log what is wrong with its settings at once."""
    if not logs.in_lambda():
        return
    logs.configure("INFO")
    try:
        build()
    except Exception as error:  # noqa: BLE001 - each invocation says so again, with a request to find it by
        warning("the function cannot start: %s", error, error=None if isinstance(error, ConfigError) else error)
