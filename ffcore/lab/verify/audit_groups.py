"""Where the violations of a log lie: by flag, by what was logged instead of what, by time, and by attribute."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ffcore.errors import ConfigError
from ffcore.lab.bulk.sources import ArrowSource
from ffcore.lab.verify.attributes import read_attribute
from ffcore.lab.verify.configurations import History
from ffcore.lab.verify.outcomes import FIRST_VIOLATION, NAMES, REASONS, UNCOMPARED, UNSAID, Outcome, decisions
from ffcore.lab.verify.recomputing import Recomputed, Rows
from ffcore.lab.verify.timestamps import MICROSECONDS, moment

#: Buckets of time: the first that cuts the log into at most 200 is taken.
YEARS = "year"
BUCKETS = {"minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800, YEARS: 31_557_600}
MOST_BUCKETS = 200
#: How much is listed of each kind.
MOST_SERIES, MOST_PAIRS, MOST_ROWS, MOST_ATTRIBUTES, MOST_VALUES = 6, 20, 10, 6, 8
LARGEST_ATTRIBUTE = 1_000


def by_flag(found: Recomputed) -> dict[str, dict[str, int]]:
    """Rows of each subject, those compared, and those of each outcome but matches."""
    groups: dict[str, dict[str, int]] = {}
    for subject, rows in found.by_subject:
        count = np.bincount(found.outcome[rows], minlength=len(Outcome))
        outcomes = {NAMES[one]: int(count[one]) for one in Outcome if one != Outcome.MATCH and count[one]}
        groups[found.name_of(subject)] = {
            "rows": rows.size,
            "compared": rows.size - int(count[list(UNCOMPARED)].sum()),
            "mismatches": int(count[FIRST_VIOLATION:].sum()),
            **outcomes,
        }
    return groups


def violations(found: Recomputed) -> Rows:
    """The rows of known flags that are not as they should be, in the order of the log."""
    return np.flatnonzero((found.outcome >= FIRST_VIOLATION) & (found.groups >= 0))


def by_pair(found: Recomputed, wrong: Rows) -> list[dict[str, Any]]:
    """What was logged instead of what, the most frequent first."""
    log = found.source.log
    columns: list[NDArray[Any]] = [found.groups, found.outcome, found.decision, found.source.reasons]
    columns += [log.enabled] if log.enabled is not None else []
    columns += [log.variant.codes] if log.variant is not None else []
    number = np.zeros(wrong.size, dtype=np.int64)
    for column in columns:
        values = column[wrong].astype(np.int64)
        number = number * (int(values.max(initial=0)) + 2) + values + 1
    _, first, count = np.unique(number, return_index=True, return_counts=True)
    most = np.argsort(-count, kind="stable")[:MOST_PAIRS]
    rows = zip(wrong[first[most]].tolist(), count[most].tolist(), strict=True)
    return [{**describe(found, row), "rows": times} for row, times in rows]


def first_rows(found: Recomputed, wrong: Rows) -> list[dict[str, Any]]:
    """The first violations, each with its row (from 0), user and time."""
    log = found.source.log
    listed = []
    for row in wrong[:MOST_ROWS].tolist():
        time = {} if log.time is None else {"timestamp": moment(int(log.time[row]))}
        outcome = NAMES[Outcome(found.outcome[row])]
        listed.append(
            {"row": row, "user_id": log.ids.text[row].as_py(), **time, **describe(found, row), "outcome": outcome}
        )
    return listed


def describe(found: Recomputed, row: int) -> dict[str, str]:
    """A row's flag, what was logged and what should have been, and what became of it."""
    subject, phase = place(found, row)
    made = decisions(subject, phase)[found.decision[row]]
    logged = said(found, row)
    expected = in_words(made.enabled, made.variant, made.reason if "(" in logged else None)
    outcome = NAMES[Outcome(found.outcome[row])]
    return {"flag": found.name_of(subject), "logged": logged, "expected": expected, "outcome": outcome}


def place(found: Recomputed, row: int) -> tuple[History, int]:
    """A row's subject and configuration."""
    number, phase = divmod(int(found.groups[row]), len(found.source.configurations))
    return found.source.subjects[number], phase


def said(found: Recomputed, row: int) -> str:
    """What the log says in a row."""
    log = found.source.log
    code = -1 if log.variant is None else int(log.variant.codes[row])
    variant = None if log.variant is None or code < 0 else log.variant.labels[code]
    reason = int(found.source.reasons[row])
    enabled = None if log.enabled is None or log.enabled[row] < 0 else bool(log.enabled[row])
    return in_words(enabled, variant, REASONS[reason] if reason != UNSAID else None)


def in_words(enabled: bool | None, variant: str | None, reason: str | None) -> str:
    """An outcome in words.

    >>> in_words(True, "blue", None), in_words(False, None, "not_in_rollout"), in_words(None, None, None)
    ('blue', 'off (not_in_rollout)', 'no variant')
    """
    words = variant if variant and enabled is not False else {True: "on", False: "off", None: "no variant"}[enabled]
    if variant and enabled is False:
        words = f"off with {variant}"
    return f"{words} ({reason})" if reason else words


def by_time(found: Recomputed) -> dict[str, Any]:
    """Rows, mismatches and stale rows in each bucket of time, in all and of the flags with most of them."""
    times = found.source.log.time
    if times is None:
        return {}
    first, last = int(times.min()) // MICROSECONDS, int(times.max()) // MICROSECONDS
    most_seconds = {name: seconds * (MOST_BUCKETS - 1) for name, seconds in BUCKETS.items()}
    name = next((name for name, span in most_seconds.items() if last - first < span), YEARS)
    seconds = BUCKETS[name]
    start, size = first // seconds, last // seconds - first // seconds + 1
    kind = np.array([2 if one == Outcome.STALE else int(one >= FIRST_VIOLATION) for one in Outcome])[found.outcome]
    cells = (times // (seconds * MICROSECONDS) - start) * 3 + kind
    flags = {}
    for subject, rows in most(found, kind):
        flags[found.name_of(subject)] = series(cells[rows], size)
    begin = moment(start * seconds * MICROSECONDS)
    return {"bucket": name, "seconds": seconds, "start": begin, "all": series(cells, size), "flags": flags}


def most(found: Recomputed, kind: NDArray[np.int64]) -> list[tuple[History, Rows]]:
    """The subjects with most rows that are stale or violations, and all their rows."""
    troubled = [(np.count_nonzero(kind[rows]), subject, rows) for subject, rows in found.by_subject]
    troubled.sort(key=lambda one: -one[0])
    return [(subject, rows) for count, subject, rows in troubled[:MOST_SERIES] if count]


def series(cells: NDArray[np.int64], size: int) -> dict[str, list[int]]:
    """The counts of each bucket, out of the numbers of bucket and kind."""
    table = np.bincount(cells, minlength=3 * size).reshape(-1, 3)
    return {"rows": table.sum(axis=1).tolist(), "mismatches": table[:, 1].tolist(), "stale": table[:, 2].tolist()}


def by_attribute(found: Recomputed, wrong: Rows) -> list[dict[str, Any]]:
    """For each attribute the values with the largest share of violations, the attribute that divides them best first.

    Only the rows of flags with violations count. ``association`` is Cramér's V of value and violation: about 0 where
    all values have the same share, 1 where the value says which rows are wrong. Attributes of more than 1,000 values
    are left out.
    """
    troubled = np.unique(found.groups[wrong] // len(found.source.configurations))
    rows = np.flatnonzero(np.isin(found.groups // len(found.source.configurations), troubled))
    rows = rows[~np.isin(found.outcome[rows], UNCOMPARED)]
    groups = [one for one in attribute_groups(found, rows) if one]
    return sorted(groups, key=lambda group: -group["association"])[:MOST_ATTRIBUTES]


def attribute_groups(found: Recomputed, rows: Rows) -> Iterator[dict[str, Any]]:
    """The values of each attribute."""
    bad = found.outcome[rows] >= FIRST_VIOLATION
    for name, values in found.source.log.context.items():
        if isinstance(values, list):
            continue
        try:
            read = read_attribute(ArrowSource(pa.table({name: values.take(pa.array(rows))})), name)
        except ConfigError:
            continue
        if 1 < len(read.labels) <= LARGEST_ATTRIBUTE:
            total = np.bincount(read.codes, minlength=len(read.labels))
            yield attribute_group(name, read.labels, total, np.bincount(read.codes[bad], minlength=len(read.labels)))


def attribute_group(name: str, labels: Sequence[str], total: Rows, bad: Rows) -> dict[str, Any]:
    """One attribute: how well it tells violations, and its worst values."""
    share = bad / np.maximum(total, 1)
    worst = np.lexsort((-total, -share))[:MOST_VALUES].tolist()
    values = [
        {"value": labels[place], "rows": int(total[place]), "mismatches": int(bad[place]), "share": float(share[place])}
        for place in worst
    ]
    return {"attribute": name, "association": association(total, bad), "values": values, "of": len(labels)}


def association(total: Rows, bad: Rows) -> float:
    """Cramér's V of value and violation, corrected for the bias of many values and few rows.

    Bergsma, A bias-correction for Cramér's V and Tschuprow's T, J. Korean Stat. Soc. 42 (2013), for two columns.

    >>> round(association(np.array([100, 100]), np.array([30, 10])), 3)  # uncorrected: sqrt(12.5 / 200) = 0.25
    0.24
    """
    rows = int(total.sum())
    overall = bad.sum() / max(1, rows)
    if not 0 < overall < 1 or rows < 3:
        return 0.0
    squared = (total * (bad / np.maximum(total, 1) - overall) ** 2).sum() / rows / (overall * (1 - overall))
    corrected = max(0.0, float(squared) - (total.size - 1) / (rows - 1))
    return math.sqrt(min(1.0, corrected / (1 - 1 / (rows - 1))))


def unknown_keys(found: Recomputed) -> Mapping[str, int]:
    """The keys that no configuration has, with their rows, the most frequent first."""
    log = found.source.log
    count = np.bincount(log.keys.codes[found.outcome == Outcome.UNKNOWN_FLAG], minlength=len(log.keys.labels))
    return {log.keys.labels[place]: int(count[place]) for place in np.argsort(-count, kind="stable") if count[place]}


def unknown_variants(found: Recomputed) -> Iterator[tuple[History, str, int]]:
    """The variants that no configuration of their flag has, with their rows."""
    logged = found.source.log.variant
    if logged is None:
        return
    rows = np.flatnonzero(found.outcome == Outcome.UNKNOWN_VARIANT)
    subjects = found.groups[rows] // len(found.source.configurations)
    pairs, count = np.unique(np.stack([subjects, logged.codes[rows]]), axis=1, return_counts=True)
    for (subject, code), times in zip(pairs.T.tolist(), count.tolist(), strict=True):
        yield found.source.subjects[subject], logged.labels[code], times
