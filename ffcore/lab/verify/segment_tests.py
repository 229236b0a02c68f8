"""All segments of a log tested at once: do their users spread over the arms as expected, and as all others do?

Both tests are exact for each arm (binomial; hypergeometric), two-sided by doubling, and corrected for
the number of arms (Bonferroni).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from ffcore.lab.verify.attributes import Attribute
from ffcore.lab.verify.cells import Cells, CountArray, Span

Floats = NDArray[np.float64]
#: Beyond this statistic chi-square's tail is too small for a float, and its asymptotic form exact enough.
FAR = 500.0
#: From so many days on, spans of them from the first or to the last are segments too.
MIN_DAYS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Segments, and their users by arm: segments x arms."""

    spans: tuple[Span, ...]
    counts: CountArray

    @property
    def users(self) -> CountArray:
        """Users of each segment."""
        found: CountArray = self.counts.sum(axis=1)
        return found


def candidates(cells: Cells, without: int | None = None) -> Candidates:
    """Every value of every attribute, and every span of days from the first or to the last, that some but not all have.

    Args:
        cells: The counted users.
        without: An attribute to leave out.
    """
    total = int(cells.totals.sum())
    spans: list[Span] = []
    counts = [np.empty((0, cells.counts.shape[1]), dtype=np.int64)]
    for place in range(len(cells.attributes)):
        if place == without:
            continue
        table = counts_of(cells, place)
        users = table.sum(axis=1)
        kept = np.flatnonzero((users > 0) & (users < total))
        every = spans_of(cells.attributes[place], place)
        spans += [every[index] for index in kept.tolist()]
        counts.append(table[kept])
    return Candidates(tuple(spans), np.concatenate(counts))


def spans_of(attribute: Attribute, place: int) -> list[Span]:
    """The segments of one attribute: each value, and of three days or more each span from the first or to the last.

    >>> day = Attribute("day", ("01", "02", "03"), np.array([0], np.int32), dated=True)
    >>> [(span.low, span.high) for span in spans_of(day, 0)]
    [(0, 0), (1, 1), (2, 2), (0, 1), (1, 2)]
    """
    spans = [Span(place, code, code) for code in range(len(attribute.labels))]
    if not attribute.dated or attribute.known < MIN_DAYS:
        return spans
    last = attribute.known - 1
    return [
        *spans,
        *(Span(place, 0, code) for code in range(1, last)),
        *(Span(place, code, last) for code in range(1, last)),
    ]


def counts_of(cells: Cells, place: int) -> CountArray:
    """Users by arm in each segment of one attribute, in the order of ``spans_of``."""
    attribute, table = cells.attributes[place], cells.table(place)
    if not attribute.dated or attribute.known < MIN_DAYS:
        return table
    upto = table[: attribute.known].cumsum(axis=0)
    return np.concatenate([table, upto[1:-1], upto[-1] - upto[:-2]])


def share_test(counts: CountArray, shares: Floats) -> Floats:
    """The p-value of each row of users by arm against the expected shares.

    >>> share_test(np.array([[9, 1], [5, 5]]), np.array([0.5, 0.5])).round(6).tolist()
    [0.021484, 1.0]
    """
    users = counts.sum(axis=1)
    below = [stats.binom.cdf(counts[:, arm], users, shares[arm]) for arm in arms_of(shares.size)]
    above = [stats.binom.sf(counts[:, arm] - 1, users, shares[arm]) for arm in arms_of(shares.size)]
    return two_sided(below, above)


def contrast_test(counts: CountArray, totals: CountArray) -> Floats:
    """The p-value of each row of users by arm against all users, of whom they are a part.

    >>> contrast_test(np.array([[9, 1]]), np.array([50, 50])).round(4).tolist()  # Fisher's exact test, doubled
    [0.0157]
    """
    users, everyone = counts.sum(axis=1), int(totals.sum())
    below = [stats.hypergeom.cdf(counts[:, arm], everyone, totals[arm], users) for arm in arms_of(totals.size)]
    above = [stats.hypergeom.sf(counts[:, arm] - 1, everyone, totals[arm], users) for arm in arms_of(totals.size)]
    return two_sided(below, above)


def arms_of(count: int) -> range:
    """The arms that are tested: of two, the first says all."""
    return range(1 if count == 2 else count)


def two_sided(below: list[Floats], above: list[Floats]) -> Floats:
    """The smaller tail of all arms, times two tails and the number of arms (Bonferroni)."""
    smaller = np.minimum(np.array(below), np.array(above)).min(axis=0)
    found: Floats = np.minimum(1.0, 2 * len(below) * smaller)
    return found


def family_size(users: CountArray, shares: Floats, level: float) -> int:
    """Among how many segments ``level`` is divided: those large enough that the test could ever call them.

    Tarone, A modified Bonferroni method for discrete data, Biometrics 46, 1990: the smallest ``k`` such that at most
    ``k`` segments could reach ``level / k``. Segments of a handful of users cost nothing.

    >>> family_size(np.array([10_000, 2_000, 3, 2, 1]), np.array([0.5, 0.5]), 0.01)
    2
    """
    rarest = min(float(shares.min()), 1 - float(shares.max()))
    smallest = np.sort(math.log(2 * len(arms_of(shares.size))) + users * math.log(rarest))
    sizes = np.arange(1, users.size + 1)
    reached = np.searchsorted(smallest, math.log(level) - np.log(sizes), side="right")
    return int(np.argmax(reached <= sizes)) + 1


def deviance(counts: CountArray, shares: Floats) -> Floats:
    """Twice the log-likelihood ratio of each row's own shares to the expected ones.

    >>> deviance(np.array([[60, 40]]), np.array([0.5, 0.5])).round(3).tolist()
    [4.027]
    """
    expected = counts.sum(axis=1, keepdims=True) * shares
    found: Floats = 2 * special.rel_entr(counts.astype(float), expected).sum(axis=1)
    return np.maximum(found, 0.0)


def minus_log_tail(statistics: Floats, freedom: int) -> Floats:
    """Minus the natural logarithm of chi-square's tail, also where the tail is too small for a float.

    >>> minus_log_tail(np.array([10.83, 1e6]), 1).round(2).tolist()
    [6.91, 500007.13]
    """
    near = -stats.chi2.logsf(np.minimum(statistics, FAR), freedom)
    half = np.maximum(statistics, FAR) / 2
    far = half - (freedom / 2 - 1) * np.log(half) + math.lgamma(freedom / 2)
    return np.where(statistics <= FAR, near, far)
