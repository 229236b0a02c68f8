"""What a Lambda answers: one envelope for API Gateway's proxies of both versions and for direct invocations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..model import Decision

OK, BAD_REQUEST, NOT_FOUND, FAULT = 200, 400, 404, 500
HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store"}
#: Reasons that are no decision, with the status and the message of a single answer; a batch shows the reason alone.
REFUSALS = {
    "not_found": (NOT_FOUND, "no {kind} has this key: {key}"),
    "malformed": (FAULT, "the {kind} cannot be read: {key}"),
    "store_unavailable": (FAULT, "{kind}s cannot be read now; try again"),
    "assignment_unavailable": (FAULT, "assignments cannot be read or kept now; try again"),
}


def envelope(status: int, body: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as API Gateway takes it.

    >>> envelope(404, {"error": "no flag has this key: x"})["body"]
    '{"error": "no flag has this key: x"}'
    """
    return {
        "statusCode": status,
        "headers": dict(HEADERS),
        "isBase64Encoded": False,
        "body": json.dumps(body, ensure_ascii=False),
    }


def refusal(reason: str, kind: str, key: str) -> tuple[int, dict[str, str]] | None:
    """Status and body of a single answer where a reason is no decision, else None.

    >>> refusal("flag_not_found", "flag", "dark-mode")
    (404, {'error': 'no flag has this key: dark-mode'})
    >>> refusal("not_in_rollout", "flag", "dark-mode")
    """
    found = REFUSALS.get(reason.removeprefix(f"{kind}_"))
    return found and (found[0], {"error": found[1].format(kind=kind, key=key)})


def flag_body(user_id: str, key: str, flag_id: str, decision: Decision) -> dict[str, Any]:
    """The body of a flag's answer; ``variant`` is there where the user gets one.

    >>> flag_body("user-1", "dark-mode", "f-7", Decision(True, "enabled"))
    {'user_id': 'user-1', 'flag_key': 'dark-mode', 'flag_id': 'f-7', 'enabled': True, 'reason': 'enabled'}
    """
    body = {
        "user_id": user_id,
        "flag_key": key,
        "flag_id": flag_id,
        "enabled": decision.enabled,
        "reason": decision.reason,
    }
    return body if decision.variant is None else {**body, "variant": decision.variant}


def assignment_body(
    user_id: str, key: str, experiment_id: str, variant: str | None, assignment_id: str | None
) -> dict[str, Any]:
    """The body of an assignment's answer; who gets no variant is excluded.

    >>> assignment_body("user-1", "pricing", "e-7", None, None)["excluded"]
    True
    """
    return {
        "user_id": user_id,
        "experiment_key": key,
        "experiment_id": experiment_id,
        "variant": variant,
        "assignment_id": assignment_id,
        "excluded": variant is None,
    }
