"""Mismatches that a change of configuration explains: rows decided by what was in force before, or comes after."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ffcore.lab.verify.configurations import History
from ffcore.lab.verify.outcomes import FIRST_VIOLATION, Outcome
from ffcore.lab.verify.recomputing import Recomputed, Rows
from ffcore.lab.verify.timestamps import MICROSECONDS, Times, moment

#: A change is named as the cause where it accounts for this part of what it does not excuse.
NEARLY_ALL = 0.9
#: Steps in seconds in which rows after a change are counted: the first that makes few enough.
STEPS = (1, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 21_600, 86_400, 604_800)
MOST_STEPS = 60
KINDS = {Outcome.STALE: "stale", Outcome.STICKY: "sticky", Outcome.AHEAD: "ahead"}


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Rows of one subject that follow another configuration than the one in force.

    Attributes:
        subject: The flag or experiment.
        change: When the configuration came into force that they do not follow yet, or follow already.
        outcome: STALE, STICKY or AHEAD.
        rows: Which rows.
    """

    subject: History
    change: int
    outcome: Outcome
    rows: Rows

    def describe(self, ids: pa.LargeStringArray, times: Times) -> dict[str, Any]:
        """The window in numbers; ``from`` and ``to`` are seconds after the change, below zero before it."""
        since = (times[self.rows] - self.change) / MICROSECONDS
        return {
            "key": self.subject.key,
            "experiment": self.subject.experiment,
            "change": moment(self.change),
            "rows": self.rows.size,
            "users": pc.count_distinct(ids.take(pa.array(self.rows))).as_py(),
            "from": float(since.min()),
            "to": float(since.max()),
        }


def around_change(found: Recomputed, windows: Sequence[Window]) -> dict[str, Any]:
    """When rows follow another configuration than the one in force, around the change with most such rows.

    ``stale``, ``sticky`` and ``ahead`` count the rows of all flags in steps of ``seconds``, from ``start`` seconds
    after the change on (a number below zero, if any lie before it).
    """
    count = Counter[int]()
    for window in windows:
        count[window.change] += window.rows.size
    if not count:
        return {}
    ((change, _),) = count.most_common(1)
    mine = [window for window in windows if window.change == change]
    since = {window: (found.source.times[window.rows] - change) / MICROSECONDS for window in mine}
    low = min(0.0, *(float(ages.min()) for ages in since.values()))
    high = max(0.0, *(float(ages.max()) for ages in since.values()))
    step = next((step for step in STEPS if high - low < MOST_STEPS * step), STEPS[-1])
    first, size = math.floor(low / step), math.floor(high / step) - math.floor(low / step) + 1
    counts = {kind: np.zeros(size, dtype=np.int64) for kind in KINDS.values()}
    for window, ages in since.items():
        counts[KINDS[window.outcome]] += np.bincount((ages // step).astype(np.int64) - first, minlength=size)
    keys = list(dict.fromkeys(window.subject.key for window in mine))
    return {"change": moment(change), "flags": keys, "seconds": step, "start": first * step, **counts}


def explain_changes(found: Recomputed, ttl: float) -> list[Window]:
    """Marks the violations that follow another configuration, in place, and returns them by subject and change.

    Rows that match what was in force at any time within ``ttl`` seconds before them are STALE: a cache may serve it.
    Rows that match something older are STICKY, and rows that match only what comes next are AHEAD, both where they are
    at least nine tenths of the subject's violations under its configuration that are not STALE; a fault of another
    kind would match another configuration by chance, and stays WRONG.
    """
    if found.source.log.time is None or len(found.source.configurations) < 2:
        return []
    windows: list[Window] = []
    for subject, phase, rows in found.pairs:
        wrong = rows[found.outcome[rows] >= FIRST_VIOLATION]
        if wrong.size:
            windows += explain_phase(found, subject, phase, wrong, round(ttl * MICROSECONDS))
            found.outcome[wrong[known_variant(found, subject, wrong)]] = Outcome.WRONG
    for window in windows:
        found.outcome[window.rows] = window.outcome
    return windows


def explain_phase(found: Recomputed, subject: History, phase: int, wrong: Rows, ttl: int) -> Iterator[Window]:
    """The windows among the violations of one subject under one configuration."""
    starts, left = found.source.configurations.starts, wrong
    named: list[Window] = []
    for other in others(subject, phase):
        matches = found.source.judge_all(subject, other, left)[0] == Outcome.MATCH
        rows, left = left[matches], left[~matches]
        if other > phase:
            named.append(Window(subject, starts[other], Outcome.AHEAD, rows))
            continue
        change = starts[other + 1]
        fresh = found.source.times[rows] - change <= ttl
        named.append(Window(subject, change, Outcome.STICKY, rows[~fresh]))
        if fresh.any():
            yield Window(subject, change, Outcome.STALE, rows[fresh])
    unexcused = left.size + sum(window.rows.size for window in named)
    for kind in (Outcome.STICKY, Outcome.AHEAD):
        alike = [window for window in named if window.outcome == kind and window.rows.size]
        if sum(window.rows.size for window in alike) >= NEARLY_ALL * unexcused:
            yield from alike


def known_variant(found: Recomputed, subject: History, rows: Rows) -> NDArray[np.bool_]:
    """Which rows are logged with a variant that some configuration has."""
    logged = found.source.log.variant
    if logged is None:
        return np.zeros(rows.size, dtype=np.bool_)
    return np.isin(logged.codes[rows], [place for place, one in enumerate(logged.labels) if one in subject.variants])


def others(subject: History, phase: int) -> Iterator[int]:
    """Configurations that decide a subject otherwise: those before, the latest first, then the next one."""
    for earlier in range(phase - 1, -1, -1):
        if subject.plans[earlier] not in subject.plans[earlier + 1 : phase + 1]:
            yield earlier
    for later in range(phase + 1, len(subject.plans)):
        if subject.plans[later] != subject.plans[phase]:
            yield later
            return
