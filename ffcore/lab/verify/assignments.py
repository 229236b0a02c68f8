"""Who gets what: a flag, an experiment, an assignment function or a logged column over a population, as arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown, suggestion
from ffcore.hashing import HASH_SPACE, hash32
from ffcore.lab.bulk.columns import attributes
from ffcore.lab.bulk.deciding import decide
from ffcore.lab.bulk.parts import PART_ROWS
from ffcore.lab.bulk.plan import Plan, plan
from ffcore.lab.verify.answers import Answers, Assign, call, call_for_words, read_answers, refusal
from ffcore.lab.verify.users import Mask, Population
from ffcore.model import Experiment, Flag

DEFAULT_KEY = "verify"
#: What users who are on without a variant, and all others, are called.
ON, OFF = "enabled", "not enabled"
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Logged:
    """A column of the users' frame that says what each user got."""

    column: str


Subject = Flag | Experiment | Logged | Assign


@dataclass(frozen=True, slots=True, eq=False)
class Assigned:
    """Distinct eligible users and what they got; in step with each other.

    Attributes:
        population: All users.
        rows: Which rows of the population are counted: the first eligible one of each user.
        answers: What each counted user got.
        ineligible: How many rows targeting excludes.
        conflicting: How many users got several different answers.
    """

    population: Population
    rows: Mask
    answers: Answers
    ineligible: int
    conflicting: int = 0

    def __len__(self) -> int:
        return int(self.answers.codes.size)

    @property
    def enabled(self) -> Mask:
        """Whether the user is on."""
        on: Mask = self.answers.codes < len(self.answers.arms)
        return on

    @property
    def repeated(self) -> int:
        """How many eligible rows are of users already seen."""
        return len(self.population) - self.ineligible - len(self)

    @property
    def notes(self) -> dict[str, int]:
        """What the counting left out."""
        return {"repeated": self.repeated, "ineligible": self.ineligible, "conflicting": self.conflicting}

    def counts(self) -> dict[str | None, int]:
        """Enabled users of each arm that anybody got: a variant's key, or None for users without a variant."""
        codes, arms = self.answers.codes, self.answers.arms
        found = np.zeros(len(arms) + 1, dtype=np.int64)
        for start in range(0, codes.size, PART_ROWS):  # bincount takes 8 bytes for each code
            found += np.bincount(np.minimum(codes[start : start + PART_ROWS], len(arms)), minlength=found.size)
        return {arm: users for arm, users in zip(arms, found[:-1].tolist(), strict=True) if users}


def vectorized(assign: Function) -> Function:
    """Marks an assignment function that takes a numpy array of ids (objects, each a str): it is called once for all.

    It returns as many answers: a list, or an array of numpy, pandas, Polars or Arrow.

    >>> @vectorized
    ... def everyone(user_ids, key):
    ...     return np.ones(len(user_ids), dtype=bool)
    >>> everyone.vectorized
    True
    """
    assign.vectorized = True  # type: ignore[attr-defined]
    return assign


def logged(column: str) -> Logged:
    """What each user got, as a column of the users' frame says: the subject of a check of logged assignments.

    The column holds truth values or variants' keys, as text or categories; null means not enabled. A user may stand in
    several rows, but an assignment gives one answer: users with several different ones are counted in
    ``details["conflicting"]`` and fail the check. Where users may change (the flag changed, or caches still served
    its former state), judge the log with ``audit`` instead.

    >>> from ffcore.lab.verify.users import read_users
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"user_id": ["anna", "ben", "anna"], "variant": ["blue", None, "red"]})
    >>> found = assigned(logged("variant"), read_users(frame))
    >>> found.counts(), found.repeated, found.conflicting
    ({'blue': 1}, 1, 1)
    """
    if not isinstance(column, str):
        raise ConfigError([("column", f"expected the name of a column, got {shown(column)}")])
    return Logged(column)


def assigned(subject: Subject, population: Population) -> Assigned:
    """What each distinct eligible user gets; a function is called with its own ``key`` attribute, or "verify".

    >>> from ffcore.lab.verify.users import read_users
    >>> found = assigned(lambda user_id, key: user_id == "anna", read_users(["anna", "ben", "anna"]))
    >>> found.enabled.tolist(), found.repeated
    ([True, False], 1)
    """
    return next(assigned_all([subject], population))


def assigned_all(subjects: Sequence[Subject], population: Population) -> Iterator[Assigned]:
    """What each subject gives; the flags and experiments among them are decided together."""
    decided = decide_all([subject for subject in subjects if isinstance(subject, Flag | Experiment)], population)
    for subject in subjects:
        if isinstance(subject, Flag | Experiment):
            made, answers = next(decided)
            excluded = [decision.reason for decision in made.decisions].index("targeting_rules_not_met")
            yield gathered(population, answers, answers.codes != excluded)
        else:
            yield answered(subject, population)


def decide_all(items: Sequence[Flag | Experiment], population: Population) -> Iterator[tuple[Plan, Answers]]:
    """What flags and experiments give to every row, by the bulk engine, each beside its plan."""
    plans = [plan(item) for item in items]
    names = {name for item in items for name in attributes(item.targeting_rules)}
    found = population.by_parts(lambda part: decide(plans, part)[0], names) if items else []
    for number, one in enumerate(plans):
        arms = tuple(decision.variant for decision in one.decisions if decision.enabled)
        yield one, Answers(np.concatenate([part[number] for part in found]), arms)


def answered(subject: Logged | Assign, population: Population) -> Assigned:
    """What a function or a logged column gives; all users are eligible."""
    answers = read_column(subject.column, population) if isinstance(subject, Logged) else ask(subject, population)
    everyone = np.ones(len(population), dtype=np.bool_)
    return gathered(population, answers, everyone, population.in_conflict(answers.codes))


def check_subject(subject: object) -> None:
    """Refuses what nobody can be assigned by."""
    if not isinstance(subject, Flag | Experiment | Logged) and not callable(subject):
        hint = f"; for a column of logged variants: logged({subject!r})" if isinstance(subject, str) else ""
        kinds = "a flag, an experiment, an assignment function or a logged column"
        raise ConfigError([("flag", f"expected {kinds}, got {shown(subject)}{hint}")])


def ask(assign: Assign, population: Population) -> Answers:
    """What an assignment function answers."""
    check_subject(assign)
    return call(assign, population.ids.text, getattr(assign, "key", DEFAULT_KEY))


def read_column(column: str, population: Population) -> Answers:
    """What a logged column says."""
    if population.source is None:
        raise ConfigError([("users", f"expected a frame with the column {column}, got ids alone")])
    if column not in population.names:
        raise ConfigError([(column, f"the frame has no such column{suggestion(column, population.names)}")])
    refuse = refusal(population.ids.text, "a truth value or a variant's key", column, "holds ")
    return read_answers(population.source.column(column), refuse)


def gathered(population: Population, answers: Answers, eligible: Mask, conflicting: int = 0) -> Assigned:
    """The answers of each user's first eligible row."""
    rows = population.first_rows(eligible)
    codes = answers.codes if rows.all() else answers.codes[rows]
    ineligible = len(population) - int(np.count_nonzero(eligible))
    return Assigned(population, rows, Answers(codes, answers.arms), ineligible, conflicting)


def hashed(assign: Assign | None, population: Population, key: str) -> NDArray[np.uint32]:
    """The 32-bit integer of each distinct user, in order of first occurrence.

    Args:
        assign: ``assign(user_id, key)``, or its array form; None and ``ffcore.hash32`` mean the product's hash, which
            the kernels compute.
        population: the users.
        key: what follows the id: a flag's key, or a salt.

    Raises:
        ConfigError: an answer that is no whole number of 32 bits; it names the user.

    >>> from ffcore.lab.verify.users import read_users
    >>> hashed(None, read_users(["anna", "ben", "anna"]), "a").shape
    (2,)
    """
    rows = population.first_rows(np.ones(len(population), dtype=np.bool_))
    if assign is None or assign is hash32:
        words: NDArray[np.uint32] = population.hashes([key])[0]
        return words if rows.all() else words[rows]
    return call_for_words(assign, population.ids.text.filter(pa.array(rows)), key)


def salt_of(subject: Flag | Experiment) -> str:
    """The salt that a flag's or an experiment's draws share.

    >>> salt_of(Flag("dark-mode"))
    'dark-mode'
    """
    return subject.key if isinstance(subject, Flag) else subject.salt or subject.key


def bucketing(subject: Flag | Experiment) -> tuple[str, int]:
    """The salt of a flag's rollout or an experiment's traffic, and how many buckets users fall into.

    >>> bucketing(Flag("dark-mode"))
    ('dark-mode', 10000)
    """
    if isinstance(subject, Flag):
        return subject.key, subject.buckets
    return f"{salt_of(subject)}_traffic", HASH_SPACE


def serving(subject: Flag | Experiment, percentage: Fraction) -> Flag | Experiment:
    """The flag or experiment switched on, at another percentage of rollout or traffic."""
    if isinstance(subject, Flag):
        return replace(subject, enabled=True, rollout_percentage=percentage)
    return replace(subject, status="active", traffic_allocation=percentage / 100)
