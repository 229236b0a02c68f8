"""Every row of a log decided again, under the configuration then in force, and held against what was logged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ffcore.lab.bulk.columns import Values, attributes
from ffcore.lab.bulk.deciding import Part, decide
from ffcore.lab.bulk.parts import PART_ROWS, run
from ffcore.lab.verify.configurations import Configurations, History
from ffcore.lab.verify.contexts import take
from ffcore.lab.verify.exposures import ID, Exposures
from ffcore.lab.verify.outcomes import REASONS, UNSAID, Outcome, decisions, judge, vocabulary
from ffcore.lab.verify.rule_types import as_compared, families, leaves
from ffcore.lab.verify.timestamps import Times

Rows = NDArray[np.int64]
#: Each row's outcome, and the number of the decision recomputed for it.
Judged: TypeAlias = "tuple[NDArray[np.uint8], NDArray[np.int16]]"
#: What stands for a row's group where it has none.
NO_SUBJECT, TOO_EARLY = -2, -1
FLAG_HINT, EXPERIMENT_HINT = 1, 2


@dataclass(frozen=True, eq=False)
class Recomputation:
    """A log beside the configurations, and the flags and experiments that it speaks of."""

    log: Exposures
    configurations: Configurations
    subjects: tuple[History, ...]

    @cached_property
    def reasons(self) -> NDArray[np.int64]:
        """The number of each row's reason among the platform's."""
        if self.log.reason is None:
            return np.full(len(self.log), UNSAID)
        return self.log.reason.look_up(lambda one: REASONS.index(one) if one in REASONS else UNSAID, UNSAID)

    @cached_property
    def shared_keys(self) -> set[str]:
        """The keys that are a flag and an experiment."""
        flags = {one.key for one in self.subjects if not one.experiment}
        return {one.key for one in self.subjects if one.experiment} & flags

    @cached_property
    def columns(self) -> dict[str, Values]:
        """The attributes that rules read, as far as they are logged, in the types that rules compare."""
        plans = [plan for one in self.subjects for plan in one.plans if plan]
        rules = [rule for plan in plans for rule in leaves(plan.rules) if rule.attribute in self.log.context]
        found: dict[str, Values] = {}
        for name in dict.fromkeys(rule.attribute for rule in rules):
            values = self.log.context[name]
            compared = families(rule for rule in rules if rule.attribute == name)
            found[name] = values if self.log.typed else as_compared(values, compared)
        return found

    def unseen(self, subject: History, phase: int) -> list[str]:
        """The attributes that decide and that the log does not hold."""
        plan = subject.plans[phase]
        read = attributes(plan.rules) if plan and plan.active else set()
        return sorted(read - {ID, *self.log.context})

    @property
    def times(self) -> Times:
        """When each row was logged; all at once where the log does not say."""
        return np.zeros(len(self.log), dtype=np.int64) if self.log.time is None else self.log.time

    def judge_all(self, subject: History, phase: int, rows: Rows) -> Judged:
        """As ``judge``, part by part, on a thread per core."""
        parts = [rows[start : start + PART_ROWS] for start in range(0, max(1, rows.size), PART_ROWS)]
        found = list(run(lambda part: self.judge(subject, phase, part), parts, None))
        return np.concatenate([outcome for outcome, _ in found]), np.concatenate([code for _, code in found])

    def judge(self, subject: History, phase: int, rows: Rows) -> Judged:
        """The outcome of some rows under a configuration, and the numbers of the decisions that it makes."""
        said, made = vocabulary(self.log, subject, phase), decisions(subject, phase)
        unseen = bool(self.unseen(subject, phase))
        plan = subject.plans[phase]
        codes = np.zeros(rows.size, dtype=np.int16)
        if plan:
            plan = replace(plan, rules=()) if unseen else plan
            places = pa.array(rows)
            columns = {name: take(self.columns[name], places) for name in attributes(plan.rules) - {ID}}
            (codes,), _ = decide([plan], Part(0, self.log.ids.text.take(places), columns))
        return judge(said, made, unseen=unseen)[said.codes(self.log, self.reasons, rows), codes], codes


@dataclass(frozen=True, eq=False)
class Recomputed:
    """What became of every row.

    Attributes:
        source: The log and the configurations.
        outcome: Each row's ``Outcome``.
        decision: The number of the decision that was recomputed.
        groups: Each row's subject and configuration: ``subject * configurations + configuration``.
        order: The rows, group by group.
        starts: Where in the order each group begins, and after them where the last one ends.
    """

    source: Recomputation
    outcome: NDArray[np.uint8]
    decision: NDArray[np.int16]
    groups: NDArray[np.int32]
    order: Rows
    starts: Rows

    def name_of(self, subject: History) -> str:
        """A subject's key; that of an experiment whose key is a flag's too says so."""
        shared = subject.experiment and subject.key in self.source.shared_keys
        return f"{subject.key} (experiment)" if shared else subject.key

    def rows(self, group: int, count: int = 1) -> Rows:
        """The rows of a group, or of several that follow each other."""
        return self.order[self.starts[group] : self.starts[group + count]]

    @property
    def pairs(self) -> Iterator[tuple[History, int, Rows]]:
        """Each subject and configuration of which there are rows."""
        size = len(self.source.configurations)
        for number, subject in enumerate(self.source.subjects):
            for phase in range(size):
                rows = self.rows(number * size + phase)
                if rows.size:
                    yield subject, phase, rows

    @property
    def by_subject(self) -> Iterator[tuple[History, Rows]]:
        """Each subject and its rows under all configurations."""
        size = len(self.source.configurations)
        for number, subject in enumerate(self.source.subjects):
            yield subject, self.rows(number * size, size)


def recompute(log: Exposures, configurations: Configurations) -> Recomputed:
    """Decides every row again and judges it.

    >>> from ffcore import Flag, FlagSet
    >>> from ffcore.lab.verify.configurations import read_configurations
    >>> from ffcore.lab.verify.exposures import read_exposures
    >>> log = read_exposures(pa.table({"user_id": ["ann", "bob"], "flag_key": ["a", "a"], "enabled": [False, False]}))
    >>> flags = FlagSet([Flag("a", enabled=True, rollout_percentage=50)])
    >>> [Outcome(one).name for one in recompute(log, read_configurations(flags)).outcome]
    ['WRONG', 'MATCH']
    """
    used = np.bincount(log.keys.codes, minlength=len(log.keys.labels))
    keys = [label for label, rows in zip(log.keys.labels, used.tolist(), strict=True) if rows]
    source = Recomputation(log, configurations, tuple(configurations.subjects(keys)))
    groups = group_rows(source)
    size = len(source.subjects) * len(configurations)
    order = np.argsort(groups.astype(np.int16) if size < np.iinfo(np.int16).max else groups, kind="stable")
    counts = np.bincount(groups - NO_SUBJECT, minlength=size - NO_SUBJECT)
    found = Recomputed(
        source,
        outcome=np.where(groups == TOO_EARLY, Outcome.EARLY, Outcome.UNKNOWN_FLAG).astype(np.uint8),
        decision=np.zeros(len(log), dtype=np.int16),
        groups=groups,
        order=order,
        starts=np.cumsum(counts)[-NO_SUBJECT - 1 :],
    )
    source.columns  # noqa: B018 - made once, before the threads need them
    tasks = list(cut(found))
    for (_, _, rows), (outcome, decision) in zip(
        tasks, run(lambda task: source.judge(*task), tasks, None), strict=True
    ):
        found.outcome[rows] = outcome
        found.decision[rows] = decision
    return found


def cut(found: Recomputed) -> Iterator[tuple[History, int, Rows]]:
    """The rows in parts, each of one subject and configuration."""
    for subject, phase, rows in found.pairs:
        for start in range(0, rows.size, PART_ROWS):
            yield subject, phase, rows[start : start + PART_ROWS]


def group_rows(source: Recomputation) -> NDArray[np.int32]:
    """Each row's group; below zero where there is none."""
    log, size = source.log, len(source.configurations)
    phases = source.configurations.phases(log.time, len(log))
    table = np.full((len(log.keys.labels), size, 3), NO_SUBJECT, dtype=np.int32)
    labels = {label: number for number, label in enumerate(log.keys.labels)}
    numbers = {(one.key, one.experiment): number for number, one in enumerate(source.subjects)}
    for (key, experiment), number in numbers.items():
        other = numbers.get((key, not experiment))
        for phase in range(size):
            preferred = not experiment or (other is not None and source.subjects[other].items[phase] is None)
            mine = [EXPERIMENT_HINT] if experiment else [FLAG_HINT]
            hints = [0, FLAG_HINT, EXPERIMENT_HINT] if other is None else mine + [0] * preferred
            table[labels[key], phase, hints] = number * size + phase
    both = any((key, not experiment) in numbers for key, experiment in numbers)
    hinted = row_hints(source) if both else np.zeros(1, dtype=np.int64)
    groups = table[log.keys.codes, np.maximum(phases, 0), hinted]
    return np.where((phases < 0) & (groups >= 0), TOO_EARLY, groups).astype(np.int32)


def row_hints(source: Recomputation) -> NDArray[np.int64]:
    """Whether each row is one of a flag or of an experiment: by its reason, else by the type of its event."""
    hints = np.array([*map(hint, REASONS), 0])[source.reasons]
    if source.log.event is None:
        return hints
    return np.where(hints > 0, hints, source.log.event.look_up(lambda label: hint(label.lower()), 0))


def hint(word: str) -> int:
    """What a reason, or the type of an event, belongs to; 0: to either.

    >>> hint("not_in_rollout"), hint("experiment_assignment"), hint("targeting_rules_not_met")
    (1, 2, 0)
    """
    if "experiment" in word or "assign" in word or word == "not_in_traffic":
        return EXPERIMENT_HINT
    return FLAG_HINT if "flag" in word or word in ("enabled", "not_in_rollout") else 0
