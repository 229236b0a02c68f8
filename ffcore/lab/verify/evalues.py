"""E-values and confidence sequences of counts that are looked at again and again.

An e-value bets against the expected shares: while they hold it reaches 1/alpha with a probability of at most alpha,
however often one looks (Ville 1939). The bet is the Dirichlet-multinomial of Lindon & Malek, Anytime-Valid Inference
for Multinomial Count Data, NeurIPS 2022: with concentration ``k`` its prior is Dirichlet(k * shares). A small ``k``
sees large mismatches soon, a large one small mismatches; the equal mixture of four sees both, and is an e-value too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.optimize import elementwise

Floats = NDArray[np.float64]
CONCENTRATIONS = (1e2, 1e3, 1e4, 1e5)
#: From here on three terms of Stirling's series are exact to 1e-12.
STIRLING_FROM = 20.0
#: Where a divergence is infinite: larger than any that counts below 2**53 can reach.
INFINITE = 1e300


def log_e_values(
    cumulative: NDArray[Any], shares: Sequence[float], concentrations: Sequence[float] = CONCENTRATIONS
) -> Floats:
    """The logarithm of the mixture's e-value of cumulative counts against expected shares.

    Args:
        cumulative: Users per arm so far, of shape (..., arms); every arm has a positive share.
        shares: Each arm's expected share; they sum to 1.
        concentrations: What is mixed, in equal parts.

    Returns:
        Natural logarithms, of shape (...).

    >>> round(float(log_e_values(np.array([[5_300, 4_700]]), [0.5, 0.5])[0]), 2)  # odds of 2,350,000 to 1 against
    14.67
    >>> round(float(log_e_values(np.array([[5_000, 5_000]]), [0.5, 0.5])[0]), 2)
    -0.66
    """
    counts, expected = np.asarray(cumulative, dtype=float), np.asarray(shares, dtype=float)
    each = np.stack([log_e_value(counts, expected, concentration) for concentration in concentrations])
    mixed: Floats = special.logsumexp(each, axis=0) - math.log(len(concentrations))
    return mixed


def log_e_value(counts: Floats, shares: Floats, concentration: float) -> Floats:
    """The logarithm of one prior's e-value; shapes as in ``log_e_values``.

    That is ``gammaln(k) - gammaln(k + n) + sum(gammaln(k * p + x) - gammaln(k * p) - x * log(p))``, in which numbers of
    the size of ``n * log(n)`` cancel. With Stirling's formula written out they cancel by algebra, and 10**12 users
    lose no digit that matters.

    >>> counts, shares, k = np.array([3.0, 1.0]), np.array([0.5, 0.5]), 2.0
    >>> round(float(np.exp(log_e_value(counts, shares, k))), 4)  # 2**4 * Beta(4, 2) / Beta(1, 1) = 16 / 20
    0.8
    """
    prior, users = concentration * shares, counts.sum(axis=-1)
    posterior, total = prior + counts, users + concentration
    pull = divergence(posterior, total[..., None] * shares)
    spread = np.log(total / concentration) - np.log(posterior / prior).sum(axis=-1)
    after = stirling_rest(posterior).sum(axis=-1) - stirling_rest(total)
    before = stirling_rest(prior).sum() - stirling_rest(np.array(concentration))
    return np.asarray(pull + spread / 2 + after - before)


def divergence(counts: Floats, means: Floats) -> Floats:
    """The sum of ``x * log(x / m) - (x - m)`` over the last axis: Kullback and Leibler's divergence of counts.

    >>> float(divergence(np.array([0.0, 4.0]), np.array([1.0, 3.0])).round(4))  # 4 * log(4 / 3)
    1.1507
    """
    off = counts - means
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = special.xlog1py(counts, off / means) - off
    found: Floats = np.where(means > 0, terms, np.where(counts > 0, INFINITE, 0.0)).sum(axis=-1)
    return found


def stirling_rest(values: Floats) -> Floats:
    """What Stirling's formula leaves of gammaln: ``gammaln(x) - (x - 1/2) * log(x) + x - log(2 * pi) / 2``.

    >>> float(stirling_rest(np.array(1.0)).round(6)), round(float(stirling_rest(np.array(1e6)) * 12e6), 6)
    (0.081061, 1.0)
    """
    large = np.maximum(values, STIRLING_FROM)
    small = np.minimum(values, STIRLING_FROM)
    series = (1 / 12 - (1 / 360 - 1 / (1260 * large**2)) / large**2) / large
    exactly = special.gammaln(small) - (small - 0.5) * np.log(small) + small - math.log(2 * math.pi) / 2
    rest: Floats = np.where(values < STIRLING_FROM, exactly, series)
    return rest


def confidence_sequence(
    cumulative: NDArray[Any],
    users: NDArray[Any],
    share: float,
    level: float,
    concentrations: Sequence[float] = CONCENTRATIONS,
) -> tuple[Floats, Floats]:
    """Bounds that hold an arm's true share at all looks at once, with probability ``level`` at least.

    At each look they are the shares that the e-value of this arm against the rest does not refute: a mixture of
    Beta-binomials around the expected share. Against a share ``s`` it is the e-value against the observed share times
    ``exp(divergence)`` between the two, so that each bound is the root of a function of ``s`` alone.

    Args:
        cumulative: The arm's users so far, one value a look.
        users: All users so far, likewise.
        share: The arm's expected share, between 0 and 1: the bounds are narrowest around it, valid anywhere.
        level: The confidence, such as 0.999.
        concentrations: What is mixed, in equal parts.

    Returns:
        Low and high bounds, one of each a look; not yet intersected with those of earlier looks.

    >>> low, high = confidence_sequence(np.array([5_300]), np.array([10_000]), 0.5, 0.999)
    >>> low.round(4).item(), high.round(4).item()
    (0.5074, 0.5525)
    """
    arm, total = np.asarray(cumulative, dtype=float), np.asarray(users, dtype=float)
    cells = np.stack([arm, total - arm], axis=-1)
    against_expected = log_e_values(cells, [share, 1 - share], concentrations)
    to_expected = divergence(cells, total[..., None] * np.array([share, 1 - share]))
    reach = -math.log1p(-level) - against_expected + to_expected
    return bound(arm, total, reach, -1), bound(arm, total, reach, 1)


def bound(arm: Floats, total: Floats, reach: Floats, side: int) -> Floats:
    """The share below (side -1) or above (1) the observed one at which the divergence from it is ``reach``.

    >>> bound(np.array([0.0]), np.array([100.0]), np.array([3.0]), 1).round(4)  # 1 - exp(-3 / 100)
    array([0.0296])
    """
    seen = np.divide(arm, total, out=np.full_like(arm, 0.5), where=total > 0)
    end = np.full_like(seen, max(side, 0))

    def beyond(part: Floats, arm: Floats, total: Floats, seen: Floats, reach: Floats) -> Floats:
        share = seen + part * (side > 0) - part * (side < 0)
        means = total[..., None] * np.stack([share, 1 - share], axis=-1)
        return np.minimum(divergence(np.stack([arm, total - arm], axis=-1), means), INFINITE) - reach

    # Pinsker: the divergence is at least 2 * total * part**2.
    width = np.minimum(np.sqrt(reach / (2 * np.maximum(total, 1))) * (1 + 1e-9), np.abs(end - seen))
    found = elementwise.find_root(
        beyond, (np.zeros_like(seen), width), args=(arm, total, seen, reach), tolerances={"xrtol": 1e-10}
    )
    return np.where(found.success, seen + side * found.x, end)
