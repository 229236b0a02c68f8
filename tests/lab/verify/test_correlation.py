"""The correlation check: what is as known passes, what is not fails, and few users settle nothing."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from ffcore.lab.verify.correlation import Known, Rollouts, correlation, interval, largest, users_needed


def fair(users: int, flags: int = 8, seed: int = 1) -> NDArray[np.bool_]:
    """Independent halves of users for each flag."""
    return np.random.default_rng(seed).random((flags, users)) < 0.5


def tied(users: int, share: float) -> NDArray[np.bool_]:
    """Two flags of which the second copies a share of the first's users."""
    on = fair(users, 2)
    copied = np.random.default_rng(2).random(users) < share
    return np.array([on[0], np.where(copied, on[0], on[1])])


@pytest.mark.parametrize(
    ("on", "known", "verdict"),
    [
        (fair(40_000), "independent", "pass"),
        (fair(40_000), "correlated", "fail"),
        (tied(40_000, 0.2), "correlated", "pass"),
        (tied(40_000, 0.2), "independent", "fail"),
        (~tied(40_000, 1.0)[[0, 1]], "correlated", "pass"),
        (np.array([fair(40_000)[0], ~fair(40_000)[0]]), "correlated", "pass"),
        (fair(2_000), "independent", "inconclusive"),
        (tied(2_000, 0.05), "correlated", "inconclusive"),
    ],
    ids=["fair", "fair-doubted", "tied", "tied-trusted", "same", "opposite", "few", "few-tied"],
)
def test_schemes_are_held_to_what_is_known(on: NDArray[np.bool_], known: Known, verdict: str) -> None:
    """Evidence for the one or the other decides; a copy and its opposite are both correlated."""
    assert correlation({"scheme": Rollouts(on, known)}).verdict == verdict


def test_one_wrong_scheme_of_many_fails_and_is_named() -> None:
    """With what it is known as, and what was shown."""
    check = correlation({"a": Rollouts(fair(40_000), "independent"), "b": Rollouts(tied(40_000, 0.3), "independent")})

    assert check.verdict == "fail"
    assert str(check.details["reason"]).startswith("b is known as independent, but shown correlated: phi up to 0.3")
    assert check.details["observed"] == "1 of 2 as known"


def test_borderline_schemes_are_measured_not_judged() -> None:
    """They stand in the estimates alone."""
    check = correlation({"a": Rollouts(fair(40_000), "independent"), "b": Rollouts(tied(40_000, 0.3), "borderline")})

    assert check.verdict == "pass"
    assert set(check.estimate) == {"a", "b"}


def test_phi_is_the_correlation_of_two_halves() -> None:
    """A share copied is the phi, give or take five standard deviations; flags that all or none get say nothing."""
    assert largest(tied(40_000, 0.3)) == pytest.approx(0.3, abs=5 / math.sqrt(40_000))
    assert largest(np.array([[True, True], [False, True]])) == 0


def test_intervals_hold_all_pairs_at_once() -> None:
    """Of 400 sets of 28 fair pairs, the interval of the largest phi misses 0 in at most 10 %: 400 x 0.1 + 6.2 sd."""
    missed = sum(interval(largest(fair(400, seed=seed)), 400, 28)[0] > 0 for seed in range(400))

    assert missed <= 40 + 6.2 * math.sqrt(400 * 0.1 * 0.9)
    assert interval(1.0, 100, 28) == (1.0, 1.0)


def test_the_users_needed_are_enough() -> None:
    """As many fair users pass; a quarter of them leave it open."""
    needed = users_needed(28, 0.05)

    assert correlation({"a": Rollouts(fair(needed), "independent")}).verdict == "pass"
    assert correlation({"a": Rollouts(fair(needed // 4), "independent")}).verdict == "inconclusive"
