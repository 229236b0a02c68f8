"""Conclusions: text that is the same for the same checks, and never better than the worst of them."""

from ffcore.lab.report.conclusion import Conclusion
from ffcore.lab.verify import Check


def test_the_text_names_every_check_with_its_numbers() -> None:
    """Verdict, n, observed shares, p and the users needed stand in columns; a dash where there is none."""
    checks = [
        Check("a", "pass", n=9_000, estimate={"x": 0.25, "y": 0.75}, p_value=0.5, n_needed=100),
        Check("longer", "inconclusive", n=5, n_needed=27_056),
    ]

    assert repr(Conclusion("demo", checks)).splitlines() == [
        "demo: INCONCLUSIVE (1 of 2 checks pass)",
        "check   verdict       n      observed    p    n needed",
        "a       pass          9,000  25 %, 75 %  0.5  100",
        "longer  inconclusive  5      -           -    27,056",
    ]


def test_nothing_checked_is_inconclusive() -> None:
    """Without a check there is no evidence."""
    assert Conclusion("demo", []).verdict == "inconclusive"


def test_mismatches_are_counted() -> None:
    """A comparison case by case says how many differ, not a share."""
    checks = [Check("a", "fail", n=9_000, details={"cases": 9_000, "mismatches": 1_200})]

    assert repr(Conclusion("demo", checks)).splitlines()[-1] == "a      fail     9,000  1,200 mismatches  -  -"
