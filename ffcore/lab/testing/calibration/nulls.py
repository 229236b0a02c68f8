"""Cases in which nothing is wrong: every check may alarm at the rate it states, and no more often."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ffcore.lab import verify
from ffcore.lab.testing.calibration import logs
from ffcore.lab.testing.calibration.populations import counts, fair_fleet, flag, looks, oracle, users
from ffcore.lab.testing.calibration.rates import Null
from ffcore.lab.verify.check import Check

Hash = Callable[[Any, str], Any] | None
THREE = {"a": "1/2", "b": "3/10", "c": "1/5"}


def sample_ratio(shares: Sequence[float], total: int, number: int, alpha: float) -> Check:
    """Users counted in arms of these shares."""
    return verify.sample_ratio(counts(number, shares, total), shares, alpha=alpha)


def sequential(shares: Sequence[float], total: int, each: int, number: int, alpha: float) -> Check:
    """The same users, looked at again and again as they come."""
    return verify.sequential_sample_ratio(looks(number, shares, total, each), shares, alpha=alpha)


def rollout(percentage: float, total: int, number: int, alpha: float) -> Check:
    """A flag at a percentage."""
    return verify.rollout(flag(number, percentage), users(total), alpha=alpha)


def variants(percentage: float, shares: Mapping[str, str], total: int, number: int, alpha: float) -> Check:
    """A flag with variants."""
    return verify.variants(flag(number, percentage, shares), users(total), alpha=alpha)


def explain(number: int, alpha: float) -> Check:
    """A log, by version and day."""
    log = logs.exposed(logs.log(number), number)
    return verify.explain(log, {"a": 0.5, "b": 0.5}, by=["context.version", "timestamp"], alpha=alpha)


def ramp(number: int, _: float) -> Check:
    """A flag of 1,000 buckets at every step."""
    return verify.ramp(flag(number, 50, THREE, buckets=1_000))


def blast_radius(number: int, _: float) -> Check:
    """A step of a ramp."""
    return verify.blast_radius(flag(number, 10, THREE), flag(number, 50, THREE), users(10_000))


def audit(number: int, _: float) -> Check:
    """The log of two flags of 5,000 users."""
    return verify.audit(logs.log(number, count=5_000), logs.configuration(number))


def fleet(number: int, alpha: float) -> Check:
    """Fifty flags as a whole; single findings are next to impossible at this rate of false discovery."""
    return verify.fleet(fair_fleet(number), fdr=1e-6, alpha=alpha)


def uniformity(hashed: Hash, total: int, number: int, alpha: float) -> Check:
    """A hash under one key."""
    return verify.uniformity(hashed, users(total), f"calibration-{number}", alpha=alpha)


def independence(hashed: Hash, total: int, number: int, alpha: float) -> Check:
    """A hash under four keys: six pairs."""
    keys = [f"calibration-{number}-{place}" for place in range(4)]
    return verify.independence(hashed, keys, users(total), alpha=alpha)


def avalanche(number: int, alpha: float) -> Check:
    """The product's hash under one key, bit by bit."""
    return verify.avalanche(None, key=f"calibration-{number}", ids=100, alpha=alpha)


NULLS = (
    Null("sample_ratio", "50:50, 10,000 users", partial(sample_ratio, [0.5, 0.5], 10_000), 10_000, exact=True),
    Null("sample_ratio", "70:20:10, 10,000 users", partial(sample_ratio, [0.7, 0.2, 0.1], 10_000), 10_000, exact=True),
    Null("sample_ratio", "99:1, 2,000 users (exact binomial)", partial(sample_ratio, [0.99, 0.01], 2_000), 10_000),
    Null("sample_ratio", "90:8:2, 200 users (exact multinomial)", partial(sample_ratio, [0.9, 0.08, 0.02], 200), 4_000),
    Null(
        "sequential_sample_ratio",
        "50:50, 20,000 users, 50 looks",
        partial(sequential, [0.5, 0.5], 20_000, 400),
        4_000,
    ),
    Null("rollout", "50 % of 10,000 users", partial(rollout, 50, 10_000), 4_000, exact=True),
    Null("rollout", "0.5 % of 20,000 users", partial(rollout, 0.5, 20_000), 4_000, exact=True),
    Null("rollout", "0.1 % of 20,000 users (exact binomial)", partial(rollout, 0.1, 20_000), 4_000),
    Null("variants", "three arms of 50 % of 20,000 users", partial(variants, 50, THREE, 20_000)),
    Null("variants", "three arms of 7 % of 20,000 users", partial(variants, 7, THREE, 20_000)),
    Null("explain", "10,000 users in 4 versions and 7 days", explain, exact=True),
    Null("ramp", "1, 5, 10, 25, 50 and 100 % of 1,000 buckets", ramp),
    Null("blast_radius", "10 to 50 % of 10,000 users", blast_radius),
    Null("audit", "10,000 rows of two flags", audit),
    Null("uniformity", "MD5, 10,000 users", partial(uniformity, None, 10_000), 10_000),
    Null("uniformity", "random words, 10,000 users", partial(uniformity, oracle, 10_000), 10_000),
    Null("uniformity", "MD5, 2,000 users", partial(uniformity, None, 2_000), 10_000),
    Null("independence", "MD5, 6 pairs, 10,000 users", partial(independence, None, 10_000), 10_000),
    Null("independence", "random words, 6 pairs, 10,000 users", partial(independence, oracle, 10_000), 10_000),
    Null("independence", "MD5, 6 pairs, 1,000 users", partial(independence, None, 1_000), 10_000),
    Null("avalanche", "MD5, 100 ids of each kind", avalanche, few=12),
    Null("fleet", "50 flags of 5,000 users, as a whole", fleet),
)
