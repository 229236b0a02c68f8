"""The Feature Flag Lambda: ``ffcore.aws.flag_handler.handler``."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..evaluator import Evaluator
from ..model import Decision, Flag
from .events import Names, Question
from .parts import read_parts
from .responses import OK, flag_body, refusal
from .service import Answer, Service, respond, warm_up


def handler(event: Any, context: Any) -> dict[str, Any]:
    """What a user gets from one flag or several.

    Takes events of API Gateway (REST and HTTP) and direct invocations: GET with ``user_id`` and ``flag_key`` in the
    query and, where needed, a JSON body ``{"context": {...}}``; POST or direct ``{"user_id", "flag_key" or
    "flag_keys", "context"}``. Answers 200, 400, 404 or 500 with a JSON body.
    """
    return respond(service, event, context)


@cache
def service() -> Service:
    """The container's service; raises ``ConfigError`` for a wrong environment."""
    parts = read_parts("flag")
    evaluator = Evaluator(parts.store, tracker=parts.events)

    def body(user_id: str, key: str, decision: Decision) -> dict[str, Any]:
        flag = evaluator.cached(key)
        flag_id = flag.flag_id if isinstance(flag, Flag) else None
        return flag_body(user_id, key, flag_id or key, decision)

    def answer(asked: Question) -> Answer:
        if asked.batch:
            decisions = evaluator.batch_evaluate(asked.user_id, asked.keys, asked.context)
            return OK, {
                "user_id": asked.user_id,
                "flags": {key: body(asked.user_id, key, decisions[key]) for key in asked.keys},
            }
        (key,) = asked.keys
        decision = evaluator.evaluate(asked.user_id, key, asked.context)
        return refusal(decision.reason, "flag", key) or (OK, body(asked.user_id, key, decision))

    return Service(parts.settings, Names("flag"), evaluator, answer, parts.events)


warm_up(service)
