"""The figure of a ramp: a strip for each percentage, a cell for each pair, and losses in words."""

import pytest

from ffcore import Flag, hash32
from ffcore.lab import verify
from ffcore.lab.plots import SKY, VERMILION


def test_a_proof_has_a_strip_for_each_step_and_a_cell_for_each_pair() -> None:
    """Nothing is lost in any cell, and the caption counts buckets and users."""
    figure = verify.ramp(Flag("x", buckets=100), [10, 50, 100]).plot()
    strips, pairs = figure.axes

    assert [label.get_text() for label in strips.get_yticklabels()] == ["10 %", "50 %", "100 %"]
    assert [text.get_text() for text in pairs.texts] == ["0", "0", "0"]
    assert "100 buckets" in figure.caption
    assert figure.texts[0].get_text() == "ramp: PASS"


def test_lost_users_are_marked() -> None:
    """The cell of a pair that loses users is filled in vermilion and says how many."""
    check = verify.ramp(lambda user_id, key, percentage: hash32(user_id, str(percentage)) % 100 < percentage, [10, 50])
    [cell] = check.plot().axes[1].patches

    assert cell.get_facecolor()[:3] == pytest.approx([int(VERMILION[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    assert VERMILION != SKY
    assert check.plot().axes[1].texts[0].get_text() == f"{check.details['pairs'][0]['lost']:,}"
