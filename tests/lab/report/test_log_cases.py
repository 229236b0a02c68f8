"""Tests of the exposure logs that the notebook judges."""

from pathlib import Path

import pandas as pd
import pytest

import ffcore
from ffcore import Flag, FlagSet
from ffcore.lab.report.log_cases import STICKY, exposure_log
from ffcore.lab.verify.log_report import LogReport, log_report

FLAGS = ffcore.load(Path(__file__).parents[3] / "data" / "flags.yaml")
SUBJECTS = FlagSet([FLAGS["delay-causes"], FLAGS["boarding-pass-layout"]])
USERS = pd.DataFrame({"user_id": range(40_000), "os": ["ios", "android", "ios", "web"] * 10_000})


def judged(fault: str) -> LogReport:
    """What the log of a fault shows."""
    case = exposure_log(SUBJECTS, USERS, fault)
    return log_report(case.log, case.flags)


def test_a_log_without_a_fault_does_not_fail() -> None:
    """Every user sees every flag once, and every decision is right."""
    found = judged("")

    assert (found.rows, found.audit.verdict, found.verdict) == (80_000, "pass", "inconclusive")


@pytest.mark.parametrize("fault", ["misassigned", STICKY, "bot_duplicates"])
def test_faults_of_rows_are_found_by_the_audit(fault: str) -> None:
    """Wrong rows fail the audit, and lose no users."""
    found = judged(fault)

    assert found.audit.verdict == "fail"
    assert not [check.name for check in found.shares if check.verdict == "fail"]


@pytest.mark.parametrize(
    ("fault", "segment"), [("dropped_segment", "os=ios"), ("day_one_delay", "day=2026-01-12")], ids=str
)
def test_lost_rows_are_found_by_the_shares_and_explained(fault: str, segment: str) -> None:
    """An audit of the rows that are left passes, and the explanation names where the others were."""
    found = judged(fault)
    (failed,) = [check for check in found.shares if check.verdict == "fail"]

    assert found.audit.verdict == "pass"
    assert failed.name == "boarding-pass-layout: variants"
    assert [row["segment"] for row in failed.details["explanation"]["segments"]] == [segment]


@pytest.mark.parametrize(
    ("flags", "users", "fault", "message"),
    [
        (SUBJECTS, USERS, "misasigned", "'misasigned' is unknown; did you mean misassigned?"),
        (FlagSet([Flag("a", enabled=True)]), USERS, "misassigned", "no flag of the file is on its way"),
        (FlagSet([Flag("a", enabled=True)]), USERS, "day_one_delay", "nothing in the file serves several variants"),
        (SUBJECTS, USERS[["user_id"]], "dropped_segment", "the users have no attribute beside user_id"),
    ],
    ids=["unknown", "no-rollout", "no-variants", "no-attribute"],
)
def test_a_fault_that_cannot_be_shown_is_said(flags: FlagSet, users: pd.DataFrame, fault: str, message: str) -> None:
    """A fault needs flags and users that can show it."""
    with pytest.raises(ffcore.ConfigError, match=message):
        exposure_log(flags, users, fault)


def test_a_log_of_ones_own_is_taken_as_it_is() -> None:
    """A path is handed on; a fault beside it is refused, since nothing would have it."""
    assert exposure_log(SUBJECTS, USERS, exposures="log.csv").log == "log.csv"
    with pytest.raises(ffcore.ConfigError, match="leave exposures blank"):
        exposure_log(SUBJECTS, USERS, "misassigned", "log.csv")
