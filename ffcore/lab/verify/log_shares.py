"""Whether a log has lost users: the shares of each flag's arms over distinct users, and what explains a mismatch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from ffcore.errors import ConfigError, suggestion
from ffcore.lab.bulk.columns import Values
from ffcore.lab.bulk.sources import ArrowSource
from ffcore.lab.verify import assignments
from ffcore.lab.verify.attributes import arrow, read_attribute
from ffcore.lab.verify.check import Check
from ffcore.lab.verify.configurations import History
from ffcore.lab.verify.explaining import explain
from ffcore.lab.verify.exposures import ENABLED, ID, TIME, VARIANT, Exposures
from ffcore.lab.verify.outcomes import ON, REASONS, Codes, Outcome, decisions, let_in, vocabulary
from ffcore.lab.verify.recomputing import Recomputed, Rows
from ffcore.lab.verify.rollouts import read_target
from ffcore.lab.verify.segment_log import distinct, read_arms
from ffcore.lab.verify.shares import sample_ratio
from ffcore.lab.verify.timestamps import UTC, moment
from ffcore.lab.verify.users import Mask

#: An attribute of more values names users rather than segments, and is not searched unless asked for.
MOST_VALUES = 1_000
DAY = "day"
#: The largest deviations that count as equal, as for ``rollout`` and ``variants``.
ROLLOUT_MARGIN, VARIANT_MARGIN = 0.005, 0.01
ADMITTED = ("enabled", "not_in_rollout", "assigned", "not_in_traffic")


@dataclass(frozen=True, eq=False)
class Segments:
    """The columns by whose values a mismatch is explained.

    Attributes:
        columns: Each with one entry for each row of the log.
        left_out: The attributes that name no segments, and why.
    """

    columns: Mapping[str, Any]
    left_out: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Shares:
    """One question to the users of a flag: their arms in some rows of a log, and the shares that these should have."""

    name: str
    rows: Rows
    column: str
    arms: pa.Array
    expected: Mapping[str, float]
    margin: float


def read_segments(log: Exposures, by: str | Sequence[str] | None = None) -> Segments:
    """The attributes of a log, and the day where it has times; those of ``by`` alone where it names some.

    Raises:
        ConfigError: ``by`` names an attribute that the log does not hold, or one that names no segments.
    """
    columns = dict(log.context)
    if log.time is not None:
        columns.setdefault(DAY, pa.array(log.time, UTC))
    wanted = list(columns) if by is None else list(dict.fromkeys([by] if isinstance(by, str) else by))
    problems = [
        (one, f"the log has no such attribute{suggestion(one, columns)}") for one in wanted if one not in columns
    ]
    found, left_out = {}, {}
    for name in wanted if not problems else []:
        try:
            found[name] = segmenting(columns[name], name, MOST_VALUES if by is None else None)
        except ConfigError as error:
            left_out[name] = error.problems[0][1]
    if by is not None:
        problems += list(left_out.items())
    if problems:
        raise ConfigError(problems, source=log.source)
    return Segments(found, left_out)


def segmenting(values: Values, name: str, most: int | None) -> pa.Array:
    """A column whose values make segments; a ConfigError says why others do not.

    >>> segmenting(pa.array(["a", "b", "c"]), "session", most=2)
    Traceback (most recent call last):
    ffcore.errors.ConfigError: session: has 3 different values, and names users rather than segments
    """
    array = arrow(values, name)
    count = read_attribute(ArrowSource({name: array}), name).known
    if most is not None and count > most:
        raise ConfigError([(name, f"has {count:,} different values, and names users rather than segments")])
    return array


def check_shares(
    found: Recomputed, segments: Segments, alpha: float = 0.001, tell: Callable[[str], object] = str
) -> tuple[list[Check], list[str]]:
    """The Checks of all flags and experiments of an audited log, and notes on those shares that could not be judged.

    Each share is judged as ``sample_ratio`` does it, over distinct users, each with the earliest row; where it fails,
    ``explain`` seeks the segments that carry the mismatch. Two shares are judged: of those let in among the users whom
    the targeting admits, against the rollout percentage (or the traffic), and of variants among those let in. Where
    the configuration of a flag changes, rows since its last change count.
    """
    checks, notes = [], []
    for subject, rows in found.by_subject:
        if not rows.size:
            continue
        tell(f"users of {found.name_of(subject)}")
        phase, since, kept = last_stretch(found, subject)
        if since and kept.size:
            notes.append(f"{found.name_of(subject)}: shares of the rows since {since}, when it changed last")
        for one in (enabled_share, variant_shares):
            asked = one(found, subject, phase, kept)
            if isinstance(asked, Shares):
                checks.append(judge_shares(found.source.log, asked, segments, alpha))
            elif asked:
                notes.append(asked)
    return checks, notes


def last_stretch(found: Recomputed, subject: History) -> tuple[int, str, Rows]:
    """The last configuration of a subject, when it came into force (blank: at the beginning), and the rows since.

    Rows that a cache still served from before are left out.
    """
    configurations, number = found.source.configurations, found.source.subjects.index(subject)
    size = len(configurations)
    first = next((phase for phase in range(size - 1, 0, -1) if subject.changes(phase)), 0)
    rows = found.rows(number * size + first, size - first)
    since = moment(configurations.starts[first]) if first else ""
    return (
        size - 1,
        since,
        np.sort(rows[~np.isin(found.outcome[rows], (Outcome.STALE, Outcome.UNSAID, Outcome.OUTAGE))]),
    )


def enabled_share(found: Recomputed, subject: History, phase: int, rows: Rows) -> Shares | str:
    """The users let in among those whom the targeting admits; or why that cannot be judged (blank: it is a proof)."""
    item, plan = subject.items[phase], subject.plans[phase]
    name = f"{found.name_of(subject)}: enabled share"
    if item is None or plan is None or not plan.active or not 0 < plan.accepted < plan.buckets or not rows.size:
        return ""
    rows = rows[admitted(found, subject, phase, rows)]
    on = logged_on(found, subject, phase, rows)
    if not rows.size:
        return f"{name} is not judged: the log does not tell whom the targeting admits"
    if not (on != ON).any():
        return f"{name} is not judged: only users who were let in are logged"
    target = read_target(item, None)
    expected = {assignments.ON: float(target), assignments.OFF: float(1 - target)}
    return Shares(name, rows, ENABLED, pa.array(on == ON), expected, ROLLOUT_MARGIN)


def admitted(found: Recomputed, subject: History, phase: int, rows: Rows) -> Mask:
    """Which rows are of users whom the targeting admits: by the recomputed decision, else by the logged reason."""
    if not found.source.unseen(subject, phase):
        inside = np.array([one.reason in ADMITTED for one in decisions(subject, phase)])
        return inside[found.decision[rows]]
    reasons = found.source.reasons[rows]
    return np.array([*(one in ADMITTED for one in REASONS), False])[reasons]


def logged_on(found: Recomputed, subject: History, phase: int, rows: Rows) -> Codes:
    """Whether each row says that the user was let in: 1, 0, or -1 where it does not say."""
    said = vocabulary(found.source.log, subject, phase)
    enabled, variant, reason = np.unravel_index(said.codes(found.source.log, found.source.reasons, rows), said.shape)
    return let_in(said, enabled - 1, variant, reason)


def variant_shares(found: Recomputed, subject: History, phase: int, rows: Rows) -> Shares | str:
    """The variants of the users let in; or why they cannot be judged (blank: there is but one)."""
    item, plan, log = subject.items[phase], subject.plans[phase], found.source.log
    name = f"{found.name_of(subject)}: variants"
    if item is None or plan is None or not plan.active or not plan.accepted or len(item.variants) < 2:
        return ""
    if log.variant is None:
        return f"{name} are not judged: the log has no column {VARIANT}"
    rows = rows[(logged_on(found, subject, phase, rows) == ON) & (log.variant.codes[rows] >= 0)]
    if not rows.size:
        return ""
    used, codes = np.unique(log.variant.codes[rows], return_inverse=True)
    labels = [log.variant.labels[code] for code in used.tolist()]
    if not set(labels) & {one.key for one in item.variants}:
        return f"{name} are not judged: none of those logged is one of the flag's"
    arms = pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(labels, pa.string()))
    return Shares(name, rows, VARIANT, arms, {one.key: float(one.allocation) for one in item.variants}, VARIANT_MARGIN)


def judge_shares(log: Exposures, asked: Shares, segments: Segments, alpha: float) -> Check:
    """The sample-ratio Check of distinct users, and on a failure the one that explains it."""
    places = pa.array(asked.rows)
    columns = {ID: log.ids.text.take(places), asked.column: asked.arms}
    if log.time is not None:
        columns[TIME] = pa.array(log.time[asked.rows], UTC)
    source = ArrowSource(columns)
    arms = read_arms(source, asked.expected)
    kept, notes = distinct(source, arms)
    users = np.bincount(arms.codes[kept], minlength=len(arms.labels)).tolist()
    counts = {**dict.fromkeys(asked.expected, 0), **dict(zip(arms.labels, users, strict=True))}
    check = sample_ratio(counts, {arm: asked.expected.get(arm, 0.0) for arm in counts}, alpha, asked.margin)
    if check.verdict == "fail" and segments.columns:
        by = {f"context.{name}" if name in columns else name: values for name, values in segments.columns.items()}
        columns |= {name: values.take(places) for name, values in by.items()}
        check = explain(pa.table(columns), asked.expected, list(by), alpha, asked.margin)
    return replace(check, name=asked.name, details={"figure": check.name, **check.details, **notes})
