"""Every seeded fault is caught by the check meant for it; the command with ``--faults`` prints all against all.

Faults are seeded so large that a check whose power is as stated misses less than one in 10^9.
"""

from __future__ import annotations

import pytest

from ffcore.lab.testing import faults, log_faults
from ffcore.lab.testing.calibration.grid import Row, rows
from ffcore.lab.testing.calibration.rates import Rate

ROWS = rows()
SEEDED = [pytest.param(row, id=row.fault) for row in ROWS if row.meant]
CELLS = [pytest.param(row, check, id=f"{row.fault} {check}") for row in ROWS if not row.meant for check in row.judges]
TRIALS = 200
#: What a check of the seeded faults must at least hold.
LEAST_FAULTS = 14


def test_every_fault_is_seeded() -> None:
    """No injector is left out, there are at least fourteen, and a check is meant for each."""
    assert [row.fault for row in ROWS if row.meant] == [*faults.NAMES, *log_faults.NAMES]
    assert len(SEEDED) >= LEAST_FAULTS
    assert all(row.meant in row.judges for row in ROWS if row.meant)


@pytest.mark.parametrize("row", SEEDED)
def test_a_fault_is_caught_by_the_check_meant_for_it(row: Row) -> None:
    """At first sight."""
    assert row.catches(row.meant, 0)


@pytest.mark.long
@pytest.mark.parametrize("row", SEEDED)
def test_a_fault_is_caught_under_every_salt(row: Row) -> None:
    """Each time, whatever salts and times are drawn."""
    missed = [number for number in range(TRIALS) if not row.catches(row.meant, number)]

    assert missed == []


@pytest.mark.long
@pytest.mark.parametrize(("row", "check"), CELLS)
def test_without_a_fault_nothing_is_caught(row: Row, check: str) -> None:
    """The same checks of the same populations alarm at their stated rate."""
    alarms = sum(row.catches(check, number) for number in range(TRIALS))

    assert Rate(check, alarms, TRIALS, 0, 0.001).holds
