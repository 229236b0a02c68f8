"""What the exploring notebook shows without a clock: the panel's answers are those of the evaluator, user by user."""

from collections import Counter
from collections.abc import Iterator, Sequence

import pandas as pd

import ffcore
from ffcore.lab.bench.estimate import middle
from ffcore.lab.explore import Answer, Edit, Explorer
from ffcore.lab.verify.assignments import OFF, ON
from ffcore.lab.verify.check import Check

from .mismatches import counted
from .results import Measure

#: What is asked about each flag, in percent.
PERCENTAGES = (1, 20, 50, 100)


def edits(flags: ffcore.FlagSet) -> list[Edit]:
    """Four edits of each flag: its percentage alone.

    >>> [edit.percentage for edit in edits(ffcore.FlagSet([ffcore.Flag("a")]))]
    [1, 20, 50, 100]
    """
    return [
        Edit(flag.key, percentage, Edit.of(flag).allocations, Edit.of(flag).rules)
        for flag in flags.values()
        for percentage in PERCENTAGES
    ]


def explored(explorer: Explorer, flags: ffcore.FlagSet, users: pd.DataFrame) -> dict[str, Check]:
    """Hold the moves that an explorer states against one call of the evaluator for each user, by flag.

    Args:
        explorer: asked about every edit of every flag.
        flags: the flags in force.
        users: the explorer's users, one row each with `user_id` and context.

    >>> flags = ffcore.FlagSet([ffcore.Flag("a", True, 10)])
    >>> users = pd.DataFrame({"user_id": ["ann", "bob"]})
    >>> explored(Explorer(flags, users), flags, users)["a"].verdict
    'pass'
    """
    asked = [(edit, explorer.answer(edit)) for edit in edits(flags)]
    found: dict[str, list[int]] = {}
    for edit, answer in asked:
        found.setdefault(edit.key, []).append(_mismatches(edit, answer, flags[edit.key], users))
    return {key: counted(key, sum(off), len(users) * len(off)) for key, off in found.items()}


def response_time(answers: Sequence[Answer]) -> Measure:
    """How long answers took, in milliseconds: for information, since it is the machine's.

    >>> flags = ffcore.FlagSet([ffcore.Flag("a", True, 10)])
    >>> response_time([Explorer(flags, ["ann"]).answer(Edit("a", 50)) for _ in range(6)]).name
    'explore_response'
    """
    found = middle([1000 * answer.seconds for answer in answers])
    return Measure.of("explore_response", f"an answer about {answers[0].users:,} users", found, "ms")


def _mismatches(edit: Edit, answer: Answer, flag: ffcore.Flag, users: pd.DataFrame) -> int:
    """Users by whom the stated moves are off from the evaluator's."""
    stated = Counter({(move.before, move.after): move.users for move in answer.moves})
    expected = Counter(_moves(flag, edit.applied(flag), users))
    return ((stated - expected) + (expected - stated)).total()


def _moves(before: ffcore.Flag, after: ffcore.Flag, users: pd.DataFrame) -> Iterator[tuple[str, str]]:
    calls = [ffcore.Evaluator(ffcore.FlagSet([flag])).flag(flag.key) for flag in (before, after)]
    for context in users.to_dict("records"):
        old, new = (_state(call(str(context["user_id"]), context)) for call in calls)
        if old != new:
            yield old, new


def _state(decision: ffcore.Decision) -> str:
    return (decision.variant or ON) if decision.enabled else OFF
