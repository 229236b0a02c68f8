"""The smallest set of segments whose removal clears a mismatch, found on counts.

A segment may be named if its users do not fit the expected shares and differ from all others (from their parent, for
a segment within a segment), each at one chance in 100 over all segments tried. Of those that may be named the one is
taken that makes the data most likely: everybody as expected, and the segment as observed. What is left is searched
again until it fits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from ffcore.lab.verify.cells import Cells, CountArray, Span
from ffcore.lab.verify.goodness import fit
from ffcore.lab.verify.segment_tests import (
    Candidates,
    Floats,
    candidates,
    contrast_test,
    counts_of,
    deviance,
    family_size,
    minus_log_tail,
    share_test,
    spans_of,
)

#: The chance that any segment is named wrongly.
LEVEL = 0.01
#: What is left fits, and is not even worth watching, from this p-value on.
CLEAR = 0.01
#: Segments that share this part of their users (Jaccard) tell the same users.
SAME = 0.9
#: Evidence (in natural logarithms) closer than odds of 20 to 1 is as good.
NEAR = math.log(20)
#: An explanation of more segments than this explains nothing.
MOST_SEGMENTS = 5
#: How many of the best segments are contrasted with the rest, looked into, and tried as the first of a set.
LOOKED_AT, LOOKED_INTO, TRIED = 40, 6, 4


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """What is to be explained: shares that users should have, and the p-value of what is left of them."""

    shares: Floats
    fits: Callable[[CountArray], float]


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """A segment that carries a mismatch.

    Attributes:
        spans: Its one or two conditions.
        counts: Its users by arm, without those of segments found before.
        adjusted: Its p-value against the expected shares, corrected for all segments tried (Bonferroni).
        score: The evidence that it, and only it, is off: minus the logarithm of the likelihood-ratio test's p,
            corrected likewise.
        before: The p-value of all users with it.
        after: The p-value of all users without it.
    """

    spans: tuple[Span, ...]
    counts: CountArray
    adjusted: float
    score: float
    before: float = 1.0
    after: float = 1.0

    @property
    def users(self) -> int:
        """How many users it has."""
        return int(self.counts.sum())


def mismatch(shares: Floats) -> Problem:
    """Shares that do not fit."""
    return Problem(shares, lambda totals: fit(totals.tolist(), shares.tolist()).p_value)


def leak(users: int) -> Problem:
    """Users in an arm that nobody should reach (the first of two columns): one of them anywhere is one too many."""
    rare = 0.5 / users
    return Problem(np.array([rare, 1 - rare]), lambda totals: float(totals[0] == 0))


def search(cells: Cells, problem: Problem) -> list[Finding]:
    """The segments that explain a mismatch, in the order in which they were found; empty if none may be named.

    Of the sets that clear it, the fewest segments among those within odds of 20 to 1 of the best evidence; if no set
    clears it, the set of the best evidence.
    """
    firsts = leading(cells, problem)
    sets = [prune(cells, problem, grow(cells, problem, [first, *firsts])) for first in distinct(firsts)[:TRIED]]
    if not sets:
        return []
    cleared = [found for found in sets if found[-1].after >= CLEAR] or sets
    best = max(map(evidence, cleared))
    return min(
        (found for found in cleared if evidence(found) >= best - NEAR), key=lambda found: (len(found), -evidence(found))
    )


def evidence(found: list[Finding]) -> float:
    """The evidence of a set of segments."""
    return math.fsum(finding.score for finding in found)


def distinct(findings: list[Finding]) -> list[Finding]:
    """Findings without those that count the same users as an earlier one."""
    kept: dict[tuple[int, ...], Finding] = {}
    for finding in findings:
        kept.setdefault(tuple(finding.counts.tolist()), finding)
    return list(kept.values())


def grow(cells: Cells, problem: Problem, following: list[Finding]) -> list[Finding]:
    """A set of segments that begins with the first and goes on until what is left fits, or nothing may be named."""
    found: list[Finding] = []
    rest = cells
    while following and len(found) < MOST_SEGMENTS:
        finding = smallest_of_same(rest, following)
        rest, finding = remove(rest, problem, finding)
        found.append(finding)
        following = leading(rest, problem) if finding.after < CLEAR else []
    return found


def remove(cells: Cells, problem: Problem, finding: Finding) -> tuple[Cells, Finding]:
    """What is left without a segment, and the segment as counted here, with the p-values before and after."""
    mask = cells.inside(finding.spans)
    rest = cells.select(~mask)
    before, after = problem.fits(cells.totals), problem.fits(rest.totals)
    return rest, replace(finding, counts=cells.totals - rest.totals, before=before, after=after)


def prune(cells: Cells, problem: Problem, found: list[Finding]) -> list[Finding]:
    """The set without segments that it clears the mismatch without."""
    for finding in found if len(found) > 1 and found[-1].after >= CLEAR else []:
        others, rest = [], cells
        for other in found:
            if other is not finding:
                rest, kept = remove(rest, problem, other)
                others.append(kept)
        if others[-1].after >= CLEAR:
            return prune(cells, problem, others)
    return found


def leading(cells: Cells, problem: Problem) -> list[Finding]:
    """The segments that may be named, and segments within segments, the best evidence first."""
    tried = candidates(cells)
    if not tried.spans:
        return []
    shares, size = problem.shares, family_size(tried.users, problem.shares, LEVEL)
    scores = scored(tried, shares, size)
    order = np.argsort(-scores, kind="stable")[:LOOKED_AT]
    p_values = size * share_test(tried.counts[order], shares)
    contrasts = size * contrast_test(tried.counts[order], cells.totals)
    singles = [
        Finding((tried.spans[at],), tried.counts[at], min(1.0, p), scores[at])
        for at, p in zip(order, p_values, strict=True)
    ]
    named = [
        single for single, p, contrast in zip(singles, p_values, contrasts, strict=True) if max(p, contrast) <= LEVEL
    ]
    inner = {
        finding.spans: finding for single in singles[:LOOKED_INTO] for finding in nested(cells, problem, single, size)
    }
    return sorted([*named, *inner.values()], key=lambda finding: -finding.score)


def scored(tried: Candidates, shares: Floats, size: int) -> Floats:
    """The evidence of each segment, corrected for ``size`` tries (Bonferroni)."""
    found: Floats = minus_log_tail(deviance(tried.counts, shares), shares.size - 1) - math.log(size)
    return found


def nested(cells: Cells, problem: Problem, parent: Finding, size: int) -> Iterator[Finding]:
    """Segments within a segment that differ from the rest of it, which fits; corrected for all pairs of segments."""
    inside = cells.select(cells.inside(parent.spans))
    tried = candidates(inside, without=parent.spans[0].attribute)
    pairs = max(1, size * (size - 1) // 2)
    scores = scored(tried, problem.shares, pairs)
    for at in np.argsort(-scores, kind="stable")[:LOOKED_INTO]:
        counts, spans = tried.counts[[at]], (parent.spans[0], tried.spans[at])
        p_value, contrast = share_test(counts, problem.shares)[0], contrast_test(counts, inside.totals)[0]
        rest = share_test(inside.totals - counts, problem.shares)[0]
        if pairs * max(p_value, contrast) <= LEVEL and rest >= CLEAR:
            ordered = tuple(sorted(spans, key=lambda span: span.attribute))
            yield Finding(ordered, counts[0], min(1.0, pairs * p_value), scores[at])


def smallest_of_same(cells: Cells, findings: list[Finding]) -> Finding:
    """The first finding, or the one of fewest users among those that tell the same users with evidence as good."""
    first = findings[0]
    same = {(span,) for span, _ in equivalents(cells, first.spans)} if len(first.spans) == 1 else set()
    near = [finding for finding in findings[1:] if finding.spans in same and first.score - finding.score < NEAR]
    return min([first, *near], key=lambda finding: finding.users)


def equivalents(cells: Cells, spans: tuple[Span, ...]) -> list[tuple[Span, float]]:
    """Other segments of nearly the same users, and the part of the users of either that both have."""
    inside = cells.select(cells.inside(spans))
    users = int(inside.totals.sum())
    found: list[tuple[Span, float]] = []
    for place in range(len(cells.attributes)):
        shared = counts_of(inside, place).sum(axis=1)
        overlap = shared / np.maximum(1, counts_of(cells, place).sum(axis=1) + users - shared)
        places = np.flatnonzero(overlap >= SAME)
        others = spans_of(cells.attributes[place], place) if places.size else []
        found += [(others[at], float(overlap[at])) for at in places if others[at] not in spans]
    return found
