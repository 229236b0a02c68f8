"""Every check reaches its verdict as often as it states: 80 % on what it detects, 90 % with the users it needs.

``make test`` takes a slice of the trials and ``make test-long`` all of them.
"""

from __future__ import annotations

import pytest

from ffcore.lab.testing.calibration.command import lines
from ffcore.lab.testing.calibration.powers import POWERS
from ffcore.lab.testing.calibration.rates import Finding, Power

CASES = [pytest.param(case, id=f"{case.check} {case.verdict}: {case.setting}") for case in POWERS]


def held(finding: Finding) -> bool:
    """Whether the check does what it states; prints the rate with its interval."""
    print(*lines(finding), sep="\n")
    return finding.holds


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_a_slice_of_the_powers(case: Power) -> None:
    """A power far from the stated one is seen in a few trials already."""
    assert held(case.run(case.trials // 100))


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_powers_are_as_stated(case: Power) -> None:
    """In many trials, each under salts of its own; two thousand, where one takes less than a second."""
    assert case.trials >= (200 if case.check == "avalanche" else 2_000)
    assert held(case.run())
