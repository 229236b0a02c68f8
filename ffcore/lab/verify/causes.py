"""Likely causes of a mismatch, from its pattern: Fabijan's taxonomy, KDD 2019, in five stages of an experiment.

The pattern narrows the causes and does not prove one; each comes with what would confirm it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import NamedTuple

from ffcore.lab.verify.attributes import Attribute
from ffcore.lab.verify.cells import CountArray, Span
from ffcore.lab.verify.goodness import fit
from ffcore.lab.verify.segment_tests import Floats

#: More arms than this have too many orders to try whether two were exchanged.
MOST_SWAPPED = 6
#: An arm's share is that of another arm if the counts fit it from this p-value on.
FITS = 0.01
#: An arm of nobody is missing where so many users were expected.
MISSED = 10


class Cause(NamedTuple):
    """A cause, the stage of the experiment that it belongs to, and what to look at."""

    stage: str
    cause: str
    look: str


VERSION = (
    Cause(
        "execution", "the variant crashes, stalls or never starts here", "crash and start-up rates by arm, here alone"
    ),
    Cause(
        "execution", "events of one arm are not sent from here", "assignments made against exposures received, by arm"
    ),
    Cause("log processing", "events of this version fail to be read or joined", "rejected and unjoined events by arm"),
)
DEVICE = (
    Cause("execution", "the variant is slower, broken or redirected here", "load times, errors and redirects by arm"),
    Cause("interference", "trackers are blocked here, in one arm more", "events sent by server and by client, by arm"),
    Cause("log processing", "events from here are lost on their way", "rejected and late events by arm"),
)
BOTS = (
    Cause(
        "log processing", "a filter takes bots out of one arm more than of others", "counts by arm before and after it"
    ),
    Cause("interference", "automated traffic reaches one arm, or repeats there", "events per user by arm; user agents"),
)
FIRST_DAY = (
    Cause("execution", "arms did not start at the same time", "time of the first exposure of each arm"),
    Cause("execution", "stale caches served the state before the start", "decisions within the cache's time to live"),
    Cause("assignment", "users kept what an earlier run had given them", "salts of earlier runs; sticky assignments"),
)
LAST_DAY = (
    Cause("log processing", "late events are not all in yet", "the same day counted again later"),
    Cause("execution", "an arm was switched off before the others", "configuration changes on that day"),
)
ONE_DAY = (
    Cause("execution", "an outage or a release hit one arm", "errors and releases on that day, by arm"),
    Cause("interference", "an arm was paused or ramped by itself", "configuration changes on that day"),
)
SPAN_OF_DAYS = (
    Cause("interference", "an arm was paused or ramped by itself", "configuration changes at the edge of the span"),
    Cause("assignment", "allocations changed without a new salt or run", "allocations before and after the edge"),
    Cause("execution", "a release changed how an arm runs or logs", "releases at the edge of the span"),
)
NULLS = (
    Cause(
        "log processing", "the attribute is joined or logged for one arm only", "nulls by arm, before and after joins"
    ),
    Cause(
        "analysis", "the attribute is known only after the variant was served", "when it is set; take it from before"
    ),
)
REGION = (
    Cause(
        "execution", "the variant is missing or slower here: edge caches, translations", "errors and load times by arm"
    ),
    Cause("log processing", "a regional pipeline loses events", "events received against sent, by region"),
)
FILTERED = Cause(
    "analysis", "a filter or trigger on this attribute depends on the variant", "counts by arm before the filter"
)
ACCOUNT = (
    Cause("interference", "users here choose, or are given, a variant", "overrides, allow-lists, staff accounts"),
    FILTERED,
)
OTHER = (
    Cause(
        "execution", "the variant is delivered or logged otherwise here", "errors, load times and events sent, by arm"
    ),
    FILTERED,
    Cause("log processing", "events from here are lost or joined wrongly", "rejected and unjoined events by arm"),
)
SWAPPED = (
    Cause("assignment", "arms are served in another order than expected", "the order of variants and allocations"),
    Cause("analysis", "labels of arms were exchanged", "one user's decision against the label in the log"),
)
ONE_ARM = (
    Cause(
        "execution", "the arm loses users wherever it runs: redirect, slowness, crash", "assignments against exposures"
    ),
    Cause("assignment", "another allocation is served than expected", "configured allocations and their history"),
    Cause("analysis", "exposure is logged at another point in this arm", "where each arm logs its exposure"),
)
EVERYWHERE = (
    Cause(
        "assignment", "another allocation is served than expected, or buckets are cut wrongly", "the assignment alone"
    ),
    Cause("analysis", "exposure is logged at another point in one arm", "where each arm logs its exposure"),
    Cause("assignment", "carry-over: users of an earlier run left unevenly", "the same users under a new salt"),
)
LEAK = (
    Cause("assignment", "an old configuration still serves the arm", "age of the configuration that decided"),
    Cause("interference", "users are forced into the arm", "overrides, allow-lists, staff and test accounts"),
)
SEVERAL = Cause(
    "assignment", "users change arms: ids or stickiness are not stable", "users seen in several arms; their ids"
)
MISSING_ARM = (Cause("execution", "an arm never reaches anyone here", "whether the variant is delivered here at all"),)

KINDS: tuple[tuple[str, tuple[Cause, ...]], ...] = (
    ("bot crawler spider automated robot agent", BOTS),
    ("version build release sdk", VERSION),
    ("browser device platform os system model client channel app screen network connection", DEVICE),
    ("country region language locale city market site datacenter zone timezone carrier origin", REGION),
    ("plan tier role account employee staff internal beta tester subscription segment cohort customer user", ACCOUNT),
)


def of_segment(
    attributes: Sequence[Attribute], spans: Sequence[Span], counts: CountArray, shares: Floats
) -> list[Cause]:
    """The likely causes of a mismatch that a segment carries, the likeliest first.

    Args:
        attributes: What may tell segments apart.
        spans: The segment.
        counts: Its users by arm.
        shares: The expected share of each arm.
    """
    nobody = ((counts == 0) & (counts.sum() * shares >= MISSED)).any()
    found = [*MISSING_ARM] if nobody else []
    for span in spans:
        found += kind_of(attributes[span.attribute], span)
    return list(dict.fromkeys(found))


def kind_of(attribute: Attribute, span: Span) -> tuple[Cause, ...]:
    """The causes that go with an attribute and a span of its values.

    >>> import numpy as np
    >>> version = Attribute("app_version", ("4.0", "4.1"), np.array([0], np.int32))
    >>> kind_of(version, Span(0, 1, 1)) is VERSION
    True
    """
    if attribute.nulls and span.low == attribute.known:
        return NULLS
    if attribute.dated:
        return of_days(attribute, span)
    words = set(re.findall("[a-z]+", re.sub("([a-z])([A-Z])", r"\1 \2", attribute.name).lower()))
    return next((found for names, found in KINDS if words & set(names.split())), OTHER)


def of_days(attribute: Attribute, span: Span) -> tuple[Cause, ...]:
    """The causes that go with a day or a span of days."""
    first, last = span.low == 0, span.high == attribute.known - 1
    if span.low != span.high:
        return FIRST_DAY if first and span.high < attribute.known // 2 else SPAN_OF_DAYS
    return FIRST_DAY if first else LAST_DAY if last else ONE_DAY


def of_all(counts: CountArray, shares: Floats) -> list[Cause]:
    """The likely causes of a mismatch that no segment carries."""
    if swapped(counts, shares):
        return [*SWAPPED]
    return list(ONE_ARM if one_arm(counts, shares) is not None else EVERYWHERE)


def swapped(counts: CountArray, shares: Floats) -> bool:
    """Whether the counts fit the shares in another order, which is unlike the expected one.

    >>> import numpy as np
    >>> swapped(np.array([2_010, 7_990]), np.array([0.8, 0.2]))
    True
    """
    if shares.size > MOST_SWAPPED:
        return False
    orders = {order for order in permutations(shares.tolist()) if list(order) != shares.tolist()}
    return any(fit(counts.tolist(), list(order)).p_value >= FITS for order in orders)


def one_arm(counts: CountArray, shares: Floats) -> int | None:
    """The one arm that is off, if all others fit each other; None with two arms, where either may be.

    >>> import numpy as np
    >>> one_arm(np.array([5_000, 3_000, 1_500]), np.array([0.5, 0.3, 0.2]))
    2
    """
    fitting = [arm for arm, p_value in others_fit(counts, shares) if p_value >= FITS]
    return fitting[0] if len(fitting) == 1 else None


def others_fit(counts: CountArray, shares: Floats) -> Iterator[tuple[int, float]]:
    """For each arm, the p-value that the other arms fit each other; nothing for two arms."""
    for arm in range(shares.size if shares.size > 2 else 0):
        kept = [other for other in range(shares.size) if other != arm]
        rest = [float(share) for share in shares[kept] / shares[kept].sum()]
        yield arm, fit(counts[kept].tolist(), rest).p_value
