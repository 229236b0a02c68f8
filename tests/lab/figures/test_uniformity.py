"""The figure of a uniformity check: a bar for each bucket, in another colour beyond the margin."""

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex

from ffcore.lab import verify
from ffcore.lab.plots import BLUE, VERMILION
from ffcore.lab.testing.hashes import HASHES


def test_bars_are_the_shares_of_the_draw_with_the_smallest_p() -> None:
    """Ranges above, remainders below; even remainders are empty where the lowest bit is stuck."""
    check = verify.uniformity(HASHES["stuck_bit"], range(20_000))
    panels: list[Any] = check.plot().axes
    remainders, ranges = panels
    bars = sorted(remainders.containers[1].patches, key=lambda bar: float(bar.get_x()))

    assert [len(group.patches) for group in ranges.containers] == [100, 0]
    assert {to_hex(bar.get_facecolor()).upper() for bar in bars} == {VERMILION}
    assert {to_hex(bar.get_facecolor()).upper() for bar in ranges.containers[0].patches} == {BLUE}
    assert [bar.get_height() for bar in bars[::2]] == pytest.approx([-1] * 50)
    assert [bar.get_height() + 1 for bar in bars[1::2]] == pytest.approx(
        [100 * count / 20_000 for count in np.array(check.details["buckets_of"]["remainders"])[1::2]]
    )


def test_the_title_says_how_far_the_buckets_lie_apart() -> None:
    """The emptiest and the fullest of all draws; the caption names the drawn one."""
    check = verify.uniformity(None, range(100_000), ["a", "b"])
    figure = check.plot()
    shares = check.estimate.values()

    assert figure.texts[0].get_text() == (
        f"buckets hold {100 * min(shares):.3g} % to {100 * max(shares):.3g} % of users: PASS"
    )
    assert f"100 buckets: {check.details['buckets_of']['draw']}, the draw of the smallest p" in figure.caption


def test_nobody() -> None:
    """Without users no bar has a height, and the words say so."""
    figure = verify.uniformity(None, []).plot()
    panels: list[Any] = figure.axes

    assert {bar.get_height() for axes in panels for group in axes.containers for bar in group.patches} == {0.0}
    assert "no users were counted" in figure.caption
