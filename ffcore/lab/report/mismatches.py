"""A check by counting: what was decided here against what was decided there, and in how many cases they differ."""

from ffcore.lab.verify.check import Check, Verdict


def counted(name: str, mismatches: int, cases: int, **more: object) -> Check:
    """Pass if there is no mismatch among all cases, else fail: a proof over these cases; `more` joins the details.

    >>> counted("copy", 0, 100).verdict, counted("copy", 1, 100).verdict
    ('pass', 'fail')
    """
    verdict: Verdict = "fail" if mismatches else "pass"
    details: dict[str, object] = {"cases": cases, "mismatches": mismatches, **more}
    if mismatches:
        details["reason"] = f"{mismatches:,} of {cases:,} cases differ"
    return Check(name, verdict, n=cases, details=details)
