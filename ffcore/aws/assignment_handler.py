"""The Assignment Lambda: ``ffcore.aws.assignment_handler.handler``."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..evaluator import Evaluator
from . import logs
from .assigner import Assigner
from .assignments import AssignmentTable
from .events import Names
from .parts import store, tracker
from .service import Service, respond, warm_up
from .settings import read_settings


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Which variant of one experiment or several a user gets; takes and answers what the flag handler does.

    An assignment is stored once and read back, so it survives a change of allocations and traffic. It is not served
    while the experiment is not active, or to a user whose context no longer meets the targeting rules.
    """
    return respond(service, event, context)


@cache
def service() -> Service:
    """The container's service; raises ``ConfigError`` for a wrong environment."""
    settings = read_settings("experiment")
    logs.configure(settings.log_level)
    experiments = store(settings)
    table = AssignmentTable(settings.assignments_table, experiments.client)
    assigner = Assigner(Evaluator(experiments), table, tracker(settings))
    return Service(
        settings, Names("experiment"), assigner.evaluator, assigner.answer, assigner.events, lambda: table.errors
    )


warm_up(service)
