"""What a search for segments found, as plain values and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ffcore.lab.verify.attributes import Attribute
from ffcore.lab.verify.causes import Cause, of_all, of_segment, one_arm
from ffcore.lab.verify.cells import Cells, CountArray, Span
from ffcore.lab.verify.display import listed, p_text
from ffcore.lab.verify.power import wilson
from ffcore.lab.verify.segment_search import CLEAR, Finding, Problem, equivalents
from ffcore.lab.verify.segment_tests import Floats

#: How many other segments of the same users are named.
MOST_SAME = 5
#: How many values of an attribute stand beside the one that is named.
MOST_VALUES = 14


@dataclass(frozen=True, slots=True, eq=False)
class Mismatched:
    """What was searched: users by arm and attributes, the arms' names, and what the shares should be."""

    cells: Cells
    arms: tuple[str, ...]
    problem: Problem

    @property
    def shares(self) -> Floats:
        """The expected share of each arm."""
        return self.problem.shares

    def by_arm(self, values: Any) -> dict[str, Any]:
        """A value for each arm, by its name."""
        return dict(zip(self.arms, np.asarray(values).tolist(), strict=True))


def tell(searched: Mismatched, found: Sequence[Finding]) -> dict[str, Any]:
    """The explanation of a mismatch, for the details of a Check."""
    segments = [segment(searched, finding) for finding in found]
    merged = [cause for row in segments for cause in row["causes"]]
    totals = searched.cells.totals
    likely = merged or [cause._asdict() for cause in of_all(totals, searched.shares)]
    return {
        "found": bool(found),
        "cleared": bool(found) and found[-1].after >= CLEAR,
        "text": sentence(segments),
        "segments": segments,
        "causes": [cause for place, cause in enumerate(likely) if cause not in likely[:place]],
        "values": values(searched, found[0].spans[0].attribute, found) if found else [],
    }


def values(searched: Mismatched, place: int, found: Sequence[Finding]) -> list[dict[str, Any]]:
    """The values of an attribute with most users, and whether they are named: by users, days by date."""
    attribute, table = searched.cells.attributes[place], searched.cells.table(place)
    spans = [finding.spans[0] for finding in found if len(finding.spans) == 1 and finding.spans[0].attribute == place]
    named = {code for span in spans for code in range(span.low, span.high + 1)}
    order = np.argsort(-table.sum(axis=1), kind="stable")[:MOST_VALUES].tolist()
    kept = sorted(order) if attribute.dated else order
    rows = [(code, searched.by_arm(table[code])) for code in kept if table[code].any()]
    return [
        {"segment": attribute.segment(code, code), "counts": counts, "named": code in named} for code, counts in rows
    ]


def segment(searched: Mismatched, finding: Finding) -> dict[str, Any]:
    """One segment of an explanation."""
    attributes, counts = searched.cells.attributes, finding.counts
    same = equivalents(searched.cells, finding.spans)
    alone = one_arm(counts, searched.shares)
    return {
        "segment": name(attributes, finding.spans),
        "conditions": [condition(attributes[span.attribute], span) for span in finding.spans],
        "users": finding.users,
        "counts": searched.by_arm(counts),
        "shares": searched.by_arm(counts / finding.users),
        "interval": {arm: wilson(count, finding.users) for arm, count in searched.by_arm(counts).items()},
        "p_adjusted": finding.adjusted,
        "p_before": finding.before,
        "p_after": finding.after,
        "changed": changes(searched, counts),
        "arm": None if alone is None else searched.arms[alone],
        "same_users": [{"segment": name(attributes, (span,)), "overlap": part} for span, part in same[:MOST_SAME]],
        "causes": [cause._asdict() for cause in of_segment(attributes, finding.spans, counts, searched.shares)],
    }


def name(attributes: Sequence[Attribute], spans: Sequence[Span]) -> str:
    """A segment in words.

    >>> os = Attribute("os", ("android", "ios"), np.array([0], np.int32))
    >>> bot = Attribute("is_bot", ("False", "True"), np.array([0], np.int32))
    >>> name([os, bot], [Span(0, 1, 1), Span(1, 0, 0)])
    'os=ios with is_bot=False'
    """
    return " with ".join(attributes[span.attribute].segment(span.low, span.high) for span in spans)


def condition(attribute: Attribute, span: Span) -> dict[str, Any]:
    """One condition of a segment as values: the first and last it takes, None for null."""
    ends = [
        None if attribute.nulls and code == attribute.known else attribute.labels[code]
        for code in (span.low, span.high)
    ]
    return {"attribute": attribute.name, "first": ends[0], "last": ends[1]}


def changes(searched: Mismatched, counts: CountArray) -> dict[str, dict[str, float] | None]:
    """For each arm, how many users it lost (below 0) or was given, if the other arms are as they should be."""
    rows = zip(searched.arms, counts.tolist(), searched.shares.tolist(), strict=True)
    return {arm: change(count, int(counts.sum()) - count, share) for arm, count, share in rows}


def change(count: int, others: int, share: float) -> dict[str, float] | None:
    """Users lost or added in an arm, with bounds, and as a part of those it should have; None without other users.

    While the others are as they should be, the arm's odds are ``1 + rate`` times those of its share, so bounds of the
    share (Wilson's, 90 %) are bounds of the rate.

    >>> {name: round(value, 2) for name, value in change(4_500, 5_000, 0.5).items()}
    {'users': -500.0, 'low': -649.54, 'high': -345.31, 'rate': -0.1, 'rate_low': -0.13, 'rate_high': -0.07}
    """
    if not others:
        return None
    due = others * share / (1 - share)
    low, high = (bound / (1 - bound) * (1 - share) / share - 1 for bound in wilson(count, count + others))
    rate = count / due - 1
    return {
        "users": due * rate,
        "low": due * low,
        "high": due * high,
        "rate": rate,
        "rate_low": low,
        "rate_high": high,
    }


def sentence(segments: Sequence[dict[str, Any]]) -> str:
    """The explanation in words.

    >>> row = {"segment": "app_version=4.1", "p_before": 3e-9, "p_after": 0.42, "same_users": []}
    >>> sentence([row])
    'without app_version=4.1 the mismatch vanishes: p 3e-09 -> 0.42'
    """
    if not segments:
        return "no segment carries the mismatch alone: it is spread over all, or too small to be placed"
    before, after = segments[0]["p_before"], segments[-1]["p_after"]
    outcome = "the mismatch vanishes" if after >= CLEAR else "a mismatch is left"
    return f"without {listed([called(row) for row in segments])} {outcome}: p {p_text(before)} -> {p_text(after)}"


def called(row: dict[str, Any]) -> str:
    """A segment's name, and the names of other segments of the same users."""
    same = [other["segment"] for other in row["same_users"]]
    return f"{row['segment']} (or {listed(same)}, the same users)" if same else str(row["segment"])


def tell_leak(searched: Mismatched, found: Sequence[Finding], likely: Sequence[Cause]) -> dict[str, Any]:
    """The explanation of users in arms of 0 %, for the details of a Check."""
    told = tell(searched, found)
    where = listed([called(row) for row in told["segments"]]) if found else ""
    text = "users in an arm of 0 % are spread over all segments, or too few to be placed"
    if found:
        text = f"{'all' if told['cleared'] else 'many'} users in an arm of 0 % have {where}"
    causes = [cause._asdict() for cause in likely]
    return {**told, "text": text, "causes": [*causes, *told["causes"]] if found else causes}
