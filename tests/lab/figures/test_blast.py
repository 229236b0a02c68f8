"""The figure of a blast radius: bars by kind of move for keys that move users, none for those that do not."""

from fractions import Fraction

import pytest

from ffcore import Flag, FlagSet
from ffcore.lab import verify


def test_keys_by_the_users_they_move() -> None:
    """The key that moves most comes first; the bar's length is the share of the users, and still keys are counted."""
    before = FlagSet([Flag("a", True, Fraction(10)), Flag("b", True, Fraction(50)), Flag("c", True, Fraction(30))])
    after = FlagSet([Flag("a", True, Fraction(20)), Flag("b", True, Fraction(10)), Flag("c", True, Fraction(30))])
    check = verify.blast_radius(before, after, range(10_000))
    axes = check.plot().axes[0]

    assert [label.get_text() for label in axes.get_yticklabels()] == ["b", "a"]
    assert max(bar.get_path().get_extents(bar.get_patch_transform()).width for bar in axes.patches) == pytest.approx(
        100 * check.estimate["b"]
    )
    assert "1 keys move nobody" in check.plot().caption
    assert axes.get_xlim()[0] == 0


def test_a_change_that_moves_nobody() -> None:
    """No bars, and the words say so."""
    check = verify.blast_radius(Flag("a"), Flag("a"), range(9))
    axes = check.plot().axes[0]

    assert not axes.patches
    assert [label.get_text() for label in axes.get_yticklabels()] == ["nobody moves"]
