"""Every check alarms at its stated rate where nothing is wrong; each assertion is wrong once in 10^9 times.

``make test`` takes a slice of the trials and ``make test-long`` all of them, whose rates
``python -m ffcore.lab.testing.calibration`` prints.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from ffcore.lab.testing.calibration.command import lines
from ffcore.lab.testing.calibration.nulls import NULLS
from ffcore.lab.testing.calibration.rates import Finding, Null
from ffcore.lab.verify import Check

CASES = [pytest.param(case, id=f"{case.check}: {case.setting}") for case in NULLS]


def held(finding: Finding) -> bool:
    """Whether the check does what it states; prints the rates with their intervals."""
    print(*lines(finding), sep="\n")
    return finding.holds


def eager(check: Check) -> Check:
    """The check, failing already below ten times the alarm rate that it was asked for; a proof fails at once."""
    alarmed = check.p_value is None or check.p_value < 10 * check.alpha
    return replace(check, verdict="fail" if alarmed else check.verdict)


def overstating(check: Check) -> Check:
    """The check with a tenth of its p-value, and the verdict that follows from it; a proof fails at once."""
    if check.p_value is None:
        return replace(check, verdict="fail")
    alarmed = check.p_value / 10 < check.alpha
    return replace(check, p_value=check.p_value / 10, verdict="fail" if alarmed else check.verdict)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_a_slice_of_the_alarms(case: Null) -> None:
    """A few trials hold; a verdict at ten times the alarm rate is seen in them already."""
    checks = case.tried(case.few)

    assert held(case.judge(checks))
    assert not case.judge([eager(check) for check in checks]).holds


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_alarms_come_at_the_stated_rate(case: Null) -> None:
    """At 0.05, 0.01 and 0.001, in at least 2,000 trials, each under salts of its own.

    The negative control: no check can alarm ten times as often, by its verdict or by its p-value, and still hold.
    """
    checks = case.tried(case.trials)

    assert len(checks) >= 2_000
    assert held(case.judge(checks))
    for weakened in (eager, overstating):
        assert not case.judge([weakened(check) for check in checks]).holds
