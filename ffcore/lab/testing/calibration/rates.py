"""Repeated trials of a check: how often it alarmed, with its interval, against the rate that the check states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scipy import stats

from ffcore.lab.verify.check import Check

#: How often a rate is called wrong that is right: the probability of each assertion's false alarm.
FALSE_ALARM = 1e-9
INTERVAL_LEVEL = 0.95
LEVELS = (0.05, 0.01, 0.001)
#: The alarm rates that trials ask for, in turn.
ASKED = (0.05, 0.001)
#: ``trial(number, alpha)``: the check of a population whose salts hold the number.
Trial = Callable[[int, float], Check]


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something happened in trials, and how often it should.

    Attributes:
        what: What was counted.
        count: How often it happened.
        trials: Out of how many.
        least: The smallest stated rate.
        most: The largest stated rate.
    """

    what: str
    count: int
    trials: int
    least: float
    most: float

    @property
    def share(self) -> float:
        """The measured rate."""
        return self.count / self.trials

    @property
    def interval(self) -> tuple[float, float]:
        """The exact 95 % interval of the rate (Clopper and Pearson, Biometrika 26, 1934)."""
        bounds = stats.binomtest(self.count, self.trials).proportion_ci(INTERVAL_LEVEL, "exact")
        return float(bounds.low), float(bounds.high)

    @property
    def allowed(self) -> tuple[int, int]:
        """The counts that speak neither against the least nor against the most: each end is wrong once in 10^9 times.

        >>> Rate("alarms at 0.05", 96, 2_000, 0.05, 0.05).allowed
        (46, 165)
        """
        low = int(stats.binom.ppf(FALSE_ALARM / 2, self.trials, self.least)) if self.least > 0 else 0
        return low, int(stats.binom.isf(FALSE_ALARM / 2, self.trials, self.most))

    @property
    def holds(self) -> bool:
        """Whether the count is one of the allowed."""
        low, high = self.allowed
        return low <= self.count <= high


@dataclass(frozen=True, slots=True)
class Finding:
    """What the trials of one case found; it holds if every rate does and no verdict contradicted its own p-value."""

    check: str
    setting: str
    rates: tuple[Rate, ...]
    contradictions: int = 0

    @property
    def holds(self) -> bool:
        """Whether the check does what it states."""
        return not self.contradictions and all(rate.holds for rate in self.rates)


@dataclass(frozen=True, slots=True)
class Null:
    """Trials in which nothing is wrong: the check may alarm at its stated rate.

    Attributes:
        check: The check's name.
        setting: What it judges.
        trial: One judgement.
        trials: How many there are.
        exact: Whether the p-value is uniform, so that too few alarms are wrong too.
        few: How many trials show a tenfold alarm rate.
    """

    check: str
    setting: str
    trial: Trial
    trials: int = 2_000
    exact: bool = False
    few: int = 60

    def run(self, trials: int | None = None) -> Finding:
        """The alarm rates; half of the trials ask for 0.05, half for 0.001, and every p-value counts at each level."""
        return self.judge(self.tried(trials or self.trials))

    def tried(self, trials: int) -> list[Check]:
        """What the trials give."""
        return [self.trial(number, ASKED[number % 2]) for number in range(trials)]

    def judge(self, checks: Sequence[Check]) -> Finding:
        """The rates at which they alarmed; a violated proof is an alarm at every level."""
        values = [(check.verdict != "fail") if check.p_value is None else check.p_value for check in checks]
        rates = [self._rate(f"p below {level:g}", [value < level for value in values], level) for level in LEVELS]
        for turn, alpha in enumerate(ASKED):
            failed = [check.verdict == "fail" for check in checks[turn :: len(ASKED)]]
            rates.append(self._rate(f"fail at {alpha:g}", failed, alpha))
        return Finding(self.check, self.setting, tuple(rates), sum(map(contradicts, checks)))

    def _rate(self, what: str, happened: Sequence[bool], level: float) -> Rate:
        return Rate(what, sum(happened), len(happened), level * self.exact, level)


@dataclass(frozen=True, slots=True)
class Power:
    """Trials in which the check should reach a verdict with a stated probability.

    Attributes:
        check: The check's name.
        setting: What it judges.
        trial: One judgement.
        verdict: The verdict it should reach.
        least: How often, at least.
        most: How often, at most; 1 where more is welcome.
        trials: How many there are.
    """

    check: str
    setting: str
    trial: Trial
    verdict: str
    least: float
    most: float = 1.0
    trials: int = 2_000

    def run(self, trials: int | None = None) -> Finding:
        """The rate of the verdict, at an alarm rate of 0.001."""
        count = trials or self.trials
        reached = sum(self.trial(number, 0.001).verdict == self.verdict for number in range(count))
        return Finding(self.check, self.setting, (Rate(self.verdict, reached, count, self.least, self.most),))


Case = Null | Power


def contradicts(check: Check) -> bool:
    """Whether a check without a violated proof fails without a p-value below its alarm rate, or does not with one.

    >>> contradicts(Check("demo", "fail", p_value=0.2)), contradicts(Check("demo", "fail", p_value=0.0002))
    (True, False)
    """
    alarmed = check.verdict == "fail"
    return (check.p_value is not None and alarmed != (check.p_value < check.alpha)) or (
        check.p_value is None and alarmed
    )
