"""The page of an answer: what it says, that it is safe, and that its strips point where the numbers do."""

import re

import pytest

from ffcore import Flag, FlagSet
from ffcore.lab.explore import Answer, Edit, Explorer
from ffcore.lab.explore.page import page, strips
from ffcore.lab.verify import sample_ratio

ARMS = [{"key": "<b>", "allocation": 0.5}, {"key": "b", "allocation": 0.5}]
FLAG = Flag.from_item({"key": "k", "enabled": True, "rollout_percentage": 40, "variants": ARMS})


def ask(edit: Edit, users: int = 5_000) -> Answer:
    """An answer about users 0, 1, ..."""
    return Explorer(FlagSet([FLAG]), range(users)).answer(edit)


def test_losses_are_said_in_words() -> None:
    """A change of shares that moves users out of a variant is told with their number."""
    answer = ask(Edit("k", 20, "<b> 0.5, b 0.5"))
    lost = sum(move.users for move in answer.moves)

    assert f"<strong>{lost:,} users would lose the flag" in page(answer)
    assert "Nobody loses the flag" in page(ask(Edit("k", 60, "<b> 0.5, b 0.5")))
    assert "Nobody moves." in page(ask(Edit("k", 40, "<b> 0.5, b 0.5")))


def test_names_are_no_markup_and_nothing_is_fetched() -> None:
    """Variants are called what their file calls them."""
    html = page(ask(Edit("k", 60, "<b> 0.5, b 0.5")))

    assert "&lt;b&gt;" in html
    assert not re.search(r"<b>|<script|https?:|url\(", html)
    assert html.count('role="img"') == html.count("aria-label=") == 3


@pytest.mark.parametrize(
    ("observed", "at", "inside"),
    [((5_000, 5_000), 100, True), ((6_000, 4_000), 200, False), ((5_100, 4_900), 150, False)],
)
def test_strips_measure_in_margins(observed: tuple[int, int], at: float, inside: bool) -> None:
    """The target is in the middle, two margins at each end, and what lies further stops there."""
    strip = next(iter(strips("variants", sample_ratio(observed, (0.5, 0.5), margin=0.01))))

    assert strip["at"] == pytest.approx(at)
    assert strip["inside"] is (inside and strip["low"] >= 50 and strip["high"] <= 150)  # type: ignore[operator]
