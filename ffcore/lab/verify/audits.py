"""The audit: is every logged decision the one that the flags in force make?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from ffcore.errors import ConfigError, shown
from ffcore.lab.bulk.parts import run
from ffcore.lab.verify import audit_groups as groups
from ffcore.lab.verify import power
from ffcore.lab.verify.check import Check, Verdict
from ffcore.lab.verify.configurations import BEGINNING, Configurations, Flags, read_configurations
from ffcore.lab.verify.exposures import TIME, Exposures, read_exposures
from ffcore.lab.verify.findings import Finding, delayed, repeated, uncompared, violated, window_text
from ffcore.lab.verify.outcomes import Outcome
from ffcore.lab.verify.recomputing import Recomputed, Rows, recompute
from ffcore.lab.verify.repeated_exposures import Repeats, find_repeats
from ffcore.lab.verify.stale_rows import Window, explain_changes, moment

NAME = "audit"
#: How many windows and unknown keys the details list.
MOST_LISTED = 50


def audit(exposures: Any, flags: Flags, ttl: float = 300.0, late: float = 3600.0) -> Check:
    """Whether every logged decision is the one that the flags in force make: enabled, variant and, if logged, reason.

    Each row is decided again, under the configuration of its time, and compared with what was logged. A row that
    differs is a violated proof and fails the audit, unless it matches what was in force up to ``ttl`` seconds before:
    a cache may serve that. Rows that match something older are a *sticky stale cache*, and fail. Flags and variants
    that no configuration has fail, too. A key that is a flag and an experiment is what the row's reason belongs to,
    else what its ``event_type`` names ("experiment" or "assign", "flag"), else the flag. A ``default_variant`` may be
    logged for users who were not let in.

    Users in several variants of a flag under one configuration, events that stand there twice (same user, flag, time
    and outcome) and users with 60 events of a flag within a minute make the audit inconclusive from 0.5 % on and fail
    it from 10 %; late events make it inconclusive from 0.5 % on, and so do rows that cannot be compared from 10 % on:
    those without an outcome, those from before the first configuration, those logged while the store was unavailable,
    and users whom rules kept out by attributes that the log does not hold.

    Args:
        exposures: The log: a frame, a path (see ``read_exposures``), or what that returns.
        flags: A FlagSet, or pairs of a time and the FlagSet in force from then on (None: from the beginning).
        ttl: Seconds for which a cache may serve a configuration after a change.
        late: Seconds after which an event is late: by ``received_at`` where the log has it, else by its place behind
            events of that much later.

    Returns:
        A Check; ``estimate`` is the share of each flag's rows that violate the proof, ``interval`` its 90 % Wilson
        interval, ``n`` the rows compared. ``details`` holds ``findings`` (name, level, count, of, text), ``flags``
        (counts of each), ``pairs`` (what was logged instead of what), ``first`` (the first rows that differ), ``time``
        and ``attributes`` (where they lie), ``stale``, ``sticky`` and ``ahead`` (rows that follow another
        configuration, by flag and change), ``unknown_flags``, ``unknown_variants`` and ``unlogged`` attributes.

    Raises:
        ConfigError: A log or flags that cannot be read; several configurations and a log without times.

    >>> from ffcore import Flag, FlagSet
    >>> from ffcore.lab.testing.exposures import simulate_exposures
    >>> flags = FlagSet([Flag("dark-mode", enabled=True, rollout_percentage=50)])
    >>> log = simulate_exposures(flags, range(10_000), "2024-06-01")
    >>> audit(log, flags)
    Check(audit: pass, n=10,000)
    >>> more = FlagSet([Flag("dark-mode", enabled=True, rollout_percentage=51)])
    >>> print(audit(log, more).details["reason"])
    109 of 10,000 rows contradict the flags: 109 times off (not_in_rollout) instead of on (enabled) for dark-mode
    """
    return audit_log(read_exposures(exposures), read_configurations(flags), ttl, late)[0]


def audit_log(log: Exposures, configurations: Configurations, ttl: float, late: float) -> tuple[Check, Recomputed]:
    """The Check of a log already read, and what became of each of its rows."""
    for name, value in {"ttl": ttl, "late": late}.items():
        if isinstance(value, bool | str) or not value >= 0:
            raise ConfigError([(name, f"expected a number of seconds, got {shown(value)}")])
    if log.time is None and (len(configurations) > 1 or configurations.starts[0] > BEGINNING):
        problem = "there is no such column: without times, rows cannot be told to one of several configurations"
        raise ConfigError([(TIME, problem)], source=log.source)
    found = recompute(log, configurations)
    windows = explain_changes(found, ttl)
    return report(found, windows, ttl, late), found


def look_for_repeats(found: Recomputed) -> dict[str, Repeats]:
    """What repeats in each flag's rows, flags side by side on a thread per core."""
    pairs = [(subject, rows) for subject, rows in found.by_subject if rows.size]
    repeats = run(lambda pair: find_repeats(found, pair[1]), pairs, None)
    return {groups.name_of(found, subject): one for (subject, _), one in zip(pairs, repeats, strict=True)}


def report(found: Recomputed, windows: Sequence[Window], ttl: float, late: float) -> Check:
    """The Check out of all that was found."""
    repeats, flags = look_for_repeats(found), groups.by_flag(found)
    for name, one in repeats.items():
        flags[name] |= {"users": one.users, "several_variants": one.several}
    wrong = groups.violations(found)
    pairs = groups.by_pair(found, wrong)
    findings = [*violated(found, windows, pairs), *repeated(found, repeats), *delayed(found, late), *uncompared(found)]
    compared = {name: one for name, one in flags.items() if one["compared"]}
    rows = sum(one["compared"] for one in compared.values())
    stale = [window_text(found, window) for window in windows if window.outcome == Outcome.STALE]
    verdict, reason = judge(findings, rows, stale)
    return Check(
        NAME,
        verdict,
        estimate={name: one["mismatches"] / one["compared"] for name, one in compared.items()},
        interval={name: power.wilson(one["mismatches"], one["compared"]) for name, one in compared.items()},
        n=rows,
        details={
            "reason": reason,
            "watch": verdict == "inconclusive" and rows > 0,
            "findings": [one.to_dict() for one in findings],
            "rows": len(found.outcome),
            "ttl": ttl,
            "late": late,
            "flags": flags,
            "pairs": pairs,
            **where(found, windows, wrong),
            "expected": dict.fromkeys(compared, 0.0),
            "interval_level": power.INTERVAL_LEVEL,
        },
    )


def judge(findings: Sequence[Finding], rows: int, stale: Sequence[str]) -> tuple[Verdict, str]:
    """The verdict, and the findings that decide it in words."""
    alarms, watched = ([one.text for one in findings if one.level == level] for level in ("fail", "watch"))
    if alarms:
        return "fail", "; ".join(alarms)
    if not rows:
        return "inconclusive", "; ".join(["no row could be compared", *(one.text for one in findings)])
    if watched:
        return "inconclusive", "; ".join(watched)
    return "pass", "; ".join([f"all {rows:,} rows compared are as the flags decide", *stale[:1]])


def where(found: Recomputed, windows: Sequence[Window], wrong: Rows) -> dict[str, Any]:
    """Where violations lie, and what the log knows of that the configurations don't, and the reverse."""
    ids, times = found.source.log.ids.text, found.source.times
    by_outcome = {
        kind: [window.describe(ids, times) for window in windows if window.outcome == outcome][:MOST_LISTED]
        for kind, outcome in {"stale": Outcome.STALE, "sticky": Outcome.STICKY, "ahead": Outcome.AHEAD}.items()
    }
    strange = [
        {"flag": groups.name_of(found, subject), "variant": variant, "rows": rows}
        for subject, variant, rows in islice(groups.unknown_variants(found), MOST_LISTED)
    ]
    return {
        "first": groups.first_rows(found, wrong),
        "time": groups.by_time(found),
        "attributes": groups.by_attribute(found, wrong) if wrong.size else [],
        "changes": [moment(start) for start in found.source.configurations.starts if start > BEGINNING],
        **by_outcome,
        "unknown_flags": dict(islice(groups.unknown_keys(found).items(), MOST_LISTED)),
        "unknown_variants": strange,
        "unlogged": {
            groups.name_of(found, subject): names
            for subject, phase, _ in found.pairs
            if (names := found.source.unseen(subject, phase))
        },
    }
