"""The blast radius of a change: who moves between two configurations, between which variants, in which segments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown, suggestion
from ffcore.flagset import FlagSet
from ffcore.lab.bulk.plan import Plan
from ffcore.lab.verify.answers import Answers
from ffcore.lab.verify.assignments import OFF, ON, Subject, answered, decide_all
from ffcore.lab.verify.check import Check, Verdict
from ffcore.lab.verify.power import INTERVAL_LEVEL, wilson
from ffcore.lab.verify.ramps import moves, places_among
from ffcore.lab.verify.users import ID_COLUMN, Mask, Population, Users, read_users
from ffcore.model import Experiment, Flag

#: A column makes segments if it has at most this many different values; and how many segments are listed.
MOST_VALUES = 100
LISTED = 20

Configuration = FlagSet | Subject
#: A variant that may be left for any other, or the one move that may be made.
Allowed = str | tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What each distinct user had of one flag and has now, as places among ``arms``; behind them: not enabled."""

    key: str
    arms: list[str | None]
    before: NDArray[np.int64]
    after: NDArray[np.int64]

    @property
    def moved(self) -> Mask:
        """Which users moved."""
        moved: Mask = self.before != self.after
        return moved

    @property
    def names(self) -> list[str]:
        """What each place is called."""
        return [*(ON if arm is None else arm for arm in self.arms), OFF]

    def moves(self, allowed: Iterable[Allowed]) -> Iterator[dict[str, Any]]:
        """The moves that were made: from where, to where, how many users, and whether that may be."""
        names, permitted = self.names, list(allowed)
        cells = np.bincount(self.before * len(names) + self.after, minlength=len(names) ** 2)
        for cell in np.flatnonzero(cells).tolist():
            old, new = names[cell // len(names)], names[cell % len(names)]
            if old != new:
                fine = old == OFF or old in permitted or (old, new) in permitted
                yield {"key": self.key, "from": old, "to": new, "users": int(cells[cell]), "allowed": fine}


def blast_radius(before: Configuration, after: Configuration, users: Users, allow: Iterable[Allowed] = ()) -> Check:
    """Who moves when one configuration follows another.

    Every user is decided under both. Coming in is what a ramp is for, and always allowed; losing a flag or changing a
    variant is not, unless said so. A proof over these users; the intervals speak of the population that they stand for.

    Args:
        before: A FlagSet, or one Flag, Experiment or assignment function.
        after: The same kind. Of FlagSets all keys are compared: one that is gone is lost, a new one comes in.
        users: A sequence of ids, or a frame with ``user_id`` and context columns, which are the segments too.
        allow: Moves that may be: a variant's key (its users may go anywhere) or a pair ``(from, to)``. Users without
            a variant are in ``"enabled"``, all others in ``"not enabled"``.

    Returns:
        A Check that fails if anybody loses or changes a variant by a move that is not allowed. ``estimate`` is the
        share of the users that each key moves, ``interval`` its 90 % Wilson interval. ``details["moves"]`` lists the
        moves and ``details["segments"]`` the values of context columns with the most users who move.

    Raises:
        ConfigError: Two things that cannot be compared, or an allowed variant that neither has.

    >>> arms = [{"key": "blue", "allocation": "1/2"}, {"key": "green", "allocation": "1/2"}]
    >>> before = Flag("button", enabled=True, rollout_percentage=10, variants=arms)
    >>> after = Flag("button", enabled=True, rollout_percentage=20, variants=arms)
    >>> blast_radius(before, after, range(10_000)).verdict, blast_radius(after, before, range(10_000)).verdict
    ('pass', 'fail')
    """
    population, permitted = read_users(users), read_allowed(allow)
    rows = population.first_rows(np.ones(len(population), dtype=np.bool_))
    changes = list(compare(paired(before, after), population, rows))
    refuse_unknown(permitted, changes)
    found = [move for change in changes for move in change.moves(permitted)]
    struck = np.any([change.moved for change in changes], axis=0) if changes else np.zeros(0, dtype=np.bool_)
    segments = sorted(by_segment(population, rows, struck), key=lambda row: (-row["moved"], -row["users"]))
    return judged(changes, found, int(np.count_nonzero(rows)), segments)


def read_allowed(allow: Any) -> list[Allowed]:
    """The allowed moves; a text alone is one variant."""
    if isinstance(allow, str):
        return [allow]
    if not isinstance(allow, Iterable):
        expected = "expected variants' keys and pairs (from, to)"
        raise ConfigError([("allow", f"{expected}, got {shown(allow)}")], source="blast radius")
    return list(allow)


def paired(before: Configuration, after: Configuration) -> dict[str, tuple[Subject | None, Subject | None]]:
    """What stands under each key on either side; None where nothing does."""
    if isinstance(before, FlagSet) and isinstance(after, FlagSet):
        flags = {key: (before.get(key), after.get(key)) for key in dict.fromkeys([*before, *after])}
        old, new = before.experiments, after.experiments
        experiments = {f"experiment {key}": (old.get(key), new.get(key)) for key in dict.fromkeys([*old, *new])}
        return {**flags, **experiments}
    if isinstance(before, FlagSet) or isinstance(after, FlagSet):
        got = f"got {shown(before)} and {shown(after)}"
        raise ConfigError(
            [("after", f"expected two flag sets, or two flags or functions, {got}")], source="blast radius"
        )
    key = getattr(after, "key", None) or getattr(before, "key", None)
    return {str(key or "assignment"): (before, after)}


def compare(
    pairs: Mapping[str, tuple[Subject | None, Subject | None]], population: Population, rows: Mask
) -> Iterator[Change]:
    """Each key's change, of the rows that count; flags and experiments are decided together."""
    sides = [side for pair in pairs.values() for side in pair]
    decided = decide_all([side for side in sides if isinstance(side, Flag | Experiment)], population)
    for key, pair in pairs.items():
        answers = [read_side(side, population, decided) for side in pair]
        arms = list(dict.fromkeys(arm for answer in answers for arm in answer.arms))
        old, new = (places_among(arms, answer)[rows] for answer in answers)
        yield Change(key, arms, old, new)


def read_side(side: Subject | None, population: Population, decided: Iterator[tuple[Plan, Answers]]) -> Answers:
    """What one side gives to every row; a key that is not there gives nothing."""
    if side is None:
        return Answers(np.zeros(len(population), dtype=np.int16), ())
    return next(decided)[1] if isinstance(side, Flag | Experiment) else answered(side, population).answers


def refuse_unknown(allowed: Sequence[Allowed], changes: Sequence[Change]) -> None:
    """A ConfigError that names every allowed move of an arm that there is not."""
    known = sorted({name for change in changes for name in change.names})
    problems = []
    for entry in allowed:
        pair = isinstance(entry, tuple) and len(entry) == 2
        names = entry if pair else (entry,)
        problems += [
            ("allow", f"{shown(name)} is no variant of either configuration{suggestion(str(name), known)}")
            for name in names
            if not isinstance(name, str) or name not in known
        ]
    if problems:
        raise ConfigError(problems, source="blast radius")


def by_segment(population: Population, rows: Mask, struck: Mask) -> Iterator[dict[str, Any]]:
    """Users and moved users of each value of each context column that has few of them."""
    for column in dict.fromkeys(population.names):
        if column == ID_COLUMN or population.source is None:
            continue
        values = population.source.column(column)
        codes, found = pd.factorize(pd.Series(values.to_pylist() if isinstance(values, pa.Array) else values)[rows])
        if len(found) > MOST_VALUES:
            continue
        users, moved = (np.bincount(some + 1, minlength=len(found) + 1) for some in (codes, codes[struck]))
        for value, count, hit in zip([None, *found], users.tolist(), moved.tolist(), strict=True):
            if count:
                yield {"column": column, "value": value, "users": count, "moved": hit, "share": hit / count}


def judged(
    changes: Sequence[Change], found: Sequence[Mapping[str, Any]], users: int, segments: list[dict[str, Any]]
) -> Check:
    """The Check of all changes."""
    forbidden = [move for move in found if not move["allowed"]]
    moved = {change.key: int(np.count_nonzero(change.moved)) for change in changes}
    totals = {change.key: moves(change.before, change.after, len(change.arms)) for change in changes}
    verdict: Verdict = "fail" if forbidden else "pass" if users and changes else "inconclusive"
    return Check(
        name="blast radius",
        verdict=verdict,
        estimate={key: count / users for key, count in moved.items()} if users else {},
        interval={key: wilson(count, users) for key, count in moved.items()},
        n=users,
        details={
            "figure": "blast radius",
            "totals": totals,
            "moves": sorted(found, key=lambda move: -move["users"]),
            "segments": segments[:LISTED],
            "interval_level": INTERVAL_LEVEL,
            "reason": said(forbidden, sum(moved.values()), users),
        },
    )


def said(forbidden: Sequence[Mapping[str, Any]], moved: int, users: int) -> str:
    """The verdict in words."""
    if forbidden:
        worst = max(forbidden, key=lambda move: int(move["users"]))
        rest = f", and {len(forbidden) - 1:,} more moves" if len(forbidden) > 1 else ""
        return f"{worst['users']:,} users of {worst['key']} go from {worst['from']} to {worst['to']}{rest}"
    if not users:
        return "no users were counted"
    return f"{moved:,} of {users:,} users move, all as they may" if moved else f"none of {users:,} users moves"
