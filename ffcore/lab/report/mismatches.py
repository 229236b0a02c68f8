"""A check by counting: what was decided here against what was decided there, and in how many cases they differ."""

from ffcore.lab.verify.check import Check, Verdict


def counted(name: str, mismatches: int, cases: int, **more: object) -> Check:
    """Pass if there is no mismatch among all cases, else fail: a proof over these cases.

    `more` joins the details, and may give a reason of its own.

    >>> counted("copy", 0, 100).verdict, counted("copy", 1, 100).details["reason"]
    ('pass', '1 of 100 cases differ')
    >>> counted("copy", 1, 100, reason="the last one differs").details["reason"]
    'the last one differs'
    """
    verdict: Verdict = "fail" if mismatches else "pass"
    reason = {"reason": f"{mismatches:,} of {cases:,} cases differ"} if mismatches else {}
    return Check(name, verdict, n=cases, details={"cases": cases, "mismatches": mismatches, **reason, **more})
