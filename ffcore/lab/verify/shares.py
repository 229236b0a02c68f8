"""Shares of users per arm against their targets: the verdict, and the sample-ratio check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ffcore.lab.verify import power
from ffcore.lab.verify.check import Check, Verdict
from ffcore.lab.verify.counts import ByArm, Counts, check_fractions, read_counts
from ffcore.lab.verify.goodness import Fit, fit

Intervals = Mapping[str, tuple[float, float]]
WATCH_BELOW = 0.01
MARGIN_PART = 5
LARGEST_ALPHA = 0.5


def sample_ratio(observed: ByArm, expected: ByArm, alpha: float = 0.001, margin: float = 0.01) -> Check:
    """Whether the users counted in each arm fit the shares that the arms should have.

    Fail: traffic in an arm of 0 %, or p below ``alpha`` (chi-square; exact where an arm expects fewer than 50 users).
    Inconclusive with ``details["watch"]``: p from ``alpha`` to 0.01. Pass: every arm's 90 % Wilson interval lies
    within the margin (two one-sided tests at 0.05). Inconclusive otherwise; ``n_needed`` says what would settle it.

    Args:
        observed: Users in each arm: a mapping, a pandas Series, or a sequence. Distinct users, not events.
        expected: The share of each arm, summing to 1, in the same form.
        alpha: The alarm rate: how often a perfect split may fail.
        margin: The largest deviation of a share that counts as equal, at most a fifth of it and of its complement.

    Returns:
        A Check; ``details`` holds counts, expected shares and margins by arm, ``method``, ``equivalent``, ``watch``.

    Raises:
        ConfigError: A count that is no whole number, arms on one side only, fewer than two arms, shares not summing
            to 1 within 1e-9.

    >>> print(sample_ratio({"control": 821_588, "treatment": 815_482}, {"control": 0.5, "treatment": 0.5}))
    FAIL sample ratio: p 1.82e-06 is below 0.001; the mismatch is inside the margin
    p 1.82e-06, n 1,637,070, n needed 27,056, detectable 0.161 pp, alpha 0.001
    arm        expected  observed  off by     interval                margin
    control    50 %      50.2 %    +0.186 pp  +0.122 pp to +0.251 pp  ±1 pp
    treatment  50 %      49.8 %    -0.186 pp  -0.251 pp to -0.122 pp  ±1 pp
    """
    check_rates("sample ratio", alpha, margin)
    return judge("sample ratio", read_counts(observed, expected), alpha, margin)


def judge(name: str, counts: Counts, alpha: float, margin: float, notes: Mapping[str, Any] | None = None) -> Check:
    """The Check of counts already read; ``notes`` are details that its caller adds."""
    cells, shares = counts.cells
    if len(cells) < 2:
        return prove(name, counts, alpha, notes)
    fitted = fit(cells, shares)
    margins, intervals = arm_margins(counts, margin), arm_intervals(counts)
    details = {**describe(counts, margins, intervals), **measures(fitted, counts, alpha), **(notes or {})}
    return Check(
        name=name,
        verdict=verdict(fitted.p_value, alpha, equivalent=details["equivalent"], violated=bool(counts.leaks)),
        statistic=fitted.statistic,
        p_value=fitted.p_value,
        estimate=estimates(counts),
        interval=intervals,
        n=counts.users,
        n_needed=power.users_needed(shares, list(margins.values())),
        detectable=worst(details["detectable"]),
        alpha=alpha,
        details={**details, "watch": alpha <= fitted.p_value < WATCH_BELOW},
    )


def verdict(p_value: float | None, alpha: float, *, equivalent: bool, violated: bool = False) -> Verdict:
    """The verdict, in the order that every check follows: a violated proof, p, equivalence.

    >>> verdict(0.3, 0.001, equivalent=True), verdict(0.3, 0.001, equivalent=True, violated=True)
    ('pass', 'fail')
    """
    if violated or (p_value is not None and p_value < alpha):
        return "fail"
    if (p_value is not None and p_value < WATCH_BELOW) or not equivalent:
        return "inconclusive"
    return "pass"


def prove(name: str, counts: Counts, alpha: float, notes: Mapping[str, Any] | None = None) -> Check:
    """The Check where one arm should get everyone: any user elsewhere is a failure, none a proof over these users."""
    intervals = arm_intervals(counts)
    details = {**describe(counts, {}, intervals), "method": "proof", "equivalent": not counts.leaks, "watch": False}
    found: Verdict = "fail" if counts.leaks else "pass" if counts.users else "inconclusive"
    return Check(
        name=name,
        verdict=found,
        estimate=estimates(counts),
        interval=intervals,
        n=counts.users,
        alpha=alpha,
        details={**details, **(notes or {})},
    )


def describe(counts: Counts, margins: Mapping[str, float], intervals: Intervals) -> dict[str, Any]:
    """What stands in the details of every check of shares."""
    expected = dict(zip(counts.arms, counts.shares, strict=True))
    return {
        "counts": dict(zip(counts.arms, counts.observed, strict=True)),
        "expected": expected,
        "margin": margins,
        "interval_level": power.INTERVAL_LEVEL,
        "leak": counts.leaks,
        "equivalent": all(inside(intervals[arm], expected[arm], margin) for arm, margin in margins.items()),
    }


def measures(fitted: Fit, counts: Counts, alpha: float) -> dict[str, Any]:
    """How the p-value came about, and the mismatch detectable in each arm."""
    cells, shares = counts.cells
    arms = [arm for arm, share in zip(counts.arms, counts.shares, strict=True) if share > 0]
    seen = [power.detectable(share, len(shares), sum(cells), alpha) for share in shares]
    error = {"p_value_error": fitted.error} if fitted.error else {}
    return {"method": fitted.method, "detectable": dict(zip(arms, seen, strict=True)), **error}


def arm_margins(counts: Counts, margin: float) -> dict[str, float]:
    """Each arm's margin: the one asked for, at most a fifth of the smaller of the share and its complement."""
    pairs = zip(counts.arms, counts.shares, strict=True)
    return {arm: min(margin, min(share, 1 - share) / MARGIN_PART) for arm, share in pairs if share > 0}


def arm_intervals(counts: Counts) -> dict[str, tuple[float, float]]:
    """Each arm's Wilson interval."""
    pairs = zip(counts.arms, counts.observed, strict=True)
    return {arm: power.wilson(count, counts.users) for arm, count in pairs}


def estimates(counts: Counts) -> dict[str, float]:
    """Each arm's share of the users; empty without users."""
    pairs = zip(counts.arms, counts.observed, strict=True)
    return {arm: count / counts.users for arm, count in pairs} if counts.users else {}


def inside(interval: tuple[float, float], target: float, margin: float) -> bool:
    """Whether an interval lies within ``margin`` of the target.

    >>> inside((0.495, 0.505), 0.5, 0.01), inside((0.48, 0.505), 0.5, 0.01)
    (True, False)
    """
    return target - margin < interval[0] and interval[1] < target + margin


def worst(detectable: Mapping[str, float | None]) -> float | None:
    """The largest detectable mismatch of any arm; None where some arm shows none."""
    known = [value for value in detectable.values() if value is not None]
    return max(known) if known and len(known) == len(detectable) else None


def check_rates(source: str, alpha: float, margin: float) -> None:
    """Refuses an alarm rate or a margin that is none."""
    check_fractions(source, alpha=(alpha, LARGEST_ALPHA), margin=(margin, 1.0))
