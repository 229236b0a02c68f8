"""The explain check: which segments carry a mismatch, and what is likely to have caused it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ffcore.lab.verify.causes import LEAK, SEVERAL
from ffcore.lab.verify.check import Check
from ffcore.lab.verify.counts import ByArm
from ffcore.lab.verify.display import p_text
from ffcore.lab.verify.segment_log import SOURCE, Segmented, read_log
from ffcore.lab.verify.segment_search import leak, mismatch, search
from ffcore.lab.verify.segment_tests import candidates, deviance, family_size, share_test
from ffcore.lab.verify.segment_words import Mismatched, name, tell, tell_leak
from ffcore.lab.verify.shares import WATCH_BELOW, check_rates, judge

#: How many of the segments that fit least the details hold.
MOST_SHOWN = 12
#: From this part of the users on, users of several arms are a likely cause by themselves.
SEVERAL_ARMS = 0.005


def explain(
    exposures: Any, expected: ByArm, by: str | Sequence[str], alpha: float = 0.001, margin: float = 0.01
) -> Check:
    """Which segments carry a mismatch between the users of each arm and their expected shares.

    The verdict is that of ``sample_ratio`` on distinct users: fail with p below ``alpha`` or users in an arm of 0 %,
    explained or not. On a failure the smallest set of segments is sought whose removal clears it (p from 0.01 on): a
    value of an attribute, days from the first or to the last, a value within another one's segment, or up to five of
    these together. A segment is named only if its users do not fit the expected shares and differ from all others
    (within a segment: from the rest of it), by exact tests and each at a chance of 1 % over all segments tried
    (Bonferroni, by Tarone's count of those that are large enough). Of these, the one under which the data are
    likeliest: all others as expected, and it as observed.

    A pass becomes inconclusive (watch) if shares fit as a whole, but not in some segment, at ``alpha`` over all.

    Args:
        exposures: A pandas, Polars or Arrow frame of one flag: ``user_id``, the arm in ``variant`` or ``enabled``, and
            attributes. Users in several rows count once, with their earliest row by ``timestamp``, else their first.
            Rows without an arm are left out. Without ``user_id`` each row is a user.
        expected: The share of each arm, summing to 1: variants, or True and False for ``enabled``.
        by: The columns whose values make segments: text, categories, truth values, numbers of few values, dates or
            times (by day, UTC). Null is a value.
        alpha: The alarm rate of the mismatch.
        margin: The largest deviation of a share that counts as equal.

    Returns:
        A Check. ``details["explanation"]`` has ``found``, ``cleared``, a sentence, and for each segment its users and
        shares, p before and after its removal, users lost or added by arm, other segments of the same users, and
        likely causes (Fabijan and others, Diagnosing Sample Ratio Mismatch, KDD 2019).

    Raises:
        ConfigError: An empty log, several flags, a column that is missing or names no segments, shares that are none.

    >>> import pandas as pd
    >>> log = pd.DataFrame({"variant": ["a", "b"] * 5_000, "version": ["4.0"] * 8_000 + ["4.1"] * 2_000})
    >>> lost = log[~((log["version"] == "4.1") & (log["variant"] == "b") & (log.index % 3 == 0))]
    >>> check = explain(lost, {"a": 0.5, "b": 0.5}, by="version")
    >>> check.verdict, check.details["explanation"]["text"]
    ('fail', 'without version=4.1 the mismatch vanishes: p 0.000681 -> 1')
    """
    check_rates(SOURCE, alpha, margin)
    log = read_log(exposures, expected, by)
    check = judge(SOURCE, log.counts, alpha, margin, log.notes)
    served = np.array(log.counts.shares) > 0
    searched = Mismatched(
        cells=log.cells.merge([[arm] for arm in np.flatnonzero(served).tolist()]),
        arms=tuple(arm for arm, share in zip(log.counts.arms, served, strict=True) if share),
        problem=mismatch(np.array(log.counts.cells[1])),
    )
    details = {"figure": SOURCE, **scan(searched, alpha)}
    if check.verdict == "fail":
        return replace(check, details={**check.details, **details, **explanations(check, log, searched)})
    return look_closer(replace(check, details={**check.details, **details}), searched)


def explanations(check: Check, log: Segmented, searched: Mismatched) -> dict[str, Any]:
    """What a failed check adds to its details: an explanation of the shares, and of users in arms of 0 %."""
    told: dict[str, Any] = {}
    if check.p_value is not None and check.p_value < check.alpha:
        told["explanation"] = tell(searched, search(searched.cells, searched.problem))
        if log.notes["several_arms"] > SEVERAL_ARMS * check.n:
            told["explanation"]["causes"].insert(0, SEVERAL._asdict())
    if log.counts.leaks:
        leaked = np.array(log.counts.shares) == 0
        cells = log.cells.merge([np.flatnonzero(leaked), np.flatnonzero(~leaked)])
        leaks = Mismatched(cells, ("in an arm of 0 %", "elsewhere"), leak(log.counts.users))
        told["leak_explanation"] = tell_leak(leaks, search(cells, leaks.problem), LEAK)
    return {**told, "reason": "; ".join(part["text"] for part in told.values())}


def look_closer(check: Check, searched: Mismatched) -> Check:
    """A check that did not fail; it does not pass where some segment is off that is too small to show in the whole."""
    hidden = [row["segment"] for row in check.details["segments"] if row["p_adjusted"] < check.alpha]
    if not hidden:
        return check
    told = tell(searched, search(searched.cells, searched.problem))
    worst = told["segments"][0]["segment"] if told["found"] else hidden[0]
    watch = check.p_value is not None and check.p_value < WATCH_BELOW
    watched = f"p {p_text(check.p_value or 0.0)} is below {WATCH_BELOW:g}, and the shares do not fit where {worst}"
    text = watched if watch else f"the shares fit as a whole, but not where {worst}"
    details = {"watch": True, "hidden": hidden, "explanation": {**told, "text": text}, "reason": text}
    return replace(check, verdict="inconclusive", details={**check.details, **details})


def scan(searched: Mismatched, alpha: float) -> dict[str, Any]:
    """How many segments there are to test, and those that fit least."""
    cells, shares = searched.cells, searched.shares
    tried = candidates(cells)
    values = {attribute.name: len(attribute.labels) for attribute in cells.attributes}
    if not tried.spans:
        return {"scanned": {"segments": 0, "tested": 0, "values": values}, "segments": []}
    size = family_size(tried.users, shares, alpha)
    p_values = share_test(tried.counts, shares)
    order = np.lexsort((-deviance(tried.counts, shares), p_values))[:MOST_SHOWN]
    rows = [
        {
            "segment": name(cells.attributes, [tried.spans[at]]),
            "users": int(tried.users[at]),
            "counts": searched.by_arm(tried.counts[at]),
            "p_adjusted": min(1.0, size * float(p_values[at])),
        }
        for at in order.tolist()
    ]
    return {"scanned": {"segments": len(tried.spans), "tested": size, "values": values}, "segments": rows}
