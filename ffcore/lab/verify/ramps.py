"""The ramp check: does raising a percentage ever take a user out, or change a user's variant?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from inspect import signature
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown
from ffcore.hashing import HASH_SPACE, accepted_buckets
from ffcore.lab.verify.answers import Answers, Assign
from ffcore.lab.verify.assignments import Subject, assigned_all, bucketing, serving, vectorized
from ffcore.lab.verify.check import Check
from ffcore.lab.verify.power import wilson
from ffcore.lab.verify.users import Population, read_users
from ffcore.model import Experiment, Flag

STEPS = (1, 5, 10, 25, 50, 100)
#: Users tried at once until every bucket has one, and the most that are tried.
TRIED_TOGETHER = 1 << 16
MOST_TRIED = 1 << 20
#: Users of a check of functions, whose buckets are not known.
USERS_OF_FUNCTIONS = 1 << 17

Ramped = Flag | Experiment | Mapping[float, Assign] | Callable[..., Any]
Step = Fraction
Buckets = NDArray[np.uint64]


def ramp(flag: Ramped, percentages: Sequence[float] = STEPS) -> Check:
    """Whether each higher percentage keeps everybody whom a lower one let in, with the same variant.

    A proof. A flag decides by a user's bucket, so users who meet every bucket stand for all: each is decided at every
    percentage, every pair of percentages is compared, and each percentage is held to its exact share of the buckets.
    Of too many buckets to meet (an experiment's 2**32), some are tried: there the accepted ranges carry the proof.

    Args:
        flag: A Flag, or an Experiment (its traffic), served at each percentage to everybody, whatever its targeting.
            For functions, ``assign(user_id, key, percentage)``, or a mapping from each percentage to
            ``assign(user_id, key)``: these are asked for 131,072 users.
        percentages: The steps of the ramp, from 0 to 100; a mapping has its own.

    Returns:
        A Check without p-value. ``details["pairs"]`` says how many users each pair of percentages gained, lost and
        changed. ``estimate`` is the share of the buckets that each percentage accepts; of the users, for functions.

    Raises:
        ConfigError: Fewer than two percentages, one that is none, or a function that takes no percentage.

    >>> check = ramp(Flag("new-checkout"))
    >>> check.verdict, check.details["covered"], len(check.details["pairs"])
    ('pass', 10000, 15)
    """
    steps = read_steps(flag if isinstance(flag, Mapping) else percentages)
    if not isinstance(flag, Flag | Experiment):
        return judged(steps, served(functions(flag, steps), numbered(USERS_OF_FUNCTIONS)), [], {"method": "users"})
    population, drawn = everywhere(flag)
    answers = served([replace(serving(flag, step), targeting_rules=()) for step in steps], population)
    buckets, covered = bucketing(flag)[1], np.unique(drawn).size
    proofs = [prove(buckets, *pair, drawn) for pair in zip(steps, answers, strict=True)]
    method = "every bucket" if covered == buckets else "ranges of buckets"
    return judged(steps, answers, proofs, {"method": method, "buckets": buckets, "covered": covered})


def read_steps(percentages: Iterable[Any]) -> list[Step]:
    """The steps in rising order, as exact rationals."""
    try:
        steps = sorted({Fraction(str(step)) for step in percentages})
    except (TypeError, ValueError, ZeroDivisionError):
        steps = []
    if len(steps) < 2 or not 0 <= steps[0] <= steps[-1] <= 100:
        expected = "expected two or more different numbers from 0 to 100"
        raise ConfigError([("percentages", f"{expected}, got {shown(percentages)}")], source="ramp")
    return steps


def functions(flag: Any, steps: Sequence[Step]) -> list[Assign]:
    """The assignment function of each step."""
    if isinstance(flag, Mapping):
        by_step = {Fraction(str(step)): assign for step, assign in flag.items()}
        return [by_step[step] for step in steps]
    if not callable(flag) or "percentage" not in signature(flag).parameters:
        kinds = "a flag, an experiment, assign(user_id, key, percentage) or {percentage: assign}"
        raise ConfigError([("flag", f"expected {kinds}, got {shown(flag)}")], source="ramp")
    made = [partial(flag, percentage=float(step)) for step in steps]
    return [vectorized(assign) for assign in made] if getattr(flag, "vectorized", False) else list(made)


def prove(buckets: int, step: Step, answers: Answers, drawn: Buckets) -> dict[str, Any]:
    """The accepted buckets against their share, exact to one value of the 32-bit hash, and users against buckets."""
    accepted = accepted_buckets(step, buckets)
    disagreeing = np.count_nonzero((answers.codes < len(answers.arms)) != (drawn < accepted))
    exact = abs(Fraction(accepted, buckets) - step / 100) < Fraction(1, HASH_SPACE)
    share = Fraction(accepted, buckets)
    return {"percentage": step, "share": share, "exact": exact, "disagreeing_users": int(disagreeing)}


def numbered(users: int) -> Population:
    """So many users with numbers for ids."""
    return read_users(pa.array(np.arange(users)))


def everywhere(item: Flag | Experiment) -> tuple[Population, Buckets]:
    """Users who meet every bucket, or as many as are tried, and the bucket of each."""
    (salt, buckets), users = bucketing(item), TRIED_TOGETHER
    while True:
        population = numbered(users)
        drawn = population.hashes([salt])[0] % np.uint64(buckets)
        if buckets > MOST_TRIED or users == MOST_TRIED or np.unique(drawn).size == buckets:
            return population, drawn
        users *= 2


def served(subjects: Sequence[Subject], population: Population) -> list[Answers]:
    """What each subject gives to all users."""
    return [found.answers for found in assigned_all(subjects, population)]


def judged(
    steps: Sequence[Step], answers: Sequence[Answers], proofs: Sequence[dict[str, Any]], notes: Mapping[str, Any]
) -> Check:
    """The Check of what each step gives to the users."""
    arms = list(dict.fromkeys(arm for answer in answers for arm in answer.arms))
    places = [places_among(arms, answer) for answer in answers]
    pairs = [
        {"from": steps[low], "to": steps[high], **moves(places[low], places[high], len(arms))}
        for low, high in combinations(range(len(steps)), 2)
    ]
    names, users = [label(step) for step in steps], places[0].size
    on = [int(np.count_nonzero(some < len(arms))) for some in places]
    broken = violation(pairs, proofs)
    return Check(
        name="ramp",
        verdict="fail" if broken else "pass",
        estimate=dict(
            zip(names, (proof["share"] for proof in proofs) if proofs else np.array(on) / users, strict=True)
        ),
        interval={} if proofs else {name: wilson(count, users) for name, count in zip(names, on, strict=True)},
        n=users,
        details={
            **notes,
            "figure": "ramp",
            "expected": dict(zip(names, (step / 100 for step in steps), strict=True)),
            "steps": proofs,
            "pairs": pairs,
            "reason": broken or proven(notes),
        },
    )


def places_among(arms: Sequence[str | None], answers: Answers) -> NDArray[np.int64]:
    """Each user's arm as its place among ``arms``; ``len(arms)`` for users who are not enabled."""
    table = np.full(max(int(answers.codes.max(initial=0)) + 1, len(answers.arms)), len(arms))
    table[: len(answers.arms)] = [arms.index(arm) for arm in answers.arms]
    return table.take(answers.codes)


def moves(before: NDArray[np.int64], after: NDArray[np.int64], off: int) -> dict[str, int]:
    """How many users came in, went out, and changed their variant; ``off`` stands for not enabled.

    >>> moves(np.array([2, 0, 1, 1]), np.array([0, 2, 0, 1]), off=2)
    {'gained': 1, 'lost': 1, 'changed': 1}
    """
    moved = before != after
    return {
        "gained": int(np.count_nonzero(moved & (before == off))),
        "lost": int(np.count_nonzero(moved & (after == off))),
        "changed": int(np.count_nonzero(moved & (before != off) & (after != off))),
    }


def violation(pairs: Sequence[Mapping[str, Any]], steps: Sequence[Mapping[str, Any]]) -> str:
    """What breaks the proof, in words; nothing if it holds."""
    for step in steps:
        if not step["exact"]:
            return f"{label(step['percentage'])} serves {label(100 * step['share'])}"
        if step["disagreeing_users"]:
            return (
                f"at {label(step['percentage'])}, {step['disagreeing_users']:,} users are not decided by their bucket"
            )
    for pair in pairs:
        if pair["lost"] or pair["changed"]:
            span = f"from {label(pair['from'])} to {label(pair['to'])}"
            return f"{span}, {pair['lost']:,} users lose it and {pair['changed']:,} change their variant"
    return ""


def proven(notes: Mapping[str, Any]) -> str:
    """What a proof that holds has shown."""
    kept = "every higher percentage keeps everybody, with the same variant"
    if notes["method"] == "users":
        return f"{kept}, of the users asked"
    return f"{kept}; {notes['covered']:,} of {notes['buckets']:,} buckets tried"


def label(percentage: Fraction) -> str:
    """A percentage as text.

    >>> label(Fraction("12.5"))
    '12.5 %'
    """
    return f"{float(percentage):g} %"
