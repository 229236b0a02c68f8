"""Tests of what the report of a log says in words, on a terminal and on a page."""

from __future__ import annotations

import io

import pytest

from ffcore import FlagSet
from ffcore.lab.report import log_page, log_terminal
from ffcore.lab.report.log_words import causes, explained, lost, words
from ffcore.lab.testing import log_faults
from ffcore.lab.testing.exposures import simulate_exposures
from ffcore.lab.verify import Check
from ffcore.lab.verify.log_report import LogReport, log_report

FLAGS = FlagSet.from_items(
    flags=[
        {"key": "half", "enabled": True, "rollout_percentage": 50},
        {"key": "dark", "enabled": True, "rollout_percentage": 100},
    ]
)


@pytest.fixture(scope="module")
def report() -> LogReport:
    """A log in which one day's enabled users are lost, and some rows have a key that nobody knows."""
    log = simulate_exposures(FLAGS, range(20_000), "2026-01-12")
    return log_report(log_faults.unknown_flag(log_faults.day_one_delay(log, "half", None), "dark"), FLAGS)


def test_words_name_the_segment_what_is_lost_and_causes(report: LogReport) -> None:
    """Reason, segment, users lost with bounds, and where to look."""
    (check,) = report.shares

    assert "is below 0.001; without day=2026-01-12 the mismatch vanishes" in words(check)
    (line,) = explained(check)
    assert line.startswith("day=2026-01-12: 1,")
    assert "users fewer than its share (-100 %" in line
    assert "arms did not start at the same time (execution); look at" in "\n".join(causes(check))


def test_an_arm_without_others_has_nothing_to_be_compared_with() -> None:
    """Where all users of a segment are in one arm, no loss is told."""
    assert lost({"arm": None, "changed": {"a": None}}) == ""


def test_the_terminal_shows_each_check_and_the_verdict_last(report: LogReport) -> None:
    """Plain text where no terminal is: no colours, no line cut."""
    out = io.StringIO()
    log_terminal.show(report, out)
    lines = out.getvalue().splitlines()

    assert "\x1b" not in out.getvalue()
    assert lines[0].startswith("exposures: ")
    assert [line.split()[0] for line in lines[2:4]] == ["audit", "half:"]
    assert lines[-1] == "FAIL: 2 of 2 checks failed: audit, half: enabled share."
    assert any(line.startswith("  likely cause: ") for line in lines)


def test_a_name_in_brackets_is_text(report: LogReport) -> None:
    """Rich reads brackets as markup; what a log says is shown as it is."""
    out = io.StringIO()
    log_terminal.show(LogReport("[red]x", 4, report.audit, report.shares, ("[/b]",)), out)

    assert out.getvalue().startswith("[red]x: 4 rows")
    assert "note: [/b]" in out.getvalue()


def test_the_page_lists_the_failed_checks_first(report: LogReport) -> None:
    """Checks that did not pass have sections of their own with figures."""
    page = log_page.html(report)
    found = list(log_page.sections(report))
    mixed = LogReport("log", 4, Check("other", "inconclusive"), report.shares, ())

    assert [section.check.verdict for section in found] == ["fail", "fail"]
    assert [section.check.verdict for section in log_page.sections(mixed)] == ["fail", "inconclusive"]
    assert page.count("<img ") == 1 + sum(bool(section.figure) for section in found)
    assert "dark-old" in page
