"""What the notebook on other vendors' bucketing judges: every scheme is there, and every fault is found."""

import pytest

from ffcore import ConfigError
from ffcore.lab import schemes, verify
from ffcore.lab.report import vendor_cases

pytestmark = pytest.mark.slow

USERS = vendor_cases.numbered(25_000)


def test_every_scheme_is_judged() -> None:
    """All vendors, some in two versions; what is read only is among them."""
    names = {name.split()[0] for name in vendor_cases.cases()}

    assert names == set(schemes.NAMES) | {"flipper"}


def test_the_published_table_comes_out_again() -> None:
    """Each scheme is shown to be what it is known as, and each shows the same alone and in bulk."""
    check = vendor_cases.correlated(USERS)

    assert check.verdict == "pass"
    assert check.estimate["harness_ff"] == pytest.approx(1)
    assert check.estimate["growthbook v1"] > 0.8
    assert check.estimate["growthbook v2"] < 0.05
    assert vendor_cases.one_by_one(USERS[:20]).verdict == "pass"


@pytest.mark.parametrize("fault", ["split_legacy", "growthbook_v1"])
def test_a_flawed_version_in_place_of_the_good_one_fails(fault: str) -> None:
    """It is named."""
    check = vendor_cases.correlated(USERS, fault)

    assert check.verdict == "fail"
    assert fault.partition("_")[0] in str(check.details["reason"])


def test_other_faults_fail_their_checks() -> None:
    """A bulk path of another encoding, and a coverage that is compared twice."""
    assert vendor_cases.one_by_one(USERS[:200], "utf8").verdict == "fail"
    assert verify.rollout(vendor_cases.guided("squared"), USERS, expected=0.25).verdict == "fail"
    assert verify.rollout(vendor_cases.guided(), USERS, expected=0.25).verdict != "fail"


def test_an_unknown_fault_is_answered_with_the_nearest() -> None:
    """Before anything is measured."""
    with pytest.raises(ConfigError, match="did you mean split_legacy"):
        vendor_cases.cases("split_legcy")


def test_speeds_are_ratios_within_one_run() -> None:
    """Of every scheme but the platform's own, and a table of them; the slowest is the key figure."""
    speeds = vendor_cases.speeds(USERS[:2_000], 6)
    table = speeds._repr_html_()

    assert set(speeds.ratios) == set(vendor_cases.cases()) - {vendor_cases.OURS}
    assert all(name in table for name in speeds.ratios)
    assert speeds.slowest().value == max(ratio.value or 0 for ratio in speeds.ratios.values())
