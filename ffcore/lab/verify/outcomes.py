"""What a logged outcome is beside a recomputed decision: the same, not comparable, or wrong; as tables for whole logs.

A log has few different outcomes and a flag few decisions, so that each pair is judged once and rows are looked up.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ffcore.lab.bulk.plan import EXPERIMENT_REASONS, FLAG_REASONS
from ffcore.lab.verify.configurations import History
from ffcore.lab.verify.exposures import Exposures
from ffcore.lab.verify.log_columns import TRUTH
from ffcore.model import Decision, Flag

Codes = NDArray[np.int64]
NOT_FOUND = ("flag_not_found", "experiment_not_found")
OUTAGES = ("store_unavailable", "flag_malformed", "experiment_malformed")
LET_IN = ("enabled", "assigned")
REASONS = tuple(dict.fromkeys((*FLAG_REASONS[:-1], *EXPERIMENT_REASONS[:-1], *NOT_FOUND, *OUTAGES)))
#: The reason's number where the log gives none, or one that is not the platform's.
UNSAID = len(REASONS)
OFF, ON, OPEN = 0, 1, -1


class Outcome(IntEnum):
    """What became of a row."""

    MATCH = 0
    STALE = 1
    UNSAID = 2
    OUTAGE = 3
    UNSEEN = 4
    EARLY = 5
    WRONG = 6
    AHEAD = 7
    STICKY = 8
    UNKNOWN_VARIANT = 9
    UNKNOWN_FLAG = 10


#: What each outcome is called; those that are not compared, and those that violate the proof.
NAMES = {
    Outcome.MATCH: "match",
    Outcome.STALE: "stale within the time to live",
    Outcome.UNSAID: "no outcome logged",
    Outcome.OUTAGE: "store unavailable",
    Outcome.UNSEEN: "attributes not logged",
    Outcome.EARLY: "before the first configuration",
    Outcome.WRONG: "mismatch",
    Outcome.AHEAD: "ahead of a change",
    Outcome.STICKY: "sticky stale cache",
    Outcome.UNKNOWN_VARIANT: "unknown variant",
    Outcome.UNKNOWN_FLAG: "unknown flag",
}
UNCOMPARED = (Outcome.UNSAID, Outcome.OUTAGE, Outcome.UNSEEN, Outcome.EARLY)
FIRST_VIOLATION = Outcome.WRONG


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """What a log says of one subject under one configuration, by number.

    An answer's number is ``(enabled + 1, variant, reason)`` in mixed radix. Variants are numbered by ``names``; behind
    them follow none, another one, and the words for on and off.
    """

    names: tuple[str, ...]
    default: str | None
    arms: int
    logged: bool

    @property
    def none(self) -> int:
        """The number of no variant."""
        return len(self.names)

    @property
    def shape(self) -> tuple[int, int, int]:
        """How many there are of each."""
        return 3, len(self.names) + 4, len(REASONS) + 1

    def number(self, label: str) -> int:
        """A variant's number."""
        if label in self.names:
            return self.names.index(label)
        if self.arms or label.lower() not in TRUTH:
            return self.none + 1
        return self.none + 2 if TRUTH[label.lower()] else self.none + 3

    def codes(self, log: Exposures, reasons: Codes, rows: NDArray[np.int64]) -> Codes:
        """The number of some rows' answers."""
        enabled = np.full(rows.size, OPEN) if log.enabled is None else log.enabled[rows]
        variants = np.full(rows.size, self.none)
        if log.variant is not None:
            places = log.variant.codes[rows]
            table = np.full(len(log.variant.labels) + 1, self.none)
            for used in np.flatnonzero(np.bincount(places + 1)[1:]).tolist():
                table[used] = self.number(log.variant.labels[used])
            variants = table[places]
        _, size, count = self.shape
        found: Codes = ((enabled + 1).astype(np.int64) * size + variants) * count + reasons[rows]
        return found


def vocabulary(log: Exposures, subject: History, phase: int) -> Vocabulary:
    """The answers that a log may give of a subject under a configuration."""
    item = subject.items[phase]
    names = tuple(variant.key for variant in item.variants) if item else ()
    default = item.default_variant if isinstance(item, Flag) else None
    more = (default,) if default and default not in names else ()
    return Vocabulary((*names, *more), default, len(names), log.variant is not None)


def decisions(subject: History, phase: int) -> tuple[Decision, ...]:
    """The decisions that a configuration can make, by the bulk engine's numbers."""
    found = subject.plans[phase]
    return (Decision(False, NOT_FOUND[subject.experiment]),) if found is None else found.decisions


def judge(said: Vocabulary, made: tuple[Decision, ...], *, unseen: bool) -> NDArray[np.uint8]:
    """The outcome of each answer beside each decision: answers x decisions.

    Args:
        said: the answers.
        made: the decisions; where ``unseen``, those of the same flag without its targeting rules.
        unseen: whether the rules read attributes that the log does not hold, which may have kept users out.
    """
    enabled, variant, reason = (axis[..., None] for axis in np.indices(said.shape, sparse=True))
    on = let_in(said, enabled - 1, variant, reason)
    made_on = np.array([one.enabled for one in made], dtype=np.int64)
    made_variant = np.array([said.none if one.variant is None else said.names.index(one.variant) for one in made])
    made_reason = np.array([REASONS.index(one.reason) if one.reason in REASONS else UNSAID for one in made])
    same_reason = (reason == UNSAID) | (reason == made_reason)
    if made[0].reason in NOT_FOUND:
        same_reason |= np.isin(reason, [REASONS.index(one) for one in NOT_FOUND])
    same = (on == made_on) & same_reason & same_variant(said, on, variant, made_variant)
    found = np.where(same, Outcome.MATCH, np.where(variant == said.none + 1, Outcome.UNKNOWN_VARIANT, Outcome.WRONG))
    if unseen:
        silent = (reason == UNSAID) & (made_on == ON) | (reason == REASONS.index("targeting_rules_not_met"))
        found = np.where((on == OFF) & silent, Outcome.UNSEEN, found)
    outage = np.isin(reason, [REASONS.index(one) for one in OUTAGES])
    found = np.where(outage & (on == OFF), Outcome.OUTAGE, found)
    found = np.where(on == OPEN, Outcome.UNSAID, found)
    return found.reshape(-1, len(made)).astype(np.uint8)


def let_in(said: Vocabulary, enabled: Codes, variant: Codes, reason: Codes) -> Codes:
    """Whether the user was let in: as the log says, else as the reason or the variant does, else open."""
    reasons = [ON if one in LET_IN else OFF for one in REASONS]
    by_reason = np.array([*reasons, OPEN])[reason]
    unnamed = OFF if said.logged and said.arms else OPEN
    named = [ON] * said.arms + [OFF] * (len(said.names) - said.arms)
    by_variant = np.array([*named, unnamed, ON, ON, OFF])[variant]
    found: Codes = np.where(enabled != OPEN, enabled, np.where(by_reason != OPEN, by_reason, by_variant))
    return found


def same_variant(said: Vocabulary, on: Codes, variant: Codes, made: Codes) -> NDArray[np.bool_]:
    """Whether the variant is the one decided on; who was not let in may be logged with the default."""
    if not said.logged:
        return np.ones(1, dtype=np.bool_)
    word = (variant == said.none + 2) & (on == ON) | (variant == said.none + 3) & (on == OFF)
    default = np.isin(variant, [said.none, *([said.names.index(said.default)] if said.default else [])])
    found: NDArray[np.bool_] = word | np.where(on == ON, variant == made, default)
    return found
