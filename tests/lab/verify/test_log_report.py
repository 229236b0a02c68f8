"""Tests of the report of a log: one verdict for all, and the same in words and as plain values."""

from __future__ import annotations

import json

import pytest

from ffcore import ConfigError, FlagSet
from ffcore.lab.testing.exposures import simulate_exposures
from ffcore.lab.verify import Check, audit
from ffcore.lab.verify.log_report import LogReport, log_report

FLAGS = FlagSet.from_items(flags=[{"key": "half", "enabled": True, "rollout_percentage": 50}])


def report(*verdicts: str) -> LogReport:
    """A report of these verdicts, the audit's first."""
    first, *others = (Check(f"check {place}", verdict) for place, verdict in enumerate(verdicts))  # type: ignore[arg-type]
    return LogReport("log.csv", 4, first, tuple(others), ())


@pytest.mark.parametrize(
    ("verdicts", "verdict", "sentence"),
    [
        (["pass"], "pass", "The audit passes; there was no share to judge."),
        (["pass", "pass"], "pass", "All 2 checks pass."),
        (["fail"], "fail", "1 of 1 check failed: check 0."),
        (["inconclusive", "fail", "fail"], "fail", "2 of 3 checks failed: check 1, check 2."),
        (["pass", "inconclusive"], "inconclusive", "Nothing failed; 1 of 2 checks needs more users or a closer look"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_one_verdict_for_all_checks(verdicts: list[str], verdict: str, sentence: str) -> None:
    """Any fail fails, else anything open leaves it open; the sentence names the checks."""
    found = report(*verdicts)

    assert found.verdict == verdict
    assert found.sentence.startswith(sentence)


def test_the_audit_is_the_one_that_stands_alone() -> None:
    """The report's audit is ``audit``'s, with the number of rows that violate the proof."""
    log = simulate_exposures(FLAGS, range(5_000), "2026-01-12")
    wrong = log.assign(enabled=log["enabled"] ^ (log.index < 7))
    found, alone = log_report(wrong, FLAGS), audit(wrong, FLAGS)

    assert found.audit.to_dict() | {"details": dict(alone.details)} == alone.to_dict()
    assert found.audit.details["mismatches"] == 7
    assert found.rows == 5_000


def test_it_is_told_what_is_going_on() -> None:
    """Each stage is named once, in order."""
    told: list[str] = []
    log_report(simulate_exposures(FLAGS, range(100), "2026-01-12"), FLAGS, tell=told.append)

    assert told == ["reading the log", "auditing 100 rows", "users of half"]


def test_plain_values_hold_all_of_it() -> None:
    """The JSON form survives a round trip, and its Checks can be read again."""
    found = log_report(simulate_exposures(FLAGS, range(2_000), "2026-01-12"), FLAGS)
    data = json.loads(json.dumps(found.to_dict()))

    assert (data["verdict"], data["rows"]) == (found.verdict, 2_000)
    assert [Check.from_dict(one) for one in (data["audit"], *data["shares"])] == list(found.checks)
    assert "<td>half: enabled share</td>" in found._repr_html_()


def test_attributes_are_checked_before_the_audit() -> None:
    """A misspelt attribute is told at once, not after a long audit."""
    told: list[str] = []
    with pytest.raises(ConfigError, match="no such attribute"):
        log_report(simulate_exposures(FLAGS, range(100), "2026-01-12"), FLAGS, by=["o"], tell=told.append)
    assert told == ["reading the log"]
