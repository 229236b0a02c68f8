"""Measured hit rates beside theory's, and the judgement whether they agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ffcore.evaluator import Evaluator
from ffcore.lab.verify.check import Check, Verdict

from .arrivals import Integers, Mask, arrivals, measured_hit_rate, misses
from .replay import replay
from .theory import fleet_hit_rate, standard_error
from .traffic import Floats, Traffic, require_positive

MARGIN, ALPHA, WATCH = 0.005, 0.001, 0.01
LEVEL = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One run's hit rate, of all flags and of each.

    Attributes:
        traffic: The requests.
        ttl: Seconds that an entry lives.
        seconds: How long was counted.
        hit_rate: The share of hits among ``n`` requests.
        n: How many requests were counted.
        flags: Each flag's share of hits, by rank; NaN where nobody asked.
        mismatches: How many requests the evaluators answered otherwise than the simulator; None: simulated alone.
    """

    traffic: Traffic
    ttl: float
    seconds: float
    hit_rate: float
    n: int
    flags: Floats
    mismatches: int | None = None

    @property
    def expected(self) -> float:
        """Theory's hit rate."""
        return fleet_hit_rate(self.traffic, self.ttl)

    @property
    def error(self) -> float:
        """Theory's standard error of a count of this length."""
        return standard_error(self.traffic, self.ttl, self.seconds)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """The measured hit rate's interval, from theory's standard error, within 0 and 1."""
        reach = float(stats.norm.ppf((1 + level) / 2)) * self.error
        return max(0.0, self.hit_rate - reach), min(1.0, self.hit_rate + reach)


def measure(
    traffic: Traffic, ttl: float, requests: int, make: Callable[..., Evaluator] | None = Evaluator, seed: int = 0
) -> Measured:
    """Count the hits of about so many requests, by real evaluators and by the simulator, or by the latter alone.

    Args:
        traffic: What is asked for, and of how many containers.
        ttl: Seconds that an entry lives.
        requests: The expected number of requests.
        make: Makes an evaluator, or None to simulate alone.
        seed: Draws the requests.

    >>> found = measure(Traffic(10), ttl=3, requests=2_000)
    >>> abs(found.hit_rate - found.expected) < 6 * found.error, found.mismatches
    (True, 0)
    """
    require_positive(requests=requests, whole=("requests",))
    seconds = requests / traffic.requests
    drawn = arrivals(traffic, ttl, seconds, seed)
    missed = misses(drawn)
    mismatches: int | None = None
    if make is not None:
        seen = replay(drawn, make=make).missed
        mismatches, missed = int((seen != missed).sum()), seen
    rate, size = measured_hit_rate(drawn, missed)
    return Measured(
        traffic,
        ttl,
        seconds,
        rate,
        size,
        _of_each(drawn.flags[drawn.counted], ~missed[drawn.counted], len(traffic.shares)),
        mismatches,
    )


def _of_each(flags: Integers, hits: Mask, kinds: int) -> Floats:
    asked = np.bincount(flags, minlength=kinds)
    return np.where(asked, np.bincount(flags, weights=hits, minlength=kinds) / np.maximum(asked, 1), np.nan)


def theory_check(name: str, runs: Mapping[str, Measured]) -> Check:
    """Judge whether hit rates are theory's: each z-tested (Bonferroni), each 90 % interval within the margin to pass.

    >>> theory_check("hit rates", {"1 s": measure(Traffic(10), ttl=1, requests=200_000, make=None)}).verdict
    'pass'
    """
    z = {arm: (run.hit_rate - run.expected) / run.error for arm, run in runs.items()}
    p_value = min(1.0, len(runs) * min(2 * float(stats.norm.sf(abs(value))) for value in z.values()))
    interval = {arm: run.interval(LEVEL) for arm, run in runs.items()}
    reach = {arm: max(abs(bound - runs[arm].expected) for bound in bounds) for arm, bounds in interval.items()}
    verdict: Verdict = "fail" if p_value < ALPHA else "inconclusive"
    if p_value >= WATCH and max(reach.values()) < MARGIN:
        verdict = "pass"
    # 90 % power of both one-sided tests where the truth is theory's
    widest = max((run.error / MARGIN) ** 2 * run.n for run in runs.values())
    details = {
        "expected": {arm: run.expected for arm, run in runs.items()},
        "margin": dict.fromkeys(runs, MARGIN),
        "interval_level": LEVEL,
        "observed": f"{100 * max(abs(run.hit_rate - run.expected) for run in runs.values()):.3f} pp off at most",
    }
    return Check(
        name,
        verdict,
        statistic=max(abs(value) for value in z.values()),
        p_value=p_value,
        estimate={arm: run.hit_rate for arm, run in runs.items()},
        interval=interval,
        n=sum(run.n for run in runs.values()),
        n_needed=len(runs) * int(np.ceil(widest * (stats.norm.ppf(0.95) + stats.norm.ppf(0.95)) ** 2)),
        alpha=ALPHA,
        details=details,
    )
