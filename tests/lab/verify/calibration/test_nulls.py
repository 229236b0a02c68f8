"""Every check alarms at its stated rate where nothing is wrong; each assertion is wrong once in 10^9 times.

``make test`` takes a slice of the trials and ``make test-long`` all of them, whose rates
``python -m ffcore.lab.testing.calibration`` prints.
"""

from __future__ import annotations

import pytest

from ffcore.lab.testing.calibration.command import lines
from ffcore.lab.testing.calibration.nulls import NULLS
from ffcore.lab.testing.calibration.rates import Finding, Null

SLICE = 60
CASES = [pytest.param(case, id=f"{case.check}: {case.setting}") for case in NULLS]


def held(finding: Finding) -> bool:
    """Whether the check does what it states; prints the rates with their intervals."""
    print(*lines(finding), sep="\n")
    return finding.holds


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_a_slice_of_the_alarms(case: Null) -> None:
    """A check whose alarm rate is ten times too high is seen in a few trials already."""
    assert held(case.run(SLICE))


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_alarms_come_at_the_stated_rate(case: Null) -> None:
    """At 0.05, 0.01 and 0.001, in at least 2,000 trials, each under salts of its own."""
    assert case.trials >= 2_000
    assert held(case.run())
