"""The sample-ratio check of a running rollout: it may be looked at any number of times, and stopped at any of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ffcore.lab.verify.check import Check
from ffcore.lab.verify.counts import ByArm
from ffcore.lab.verify.evalues import CONCENTRATIONS, Floats, confidence_sequence, log_e_values
from ffcore.lab.verify.looks import SOURCE, Increments, Looks, read_looks
from ffcore.lab.verify.sequential_power import detectable, sequence_level, users_to_pass
from ffcore.lab.verify.shares import (
    WATCH_BELOW,
    Intervals,
    arm_margins,
    check_rates,
    describe,
    estimates,
    prove,
    verdict,
    worst,
)

#: A longer path is thinned for ``details``; the verdict always takes every look.
MOST_LOOKS_KEPT = 1_000
LARGEST_FLOAT_LOG = 709.0


@dataclass(frozen=True, slots=True)
class Path:
    """What each look found; the arms are those that should get traffic.

    Attributes:
        arms: Their names.
        users: Users so far, one value a look.
        log_e: The natural logarithm of the e-value, one a look.
        low: Each arm's largest lower bound so far, of shape (looks, arms).
        high: Each arm's smallest upper bound so far, likewise.
        drifting: Arms for which no single share fits all looks; their bounds are those of the look alone.
        alpha: The alarm rate.
    """

    arms: tuple[str, ...]
    users: NDArray[np.int64]
    log_e: Floats
    low: Floats
    high: Floats
    drifting: tuple[str, ...]
    alpha: float

    @classmethod
    def follow(cls, looks: Looks, alpha: float) -> Path:
        """E-values and confidence sequences of the counts after each look."""
        cumulative, users = looks.cumulative, looks.cumulative.sum(axis=1)
        places = [place for place, share in enumerate(looks.shares) if share > 0]
        shares = [looks.shares[place] for place in places]
        level = sequence_level(alpha, len(places))
        bounds = [
            confidence_sequence(cumulative[:, place], users, share, level)
            for place, share in zip(places, shares, strict=True)
        ]
        low, high = np.moveaxis(np.array(bounds), 0, -1)
        lowest, highest = np.maximum.accumulate(low), np.minimum.accumulate(high)
        empty = lowest > highest
        arms = tuple(looks.arms[place] for place in places)
        return cls(
            arms=arms,
            users=users,
            log_e=log_e_values(cumulative[:, places], shares),
            low=np.where(empty, low, lowest),
            high=np.where(empty, high, highest),
            drifting=tuple(arm for place, arm in enumerate(arms) if empty[:, place].any()),
            alpha=alpha,
        )

    @property
    def largest(self) -> float:
        """The logarithm of the largest e-value so far; before the first look it is 0."""
        return max(0.0, float(self.log_e.max(initial=0.0)))

    @property
    def p_value(self) -> float:
        """The smallest alarm rate at which some look would have alarmed."""
        return math.exp(-self.largest)

    @property
    def crossing(self) -> int | None:
        """The first look, counted from 0, at which the e-value was above 1/alpha."""
        beyond = np.flatnonzero(np.exp(-self.log_e) < self.alpha)
        return int(beyond[0]) if beyond.size else None

    @property
    def intervals(self) -> Intervals:
        """Each arm's bounds after the last look; without any look, all of 0 to 1."""
        if not self.users.size:
            return dict.fromkeys(self.arms, (0.0, 1.0))
        return dict(zip(self.arms, zip(self.low[-1], self.high[-1], strict=True), strict=True))

    @property
    def kept(self) -> NDArray[np.int64]:
        """The looks that details hold: all, or evenly spread ones with the last, the crossing and the largest."""
        looks = self.users.size
        if looks <= MOST_LOOKS_KEPT:
            return np.arange(looks)
        must = [looks - 1, int(self.log_e.argmax()), self.crossing or 0]
        return np.unique([*np.linspace(0, looks - 1, MOST_LOOKS_KEPT - len(must)).astype(int), *must])

    def describe(self) -> dict[str, Any]:
        """The path for the details of a Check."""
        kept, log10_e = self.kept, self.log_e / math.log(10)
        at = self.crossing
        return {
            "method": "mixture of Dirichlet-multinomial e-values",
            "concentrations": CONCENTRATIONS,
            "interval_level": 1 - self.alpha,
            "looks": self.users.size,
            "log10_e": self.largest / math.log(10),
            "crossing": None if at is None else {"look": at + 1, "users": self.users[at]},
            "drifting": self.drifting,
            "path": {"look": kept + 1, "users": self.users[kept], "log10_e": log10_e[kept]},
            "sequence": {
                arm: {"low": self.low[kept, place], "high": self.high[kept, place]}
                for place, arm in enumerate(self.arms)
            },
        }


def sequential_sample_ratio(counts: Increments, expected: ByArm, alpha: float = 0.001, margin: float = 0.01) -> Check:
    """Whether the users of each arm fit their shares, judged anew at each look at a rollout that is still running.

    Fail: traffic in an arm of 0 %, or an e-value that reached 1/``alpha`` at some look: stop at the first, since later
    looks do not take it back. A fair split ever gets there with a probability of at most ``alpha``, however many looks
    there are and whoever decides when to stop. Inconclusive with ``details["watch"]``: the e-value reached 100. Pass:
    every arm's confidence sequence lies within the margin. Inconclusive otherwise.

    The e-value is the equal mixture of Dirichlet-multinomial ones with concentrations 100 to 100,000 (Lindon & Malek,
    Anytime-Valid Inference for Multinomial Count Data, NeurIPS 2022). The confidence sequences hold all at once, at all
    looks, with probability 1 - ``alpha``: each arm against the rest has ``alpha`` divided by the number of arms (two
    arms mirror each other and need no division). They assume shares that stay the same while one looks.

    Args:
        counts: New users of each arm at each look, not running totals: a list of mappings or of sequences, a 2-D array
            of shape (looks, arms), or named columns (a mapping, a pandas, Polars or Arrow frame). Users counted once.
        expected: The share of each arm, summing to 1: a mapping where the counts name their arms, else a sequence.
        alpha: The alarm rate over all looks together.
        margin: The largest deviation of a share that counts as equal, at most a fifth of it and of its complement.

    Returns:
        A Check. ``statistic`` is the largest e-value so far (at most 8e307), ``p_value`` its reciprocal, valid at any
        look; ``interval`` holds the shares that no look has refuted. ``details`` has the ``path`` of e-values, the
        ``crossing`` (look, counted from 1, and users so far; or None) and each arm's ``sequence``, of at most 1,000
        looks; ``drifting`` names arms whose share has changed for sure. ``n_needed`` is when it passes with 90 % power,
        ``detectable`` the mismatch found by now with 80 % power, both even if the last look is the only one.

    Raises:
        ConfigError: A count that is no whole number, a row without an arm, shares not summing to 1 within 1e-9.

    >>> day = {"control": 1_060, "treatment": 940}
    >>> print(sequential_sample_ratio([day] * 10, {"control": 0.5, "treatment": 0.5}))
    FAIL sequential sample ratio: the e-value passed 1,000 at look 3 (6,000 users)
    p 9.25e-15, n 20,000, n needed 83,477, detectable 1.88 pp, alpha 0.001
    arm        expected  observed  off by  interval              margin
    control    50 %      53 %      +3 pp   +1.37 pp to +4.62 pp  ±1 pp
    treatment  50 %      47 %      -3 pp   -4.62 pp to -1.37 pp  ±1 pp
    """
    check_rates(SOURCE, alpha, margin)
    looks = read_looks(counts, expected)
    totals = looks.totals
    if len(totals.cells[0]) < 2:
        return prove(SOURCE, totals, alpha, {"looks": len(looks.increments)})
    path = Path.follow(looks, alpha)
    margins, intervals = arm_margins(totals, margin), path.intervals
    details = {**describe(totals, margins, intervals), **path.describe()}
    details["equivalent"] = details["equivalent"] and not path.drifting
    shares, p_value = tuple(totals.cells[1]), path.p_value
    seen = {arm: detectable(shares, place, totals.users, alpha) for place, arm in enumerate(path.arms)}
    return Check(
        name=SOURCE,
        verdict=verdict(p_value, alpha, equivalent=details["equivalent"], violated=bool(totals.leaks)),
        statistic=math.exp(min(path.largest, LARGEST_FLOAT_LOG)),
        p_value=p_value,
        estimate=estimates(totals),
        interval=intervals,
        n=totals.users,
        n_needed=users_to_pass(shares, list(margins.values()), alpha),
        detectable=worst(seen),
        alpha=alpha,
        details={**details, "detectable": seen, "watch": alpha <= p_value < WATCH_BELOW},
    )
