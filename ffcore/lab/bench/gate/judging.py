"""From ratios to verdicts: a non-inferiority test with a margin, for pairs of processes and for stored runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.verify.check import Verdict

MARGIN = 0.02


@dataclass(frozen=True, slots=True)
class Change:
    """How a workload's time changed: new over old, with its 95 % interval, and the verdict."""

    workload: str
    ratio: Estimate
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """All fields, ready for JSON."""
        return {"workload": self.workload, "ratio": self.ratio.to_dict(), "verdict": self.verdict}


def verdict(ratio: Estimate, margin: float = MARGIN) -> Verdict:
    """Judge a ratio of times, new over old, by its whole interval: a test of non-inferiority.

    Pass: the interval ends below the margin, so no more than that was lost; fail: it begins beyond the margin; else
    inconclusive. Each side errs with at most 2.5 %. A gain is no fault, however large.

    >>> [verdict(Estimate(value, low, high, 9)) for value, low, high in [(1, 0.99, 1.01), (1, 0.9, 1.1), (1.2, 1.1, 2)]]
    ['pass', 'inconclusive', 'fail']
    """
    if ratio.low is None or ratio.high is None:
        return "inconclusive"
    limit = 1 + margin
    return "pass" if ratio.high <= limit else "fail" if ratio.low > limit else "inconclusive"


def judged(ratios: Mapping[str, Estimate], margin: float = MARGIN) -> list[Change]:
    """Each workload's ratio with its verdict."""
    return [Change(name, ratio, verdict(ratio, margin)) for name, ratio in ratios.items()]


def quotient(new: Estimate, old: Estimate) -> Estimate:
    """Estimate new over old from two independent estimates of positive values, each with its interval.

    The distances from value to bound are added in quadrature on logarithms, each on its own side, so that skewed
    intervals stay skewed (Zou and Donner 2008: the method of variance estimates recovery). `n` is the smaller one.

    >>> quotient(Estimate(2.0, 1.0, 4.0, 9), Estimate(1.0, 1.0, 1.0, 12))
    Estimate(value=2.0, low=1.0, high=4.0, n=9)
    """
    size = min(new.n, old.n)
    if not (new.value and new.low and new.high and old.value and old.low and old.high):
        return Estimate(None, None, None, size)
    value = new.value / old.value
    down = math.hypot(math.log(new.value / new.low), math.log(old.high / old.value))
    up = math.hypot(math.log(new.high / new.value), math.log(old.value / old.low))
    return Estimate(value, value * math.exp(-down), value * math.exp(up), size)
