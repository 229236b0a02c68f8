"""What the Checks of an exposure log found, in words: the reason, the segments that explain it, and likely causes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ffcore.lab.verify.check import Check
from ffcore.lab.verify.display import listed, p_text, percent, reason

EXPLANATIONS = ("explanation", "leak_explanation")


def words(check: Check) -> str:
    """Why a Check's verdict is what it is.

    >>> words(Check("a: variants", "fail", p_value=1e-7, details={"explanation": {"text": "without os=ios ..."}}))
    'p 1e-07 is below 0.001; without os=ios ...'
    """
    said = reason(check)
    if check.verdict == "fail" and check.p_value is not None and check.p_value < check.alpha:
        told = check.details.get("explanation", {}).get("text", "")
        said = f"p {p_text(check.p_value)} is below {check.alpha:g}{'; ' if told else ''}{told}"
        told = check.details.get("leak_explanation", {}).get("text", "")
        return f"{said}; {told}" if told else said
    return said


def explained(check: Check) -> Iterator[str]:
    """A sentence for each segment that carries the mismatch: its shares, and the users lost or added in its arms."""
    for name in EXPLANATIONS:
        for segment in check.details.get(name, {}).get("segments", ()):
            shares = listed([f"{arm} {percent(share)}" for arm, share in segment["shares"].items()])
            yield f"{segment['segment']}: {segment['users']:,} users, {shares}{lost(segment)}"


def lost(segment: Mapping[str, Any]) -> str:
    """How many users an arm lost or was given there: the arm that is off alone, else the one that lost most.

    >>> changed = {"a": {"users": 99.0}, "b": {"users": -90.0, "low": -130.0, "high": -49.0, "rate": -0.0829}}
    >>> lost({"arm": None, "changed": changed})
    '; b has 90 users fewer than its share (-8.29 %; 90 % interval 49 to 130), if the other arms are as they should be'
    """
    known = {arm: one for arm, one in segment["changed"].items() if one}
    if not known:
        return ""
    arm = segment["arm"] or min(known, key=lambda one: known[one]["users"])
    one = known.get(arm)
    if one is None:
        return ""
    bounds = sorted((abs(one["low"]), abs(one["high"])))
    users = f"{abs(one['users']):,.0f} users {'fewer' if one['users'] < 0 else 'more'} than its share"
    span = f"90 % interval {bounds[0]:,.0f} to {bounds[1]:,.0f}"
    return f"; {arm} has {users} ({percent(one['rate'])}; {span}), if the other arms are as they should be"


def causes(check: Check) -> Iterator[str]:
    """The likely causes, each with its stage and what would confirm it."""
    for name in EXPLANATIONS:
        for one in check.details.get(name, {}).get("causes", ()):
            yield f"{one['cause']} ({one['stage']}); look at {one['look']}"
