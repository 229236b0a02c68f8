"""Cases in which a check should reach its verdict as often as it states: its power to fail, and to pass.

A check states the smallest mismatch that it detects with a power of 80 % (``detectable``) and the users with whom it
passes with 90 % (``n_needed``). Trials are as far off, or as large, as the check says.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from ffcore.lab import verify
from ffcore.lab.testing.calibration.populations import (
    counts,
    fair_fleet,
    favouring,
    looks,
    repeating,
    serving,
    shifted,
    users,
)
from ffcore.lab.testing.calibration.rates import Power, Trial
from ffcore.lab.verify.check import Check

#: Counts are whole and the formulas are limits: a stated power may be this far off.
TOLERANCE = 0.03
DETECTS, PASSES = 0.8, 0.9


Shares = tuple[float, ...]


@cache
def off(check: Callable[..., Check], shares: Shares, arm: int, total: int) -> list[float]:
    """Shares of which one arm's is off by as much as the check detects there at 0.001."""
    fair = [round(total * share) for share in shares]
    found = check([fair] if check is verify.sequential_sample_ratio else fair, shares)
    return shifted(shares, arm, found.details["detectable"][str(arm)])


@cache
def needed(shares: Shares, margin: float) -> int:
    """The users with whom the check of shares passes."""
    return verify.sample_ratio([0] * len(shares), shares, margin=margin).n_needed or 0


def sample_ratio(shares: Shares, arm: int, total: int, number: int, alpha: float) -> Check:
    """One arm off by as much as the check detects there."""
    served = off(verify.sample_ratio, shares, arm, total)
    return verify.sample_ratio(counts(number, served, total), shares, alpha=alpha)


def sample_ratio_passes(shares: Shares, margin: float, number: int, alpha: float) -> Check:
    """As many users as the check needs to pass."""
    return verify.sample_ratio(counts(number, shares, needed(shares, margin)), shares, alpha=alpha, margin=margin)


def sequential(shares: Shares, arm: int, total: int, number: int, alpha: float) -> Check:
    """One arm off by as much as the last of ten looks detects there."""
    served = off(verify.sequential_sample_ratio, shares, arm, total)
    return verify.sequential_sample_ratio(looks(number, served, total, total // 10), shares, alpha=alpha)


def rollout(share: float, total: int, number: int, alpha: float) -> Check:
    """A function that serves more than it should, by as much as the check detects."""
    subject = serving(f"calibration-{number}", off(verify.sample_ratio, (share, 1 - share), 0, total)[0])
    return verify.rollout(subject, users(total), expected=share, alpha=alpha)


def rollout_passes(share: float, margin: float, number: int, alpha: float) -> Check:
    """As many users as the check needs to pass."""
    subject, everybody = serving(f"calibration-{number}", share), users(needed((share, 1 - share), margin))
    return verify.rollout(subject, everybody, expected=share, margin=margin, alpha=alpha)


def variants(shares: Shares, arm: int, total: int, number: int, alpha: float) -> Check:
    """A function whose variants are off by as much as the check detects."""
    names = [str(place) for place in range(len(shares))]
    served = zip(names, off(verify.sample_ratio, shares, arm, total), strict=True)
    subject = serving(f"calibration-{number}", 1, list(served))
    return verify.variants(subject, users(total), dict(zip(names, shares, strict=True)), alpha=alpha)


def uniformity(total: int, number: int, alpha: float) -> Check:
    """A hash that favours one of 100 ranges by as much as the check detects."""
    found = verify.uniformity(None, users(total), alpha=alpha).detectable or 0
    return verify.uniformity(favouring(found / 0.99, 100), users(total), f"calibration-{number}", alpha=alpha)


def uniformity_passes(number: int, alpha: float) -> Check:
    """As many users as the check needs to pass, over ten buckets."""
    found = verify.uniformity(None, users(500), buckets=10).n_needed or 0
    return verify.uniformity(None, users(found), f"calibration-{number}", buckets=10, alpha=alpha)


def independence(total: int, number: int, alpha: float) -> Check:
    """Two keys of which the second repeats the first's tenth for as many users as the check detects."""
    keys = [f"calibration-{number}-{place}" for place in range(2)]
    found = verify.independence(None, keys, users(total), alpha=alpha).detectable or 0
    return verify.independence(repeating(keys[0], found), keys, users(total), alpha=alpha)


def independence_passes(number: int, alpha: float) -> Check:
    """As many users as the check of six pairs needs to pass."""
    keys = [f"calibration-{number}-{place}" for place in range(4)]
    found = verify.independence(None, keys, users(1_000)).n_needed or 0
    return verify.independence(None, keys, users(found), alpha=alpha)


def avalanche_passes(number: int, alpha: float) -> Check:
    """As many ids as the check needs to pass."""
    return verify.avalanche(None, key=f"calibration-{number}", alpha=alpha)


def fleet_finds(number: int, alpha: float) -> Check:
    """Fifty flags of which none is wrong: findings and the whole together fail at most at the sum of their rates."""
    return verify.fleet(fair_fleet(number), alpha=alpha)


def detects(check: str, setting: str, trial: Trial, most: float = DETECTS + TOLERANCE) -> Power:
    """The power to fail on a mismatch as large as stated."""
    return Power(check, setting, trial, "fail", DETECTS - TOLERANCE, most)


def passes(check: str, setting: str, trial: Trial, most: float = PASSES + TOLERANCE) -> Power:
    """The power to pass with as many users as stated."""
    return Power(check, setting, trial, "pass", PASSES - TOLERANCE, most)


POWERS = (
    detects("sample_ratio", "50:50, 10,000 users", partial(sample_ratio, (0.5, 0.5), 0, 10_000)),
    detects(
        "sample_ratio", "70:20:10, the arm of 20 %, 10,000 users", partial(sample_ratio, (0.7, 0.2, 0.1), 1, 10_000)
    ),
    passes("sample_ratio", "50:50, margin 2 pp", partial(sample_ratio_passes, (0.5, 0.5), 0.02)),
    passes("sample_ratio", "50:30:20, margin 2 pp", partial(sample_ratio_passes, (0.5, 0.3, 0.2), 0.02), 1.0),
    detects(
        "sequential_sample_ratio", "50:50, 10,000 users, 10 looks", partial(sequential, (0.5, 0.5), 0, 10_000), 1.0
    ),
    detects("rollout", "50 % of 10,000 users", partial(rollout, 0.5, 10_000)),
    detects("rollout", "5 % of 20,000 users", partial(rollout, 0.05, 20_000)),
    passes("rollout", "50 %, margin 2 pp", partial(rollout_passes, 0.5, 0.02)),
    detects("variants", "50:30:20 of 10,000 users", partial(variants, (0.5, 0.3, 0.2), 2, 10_000)),
    detects("uniformity", "one of 100 ranges, 50,000 users", partial(uniformity, 50_000), 1.0),
    passes("uniformity", "10 buckets, margin 1 pp", uniformity_passes, 1.0),
    detects("independence", "V of one pair, 20,000 users", partial(independence, 20_000)),
    passes("independence", "6 pairs, margin 0.02", independence_passes, 1.0),
    Power("avalanche", "margin 10 pp", avalanche_passes, "pass", PASSES - TOLERANCE, 1.0, trials=200),
    Power("fleet", "50 flags of which none is wrong", fleet_finds, "fail", 0, 0.011),
)
