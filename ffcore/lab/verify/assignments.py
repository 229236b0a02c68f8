"""Who gets what: a flag, an experiment or an assignment function applied to a population, as arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ffcore.decide import compile_experiment, compile_flag
from ffcore.errors import ConfigError, shown
from ffcore.lab.verify.users import Population, rule_attributes
from ffcore.model import Decision, Experiment, Flag

DEFAULT_KEY = "verify"
#: ``assign(user_id, key)``: a bool or a variant's key; marked with ``vectorized``: the same for an array of ids.
Assign = Callable[[Any, str], Any]
Subject = Flag | Experiment | Assign
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Assigned:
    """Distinct eligible users and what they got; in step with each other.

    ``repeated`` counts rows of users already seen, ``ineligible`` rows that targeting excludes.
    """

    users: list[str]
    enabled: NDArray[np.bool_]
    variants: NDArray[np.object_]
    repeated: int
    ineligible: int


def vectorized(assign: Function) -> Function:
    """Marks an assignment function that takes an array of ids, so that it is called once for all users.

    >>> @vectorized
    ... def everyone(user_ids, key):
    ...     return np.ones(len(user_ids), dtype=bool)
    >>> everyone.vectorized
    True
    """
    assign.vectorized = True  # type: ignore[attr-defined]
    return assign


def assigned(subject: Subject, population: Population) -> Assigned:
    """What each distinct eligible user gets; a function is called with its own ``key`` attribute, or "verify".

    >>> found = assigned(lambda user_id, key: user_id == "anna", Population(["anna", "ben", "anna"]))
    >>> found.users, found.enabled.tolist(), found.repeated
    (['anna', 'ben'], [True, False], 1)
    """
    if isinstance(subject, (Flag, Experiment)):
        decisions = decide_all(subject, population)
        eligible = [decision.reason != "targeting_rules_not_met" for decision in decisions]
        answers: list[Any] = [decision.variant or decision.enabled for decision in decisions]
    else:
        answers, eligible = call(subject, population.ids), [True] * len(population.ids)
    admitted = [row for row, admits in enumerate(eligible) if admits]
    rows = sorted({population.ids[row]: row for row in reversed(admitted)}.values())
    values = [answers[row] for row in rows]
    return Assigned(
        users=[population.ids[row] for row in rows],
        enabled=np.array([is_on(value) for value in values], dtype=bool),
        variants=np.array([value if isinstance(value, str) else None for value in values], dtype=object),
        repeated=len(admitted) - len(rows),
        ineligible=len(eligible) - len(admitted),
    )


def decide_all(subject: Flag | Experiment, population: Population) -> list[Decision]:
    """The decision for each user of the population, row by row."""
    decide = compile_flag(subject) if isinstance(subject, Flag) else compile_experiment(subject)
    if not subject.targeting_rules:
        return [decide(user_id, None) for user_id in population.ids]
    contexts = population.contexts(rule_attributes(subject.targeting_rules))
    return [decide(user_id, context) for user_id, context in zip(population.ids, contexts, strict=True)]


def call(assign: Assign, user_ids: Sequence[str]) -> list[Any]:
    """The answers of an assignment function, each a bool or a variant's key; None and NaN are False."""
    key = getattr(assign, "key", DEFAULT_KEY)
    if not getattr(assign, "vectorized", False):
        return list(read_answers((assign(user_id, key) for user_id in user_ids), user_ids))
    answers = np.asarray(assign(np.array(user_ids, dtype=object), key)).tolist()
    if not isinstance(answers, list) or len(answers) != len(user_ids):
        wanted = f"one value for each of {len(user_ids):,} users"
        raise ConfigError([("assign", f"must return {wanted}, got {shown(answers)}")])
    return list(read_answers(answers, user_ids))


def read_answers(answers: Iterable[Any], user_ids: Sequence[str]) -> Iterable[bool | str]:
    """Answers as bools and keys; anything else is a ConfigError that names the user."""
    for answer, user_id in zip(answers, user_ids, strict=True):
        if isinstance(answer, (bool, str)):
            yield answer
        elif isinstance(answer, np.bool_):
            yield bool(answer)
        elif answer is None or answer is pd.NA or (isinstance(answer, float) and np.isnan(answer)):
            yield False
        else:
            expected = "expected a bool or a variant's key"
            raise ConfigError([("assign", f"returned {shown(answer)} for user {shown(user_id)}; {expected}")])


def is_on(answer: bool | str) -> bool:
    """Whether an answer puts the user into the rollout: True or a variant's key.

    >>> is_on("blue"), is_on(False)
    (True, False)
    """
    return answer is True or isinstance(answer, str)


def salt_of(subject: Flag | Experiment) -> str:
    """The salt that a flag's or an experiment's draws share.

    >>> salt_of(Flag("dark-mode"))
    'dark-mode'
    """
    return subject.key if isinstance(subject, Flag) else subject.salt or subject.key
