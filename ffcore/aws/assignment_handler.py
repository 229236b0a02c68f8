"""The Assignment Lambda: ``ffcore.aws.assignment_handler.handler``."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..evaluator import Evaluator
from .assigner import Assigner
from .assignments import AssignmentTable
from .events import Names
from .parts import read_parts
from .service import Service, respond, warm_up


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Which variant of one experiment or several a user gets; takes and answers what the flag handler does.

    An assignment is stored once and read back, so it survives a change of allocations and traffic. It is not served
    while the experiment is not active, or to a user whose context no longer meets the targeting rules.
    """
    return respond(service, event, context)


@cache
def service() -> Service:
    """The container's service; raises ``ConfigError`` for a wrong environment."""
    parts = read_parts("experiment")
    table = AssignmentTable(parts.settings.assignments_table, parts.store.client)
    assigner = Assigner(Evaluator(parts.store), table, parts.events)
    return Service(
        parts.settings, Names("experiment"), assigner.evaluator, assigner.answer, parts.events, lambda: table.errors
    )


warm_up(service)
