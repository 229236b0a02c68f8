"""What an audit finds, in words: each with how much of the log it concerns, and whether it decides the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from ffcore.errors import shown, suggestion
from ffcore.lab.verify.audit_groups import unknown_keys, unknown_variants
from ffcore.lab.verify.configurations import History
from ffcore.lab.verify.display import percent
from ffcore.lab.verify.outcomes import NAMES, UNCOMPARED, Outcome
from ffcore.lab.verify.recomputing import Recomputed
from ffcore.lab.verify.repeated_exposures import Repeats
from ffcore.lab.verify.stale_rows import Window
from ffcore.lab.verify.timestamps import MICROSECONDS, moment

Level: TypeAlias = Literal["note", "watch", "fail"]
#: Shares from which on a finding is shown, and is an alarm: PostHog's numbers for users in several variants.
SHOWN, ALARMED = 0.005, 0.1
#: A log of which more rows than this go back in time was not written in order of arrival.
OUT_OF_ORDER = 0.1
LISTED = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        name: What it is.
        level: "fail" turns the verdict to fail, "watch" to inconclusive, "note" does neither.
        count: How many rows or users.
        of: Of how many.
        text: A sentence without its full stop.
    """

    name: str
    level: Level
    count: int
    of: int
    text: str


def violated(found: Recomputed, windows: Sequence[Window], pairs: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """The findings that are proofs: rows that no configuration explains."""
    rows = len(found.source.log)
    if wrong := count_of(found, Outcome.WRONG):
        worst = next(pair for pair in pairs if pair["outcome"] == NAMES[Outcome.WRONG])
        example = f"{worst['rows']:,} times {worst['logged']} instead of {worst['expected']} for {worst['flag']}"
        text = f"{wrong:,} of {rows:,} rows contradict the flags: {example}"
        yield Finding(NAMES[Outcome.WRONG], "fail", wrong, rows, text)
    for (kind, _), together in by_change(windows).items():
        if kind != Outcome.STALE:
            count = sum(window.rows.size for window in together)
            yield Finding(NAMES[kind], "fail", count, rows, windows_text(found, together))
    variants, keys = list(unknown_variants(found)), list(unknown_keys(found).items())
    for outcome, count, texts in (
        (Outcome.UNKNOWN_VARIANT, len(variants), [variant_text(found, *one) for one in variants[:LISTED]]),
        (Outcome.UNKNOWN_FLAG, len(keys), [key_text(found, *one) for one in keys[:LISTED]]),
    ):
        if texts:
            more = f", and {count - LISTED:,} more" if count > LISTED else ""
            yield Finding(NAMES[outcome], "fail", count_of(found, outcome), rows, ", ".join(texts) + more)


def count_of(found: Recomputed, *outcomes: Outcome) -> int:
    """How many rows there are of some outcomes."""
    return int(np.isin(found.outcome, outcomes).sum())


def variant_text(found: Recomputed, subject: History, variant: str, rows: int) -> str:
    """A variant that a flag does not have."""
    near = suggestion(variant, subject.variants) or "; it has no variants"
    return f"{rows:,} rows say {shown(variant)}, which is no variant of {found.name_of(subject)}{near}"


def key_text(found: Recomputed, key: str, rows: int) -> str:
    """A key that no configuration has."""
    near = suggestion(key, found.source.configurations.keys)
    return f"{rows:,} rows are of {shown(key)}, which is neither a flag nor an experiment{near}"


def by_change(windows: Sequence[Window]) -> dict[tuple[Outcome, int], list[Window]]:
    """Windows of all flags together, by what their rows are and the change that they are about."""
    found: dict[tuple[Outcome, int], list[Window]] = {}
    for window in windows:
        found.setdefault((window.outcome, window.change), []).append(window)
    return found


def windows_text(found: Recomputed, windows: Sequence[Window]) -> str:
    """Rows that follow another configuration, all of one change."""
    first = windows[0]
    since = np.concatenate([found.source.times[window.rows] for window in windows]) - first.change
    most = sorted(windows, key=lambda window: -window.rows.size)
    names = [f"{found.name_of(window.subject)} ({window.rows.size:,})" for window in most[:LISTED]]
    more = f" and {len(most) - LISTED:,} more" if len(most) > LISTED else ""
    what = f"{since.size:,} rows, of {', '.join(names)}{more},"
    if first.outcome == Outcome.AHEAD:
        return f"{what} follow the change of {moment(first.change)} up to {duration(-since.min() / MICROSECONDS)} early"
    name = "stale within the time to live" if first.outcome == Outcome.STALE else "sticky stale cache"
    span = f"until {duration(since.max() / MICROSECONDS)} after it"
    return f"{name}: {what} are as before the change of {moment(first.change)}, {span}"


def duration(seconds: float) -> str:
    """A length of time in the largest two units.

    >>> duration(42), duration(3_725), duration(200_000)
    ('42 s', '1 h 2 min', '2 d 7 h')
    """
    whole = round(seconds)
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        number, whole = divmod(whole, size)
        parts += [f"{number} {unit}"] if number or (unit == "s" and not parts) else []
    return " ".join(parts[:2])


def graded(name: str, count: int, of: int, text: str, worst: Level = "fail") -> Iterator[Finding]:
    """A finding whose level follows from its share; nothing where there is nothing.

    >>> [one.level for count in (0, 1, 5, 100) for one in graded("late events", count, 1_000, "...")]
    ['note', 'watch', 'fail']
    """
    share = count / max(1, of)
    level: Level = worst if share >= ALARMED else "watch" if share >= SHOWN else "note"
    if count:
        yield Finding(name, level, count, of, text)


def repeated(found: Recomputed, repeats: Mapping[str, Repeats], burst: int) -> Iterator[Finding]:
    """What repeats: users in several variants, events logged twice, users who are everywhere at once."""
    rows = len(found.source.log)
    if repeats:
        name, worst = max(repeats.items(), key=lambda one: one[1].several / max(1, one[1].users))
        share = percent(worst.several / max(1, worst.users))
        text = f"{worst.several:,} users ({share}) of {name} saw several variants under one configuration"
        yield from graded("several variants", worst.several, worst.users, text)
    twice = sum(one.duplicates.size for one in repeats.values())
    text = f"{twice:,} events ({percent(twice / rows)}) stand there twice: same user, flag, time and outcome"
    yield from graded("duplicate events", twice, rows, text, worst="note" if whole_seconds(found) else "fail")
    events = sum(one.bursts.size for one in repeats.values())
    users = sum(one.burst_users for one in repeats.values())
    share = percent(events / rows)
    text = f"{events:,} events ({share}) are of {users:,} users who saw a flag {burst:,} times in a minute"
    yield from graded("bursts", events, rows, text)


def whole_seconds(found: Recomputed) -> bool:
    """Whether times are cut to seconds, so that different events may look alike."""
    return not bool((found.source.times % MICROSECONDS).any())


def delayed(found: Recomputed, late: float) -> Iterator[Finding]:
    """Events that arrived late: by their time of arrival, else by their place behind later ones."""
    log = found.source.log
    if log.time is None:
        return
    by_place = log.received is None
    behind = (np.maximum.accumulate(log.time) if log.received is None else log.received) - log.time
    count = int(np.count_nonzero(behind > late * MICROSECONDS))
    if by_place and np.count_nonzero(behind) > OUT_OF_ORDER * len(log):
        return
    how = "stand behind events of" if by_place else "arrived"
    text = f"{count:,} events ({percent(count / len(log))}) {how} more than {duration(late)} later"
    yield from graded("late events", count, len(log), text, worst="watch")


def uncompared(found: Recomputed) -> Iterator[Finding]:
    """Rows that could not be compared, by their cause; an alarm is no more than watched, since nothing is shown."""
    rows = len(found.source.log)
    for outcome in UNCOMPARED:
        count = count_of(found, outcome)
        text = f"{count:,} of {rows:,} rows were not compared: {NAMES[outcome]}"
        level: Level = "watch" if count >= ALARMED * rows else "note"
        if count:
            yield Finding(NAMES[outcome], level, count, rows, text)
