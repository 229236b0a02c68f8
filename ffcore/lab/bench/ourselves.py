"""Our own side of a comparison: the evaluator by flag key, its bound handle, and the floor, one bare hash."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

import ffcore
from ffcore.lab.bench.contender import (
    BATCH,
    HALF,
    KEYS,
    NAMES,
    ON,
    ROLLOUT,
    RULES,
    SIMPLE,
    SPLIT,
    TARGETED,
    VARIANTS,
    Call,
    Contender,
)

OURS, HANDLE, FLOOR = "ffcore", "ffcore handle", "floor"
FIRST = {SIMPLE: ON[0], ROLLOUT: HALF[0], TARGETED: RULES[0], VARIANTS: SPLIT[0]}


def flag_items(copy: str = "") -> list[dict[str, Any]]:
    """The ten flags of the comparison; `copy` goes behind each key.

    >>> len(flag_items()), flag_items("-7")[0]["key"]
    (10, 'on-1-7')
    """
    rules = [
        {"attribute": "country", "operator": "in", "value": ["US"]},
        {"attribute": "age", "operator": "greater_than", "value": 18},
    ]
    variants = [{"key": "control", "allocation": 0.5}, {"key": "treatment", "allocation": 0.5}]
    shapes: list[tuple[tuple[str, ...], dict[str, Any]]] = [
        (ON, {"rollout_percentage": 100}),
        (HALF, {"rollout_percentage": 50}),
        (RULES, {"rollout_percentage": 100, "targeting_rules": rules}),
        (SPLIT, {"rollout_percentage": 100, "variants": variants}),
    ]
    return [{"key": f"{key}{copy}", "enabled": True, **shape} for keys, shape in shapes for key in keys]


def ourselves() -> list[Contender]:
    """The evaluator, its handle and the floor, each over a warm cache of its own.

    The evaluator is called as users call it: by flag key, through the cache, with the check of the time to live and
    the counting of hits.

    >>> [contender.name for contender in ourselves()]
    ['ffcore', 'ffcore handle', 'floor']
    """
    return [_by_key(), _handle(), _floor()]


def _evaluator() -> ffcore.Evaluator:
    evaluator = ffcore.Evaluator(ffcore.FlagSet.from_items(flags=flag_items()))
    evaluator.batch_evaluate("warm-up", KEYS)
    return evaluator


def own_calls() -> dict[str, Call]:
    """Our call on each workload, of an evaluator ``ev`` and the list ``keys`` of all flags.

    >>> own_calls()[ROLLOUT].expression
    "ev.evaluate(user, 'half-1', context)"
    """
    calls = {name: Call(f"ev.evaluate(user, {key!r}, context)", _on(name)) for name, key in FIRST.items()}
    return {**calls, BATCH: Call("ev.batch_evaluate(user, keys, context)", _share_of_batch)}


def floor_call() -> Call:
    """One hash as the standard library offers it: ``md5`` is hashlib's, ``word`` unpacks its first 32 bits."""
    return Call(f"word(md5(f'{{user}}:{HALF[0]}'.encode()).digest())[0]")


def _by_key() -> Contender:
    return Contender(OURS, ffcore.__version__, own_calls(), {"ev": _evaluator(), "keys": list(KEYS)})


def _handle() -> Contender:
    evaluator = _evaluator()
    names: dict[str, Any] = {f"flag_{n}": evaluator.flag(key) for n, key in enumerate(FIRST.values())}
    calls: dict[str, Call | str] = {name: Call(f"flag_{n}(user, context)", _on(name)) for n, name in enumerate(FIRST)}
    calls[BATCH] = "a handle is bound to one flag"
    return Contender(HANDLE, ffcore.__version__, calls, names)


def _floor() -> Contender:
    """The floor on every workload: the yardstick that ties runs together."""
    names = {"md5": hashlib.md5, "word": struct.Struct("<I").unpack_from}
    return Contender(FLOOR, "", dict.fromkeys(NAMES, floor_call()), names, note="one hash, no decision")


def _on(workload: str) -> Any:
    if workload == VARIANTS:
        return lambda decision: decision.variant == "treatment"
    return lambda decision: decision.enabled


def _share_of_batch(decisions: dict[str, ffcore.Decision]) -> float:
    return sum(d.enabled and d.variant != "control" for d in decisions.values()) / len(decisions)
