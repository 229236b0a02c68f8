"""Tests of the figure of daily looks at fair splits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from ffcore.lab.figures.peeking import spread_out
from ffcore.lab.report.peeking import peeking

FOUND = peeking(pd.DataFrame({"user_id": range(3_000)}), days=14, salts=60)


def test_lines_are_the_shares_flagged() -> None:
    """Four lines in per cent over the days: both tests at both alarm rates."""
    axes = FOUND.plot().axes[0]
    drawn = [np.asarray(line.get_ydata()).tolist() for line in axes.lines]

    assert drawn[:2] == [pytest.approx((100 * FOUND.fixed[:, place] / 60).tolist()) for place in (0, 1)]
    assert drawn[2:] == [pytest.approx((100 * FOUND.running[:, place] / 60).tolist()) for place in (0, 1)]


def test_title_and_caption_say_the_finding() -> None:
    """How many the fixed test flags, of how many splits and users, and what the lines are."""
    figure = FOUND.plot()
    words = "\n".join(str(found.get_text()) for found in figure.findobj(Text))

    assert f"flags {100 * FOUND.fixed[-1, 0] / 60:.3g} % of fair splits, not 5 %" in words
    assert "60 salts with 3,000 users each over 14 days" in figure.caption


def test_labels_never_overlap() -> None:
    """Each is as far from the next as was asked for, in the order of the heights."""
    placed = spread_out([3.0, 0.0, 0.0, 0.5], 1.0)

    assert np.diff(sorted(placed)).min() >= 1
    assert placed[0] == max(placed)
    assert placed[3] > max(placed[1:3])
