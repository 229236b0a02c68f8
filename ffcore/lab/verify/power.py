"""What a share check can see: intervals, users needed for equivalence, and the smallest detectable mismatch."""

from __future__ import annotations

import math
from functools import lru_cache

from scipy import optimize, stats

from ffcore.errors import ConfigError
from ffcore.lab.verify.counts import check_fractions

INTERVAL_LEVEL = 0.9
EQUIVALENCE_ALPHA = (1 - INTERVAL_LEVEL) / 2
PASS_POWER = 0.9
DETECTION_POWER = 0.8


def plan(share: float, margin: float, power: float = 0.9, alpha: float = 0.05) -> int:
    """Users needed to show that a share lies within ``margin`` of its target (two one-sided tests).

    With the truth on target the tests pass with the stated power from
    ``n = share * (1 - share) * ((z(1 - alpha) + z((1 + power) / 2)) / margin) ** 2`` users on: Chow, Shao and Wang,
    Sample Size Calculations in Clinical Research, chapter 4, for one proportion.

    Args:
        share: The target, a fraction between 0 and 1.
        margin: The largest deviation that counts as equal, a fraction smaller than the share and its complement.
        power: The probability of passing.
        alpha: The probability of passing when the deviation is as large as the margin.

    >>> plan(0.5, 0.01), plan(0.1, 0.005)
    (27056, 38960)
    """
    check_fractions("plan", share=(share, 1), margin=(margin, 1), power=(power, 1), alpha=(alpha, 1))
    smaller = min(share, 1 - share)
    if margin >= smaller:
        problem = f"{margin} must be smaller than the share and its complement, {smaller:.6g}"
        raise ConfigError([("margin", problem)], source="plan")
    quantiles = stats.norm.isf(alpha) + stats.norm.isf((1 - power) / 2)
    return math.ceil(share * (1 - share) * (quantiles / margin) ** 2)


def users_needed(shares: list[float], margins: list[float]) -> int:
    """Users that give at least 90 % power for every arm to pass at once, with the truth on target.

    Two arms mirror each other and pass together; with more, the 10 % risk is divided among the arms (Bonferroni).

    >>> users_needed([0.5, 0.5], [0.01, 0.01])
    27056
    """
    chances = 1 if len(shares) == 2 else len(shares)
    power = 1 - (1 - PASS_POWER) / chances
    return max(plan(share, margin, power, EQUIVALENCE_ALPHA) for share, margin in zip(shares, margins, strict=True))


def detectable(share: float, arms: int, users: int, alpha: float) -> float | None:
    """The smallest deviation of one arm's share that alarms with 80 % power; None where no deviation would.

    The other arms share the difference in proportion, so Cohen's effect is ``deviation**2 / (share * (1 - share))``
    and the power follows from the noncentral chi-square distribution.

    >>> round(detectable(0.5, 2, 10_000, 0.001), 4), detectable(0.5, 2, 10, 0.001)
    (0.0207, None)
    """
    if not users:
        return None
    deviation = math.sqrt(noncentrality(alpha, arms - 1) * share * (1 - share) / users)
    return deviation if deviation <= max(share, 1 - share) else None


@lru_cache(maxsize=256)
def noncentrality(alpha: float, freedom: int) -> float:
    """The noncentrality at which a chi-square test with ``freedom`` degrees of freedom has 80 % power.

    >>> round(noncentrality(0.05, 1), 3)  # (1.96 + 0.84) ** 2
    7.849
    """
    bar = stats.chi2.isf(alpha, freedom)

    def shortfall(centre: float) -> float:
        return float(stats.ncx2.sf(bar, freedom, centre)) - DETECTION_POWER

    return float(optimize.brentq(shortfall, 1e-9, 10 * bar + 100))


def wilson(count: int, users: int, level: float = INTERVAL_LEVEL) -> tuple[float, float]:
    """Wilson's interval for a share (JASA 22, 1927); without users, all of 0 to 1.

    >>> low, high = wilson(4969, 10_000)
    >>> round(low, 4), round(high, 4)
    (0.4887, 0.5051)
    """
    if not users:
        return 0.0, 1.0
    share, squared = count / users, float(stats.chi2.ppf(level, 1)) / users
    centre = (share + squared / 2) / (1 + squared)
    half = math.sqrt(squared * (share * (1 - share) + squared / 4)) / (1 + squared)
    return (0.0 if count == 0 else centre - half), (1.0 if count == users else centre + half)
