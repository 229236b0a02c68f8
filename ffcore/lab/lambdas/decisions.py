"""What both Lambdas decide, held against the evaluator, and what their warm start did: counts that no clock touches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ffcore.evaluator import EXPERIMENT, Evaluator
from ffcore.flagset import FlagSet
from ffcore.lab.testing.runtime_api import LambdaRuntime
from ffcore.lab.verify.check import Check

from .stage import ASSIGNMENT, FLAG, Asked, Stage

#: Events that nobody can answer, each of another kind.
BAD_EVENTS: tuple[Any, ...] = (
    None,
    [],
    {},
    {"user_id": 7, "flag_key": "f", "experiment_key": "f"},
    {"user_id": " ", "flag_key": "f", "experiment_key": "f"},
    {"httpMethod": "DELETE"},
    {"httpMethod": "POST", "body": "no JSON"},
    {"httpMethod": "POST", "body": "%%%", "isBase64Encoded": True},
    {"httpMethod": "POST", "body": "x" * 300_000},
)
#: Each check, and what is said of the cases that fail it.
CHECKS = {
    "flag decisions": "answers differ from the evaluator's decision",
    "assignment decisions": "answers differ from the evaluator's decision",
    "kept assignments": "assignments changed when the shares did",
    "warm starts": "cold starts, reads or errors of the store are too many",
    "refused events": "bad events were not answered with 400",
}


def decisions(stage: Stage, users: pd.DataFrame) -> dict[str, Check]:
    """Five proofs over the users given: one question to each Lambda for each of them, through the real runtime.

    Flags and new assignments have to be the evaluator's; assignments have to survive when every experiment gives its
    last variant to everybody; each container has to start once and to read each key once; bad events have to be
    answered with 400. Inconclusive where a part is missing, with the reason.
    """
    if stage.missing:
        return {name: Check(name, "inconclusive", details={"reason": stage.missing}) for name in CHECKS}
    flags, assigned = stage.questions(users, FLAG), stage.questions(users, ASSIGNMENT)
    evaluator = Evaluator(stage.flags)
    with stage.runtime(FLAG) as runtime:
        wrong = sum(_asked(runtime, FLAG, asked) != flag_answer(evaluator, asked) for asked in flags)
        cold = _not_warm(runtime.documents(), len(set(stage.flag_keys[: len(flags)])))
        refused = _not_refused(runtime)
    with stage.runtime(ASSIGNMENT) as runtime:
        before = [_asked(runtime, ASSIGNMENT, asked) for asked in assigned]
        astray = sum(body != _assignment(evaluator, asked, body) for asked, body in zip(assigned, before, strict=True))
        cold += _not_warm(runtime.documents(), len(set(stage.experiment_keys[: len(assigned)])))
        refused += _not_refused(runtime)
    moved = _moved(stage, assigned, before)
    cases = (len(flags), len(assigned), len(assigned), len(flags) + len(assigned), 2 * len(BAD_EVENTS))
    off = (wrong, astray, moved, cold, refused)
    return {name: _proof(name, *pair) for name, *pair in zip(CHECKS, off, cases, strict=True)}


def flag_answer(evaluator: Evaluator, asked: Asked) -> dict[str, Any]:
    """The body that the Flag Lambda has to give."""
    decision = evaluator.evaluate(asked.user_id, asked.key, asked.context)
    flag: Any = evaluator.cached(asked.key)
    body = {"user_id": asked.user_id, "flag_key": asked.key, "flag_id": flag.flag_id}
    body |= {"enabled": decision.enabled, "reason": decision.reason}
    return body | ({} if decision.variant is None else {"variant": decision.variant})


def _proof(name: str, off: int, cases: int) -> Check:
    said = f"{off:,} of {cases:,}: {CHECKS[name]}" if off else "not one case is off"
    return Check(name, "fail" if off else "pass", n=cases, details={"cases": cases, "mismatches": off, "reason": said})


def _assignment(evaluator: Evaluator, asked: Asked, given: Any) -> dict[str, Any]:
    """The body that the Assignment Lambda has to give; the id of an assignment is its own to choose."""
    decision = evaluator.assign(asked.user_id, asked.key, asked.context)
    experiment: Any = evaluator.cached((EXPERIMENT, asked.key))
    chosen = given.get("assignment_id") if isinstance(given, dict) else None
    return {
        "user_id": asked.user_id,
        "experiment_key": asked.key,
        "experiment_id": experiment.experiment_id,
        "variant": decision.variant,
        "assignment_id": chosen if decision.enabled and isinstance(chosen, str) else None,
        "excluded": not decision.enabled,
    }


def _asked(runtime: LambdaRuntime, kind: str, asked: Asked) -> Any:
    invocation = runtime.invoke_text(asked.event(kind))
    return invocation.body if invocation.error is None and invocation.answer["statusCode"] == 200 else None


def _moved(stage: Stage, asked: Sequence[Asked], before: Sequence[Any]) -> int:
    """How many users' answers change in a new container after the last variant was given to everybody."""
    stage.tables.store.put(_tilted(stage))
    try:
        with stage.runtime(ASSIGNMENT) as runtime:
            after = [_asked(runtime, ASSIGNMENT, each) for each in asked]
    finally:
        stage.tables.store.put(stage.flags)
    kept = [(old, new) for old, new in zip(before, after, strict=True) if old and not old["excluded"]]
    return sum(old != new for old, new in kept)


def _tilted(stage: Stage) -> FlagSet:
    items = [stage.flags.experiments[key].to_item() for key in stage.experiment_keys]
    for item in items:
        for arm in item["variants"]:
            arm["allocation"] = int(arm is item["variants"][-1])
    return FlagSet.from_items(experiments=items)


def _not_warm(documents: Sequence[dict[str, Any]], keys: int) -> int:
    """Invocations too many that were cold or read the store, and failures of the store."""
    metrics = [document for document in documents if "_aws" in document]
    cold = sum(document["cold_start"] for document in metrics)
    missed = sum(document["CacheMisses"] for document in metrics)
    errors = sum(document["StoreErrors"] for document in metrics)
    return int(abs(cold - 1) + abs(missed - keys) + errors)


def _not_refused(runtime: LambdaRuntime) -> int:
    answers = [runtime.invoke(event) for event in BAD_EVENTS]
    return sum(each.error is not None or each.answer["statusCode"] != 400 for each in answers)
