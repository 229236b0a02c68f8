"""Cold starts, each in a process of its own, and what they add to the invocations of a container's whole life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

import numpy as np
import pandas as pd

from ffcore.lab.bench.display import duration, interval, table
from ffcore.lab.bench.estimate import Estimate, Floats, median
from ffcore.lab.report.tables import facts

from .stage import ASSIGNMENT, FLAG, FLOOR, Stage

KINDS = (FLOOR, FLAG, ASSIGNMENT)


@dataclass(frozen=True, slots=True, eq=False)
class Life:
    """A container's life: seconds of its start, and of each invocation in order."""

    start: float
    invocations: Floats

    def mean(self) -> Floats:
        """Milliseconds of an invocation on average, the start included, after 1, 2, 3, ... of them.

        >>> Life(1.0, np.array([0.2, 0.1])).mean().tolist()
        [1200.0, 650.0]
        """
        numbers = np.arange(1, len(self.invocations) + 1)
        return 1e3 * (self.start + self.invocations.cumsum()) / numbers


@dataclass(frozen=True, slots=True, eq=False)
class Starts:
    """Cold starts by function: seconds of the start, and of the first invocation after it.

    Attributes:
        start: From the process's start to its first request for an event.
        first: The first invocation.
        lives: The whole life of one container of each function.
        missing: Why nothing was measured.
    """

    start: Mapping[str, Floats] = field(default_factory=dict)
    first: Mapping[str, Floats] = field(default_factory=dict)
    lives: Mapping[str, Life] = field(default_factory=dict)
    missing: str = ""

    def total(self, kind: str) -> Estimate:
        """The median time to the first answer, in milliseconds."""
        return median(1e3 * (self.start[kind] + self.first[kind]))

    def _repr_html_(self) -> str:
        if self.missing:
            return facts({"not measured": self.missing})
        rows = [self._row(kind) for kind in self.start]
        count = len(next(iter(self.start.values())))
        note = f"Medians [95 % interval, from 6 starts on] of {count} starts in turn, each in a process of its own."
        return table(rows, note)

    def _row(self, kind: str) -> dict[str, str]:
        parts = {
            "start": self.start[kind],
            "first invocation": self.first[kind],
            "both": self.start[kind] + self.first[kind],
        }
        return {"function": kind} | {name: _middle(1e9 * seconds) for name, seconds in parts.items()}


def cold_starts(stage: Stage, users: pd.DataFrame, starts: int, invocations: int, seed: int = 0) -> Starts:
    """Start each function ``starts`` times in shuffled order; a container answers one event, the last of each many.

    Args:
        stage: What the functions run on.
        users: Whose contexts the questions take; each question is about another user.
        starts: Containers of each function.
        invocations: Invocations of the last container of each function.
        seed: Draws the order.
    """
    if stage.missing:
        return Starts(missing=stage.missing)
    draw = Random(seed)  # noqa: S311 - the order of measurements
    found: dict[str, list[Life]] = {kind: [] for kind in KINDS}
    for number in range(starts):
        count = invocations if number == starts - 1 else 1
        for kind in draw.sample(KINDS, len(KINDS)):
            found[kind].append(_life(stage, users, kind, f"life-{number}", count))
    start = {kind: np.array([life.start for life in lives]) for kind, lives in found.items()}
    first = {kind: np.array([life.invocations[0] for life in lives]) for kind, lives in found.items()}
    return Starts(start, first, {kind: lives[-1] for kind, lives in found.items()})


def _life(stage: Stage, users: pd.DataFrame, kind: str, name: str, count: int) -> Life:
    rows = users.iloc[np.arange(count) % len(users)].assign(user_id=[f"{name}-{number}" for number in range(count)])
    events = [asked.event(kind) for asked in stage.questions(rows, kind)]
    with stage.runtime(kind) as runtime:
        return Life(runtime.init_seconds, np.array([runtime.invoke_text(event).seconds for event in events]))


def _middle(nanoseconds: Floats) -> str:
    found = median(nanoseconds)
    return duration(float(np.median(nanoseconds))) if found.value is None else interval(found, duration)
