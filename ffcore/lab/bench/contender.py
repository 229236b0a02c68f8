"""Who takes part in a comparison: an evaluator, the expressions that call it, and the check that it decides rightly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from timeit import Timer
from typing import Any

ON, HALF, RULES, SPLIT = (
    tuple(f"{kind}-{number}" for number in range(1, count + 1))
    for kind, count in (("on", 3), ("half", 3), ("rules", 2), ("split", 2))
)
KEYS = ON + HALF + RULES + SPLIT
ATTRIBUTES = {"country": "US", "age": 25}
OUTSIDERS = ({"country": "DE", "age": 25}, {"country": "US", "age": 18})
SIMPLE, ROLLOUT, TARGETED, VARIANTS, BATCH = (
    "simple on/off",
    "50 % rollout",
    "two rules",
    "two variants",
    "ten flags",
)
NAMES = (SIMPLE, ROLLOUT, TARGETED, VARIANTS, BATCH)
#: The share of users for whom a workload's flags are on (the second variant counts as on), and how far it may be off.
SHARES = {SIMPLE: (1.0, 0.0), ROLLOUT: (0.5, 0.05), TARGETED: (1.0, 0.0), VARIANTS: (0.5, 0.05), BATCH: (0.75, 0.025)}
WITH_ATTRIBUTES = frozenset({TARGETED, BATCH})


@dataclass(frozen=True, slots=True)
class Call:
    """An expression of ``user`` and ``context`` that decides, and how much of its value is on: 0, 1, or a share."""

    expression: str
    on: Callable[[Any], float] = bool


def bare_id(user_id: str, attributes: Mapping[str, Any]) -> object:  # noqa: ARG001 - the signature of all subjects
    """The subject of an evaluator that takes the bare id.

    >>> bare_id("ann", {})
    'ann'
    """
    return user_id


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """An evaluator that holds the ten flags.

    Attributes:
        name: as the report shows it.
        version: of its package.
        calls: by workload; text in place of a call is the reason why there is none.
        names: what the expressions refer to, besides ``user`` and ``context`` (a dict of attributes).
        subject: makes ``user`` of an id and attributes, before the clock starts.
        note: what a reader must know of how it is called.
        close: ends its threads and deletes its files.
    """

    name: str
    version: str
    calls: Mapping[str, Call | str]
    names: Mapping[str, Any] = field(default_factory=dict)
    subject: Callable[[str, Mapping[str, Any]], object] = bare_id
    note: str = ""
    close: Callable[[], object] = lambda: None

    def namespace(
        self, workload: str, ids: Sequence[str], attributes: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """All names of a workload's expression: ``users`` holds a subject for each id, ``context`` the attributes."""
        wanted = attributes or (ATTRIBUTES if workload in WITH_ATTRIBUTES else {})
        return {**self.names, "context": dict(wanted), "users": [self.subject(user, wanted) for user in ids]}


def share_on(values: Sequence[object]) -> float:
    """The share of flags that are on: True, or the second variant.

    >>> share_on([True, False, "treatment", "control"])
    0.5
    """
    return sum(value is True or value == "treatment" for value in values) / len(values)


def is_treatment(value: object) -> bool:
    """Whether a variant is the second one.

    >>> is_treatment("control")
    False
    """
    return value == "treatment"


def listed(flag: str, variant: str) -> Call:
    """The call of an evaluator without a batch form: ten calls written out in one list, ``{}`` standing for the key.

    >>> listed("on({})", "variant({})").expression[:30]
    "[on('on-1'), on('on-2'), on('o"
    """
    calls = [flag.format(repr(key)) for key in ON + HALF + RULES] + [variant.format(repr(key)) for key in SPLIT]
    return Call(f"[{', '.join(calls)}]", share_on)


def calls_of(
    flag: str, variant: str, arm: Callable[[Any], float] = is_treatment, batch: Call | None = None
) -> dict[str, Call | str]:
    """The five calls of an evaluator that is asked in one way for a flag and in one for a variant.

    Args:
        flag: its expression for a flag, ``{}`` standing for the key.
        variant: the like for a variant.
        arm: how much of a variant's value is on.
        batch: its call for ten flags; without one, ten calls written out.

    >>> calls_of("on({}, user)", "variant({}, user)")[ROLLOUT].expression
    "on('half-1', user)"
    """
    simple, rollout, targeted = (Call(flag.format(repr(keys[0]))) for keys in (ON, HALF, RULES))
    one = Call(variant.format(repr(SPLIT[0])), arm)
    ten = batch or listed(flag, variant)
    return {SIMPLE: simple, ROLLOUT: rollout, TARGETED: targeted, VARIANTS: one, BATCH: ten}


def check(contender: Contender, ids: Sequence[str]) -> None:
    """Raise ``ValueError`` unless every workload is on for the share of the ids that it should be on for.

    A benchmark of an evaluator that decides something else, or nothing (a default value, say), would mean nothing.
    """
    for workload, call in contender.calls.items():
        if isinstance(call, Call):
            share, (wanted, off) = share_of(call, contender.namespace(workload, ids)), SHARES[workload]
            if abs(share - wanted) > off + 1e-9:
                raise ValueError(f"{contender.name}: {workload} is on for {share:.1%} of users, not for {wanted:.0%}")
    if isinstance(call := contender.calls[TARGETED], Call):
        for attributes in OUTSIDERS:
            if share_of(call, contender.namespace(TARGETED, ids[:1], attributes)):
                raise ValueError(f"{contender.name}: {TARGETED} is on for {attributes}, whom the rules leave out")


def share_of(call: Call, names: dict[str, Any]) -> float:
    """How much of a call's values is on, over all subjects of its namespace."""
    values = names["values"] = []
    Timer(f"for user in users:\n    values.append({call.expression})", globals=names).timeit(1)
    return sum(map(call.on, values)) / len(values)
