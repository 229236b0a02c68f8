"""Tests of the sample-ratio check: published cases, the order of the verdict, and power."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ffcore import ConfigError
from ffcore.lab.verify import sample_ratio

HALVES = [0.5, 0.5]


def test_kohavis_example_fails_though_it_is_small() -> None:
    """821,588 against 815,482: p 1.8e-6, a mismatch inside one percentage point that still fails."""
    check = sample_ratio([821_588, 815_482], HALVES)

    assert check.p_value == pytest.approx(1.8e-6, rel=0.02)
    assert (check.verdict, check.details["equivalent"]) == ("fail", True)


def test_cookie_cats_is_watched() -> None:
    """44,700 against 45,489: p 0.0086, neither an alarm nor a pass."""
    check = sample_ratio({"gate_30": 44_700, "gate_40": 45_489}, {"gate_30": 0.5, "gate_40": 0.5})

    assert check.p_value == pytest.approx(0.0086, abs=0.00005)
    assert (check.verdict, check.details["watch"]) == ("inconclusive", True)


def test_an_arm_of_zero_takes_no_degree_of_freedom() -> None:
    """[10000, 10330, 0] with weights 0.5, 0.5, 0 has p 0.021, not 0.069."""
    check = sample_ratio([10_000, 10_330, 0], [0.5, 0.5, 0])

    assert check.p_value == pytest.approx(0.0206, abs=0.0001)
    assert check.p_value == sample_ratio([10_000, 10_330], HALVES).p_value


@pytest.mark.parametrize(
    ("observed", "expected", "verdict", "details"),
    [
        ([50_000, 50_000, 1], [0.5, 0.5, 0], "fail", {"leak": {"2": 1}, "equivalent": True, "watch": False}),
        ([44_700, 45_489, 1], [0.5, 0.5, 0], "fail", {"leak": {"2": 1}, "watch": True}),
        ([5_300, 4_700], HALVES, "fail", {"leak": {}, "equivalent": False}),
        ([5_130, 4_870], HALVES, "inconclusive", {"watch": True, "equivalent": False}),
        ([4_969, 5_031], HALVES, "inconclusive", {"watch": False, "equivalent": False}),
        ([50_000, 50_100], HALVES, "pass", {"watch": False, "equivalent": True}),
        ([0, 0], HALVES, "inconclusive", {"equivalent": False, "watch": False}),
    ],
)
def test_the_verdict_follows_its_order(
    observed: list[int], expected: list[float], verdict: str, details: dict[str, object]
) -> None:
    """A leak first, then p, then the watch, then equivalence; nothing counted is nothing shown."""
    check = sample_ratio(observed, expected)

    assert check.verdict == verdict
    assert {name: check.details[name] for name in details} == details


def test_the_margin_is_at_most_a_fifth_of_the_smaller_share() -> None:
    """A margin of one point would let a 1 % arm vanish."""
    check = sample_ratio([4_950, 50], [0.99, 0.01])

    assert check.details["margin"] == pytest.approx({"0": 0.002, "1": 0.002})
    assert check.verdict == "inconclusive"


def test_an_inconclusive_check_says_what_would_settle_it() -> None:
    """10,000 users cannot show one point; 27,056 can, and the mismatch visible now is 2.07 points."""
    check = sample_ratio([4_969, 5_031], HALVES)

    assert (check.n, check.n_needed) == (10_000, 27_056)
    assert check.detectable == pytest.approx(0.0207, abs=0.00005)


def test_detectable_is_that_of_the_worst_arm() -> None:
    """The smallest mismatch that is seen in whichever arm; the details have each arm's."""
    check = sample_ratio([500, 300, 200], [0.5, 0.3, 0.2])

    assert check.detectable == max(check.details["detectable"].values()) == check.details["detectable"]["0"]


@pytest.mark.parametrize(("leaked", "verdict"), [(0, "pass"), (1, "fail")])
def test_all_traffic_in_one_arm_is_a_proof(leaked: int, verdict: str) -> None:
    """Where one arm should get everyone nothing is random: p is None."""
    check = sample_ratio([1_000, leaked], [1, 0])

    assert (check.verdict, check.p_value, check.n_needed) == (verdict, None, None)


def test_a_trillion_users_pass() -> None:
    """Counts beyond any 32-bit number are judged as any others."""
    check = sample_ratio([5 * 10**11 + 10**5, 5 * 10**11 - 10**5], HALVES)

    assert (check.n, check.verdict) == (10**12, "pass")
    assert check.p_value == pytest.approx(stats.norm.sf(0.2) * 2)


@pytest.mark.parametrize(
    ("alpha", "margin"), [(0, 0.01), (5, 0.01), (0.001, 0), (0.001, 1), (float("nan"), 0.01), ("0.001", None)]
)
def test_rates_without_sense_are_refused(alpha: float, margin: float) -> None:
    """An alarm rate and a margin are fractions above 0."""
    with pytest.raises(ConfigError, match="is not between 0 and"):
        sample_ratio([1, 1], HALVES, alpha=alpha, margin=margin)


def test_the_detectable_mismatch_is_detected_four_times_in_five() -> None:
    """The stated power holds, by the exact distribution of the counts."""
    users = 10_000
    share = 0.5 + (sample_ratio([5_000, 5_000], HALVES).detectable or 0)
    likely = range(*(int(bound) for bound in np.asarray(stats.binom.ppf([1e-6, 1 - 1e-6], users, share))))
    failing = [count for count in likely if sample_ratio([count, users - count], HALVES).verdict == "fail"]

    assert np.sum(stats.binom.pmf(failing, users, share)) == pytest.approx(0.8, abs=0.01)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    arms=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 20)), min_size=2, max_size=5).filter(
        lambda arms: sum(weight for _, weight in arms) > 0
    )
)
def test_any_counts_give_a_check_in_keeping_with_itself(arms: list[tuple[int, int]]) -> None:
    """Whatever the counts: intervals hold estimates, p is a probability, JSON takes it, the order of arms is none."""
    total = sum(weight for _, weight in arms)
    counts, shares = [count for count, _ in arms], [Fraction(weight, total) for _, weight in arms]
    check, turned = sample_ratio(counts, shares), sample_ratio(counts[::-1], shares[::-1])

    assert check.p_value is None or 0 <= check.p_value <= 1
    assert all(low <= check.estimate[arm] <= high for arm, (low, high) in check.interval.items() if check.n)
    assert turned.verdict == check.verdict or "Monte Carlo" in check.details["method"]
    assert json.loads(json.dumps(check.to_dict(), allow_nan=False))["verdict"] == check.verdict
