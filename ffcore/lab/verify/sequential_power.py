"""What a running sample-ratio check can see: users until it passes, and the smallest mismatch that it finds.

Both take the last look alone, by normal approximations of the counts around which the e-value is exact; looks before
it can only help, so that the stated power is a lower bound, which simulations confirm.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy import optimize, stats

from ffcore.lab.verify import power
from ffcore.lab.verify.evalues import divergence, log_e_values


def sequence_level(alpha: float, arms: int) -> float:
    """The confidence of each arm's sequence: all hold at once with 1 - alpha (Bonferroni; two arms mirror each other).

    >>> sequence_level(0.001, 2), round(sequence_level(0.003, 3), 6)
    (0.999, 0.999)
    """
    return 1 - alpha / (1 if arms == 2 else arms)


def users_to_pass(shares: Sequence[float], margins: Sequence[float], alpha: float) -> int:
    """Users after which every arm's sequence lies inside its margin with at least 90 % power, truth on target.

    >>> users_to_pass([0.5, 0.5], [0.01, 0.01], 0.001)
    83477
    """
    chance = 1 - power.PASS_POWER if len(shares) == 2 else (1 - power.PASS_POWER) / len(shares)
    level, spread = sequence_level(alpha, len(shares)), float(stats.norm.isf(chance / 2))
    sides = [(share, side * margin) for share, margin in zip(shares, margins, strict=True) for side in (-1, 1)]
    return max(users_to_exclude(share, shift, level, spread) for share, shift in sides)


@lru_cache(maxsize=1024)
def users_to_exclude(share: float, shift: float, level: float, spread: float) -> int:
    """Users after which ``share + shift`` is refuted when the count is ``spread`` standard deviations off towards it.

    >>> users_to_exclude(0.5, 0.01, 0.999, 0.0) < users_to_exclude(0.5, 0.01, 0.999, 1.6)
    True
    """
    deviation = math.copysign(spread * math.sqrt(share * (1 - share)), shift)
    fewest = (deviation / shift) ** 2 + 1

    def evidence(log_users: float) -> float:
        users = math.exp(log_users)
        seen = share + deviation / math.sqrt(users)
        arm, target = np.array([seen, 1 - seen]), np.array([share, 1 - share])
        end = target + np.array([shift, -shift])
        against_end = divergence(users * arm, users * end) - divergence(users * arm, users * target)
        return float(log_e_values(users * arm, target.tolist()) + against_end + math.log1p(-level))

    return math.ceil(math.exp(optimize.brentq(evidence, math.log(fewest), math.log(fewest) + 60)))


@lru_cache(maxsize=1024)
def detectable(shares: tuple[float, ...], arm: int, users: int, alpha: float) -> float | None:
    """The smallest deviation of one arm's share whose e-value reaches 1/alpha with 80 % power; None where none does.

    The other arms share the difference in proportion. Twice the divergence of the counts from the shares is nearly
    noncentral chi-square (Wald, Trans. AMS 54, 1943); the bar is what the e-value asks of it.

    >>> round(detectable((0.5, 0.5), 0, 10_000, 0.001), 4)
    0.0266
    """
    share, expected = shares[arm], np.array(shares)
    direction = 1 if share <= 0.5 else -1
    variance, room = share * (1 - share), max(share, 1 - share)

    def shortfall(deviation: float) -> float:
        seen = expected * (1 - direction * deviation / (1 - share))
        seen[arm] = share + direction * deviation
        counts = users * seen
        pull = divergence(counts, users * expected)
        bar = pull - log_e_values(counts, shares) - math.log(alpha)
        return float(stats.ncx2.sf(2 * bar, len(shares) - 1, 2 * pull)) - power.DETECTION_POWER

    most = 200 + 100 * len(shares) - 20 * math.log(alpha)  # a noncentrality beyond all that 2**53 users ask for
    largest = min(room, math.sqrt(most * variance / max(users, 1)))
    if not users or shortfall(largest) < 0:
        return None
    return float(optimize.brentq(shortfall, 1e-9 * largest, largest, rtol=1e-6))
