"""Tests of daily looks at fair splits: alarms only grow, the fixed test's beyond its rate, the e-value's never."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ffcore.hashing import HASH_SPACE, hash32
from ffcore.lab.report.peeking import ALPHAS, peeking, share

USERS = pd.DataFrame({"user_id": range(6_000)})


def test_a_fixed_test_looked_at_daily_alarms_beyond_its_rate() -> None:
    """28 looks at 0.05 flag a quarter of fair splits, at 0.01 about 7 %; the e-value stays below its rate."""
    found = peeking(USERS, days=28, salts=400)

    assert (np.diff(found.fixed, axis=0) >= 0).all()
    assert (np.diff(found.running, axis=0) >= 0).all()
    assert found.fixed[0] / 400 == pytest.approx(ALPHAS, abs=0.06)
    assert 0.18 < found.fixed[-1, 0] / 400 < 0.36
    assert 0.03 < found.fixed[-1, 1] / 400 < 0.13
    assert (found.running[-1] <= np.array(ALPHAS) * 400).all()


def test_one_look_is_a_plain_chi_square_test() -> None:
    """On one day the alarms are those of scipy's test on the plain hash."""
    p_values = []
    for number in range(30):
        half = sum(hash32(str(user), f"fair-{number}") < HASH_SPACE // 2 for user in range(300))
        p_values.append(stats.chisquare([half, 300 - half]).pvalue)

    assert peeking(USERS, days=1, salts=30, limit=300).fixed[0, 0] == sum(p < 0.05 for p in p_values)


def test_measures_carry_intervals_and_looks() -> None:
    """Both tests' shares in per cent, of so many splits, with the number of looks."""
    fixed, running = peeking(USERS, days=28, salts=200).measures()

    assert (fixed.unit, fixed.n, fixed.note) == ("%", 200, "28 looks, alarm rate 0.01")
    assert fixed.interval is not None
    assert (running.value or 0) <= 1 < (fixed.value or 0)


def test_a_share_has_clopper_and_pearson_s_interval() -> None:
    """Ten of a hundred at 90 %, by the beta distribution."""
    found = share(10, 100)

    assert (found.low, found.high) == pytest.approx(
        (100 * stats.beta.ppf(0.05, 10, 91), 100 * stats.beta.ppf(0.95, 11, 90))
    )
