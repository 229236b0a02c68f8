"""A whole exposure log judged: the audit of its rows, the shares of its users, and what explains a mismatch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import numpy as np

from ffcore.lab.verify.audits import audit_log
from ffcore.lab.verify.check import Check, Verdict, combine
from ffcore.lab.verify.configurations import Flags, read_configurations
from ffcore.lab.verify.display import p_text, reason
from ffcore.lab.verify.exposures import read_exposures
from ffcore.lab.verify.log_shares import check_shares, read_segments
from ffcore.lab.verify.outcomes import FIRST_VIOLATION

HEADINGS = ("check", "verdict", "n", "p", "n needed", "finding")


@dataclass(frozen=True, repr=False)
class LogReport:
    """What a log shows.

    Attributes:
        source: The file's name, or what stands for it.
        rows: How many rows it has.
        audit: The Check of its decisions.
        shares: The Checks of its users' shares.
        notes: What was not judged, and why.
    """

    source: str
    rows: int
    audit: Check
    shares: tuple[Check, ...]
    notes: tuple[str, ...]

    @property
    def checks(self) -> tuple[Check, ...]:
        """All Checks, the audit first."""
        return (self.audit, *self.shares)

    @property
    def verdict(self) -> Verdict:
        """Fail if a Check fails, else inconclusive if one is, else pass."""
        return combine(self.checks)

    @property
    def sentence(self) -> str:
        """The verdict in words: what failed, else what stayed open.

        >>> LogReport("log", 4, Check("audit", "pass"), (Check("a: variants", "inconclusive"),), ()).sentence
        'Nothing failed; 1 of 2 checks needs more users or a closer look: a: variants.'
        """
        for verdict, words in {
            "fail": "{} of {} check{} failed",
            "inconclusive": "Nothing failed; {} of {} check{} {}",
        }.items():
            names = [check.name for check in self.checks if check.verdict == verdict]
            if names:
                need = f"need{'s' * (len(names) == 1)} more users or a closer look"
                head = words.format(len(names), len(self.checks), "s" * (len(self.checks) > 1), need)
                return f"{head}: {', '.join(names)}."
        return (
            f"All {len(self.checks)} checks pass." if self.shares else "The audit passes; there was no share to judge."
        )

    @property
    def lines(self) -> list[tuple[str, ...]]:
        """One row of text for each Check, under ``HEADINGS``."""
        return [line(check) for check in self.checks]

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, ready for ``json.dumps``."""
        return {
            "verdict": self.verdict,
            "sentence": self.sentence,
            "exposures": self.source,
            "rows": self.rows,
            "audit": self.audit.to_dict(),
            "shares": [check.to_dict() for check in self.shares],
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        return f"LogReport({self.source}: {self.verdict}, {self.rows:,} rows, {len(self.checks)} checks)"

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in HEADINGS)
        body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in self.lines)
        return f"<p><b>{escape(self.verdict)}</b>: {escape(self.sentence)}</p><table><tr>{head}</tr>{body}</table>"


def line(check: Check) -> tuple[str, ...]:
    """A Check as a row of text.

    >>> line(Check("audit", "pass", n=4, details={"reason": "all as decided"}))
    ('audit', 'pass', '4', '-', '-', 'all as decided')
    """
    p_value = "-" if check.p_value is None else p_text(check.p_value)
    needed = "-" if check.n_needed is None else f"{check.n_needed:,}"
    return check.name, check.verdict, f"{check.n:,}", p_value, needed, reason(check)


def log_report(
    exposures: Any,
    flags: Flags,
    by: str | Sequence[str] | None = None,
    ttl: float = 300.0,
    late: float = 3600.0,
    tell: Callable[[str], object] = str,
) -> LogReport:
    """Judges an exposure log: its decisions by ``audit``, and its users by their shares, with an explanation.

    An audit cannot see rows that are lost. So for each flag and experiment, the users let in are held against the
    rollout percentage, and the variants among them against their allocations, over distinct users and at an alarm rate
    of 0.001 each; what fails is explained by the attributes and days that carry the mismatch.

    Args:
        exposures: The log, as ``audit`` takes it.
        flags: The flags, or pairs of a time and the flags in force from then on.
        by: The attributes (and ``day``) to explain a mismatch by; None: all of up to 1,000 values.
        ttl: Seconds for which a cache may serve a configuration after a change.
        late: Seconds after which an event is late.
        tell: Called with a few words at each step, to show progress.

    Raises:
        ConfigError: A log, flags or attributes that cannot be read.

    >>> from ffcore import Flag, FlagSet
    >>> from ffcore.lab.testing.exposures import simulate_exposures
    >>> flags = FlagSet([Flag("dark-mode", enabled=True, rollout_percentage=50)])
    >>> log = simulate_exposures(flags, range(200_000), "2024-06-01")
    >>> found = log_report(log[~log["enabled"] | (log.index % 20 != 0)], flags)
    >>> found.audit.verdict, found.shares[0].name, found.shares[0].verdict
    ('pass', 'dark-mode: enabled share', 'fail')
    """
    tell("reading the log")
    log, configurations = read_exposures(exposures), read_configurations(flags)
    segments = read_segments(log, by)
    tell(f"auditing {len(log):,} rows")
    audited, found = audit_log(log, configurations, ttl, late)
    violated = int(np.count_nonzero(found.outcome >= FIRST_VIOLATION))
    audited = replace(audited, details={**audited.details, "mismatches": violated})
    shares, notes = check_shares(found, segments, tell=tell)
    left_out = [f"{name} is no attribute to explain by: it {why}" for name, why in segments.left_out.items()]
    return LogReport(log.source, len(log), audited, tuple(shares), (*notes, *left_out))
