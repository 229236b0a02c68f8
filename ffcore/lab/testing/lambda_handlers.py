"""Handlers to measure and to seed faults with: this file is copied beside a Lambda's own code."""

from __future__ import annotations

import json
from typing import Any


def nothing(event: Any, context: Any) -> Any:
    """The floor of every handler: what the runtime itself takes."""
    return event if context else None


def rebuilding(event: Any, context: Any) -> Any:
    """A flag handler that builds client and evaluator anew for each invocation, so that nothing is ever warm."""
    from ffcore.aws import flag_handler

    flag_handler.service.cache_clear()
    return flag_handler.handler(event, context)


def wrong(event: Any, context: Any) -> Any:
    """A flag handler that turns every fourth user's answer around."""
    from ffcore.aws import flag_handler

    answer = flag_handler.handler(event, context)
    body = json.loads(answer["body"])
    if "enabled" in body and sum(body["user_id"].encode()) % 4 == 0:
        body["enabled"] = not body["enabled"]
    return {**answer, "body": json.dumps(body)}


def forgetful(event: Any, context: Any) -> Any:
    """An assignment handler that keeps nothing, so that users change their variant with the shares."""
    from ffcore.aws import assignment_handler
    from ffcore.aws.assignments import Assignment, AssignmentTable, assignment_id

    def keep(_: Any, user_id: str, experiment: Any, variant: str) -> Assignment:
        return Assignment(variant, assignment_id(user_id, experiment))

    setattr(AssignmentTable, "find", lambda *_: {})  # noqa: B010 - no checker of types has to know
    setattr(AssignmentTable, "keep", keep)  # noqa: B010
    return assignment_handler.handler(event, context)
