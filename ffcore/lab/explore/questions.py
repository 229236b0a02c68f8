"""What an edited flag would do: shares with intervals, who would move, users needed, and the ramp to full rollout."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ffcore.errors import ConfigError, suggestion
from ffcore.flagset import FlagSet
from ffcore.lab.bulk.columns import attributes
from ffcore.lab.bulk.deciding import decide
from ffcore.lab.bulk.kernels import Codes
from ffcore.lab.bulk.plan import Plan, plan
from ffcore.lab.verify.assignments import OFF, ON
from ffcore.lab.verify.check import Check
from ffcore.lab.verify.power import plan as users_needed
from ffcore.lab.verify.ramps import STEPS
from ffcore.lab.verify.shares import sample_ratio
from ffcore.lab.verify.users import Users, read_users
from ffcore.model import Flag

from .edits import Edit

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Move:
    """So many users would go from one state to another: a variant, "enabled" or "not enabled"."""

    before: str
    after: str
    users: int

    @property
    def loses(self) -> bool:
        """Whether somebody who had the flag loses it or sees another variant; coming in is what a ramp is for."""
        return self.before != OFF


@dataclass(frozen=True, slots=True)
class Stage:
    """One percentage of a ramp: users let in by then, and users needed to show it; None where all or nobody is in."""

    percentage: Fraction
    users: int
    n_needed: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the edited flag would do to the population.

    Attributes:
        flag: the flag as edited.
        users: all users; `targeted` of them meet the rules.
        targeted: who the shares speak of; `let_in` of them are on.
        share: the share let in among the targeted, against the percentage.
        split: the variants among those let in, against their allocations; None without two variants.
        moves: who would move if the edited flag took the place of the one in force, most users first.
        ramp: the stages up to 100 %.
        seconds: how long the answer took.
    """

    flag: Flag
    users: int
    targeted: int
    let_in: int
    share: Check
    split: Check | None
    moves: tuple[Move, ...]
    ramp: tuple[Stage, ...]
    seconds: float

    def _repr_html_(self) -> str:
        from .page import page

        return page(self)


class Explorer:
    """A population and the flags in force, of which one at a time may be edited.

    Ids are read once; every answer decides all users again through the bulk kernels, so it is what `evaluate_frame`
    says. A million users take some tens of milliseconds.

    Args:
        flags: the flags in force.
        users: a sequence of ids, or a frame with `user_id` and context columns. Each row counts as a user.

    >>> explorer = Explorer(FlagSet([Flag("dark-mode", enabled=True, rollout_percentage=10)]), range(10_000))
    >>> answer = explorer.answer(Edit("dark-mode", 25, margin=0.02))
    >>> answer.share.estimate["enabled"], [(move.before, move.after, move.users) for move in answer.moves]
    (0.2526, [('not enabled', 'enabled', 1499)])
    """

    def __init__(self, flags: FlagSet, users: Users) -> None:
        self.flags, self._population = flags, read_users(users)

    def __len__(self) -> int:
        return len(self._population)

    def answer(self, edit: Edit) -> Answer:
        """Decide every user under the flag in force and under the edit; ConfigError lists what is wrong with it."""
        started = time.perf_counter()
        flag = self._flag(edit.key)
        edited = edit.applied(flag)
        if not 0 < edit.margin < 1:
            raise ConfigError([("margin", f"{edit.margin} is no fraction between 0 and 1 (half a point is 0.005)")])
        table, stages = self._decided(flag, edited)
        now, new = plan(flag), plan(edited)
        after = table.sum(axis=0)
        return Answer(
            flag=edited,
            users=len(self),
            targeted=int(after[: new.arms + 1].sum()),
            let_in=int(after[: new.arms].sum()),
            share=_share(edited, after, new.arms, edit.margin),
            split=_split(edited, after, edit.margin),
            moves=_moves(table, _names(now), _names(new)),
            ramp=tuple(_stage(step, users, edit.margin) for step, users in stages.items()),
            seconds=time.perf_counter() - started,
        )

    def _flag(self, key: str) -> Flag:
        if key not in self.flags:
            raise ConfigError([(key, f"there is no such flag{suggestion(key, self.flags)}")])
        return self.flags[key]

    def _decided(self, flag: Flag, edited: Flag) -> tuple[Counts, dict[Fraction, int]]:
        """Users by decision now and then, and users let in at each stage of the ramp."""
        steps = _steps(edited)
        plans = [plan(flag), plan(edited), *(_bare(edited, step) for step in steps)]
        read = [name for each in plans[:2] for name in attributes(each.rules)]
        found = self._population.by_parts(lambda part: _counted(plans, decide(plans, part)[0]), read)
        tables, let_in = zip(*found, strict=True)
        return np.sum(tables, axis=0), dict(zip(steps, np.sum(let_in, axis=0).tolist(), strict=True))


def _steps(flag: Flag) -> list[Fraction]:
    """The stages of the standard ramp that the flag's buckets can serve, and the edited percentage itself."""
    wanted = ({Fraction(str(step)) for step in STEPS} | {flag.rollout_percentage}) - {Fraction(0)}
    return sorted(step for step in wanted if (step * flag.buckets / 100).denominator == 1)


def _bare(flag: Flag, step: Fraction) -> Plan:
    """A stage's own draw; rules and variants are those of the edit, and decided once."""
    return plan(replace(flag, rollout_percentage=step, targeting_rules=(), variants=(), default_variant=None))


def _counted(plans: Sequence[Plan], codes: Sequence[Codes]) -> tuple[Counts, Counts]:
    now, new, *stages = codes
    rows, columns = plans[0].arms + 4, plans[1].arms + 4
    cells = np.bincount(now.astype(np.int32) * columns + new, minlength=rows * columns)
    targeted = new <= plans[1].arms
    return cells.reshape(rows, columns), np.array([np.count_nonzero(targeted & (some == 0)) for some in stages])


def _names(decided: Plan) -> list[str]:
    """What each numbered decision is called: the variants, or "enabled", and all refusals alike."""
    arms = [ON if decision.variant is None else decision.variant for decision in decided.decisions[: decided.arms]]
    return [*arms, *[OFF] * (len(decided.decisions) - decided.arms)]


def _share(flag: Flag, after: Counts, arms: int, margin: float) -> Check:
    target = float(flag.rollout_percentage / 100)
    counted = {ON: int(after[:arms].sum()), OFF: int(after[arms])}
    return sample_ratio(counted, {ON: target, OFF: 1 - target}, margin=margin)


def _split(flag: Flag, after: Counts, margin: float) -> Check | None:
    if len(flag.variants) < 2:
        return None
    counted = {variant.key: int(users) for variant, users in zip(flag.variants, after, strict=False)}
    return sample_ratio(counted, {v.key: float(v.allocation) for v in flag.variants}, margin=margin)


def _moves(table: Counts, before: list[str], after: list[str]) -> tuple[Move, ...]:
    users: dict[tuple[str, str], int] = {}
    for row, column in np.argwhere(table):
        pair = before[row], after[column]
        users[pair] = users.get(pair, 0) + int(table[row, column])
    moved = (Move(old, new, count) for (old, new), count in users.items() if old != new)
    return tuple(sorted(moved, key=lambda move: -move.users))


def _stage(step: Fraction, users: int, margin: float) -> Stage:
    share = float(step / 100)
    margin = min(margin, min(share, 1 - share) / 5)
    return Stage(step, users, users_needed(share, margin) if margin > 0 else None)
