"""Tests of what is said about the segments of an explanation."""

from __future__ import annotations

import numpy as np
import pytest

from ffcore.lab.verify.segment_words import change


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_the_interval_of_lost_users_covers_the_truth(share: float) -> None:
    """Intervals of 90 %: of 2,000 simulated losses 1,715 to 1,885 are covered, but for a chance below 1e-9."""
    rng, reached, covered = np.random.default_rng(5), 0.8, 0
    for intended in rng.binomial(20_000, share, 2_000).tolist():
        found = change(int(rng.binomial(intended, reached)), 20_000 - intended, share)
        assert found is not None
        covered += found["rate_low"] <= reached - 1 <= found["rate_high"]

    assert 1_715 <= covered <= 1_885


def test_an_arm_alone_has_nothing_to_be_compared_with() -> None:
    """Without users of other arms nobody can say how many are missing."""
    assert change(100, 0, 0.5) is None


def test_an_arm_of_nobody_lost_all_its_users() -> None:
    """The loss is whole, its interval not."""
    found = change(0, 100, 0.5)

    assert found is not None
    assert (found["users"], found["rate"], found["rate_low"]) == (-100, -1, -1)
    assert -1 < found["rate_high"] < -0.9
