"""False alarms of the gate on this machine: comparisons of identical code, counted, with a bound on their rate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scipy import stats

from ffcore.lab.bench.estimate import CONFIDENCE, Estimate
from ffcore.lab.bench.gate.judging import MARGIN, Change, judged

Ratios = Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Alarms:
    """Comparisons of identical code: what each found by workload, and the margin it was judged by."""

    runs: tuple[tuple[Change, ...], ...]
    margin: float

    @property
    def count(self) -> int:
        """Comparisons in which a workload failed, which identical code should not."""
        return sum(any(change.verdict == "fail" for change in run) for run in self.runs)

    @property
    def passed(self) -> int:
        """Comparisons in which every workload passed."""
        return sum(all(change.verdict == "pass" for change in run) for run in self.runs)

    @property
    def bound(self) -> float:
        """The upper end of a one-sided 95 % interval for the rate of false alarms."""
        return highest_rate(self.count, len(self.runs))

    def to_dict(self) -> dict[str, Any]:
        """Counts, the bound and every ratio, ready for JSON."""
        return {
            "runs": len(self.runs),
            "alarms": self.count,
            "passed": self.passed,
            "rate_below": self.bound,
            "margin": self.margin,
            "ratios": [{change.workload: change.ratio.to_dict() for change in run} for run in self.runs],
        }

    def __str__(self) -> str:
        """The count and what it says.

        >>> str(Alarms(((),) * 20, 0.02))
        'false alarms: 0 of 20 comparisons of identical code, so the rate is below 14 % (95 % confidence)'
        """
        found = f"false alarms: {self.count} of {len(self.runs)} comparisons of identical code"
        bound = f"{100 * self.bound:.{0 if self.bound >= 0.1 else 1}f} %"
        return f"{found}, so the rate is below {bound} ({100 * CONFIDENCE:g} % confidence)"


def highest_rate(alarms: int, runs: int) -> float:
    """The upper bound of the alarms' rate after so many alarms in so many runs, by the exact binomial.

    Clopper and Pearson 1934, one-sided at 95 %; with no run any rate is possible.

    >>> [round(highest_rate(alarms, runs), 3) for alarms, runs in ((0, 20), (1, 20), (0, 60), (0, 0))]
    [0.139, 0.216, 0.049, 1.0]
    """
    return 1.0 if alarms >= runs else float(stats.beta.ppf(CONFIDENCE, alarms + 1, runs - alarms))


def calibrate(
    once: Callable[[int], Ratios],
    runs: int,
    margin: float = MARGIN,
    progress: Callable[[str], object] = lambda line: None,
) -> Alarms:
    """Compare identical code with itself so many times and judge each comparison as the gate judges.

    Args:
        once: makes one comparison, from a number of its own that seeds its order.
        runs: how many.
        margin: of the gate.
        progress: told what is going on, in words.

    >>> calibrate(lambda number: {"simple": Estimate(1.0, 0.99, 1.01, 9)}, runs=3).passed
    3
    """
    found = []
    for number in range(1, runs + 1):
        progress(f"identical code, comparison {number} of {runs}")
        found.append(tuple(judged(once(number), margin)))
    return Alarms(tuple(found), margin)
