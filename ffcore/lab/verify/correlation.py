"""The correlation check: which rollout schemes give two flags the same users, held to what is known of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ffcore.lab.verify import power
from ffcore.lab.verify.check import Check, Verdict, combine
from ffcore.lab.verify.display import number

NAME = "correlation"
Known = Literal["independent", "borderline", "correlated"]


@dataclass(frozen=True, slots=True)
class Rollouts:
    """What one scheme gives: a row for each flag, whether each user is on, and what is known of the scheme."""

    on: NDArray[np.bool_]
    known: Known


def correlation(schemes: Mapping[str, Rollouts], *, margin: float = 0.05, alpha: float = 0.001) -> Check:
    """Whether schemes known as independent give every two flags independent users, and correlated ones do not.

    Of each scheme the largest absolute correlation (phi) of two flags counts, with the 90 % interval that holds it for
    all pairs at once (Bonferroni, normal: independent users give a phi of standard deviation 1/sqrt(n)). A scheme is
    shown correlated where phi is above what chance gives at ``alpha`` over all pairs and schemes, and shown independent
    where the interval ends below the margin. Phi of 0.05 between two halves moves a share of 50 % by 2.5 points.

    Pass: each scheme is shown to be what it is known as; borderline ones are measured, not judged. Fail: one is shown
    to be the opposite.

    >>> fair = np.random.default_rng(1).random((3, 20_000)) < 0.5
    >>> correlation({"fair": Rollouts(fair, "independent")}).verdict
    'pass'
    >>> correlation({"same": Rollouts(fair[[0, 0]], "independent")}).verdict
    'fail'
    """
    pairs = sum(_pairs(found.on) for found in schemes.values())
    rows = {name: largest(found.on) for name, found in schemes.items()}
    users = min((found.on.shape[1] for found in schemes.values()), default=0)
    alarm = float(stats.norm.isf(alpha / (2 * max(pairs, 1)))) / math.sqrt(max(users, 1))
    bounds = {name: interval(phi, users, _pairs(schemes[name].on)) for name, phi in rows.items()}
    shown = {name: _shown(phi, bounds[name][1], alarm, margin) for name, phi in rows.items()}
    verdicts = {name: _verdict(schemes[name].known, found) for name, found in shown.items()}
    judged = {name: verdict for name, verdict in verdicts.items() if schemes[name].known != "borderline"}
    wrong = [name for name, verdict in judged.items() if verdict == "fail"]
    return Check(
        name=NAME,
        verdict=combine([Check(name, verdict) for name, verdict in judged.items()]),
        statistic=max(rows.values(), default=None),
        estimate=rows,
        interval=bounds,
        n=users,
        n_needed=users_needed(max((_pairs(found.on) for found in schemes.values()), default=1), margin),
        detectable=alarm,
        alpha=alpha,
        details={
            "figure": NAME,
            "observed": f"{sum(verdict == 'pass' for verdict in judged.values())} of {len(judged)} as known",
            "known": {name: found.known for name, found in schemes.items()},
            "shown": shown,
            "margin": margin,
            "interval_level": power.INTERVAL_LEVEL,
            "pairs": pairs,
            "unit": "phi",
            "reason": _reason(schemes, shown, rows, wrong),
        },
    )


def largest(on: NDArray[np.bool_]) -> float:
    """The largest absolute phi of two rows; flags that everybody or nobody gets are left out.

    >>> round(largest(np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 1, 1]], dtype=bool)), 12)
    1.0
    """
    centred = on.astype(np.float64) - on.mean(axis=1, keepdims=True)
    lengths = np.sqrt((centred**2).sum(axis=1))
    centred, lengths = centred[lengths > 0], lengths[lengths > 0]
    phis = np.abs(centred @ centred.T / np.outer(lengths, lengths))
    return float(min(1.0, phis[np.triu_indices(len(phis), 1)].max(initial=0.0)))


def interval(phi: float, users: int, pairs: int) -> tuple[float, float]:
    """Bounds of the largest phi that hold for all pairs at once.

    >>> [round(bound, 4) for bound in interval(0.1, 10_000, 1)]
    [0.0836, 0.1164]
    """
    level = (1 - power.INTERVAL_LEVEL) / (2 * max(pairs, 1))
    reach = float(stats.norm.isf(level)) * math.sqrt((1 - phi**2) / max(users, 1))
    return max(0.0, phi - reach), min(1.0, phi + reach)


def users_needed(pairs: int, margin: float) -> int:
    """Users that give 90 % power to show a scheme independent, if it is.

    >>> users_needed(28, 0.05)
    13584
    """
    level = (1 - power.INTERVAL_LEVEL) / (2 * pairs)
    reach = float(stats.norm.isf(level)) + float(stats.norm.isf((1 - power.PASS_POWER) / (2 * pairs)))
    return math.ceil(reach * reach / (margin * margin))


def _pairs(on: NDArray[np.bool_]) -> int:
    return len(on) * (len(on) - 1) // 2


def _shown(phi: float, high: float, alarm: float, margin: float) -> str:
    if phi > alarm:
        return "correlated"
    return "independent" if high < margin else "open"


def _verdict(known: Known, shown: str) -> Verdict:
    if shown == "open":
        return "inconclusive"
    return "pass" if shown == known else "fail"


def _reason(schemes: Mapping[str, Rollouts], shown: Mapping[str, Any], rows: Any, wrong: list[str]) -> str:
    if wrong:
        name = wrong[0]
        return f"{name} is known as {schemes[name].known}, but shown {shown[name]}: phi up to {number(rows[name])}"
    still = [name for name, found in shown.items() if found == "open" and schemes[name].known != "borderline"]
    return f"not settled: {', '.join(still)}" if still else "every scheme is as known"
