"""Assignment functions of other vendors' rollouts: ``assign(user_id, key)`` for one id and for an array of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ffcore.lab.bulk.ids import Ids
from ffcore.lab.schemes.draws import Draw, in_parts, present
from ffcore.lab.schemes.edges import Edges

#: On or off, a variant's key, or None for nobody's.
Answer: TypeAlias = bool | str | None
Codes = NDArray[np.int16]


class Step(NamedTuple):
    """A draw and its edges; whoever falls between them all is out."""

    draw: Draw
    edges: Edges


class Plan(NamedTuple):
    """How a flag is decided.

    Attributes:
        steps: The last one chooses the arm, each before it admits.
        arms: The answer of each arm of the last step.
        outside: The answer for whoever is not admitted, or to whom no arm falls.
        gap: The answer for whoever is admitted and to whom no arm falls, where it differs.
    """

    steps: tuple[Step, ...]
    arms: tuple[Answer, ...]
    outside: Answer = None
    gap: Answer = None


def on_off(draw: Draw, edges: Edges) -> Plan:
    """On for whom the edges hold the draw's number, off for all others."""
    return Plan((Step(draw, edges),), (True,), outside=False)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who gets what: ``assign("ann")``, ``assign("ann", "other-flag")``, or for an array of ids an array of answers.

    Answers are bools, or variants' keys with None for nobody's; of an array, a numpy array of bools, a categorical of
    variants' keys, or objects where they are mixed. Null ids are refused.

    Attributes:
        key: The flag that is asked for where none is named.
        plan: How the flag of this key is decided.
        skips_empty: Whether the client leaves out the id "".
    """

    key: str
    plan: Callable[[str], Plan]
    skips_empty: bool = False
    vectorized: ClassVar[bool] = True
    takes_arrow: ClassVar[bool] = True

    def __call__(self, user_id: Any, key: str | None = None) -> Any:
        """The answer for one id, or for each id of an array."""
        plan = self.plan(self.key if key is None else key)
        answers = (*plan.arms, plan.gap if plan.gap is not None else plan.outside, plan.outside)
        if isinstance(user_id, str):
            return answers[self._one(plan, user_id)]
        return answers_at(in_parts(lambda ids: self._many(plan, ids), present(user_id)), answers)

    def _one(self, plan: Plan, user_id: str) -> int:
        """The place of an answer, -1 for whoever is not admitted."""
        if self.skips_empty and not user_id:
            return -1
        for draw, edges in plan.steps[:-1]:
            if edges.one(draw.one(user_id)) < 0:
                return -1
        draw, edges = plan.steps[-1]
        arm = edges.one(draw.one(user_id))
        return len(plan.arms) if arm < 0 else arm

    def _many(self, plan: Plan, ids: Ids) -> Codes:
        numbers: dict[int, NDArray[Any]] = {}
        for draw, _ in plan.steps:
            numbers.setdefault(id(draw), draw.many(ids))
        draw, edges = plan.steps[-1]
        codes = edges.many(numbers[id(draw)])
        codes[codes < 0] = len(plan.arms)
        for admitting, gate in plan.steps[:-1]:
            codes[gate.many(numbers[id(admitting)]) < 0] = len(plan.arms) + 1
        if self.skips_empty:
            codes[np.diff(ids.offsets) == 0] = len(plan.arms) + 1
        return codes


@dataclass(frozen=True, slots=True)
class FirstOf:
    """The answer of the first of several assignments that gives one: a waterfall of rules."""

    key: str
    assignments: tuple[Assignment, ...]
    outside: Answer = None
    vectorized: ClassVar[bool] = True
    takes_arrow: ClassVar[bool] = True

    def __call__(self, user_id: Any, key: str | None = None) -> Any:
        """The answer for one id, or for each id of an array."""
        flag = self.key if key is None else key
        if isinstance(user_id, str):
            found = (assign(user_id, flag) for assign in self.assignments)
            return next((answer for answer in found if answer not in (None, False)), self.outside)
        ids = present(user_id)
        answers = np.full(len(ids), self.outside, dtype=object)
        for assign in reversed(self.assignments):
            given = np.asarray(assign(ids, flag), dtype=object)
            on = ~(pd.isna(given) | (given == False))  # noqa: E712 - element by element
            answers[on] = given[on]
        return answers


@dataclass(frozen=True, slots=True)
class Words:
    """``assign(user_id, key)`` as a 32-bit integer: the subject of uniformity, independence and avalanche.

    Attributes:
        word: The word of an id, or of each id of an array, for the flag of a key.
    """

    word: Callable[[str], Callable[[Any], Any]]
    key: str = ""
    vectorized: ClassVar[bool] = True
    takes_arrow: ClassVar[bool] = True

    def __call__(self, user_id: Any, key: str | None = None) -> Any:
        """The word of one id, or of each id of an array."""
        return self.word(self.key if key is None else key)(user_id)


def answers_at(codes: Codes, answers: tuple[Answer, ...]) -> Any:
    """Places of answers as the answers: bools, a categorical of variants, or objects where they are mixed.

    >>> answers_at(np.array([0, 1, 2], dtype=np.int16), ("a", "b", None)).tolist()
    ['a', 'b', nan]
    """
    if all(isinstance(answer, bool) for answer in answers):
        return np.array(answers)[codes]
    names = list(dict.fromkeys(answer for answer in answers if isinstance(answer, str)))
    if any(isinstance(answer, bool) for answer in answers):
        return np.array(answers, dtype=object)[codes]
    places = [names.index(answer) if isinstance(answer, str) else -1 for answer in answers]
    return pd.Categorical.from_codes(np.array(places)[codes], pd.Index(names, dtype=object))
