"""Tests of the sample-ratio check of a running rollout: its verdicts, its path, its limits."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ffcore import ConfigError
from ffcore.lab.verify import Check, sequential_sample_ratio
from ffcore.lab.verify.evalues import log_e_values

HALVES = [0.5, 0.5]
SKEWED = [[1_060, 940]] * 10


def test_a_mismatch_fails_at_the_first_look_that_crosses() -> None:
    """The look, its users and the reason to stop are said; later looks change nothing about the crossing."""
    check = sequential_sample_ratio(SKEWED, HALVES)
    path = check.details["path"]

    assert check.verdict == "fail"
    assert check.details["crossing"] == {"look": 3, "users": 6_000}
    assert path["log10_e"][1] < 3 < path["log10_e"][2]
    assert "the e-value passed 1,000 at look 3 (6,000 users)" in str(check)
    assert sequential_sample_ratio(SKEWED[:3], HALVES).details["crossing"] == check.details["crossing"]


def test_a_crossing_is_never_taken_back() -> None:
    """Looks that balance the counts again leave the verdict as it was: who watches must stop at the first crossing."""
    back = sequential_sample_ratio([*SKEWED, *[[940, 1_060]] * 10], HALVES)

    assert back.details["path"]["log10_e"][-1] < 0
    assert (back.verdict, back.details["crossing"]["look"]) == ("fail", 3)
    assert back.p_value == sequential_sample_ratio(SKEWED, HALVES).p_value


def test_statistic_and_p_value_are_those_of_the_largest_e_value() -> None:
    """The e-value is the closed form of the running totals, and p its reciprocal."""
    check = sequential_sample_ratio(SKEWED, HALVES)
    largest = float(log_e_values(np.cumsum(SKEWED, axis=0), HALVES).max())

    assert check.statistic == pytest.approx(math.exp(largest))
    assert check.p_value == pytest.approx(math.exp(-largest))
    assert check.details["log10_e"] == pytest.approx(largest / math.log(10))


@pytest.mark.parametrize(
    ("counts", "expected", "verdict", "details"),
    [
        ([[50_000, 50_000]] * 3, HALVES, "pass", {"equivalent": True, "watch": False, "crossing": None}),
        ([[5_000, 5_000]] * 3, HALVES, "inconclusive", {"equivalent": False, "watch": False}),
        ([[5_210, 4_790]], HALVES, "inconclusive", {"watch": True, "crossing": None}),
        ([[50_000, 50_000, 0]] * 2 + [[50_000, 50_000, 1]], [*HALVES, 0], "fail", {"leak": {"2": 1}, "crossing": None}),
        ([], HALVES, "inconclusive", {"looks": 0, "equivalent": False, "watch": False}),
        ([[0, 0]] * 3, HALVES, "inconclusive", {"looks": 3, "equivalent": False, "watch": False}),
        ([[0, 9]], HALVES, "inconclusive", {"equivalent": False}),
        ([[10_000, 6_000, 4_000]] * 9, [0.5, 0.3, 0.2], "pass", {"equivalent": True}),
        ([[10_000, 6_300, 3_700]] * 9, [0.5, 0.3, 0.2], "fail", {"crossing": {"look": 1, "users": 20_000}}),
    ],
    ids=lambda value: str(value)[:50],
)
def test_the_verdict_follows_its_order(counts: Any, expected: Any, verdict: str, details: dict[str, Any]) -> None:
    """A leak first, then a crossing, then the watch, then the sequences inside their margins."""
    check = sequential_sample_ratio(counts, expected)

    assert check.verdict == verdict
    assert {name: check.details[name] for name in details} == details


def test_a_mismatch_within_the_margin_fails_too() -> None:
    """The margin is told, and hides nothing: half a point is an alarm once it is certain."""
    check = sequential_sample_ratio([[50_500, 49_500]] * 10, HALVES)

    assert (check.verdict, check.details["equivalent"]) == ("fail", True)


def test_no_users_are_no_evidence() -> None:
    """Before the first look e is 1, p is 1 and every share is possible."""
    check = sequential_sample_ratio([], HALVES)

    assert (check.statistic, check.p_value, check.n, check.detectable) == (1, 1, 0, None)
    assert check.interval == {"0": (0, 1), "1": (0, 1)}


@pytest.mark.parametrize(("leaked", "verdict"), [(0, "pass"), (1, "fail")])
def test_all_traffic_in_one_arm_is_a_proof(leaked: int, verdict: str) -> None:
    """Where one arm should get everyone nothing is random: p is None."""
    check = sequential_sample_ratio([[1_000, 0], [1_000, leaked]], [1, 0])

    assert (check.verdict, check.p_value, check.n) == (verdict, None, 2_000 + leaked)


def test_an_arm_of_zero_changes_no_e_value() -> None:
    """It is no cell of the test, whatever its users."""
    with_zero = sequential_sample_ratio([[*row, 5] for row in SKEWED], [*HALVES, 0])

    assert with_zero.statistic == sequential_sample_ratio(SKEWED, HALVES).statistic
    assert list(with_zero.interval) == ["0", "1"]
    assert with_zero.details["leak"] == {"2": 50}


def test_intervals_are_running_intersections() -> None:
    """What a look has refuted stays refuted, so bounds only ever come closer; at the end they are the check's own."""
    check = sequential_sample_ratio([[40, 60], [70, 30], [500, 500], [90, 110]], HALVES)
    sequence = check.details["sequence"]["0"]

    assert sequence["low"] == sorted(sequence["low"])
    assert sequence["high"] == sorted(sequence["high"], reverse=True)
    assert check.interval["0"] == (sequence["low"][-1], sequence["high"][-1])
    assert check.interval["1"] == pytest.approx((1 - sequence["high"][-1], 1 - sequence["low"][-1]))
    assert check.details["interval_level"] == 0.999


def test_a_share_that_changed_is_named() -> None:
    """Where no single share fits all looks, the arm is named, and the bounds are those of the last look alone."""
    check = sequential_sample_ratio([[52_000, 48_000]] * 2 + [[48_000, 52_000]] * 6, HALVES)
    low, high = check.interval["0"]

    assert check.details["drifting"] == ["0", "1"]
    assert low < check.estimate["0"] < high


def test_drift_is_no_pass() -> None:
    """One of three arms strays and comes back: nothing crosses, yet no single share fits, so nothing is shown."""
    stray, home = [500_090_000, 299_946_000, 199_964_000], [5 * 10**11, 3 * 10**11, 2 * 10**11]
    check = sequential_sample_ratio([stray, home], [0.5, 0.3, 0.2])

    assert (check.details["drifting"], check.details["crossing"]) == (["0"], None)
    assert (check.verdict, check.details["equivalent"]) == ("inconclusive", False)


def test_more_arms_have_wider_sequences() -> None:
    """All sequences hold at once: with three arms each is at 1 - alpha / 3, so the same counts say a little less."""
    two = sequential_sample_ratio([[5_000, 5_000]], HALVES).interval["0"]
    three = sequential_sample_ratio([[5_000, 2_500, 2_500]], [0.5, 0.25, 0.25]).interval["0"]
    alone = sequential_sample_ratio([[5_000, 5_000]], HALVES, alpha=0.001 / 3).interval["0"]

    assert three[0] < two[0] < two[1] < three[1]
    assert three == pytest.approx(alone)


def test_the_order_of_arms_is_none() -> None:
    """A mapping is taken by its names, whatever their order."""
    frame = pd.DataFrame({"b": [300, 280], "a": [700, 720]}, index=["monday", "tuesday"])
    there = sequential_sample_ratio(frame, {"a": 0.7, "b": 0.3})
    back = sequential_sample_ratio(frame[["a", "b"]], {"b": 0.3, "a": 0.7})

    assert there.statistic == pytest.approx(back.statistic)
    assert there.interval["a"] == pytest.approx(back.interval["a"])


def test_a_trillion_users() -> None:
    """Counts beyond any 32-bit number pass, and a mismatch of a millionth is found."""
    fair = sequential_sample_ratio([[10**11 + 10**4, 10**11 - 10**4]] * 5, HALVES)
    off = sequential_sample_ratio([[10**11 + 10**6, 10**11 - 10**6]] * 5, HALVES)

    assert (fair.n, fair.verdict, off.verdict) == (10**12, "pass", "fail")
    assert off.detectable == pytest.approx(3.2e-6, rel=0.05)


def test_an_e_value_beyond_all_floats_is_still_a_number() -> None:
    """A trillion users in the wrong arm: e is capped, its logarithm is not, and JSON takes both."""
    check = sequential_sample_ratio([[10**12, 0]], HALVES)

    assert check.p_value == 0
    assert check.statistic == pytest.approx(8.2e307, rel=0.01)
    assert check.details["log10_e"] == pytest.approx(10**12 * math.log10(2), rel=1e-6)
    assert "p below 1e-300" in str(check)


def test_a_long_path_is_thinned_but_judged_whole() -> None:
    """Of 20,000 looks about 1,000 are kept: first, last, the crossing and the largest e-value among them."""
    counts = np.full((20_000, 2), 5)
    counts[:7_777] += [1, 0]
    check = sequential_sample_ratio(counts, HALVES)
    path = check.details["path"]

    assert 990 <= len(path["look"]) <= 1_000
    assert {1, 20_000, check.details["crossing"]["look"]} <= set(path["look"])
    assert max(path["log10_e"]) == check.details["log10_e"]
    assert len(check.details["sequence"]["0"]["low"]) == len(path["look"]) == len(path["users"])
    assert path["users"][-1] == check.n
    assert check.details["looks"] == 20_000


@pytest.mark.parametrize(("alpha", "margin"), [(0, 0.01), (5, 0.01), (0.001, 0), (0.001, 1), (float("nan"), 0.01)])
def test_rates_without_sense_are_refused(alpha: float, margin: float) -> None:
    """An alarm rate and a margin are fractions above 0."""
    with pytest.raises(ConfigError, match="is not between 0 and"):
        sequential_sample_ratio([[1, 1]], HALVES, alpha=alpha, margin=margin)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    weights=st.lists(st.integers(0, 20), min_size=2, max_size=4).filter(any),
    rows=st.lists(st.lists(st.integers(0, 10**6), min_size=4, max_size=4), max_size=6),
)
def test_any_counts_give_a_check_in_keeping_with_itself(weights: list[int], rows: list[list[int]]) -> None:
    """Whatever the counts: intervals are ordered, p is a probability, JSON takes it and gives it back."""
    shares = [weight / sum(weights) for weight in weights]
    check = sequential_sample_ratio([row[: len(weights)] for row in rows], shares)

    assert check.p_value is None or 0 <= check.p_value <= 1
    assert all(0 <= low <= high <= 1 for low, high in check.interval.values())
    assert Check.from_dict(json.loads(json.dumps(check.to_dict(), allow_nan=False))) == check
    assert str(check)
