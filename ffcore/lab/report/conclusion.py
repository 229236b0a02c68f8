"""The conclusion of a notebook: its verdict and one line per check, as text that no clock touches."""

from collections.abc import Sequence
from dataclasses import dataclass

from ffcore.lab.verify import display
from ffcore.lab.verify.check import Check, Verdict, combine

_HEADINGS = ("check", "verdict", "n", "observed", "p", "n needed")


@dataclass(frozen=True, slots=True, repr=False)
class Conclusion:
    """What the checks of one notebook come to; its text is the same for the same data on every machine.

    >>> print(Conclusion("demo", [Check("delay-causes", "pass", n=9_000, estimate={"enabled": 0.5}, p_value=0.41)]))
    demo: PASS (1 of 1 checks pass)
    check         verdict  n      observed  p     n needed
    delay-causes  pass     9,000  50 %      0.41  -
    """

    notebook: str
    checks: Sequence[Check]

    @property
    def verdict(self) -> Verdict:
        """Fail if a check fails, else inconclusive if one is (or there is none), else pass."""
        return combine(self.checks)

    def __repr__(self) -> str:
        passed = sum(check.verdict == "pass" for check in self.checks)
        head = f"{self.notebook}: {self.verdict.upper()} ({passed} of {len(self.checks)} checks pass)"
        return f"{head}\n{display.aligned([_HEADINGS, *map(_row, self.checks)])}"


def _row(check: Check) -> tuple[str, ...]:
    p = "-" if check.p_value is None else display.p_text(check.p_value)
    needed = "-" if check.n_needed is None else display.number(check.n_needed)
    return check.name, check.verdict, display.number(check.n), _observed(check), p, needed


def _observed(check: Check) -> str:
    if "observed" in check.details:
        return str(check.details["observed"])
    if "mismatches" in check.details:
        return f"{check.details['mismatches']:,} mismatches"
    return ", ".join(display.percent(share, digits=4) for share in check.estimate.values()) or "-"
