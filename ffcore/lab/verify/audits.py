"""The audit: is every logged decision the one that the flags in force make?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any

from ffcore.errors import ConfigError, shown
from ffcore.lab.bulk.parts import run
from ffcore.lab.verify import audit_groups as groups
from ffcore.lab.verify import power
from ffcore.lab.verify.check import Check, Verdict
from ffcore.lab.verify.configurations import BEGINNING, Configurations, Flags, read_configurations
from ffcore.lab.verify.exposures import TIME, Exposures, read_exposures
from ffcore.lab.verify.findings import Finding, by_change, delayed, repeated, uncompared, violated, windows_text
from ffcore.lab.verify.outcomes import Outcome
from ffcore.lab.verify.recomputing import Recomputed, Rows, recompute
from ffcore.lab.verify.repeated_exposures import Repeats, find_repeats
from ffcore.lab.verify.stale_rows import KINDS, Window, around_change, explain_changes
from ffcore.lab.verify.timestamps import moment

NAME = "audit"
#: How many windows and unknown keys the details list.
MOST_LISTED = 50
#: How many findings the reason of the verdict tells.
MOST_TOLD = 3


def audit(exposures: Any, flags: Flags, ttl: float = 300.0, late: float = 3600.0, burst: int = 60) -> Check:
    """Whether every logged decision is the one that the flags in force make: enabled, variant and, if logged, reason.

    Each row is decided again, under the configuration of its time, and compared with what was logged. A row that
    differs is a violated proof and fails the audit, unless it matches what was in force up to ``ttl`` seconds before:
    a cache may serve that. Rows that match something older are a *sticky stale cache*, and fail. Flags and variants
    that no configuration has fail, too. A key that is a flag and an experiment is what the row's reason belongs to,
    else what its ``event_type`` names ("experiment" or "assign", "flag"), else the flag. A ``default_variant`` may be
    logged for users who were not let in.

    From 0.5 % on these make the audit inconclusive, and from 10 % on they fail it: users in several variants of a flag
    under one configuration, events that stand there twice (same user, flag, time and outcome), and events of users who
    have ``burst`` of them within a minute. Late events make it inconclusive from 0.5 % on, and so do rows that cannot
    be compared from 10 % on: those without an outcome, from before the first configuration, or logged while the store
    was unavailable, and those of users whom rules kept out by attributes that the log does not hold.

    Args:
        exposures: The log: a frame, a path (see ``read_exposures``), or what that returns.
        flags: A FlagSet, or pairs of a time and the FlagSet in force from then on (None: from the beginning).
        ttl: Seconds for which a cache may serve a configuration after a change.
        late: Seconds after which an event is late: by ``received_at`` where the log has it, else by its place behind
            events of that much later.
        burst: Events of one user and flag within a minute that are no person's.

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
    return audit_log(read_exposures(exposures), read_configurations(flags), ttl, late, burst)[0]


def audit_log(
    log: Exposures, configurations: Configurations, ttl: float, late: float, burst: int = 60
) -> tuple[Check, Recomputed]:
    """The Check of a log already read, and what became of each of its rows."""
    check_limits(ttl, late, burst)
    if log.time is None and (len(configurations) > 1 or configurations.starts[0] > BEGINNING):
        problem = "there is no such column: without times, nobody knows which configuration decided a row"
        raise ConfigError([(TIME, problem)], source=log.source)
    found = recompute(log, configurations)
    windows = explain_changes(found, ttl)
    return report(found, windows, {"ttl": ttl, "late": late, "burst": burst}), found


def check_limits(ttl: float, late: float, burst: int) -> None:
    """Refuses lengths of time and counts that are none."""
    problems = [
        (name, f"expected a number of seconds, got {shown(value)}")
        for name, value in {"ttl": ttl, "late": late}.items()
        if not is_number(value) or not value >= 0
    ]
    if not is_number(burst) or burst < 2 or burst != int(burst):
        problems.append(("burst", f"expected a number of events, 2 or more, got {shown(burst)}"))
    if problems:
        raise ConfigError(problems, source=NAME)


def is_number(value: object) -> bool:
    """Whether a value is a finite number.

    >>> is_number(0.5), is_number(float("inf")), is_number(True), is_number("1")
    (True, False, False, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def look_for_repeats(found: Recomputed, burst: int) -> dict[str, Repeats]:
    """What repeats in each flag's rows, flags side by side on a thread per core."""
    pairs = [(subject, rows) for subject, rows in found.by_subject if rows.size]
    repeats = run(lambda pair: find_repeats(found, pair[1], burst), pairs, None)
    return {found.name_of(subject): one for (subject, _), one in zip(pairs, repeats, strict=True)}


def report(found: Recomputed, windows: Sequence[Window], limits: Mapping[str, Any]) -> Check:
    """The Check out of all that was found."""
    repeats, flags = look_for_repeats(found, limits["burst"]), groups.by_flag(found)
    for name, one in repeats.items():
        flags[name] |= {"users": one.users, "several_variants": one.several}
    wrong = groups.violations(found)
    pairs = groups.by_pair(found, wrong)
    findings = [
        *violated(found, windows, pairs),
        *repeated(found, repeats, limits["burst"]),
        *delayed(found, limits["late"]),
        *uncompared(found),
    ]
    compared = {name: one for name, one in flags.items() if one["compared"]}
    rows = sum(one["compared"] for one in compared.values())
    stale = [windows_text(found, some) for (kind, _), some in by_change(windows).items() if kind == Outcome.STALE]
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
            "findings": [asdict(one) for one in findings],
            "rows": len(found.outcome),
            **limits,
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
        return "fail", together(alarms)
    if not rows:
        return "inconclusive", together(["no row could be compared", *(one.text for one in findings)])
    if watched:
        return "inconclusive", together(watched)
    return "pass", together([f"all {rows:,} rows compared are as the flags decide", *stale])


def together(texts: Sequence[str]) -> str:
    """The first of some sentences as one.

    >>> together(["a", "b", "c", "d"])
    'a; b; c; and 1 more'
    """
    more = [f"and {len(texts) - MOST_TOLD:,} more"] if len(texts) > MOST_TOLD else []
    return "; ".join([*texts[:MOST_TOLD], *more])


def where(found: Recomputed, windows: Sequence[Window], wrong: Rows) -> dict[str, Any]:
    """Where violations lie, and what the log knows of that the configurations don't, and the reverse."""
    ids, times = found.source.log.ids.text, found.source.times
    by_outcome = {
        kind: [window.describe(ids, times) for window in windows if window.outcome == outcome][:MOST_LISTED]
        for outcome, kind in KINDS.items()
    }
    strange = [
        {"flag": found.name_of(subject), "variant": variant, "rows": rows}
        for subject, variant, rows in islice(groups.unknown_variants(found), MOST_LISTED)
    ]
    return {
        "first": groups.first_rows(found, wrong),
        "time": groups.by_time(found),
        "attributes": groups.by_attribute(found, wrong) if wrong.size else [],
        "changes": [moment(start) for start in found.source.configurations.starts if start > BEGINNING],
        **by_outcome,
        "around": around_change(found, windows),
        "unknown_flags": dict(islice(groups.unknown_keys(found).items(), MOST_LISTED)),
        "unknown_variants": strange,
        "unlogged": {
            found.name_of(subject): names
            for subject, phase, _ in found.pairs
            if (names := found.source.unseen(subject, phase))
        },
    }
