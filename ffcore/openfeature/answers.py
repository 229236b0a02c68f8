"""What an OpenFeature client is told: value, variant, reason and metadata of a flag's or an experiment's decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from ..errors import shown
from ..model import Decision, Experiment, Flag

Metadata = dict[str, str | int | float | bool]
ON, OFF = "on", "off"
DISABLED = ("flag_disabled", "experiment_not_active")
OUTSIDE = ("not_in_rollout", "not_in_traffic")
#: What went wrong -> the specification's error code, and what is wrong.
ERRORS = {
    "not_ready": ("PROVIDER_NOT_READY", "the provider is not initialised, or was shut down"),
    "no_targeting_key": ("TARGETING_KEY_MISSING", "the answer depends on the user; set the context's targeting key"),
    "invalid_context": ("INVALID_CONTEXT", "expected a targeting key that is text and a mapping of attributes"),
    "not_found": ("FLAG_NOT_FOUND", "no flag and no experiment has this key"),
    "malformed": ("PARSE_ERROR", "the store's item cannot be read as a flag or an experiment; see the log"),
    "unavailable": ("GENERAL", "the store cannot be reached, and nothing is cached"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client is told; ``value`` is None where the caller's default stands in."""

    reason: str
    value: Any = None
    variant: str | None = None
    error: str | None = None
    message: str | None = None
    metadata: Metadata = field(default_factory=dict)


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _integer(value: Any) -> int | None:
    if not _is_number(value):
        return None
    return int(value) if value == int(value) else None


def _float(value: Any) -> float | None:
    if not _is_number(value):
        return None
    try:
        return float(value) if float(value) == value else None
    except OverflowError:
        return None


def _is_number(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and isfinite(value))


def _object(value: Any) -> dict[str, Any] | list[Any] | None:
    return value if isinstance(value, dict | list) else None


#: What is asked for -> its reader, None for a value of another type. Numbers change type only without loss.
KINDS: Mapping[str, Callable[[Any], Any]] = {
    "boolean": _boolean,
    "string": _string,
    "integer": _integer,
    "float": _float,
    "object": _object,
}


def failure(kind: str, key: str) -> Answer:
    """The answer where nothing is decided, by its name in ``ERRORS``.

    >>> failure("not_found", "dark-mode").error
    'FLAG_NOT_FOUND'
    """
    code, message = ERRORS[kind]
    return Answer("ERROR", error=code, message=f"{key}: {message}")


def answer(item: Flag | Experiment, decision: Decision, kind: str, *, stale: bool = False) -> Answer:
    """What a client that asks for a value of a kind is told of a decision.

    A flag without variants is a boolean with the variants "on" and "off", and so is one whose variants carry no
    payload, if a boolean is asked for. Otherwise a variant's value is its payload, or its key where it has none. Users
    outside the rules or the rollout get the flag's default variant; the caller's default stands in where there is
    none, and for whatever is disabled.

    >>> answer(Flag("dark-mode", True, 100), Decision(True, "enabled"), "boolean").value
    True
    >>> answer(Flag("dark-mode", True, 100), Decision(True, "enabled"), "string").error
    'TYPE_MISMATCH'
    """
    read, values = KINDS[kind], _values(item, kind)
    known = [value for value in values.values() if read(value) is not None]
    variant = _served(item, decision, kind)
    if not known or (variant is not None and read(values[variant]) is None):
        wrong = next(iter(values.values())) if variant is None else values[variant]
        message = f"{item.key}: expected a value of type {kind}, the flag's is {shown(wrong)}"
        return Answer("ERROR", error="TYPE_MISMATCH", message=message)
    reason = "STALE" if stale else _reason(item, decision)
    value = None if variant is None else read(values[variant])
    return Answer(reason, value, variant, metadata=_metadata(item, decision))


def _is_switch(item: Flag | Experiment, kind: str) -> bool:
    """Whether the answer is on or off, not a variant's value."""
    return not item.variants or (kind == "boolean" and all(arm.payload is None for arm in item.variants))


def _values(item: Flag | Experiment, kind: str) -> dict[str, Any]:
    """Variant -> value, of all variants that the flag can give."""
    if _is_switch(item, kind):
        return {ON: True, OFF: False}
    return {arm.key: arm.key if arm.payload is None else arm.payload for arm in item.variants}


def _served(item: Flag | Experiment, decision: Decision, kind: str) -> str | None:
    """The variant that the user gets; None where the caller's default stands in."""
    if decision.reason in DISABLED:
        return None
    if _is_switch(item, kind):
        return ON if decision.enabled else OFF
    if decision.enabled:
        return decision.variant
    default = item.default_variant if isinstance(item, Flag) else None
    return default if default in {arm.key for arm in item.variants} else None


def _reason(item: Flag | Experiment, decision: Decision) -> str:
    if decision.reason in DISABLED:
        return "DISABLED"
    if decision.enabled:
        rules = "TARGETING_MATCH" if item.targeting_rules else "STATIC"
        return "SPLIT" if draws(item) else rules
    return "SPLIT" if decision.reason in OUTSIDE and _share(item) > 0 else "DEFAULT"


def draws(item: Flag | Experiment) -> bool:
    """Whether a hash of the user's id decides what an eligible user gets.

    >>> draws(Flag("dark-mode", True, 50)), draws(Flag("dark-mode", True, 100))
    (True, False)
    """
    return 0 < _share(item) < 1 or (_share(item) > 0 and sum(arm.allocation > 0 for arm in item.variants) > 1)


def _share(item: Flag | Experiment) -> Any:
    return item.rollout_percentage / 100 if isinstance(item, Flag) else item.traffic_allocation


def _metadata(item: Flag | Experiment, decision: Decision) -> Metadata:
    """What the specification calls flag metadata: plain values by name."""
    share: Metadata = {"share": float(_share(item)), "decision": decision.reason}
    if isinstance(item, Flag):
        return {"kind": "flag", "id": item.flag_id or item.key, "buckets": item.buckets, **share}
    return {"kind": "experiment", "id": item.experiment_id or item.key, "status": item.status, **share}
