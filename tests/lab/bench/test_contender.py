"""A contender is timed only if it decides what it should."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ffcore.lab.bench.contender import BATCH, NAMES, ROLLOUT, SIMPLE, TARGETED, VARIANTS, Call, Contender, check
from ffcore.lab.bench.ourselves import FIRST, ourselves

IDS = [f"user-{number}" for number in range(2_000)]
BROKEN = {
    SIMPLE: Call("user == 'user-1'"),
    ROLLOUT: Call("True"),
    TARGETED: Call("True"),
    VARIANTS: Call("False"),
    BATCH: Call("1.0", float),
}


@pytest.fixture
def ours() -> Contender:
    """The evaluator by flag key."""
    return ourselves()[0]


@pytest.mark.parametrize("index", [0, 1])
def test_our_evaluator_decides_rightly(index: int) -> None:
    """The evaluator and its handle pass the check on every workload that they have."""
    check(ourselves()[index], IDS)


@pytest.mark.parametrize("workload", NAMES)
def test_wrong_shares_are_refused(ours: Contender, workload: str) -> None:
    """A call that is on for too many or too few is named with its workload, and so is one that ignores the rules."""
    broken = replace(ours, calls={**ours.calls, workload: BROKEN[workload]})

    with pytest.raises(ValueError, match=f"ffcore: {workload} is on for"):
        check(broken, IDS)


@pytest.mark.parametrize("assumed", ["'country': 'US'", "'age': 25"])
def test_each_rule_counts(ours: Contender, assumed: str) -> None:
    """A contender that heeds only one of the two rules is refused."""
    call = Call(f"ev.evaluate(user, {FIRST[TARGETED]!r}, {{**context, {assumed}}}).enabled")

    with pytest.raises(ValueError, match="whom the rules leave out"):
        check(replace(ours, calls={**ours.calls, TARGETED: call}), IDS)


def test_a_missing_call_is_not_checked(ours: Contender) -> None:
    """A reason in place of a call is no mistake."""
    check(replace(ours, calls={**ours.calls, TARGETED: "no rules", BATCH: "no batch"}), IDS)
