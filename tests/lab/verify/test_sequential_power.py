"""Tests of what a running sample-ratio check foresees, against the exact distribution of its counts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from ffcore.lab.verify import plan
from ffcore.lab.verify.evalues import confidence_sequence, log_e_values
from ffcore.lab.verify.sequential_power import detectable, sequence_level, users_to_pass


def likely(users: int, share: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The counts that a binomial arm has but for one in a million, and the probability of each."""
    low, high = (int(stats.binom.ppf(tail, users, share)) for tail in (5e-7, 1 - 5e-7))
    counts = np.arange(low, high + 1)
    return counts, stats.binom.pmf(counts, users, share)


@pytest.mark.parametrize(("share", "margin"), [(0.5, 0.01), (0.5, 0.05), (0.1, 0.01), (0.01, 0.002), (0.999, 0.0002)])
@pytest.mark.parametrize("alpha", [0.001, 0.05])
def test_the_users_needed_pass_nine_times_in_ten(share: float, margin: float, alpha: float) -> None:
    """With the truth on target and one look alone the sequence lies inside the margin in 90 % of cases.

    For small shares a few per cent more often, because the bound farther from 0 or 1 decides alone.
    """
    users = users_to_pass([share, 1 - share], [margin, margin], alpha)
    counts, chances = likely(users, share)
    low, high = confidence_sequence(counts, np.full_like(counts, users), share, 1 - alpha)
    passing = (share - margin < low) & (high < share + margin)

    assert 0.895 < chances[passing].sum() < (0.905 if share == 0.5 else 0.945)


@pytest.mark.parametrize("shares", [[0.5, 0.3, 0.2], [0.2] * 5], ids=["three", "five"])
def test_many_arms_pass_together_nine_times_in_ten(shares: list[float]) -> None:
    """The risk is divided among the arms, so that all pass at once with 90 % at least (4,000 draws, five errors)."""
    margins = [0.01] * len(shares)
    users = users_to_pass(shares, margins, 0.001)
    drawn = np.random.default_rng(7).multinomial(users, shares, size=4_000)
    inside = np.ones(len(drawn), dtype=bool)
    for place, (share, margin) in enumerate(zip(shares, margins, strict=True)):
        low, high = confidence_sequence(drawn[:, place], drawn.sum(axis=1), share, sequence_level(0.001, len(shares)))
        inside &= (share - margin < low) & (high < share + margin)

    assert 0.9 - 5 * math.sqrt(0.09 / 4_000) < inside.mean() < 0.98


@pytest.mark.parametrize("users", [1_000, 10_000, 10**6, 10**8])
@pytest.mark.parametrize("share", [0.5, 0.1, 0.01])
def test_the_detectable_mismatch_is_found_four_times_in_five(users: int, share: float) -> None:
    """The e-value of one look alone reaches 1,000 with a probability of 80 %, even where ten users are expected."""
    deviation = detectable((share, 1 - share), 0, users, 0.001)
    assert deviation is not None
    counts, chances = likely(users, share + deviation)
    found = log_e_values(np.stack([counts, users - counts], axis=-1), [share, 1 - share]) > math.log(1_000)

    assert float(chances[found].sum()) == pytest.approx(0.8, abs=0.025)


def test_many_arms_are_found_four_times_in_five() -> None:
    """One of five arms off, the rest in proportion: 4,000 draws come within five errors of 80 %."""
    shares, users = (0.2, 0.2, 0.2, 0.2, 0.2), 50_000
    deviation = detectable(shares, 2, users, 0.001)
    assert deviation is not None
    true = np.full(5, 0.2 - deviation / 4)
    true[2] = 0.2 + deviation
    found = log_e_values(np.random.default_rng(7).multinomial(users, true, size=4_000), shares) > math.log(1_000)

    assert found.mean() == pytest.approx(0.8, abs=5 * math.sqrt(0.16 / 4_000))


def test_nothing_is_detectable_among_few() -> None:
    """Without users, or with a handful, no mismatch would reach 1,000."""
    assert [detectable((0.5, 0.5), 0, users, 0.001) for users in (0, 5)] == [None, None]


def test_looking_every_day_has_its_price() -> None:
    """A sequence at 0.999 needs about three times the users of one planned test at 0.95."""
    assert 3 < users_to_pass([0.5, 0.5], [0.01, 0.01], 0.001) / plan(0.5, 0.01) < 3.2
