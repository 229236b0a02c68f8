"""Tests of the figure of an explanation."""

from __future__ import annotations

import pandas as pd
import pytest

from ffcore.lab.plots import Chart
from ffcore.lab.verify import Check, explain
from tests.lab.verify.segment_faults import HALVES, table

CARRIED = {"x": (3_000, 2_200), "y": (5_000, 5_010), "z": (9_000, 9_020)}


def labels(figure: Chart) -> list[str]:
    """The names of the rows, from the top."""
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def notes(figure: Chart) -> list[str]:
    """The words at the right of the rows."""
    return [text.get_text() for text in figure.axes[0].texts]


def title(figure: Chart) -> str:
    """The title."""
    return figure.texts[0].get_text()


def drawn(**rows: tuple[int, int]) -> Chart:
    """The figure of a log of two arms."""
    return explain(table(**rows), HALVES, "segment").plot()


def test_the_culprit_stands_between_the_whole_and_the_others() -> None:
    """With and without it, then itself, marked, then the other values by their users."""
    figure = drawn(**CARRIED)

    assert labels(figure) == ["all users", "without it", "segment=x", "segment=z", "segment=y"]
    assert [note.endswith("◄") for note in notes(figure)] == [False, False, True, False, False]
    assert notes(figure)[:3] == ["-1.16 pp of 33,230", "+0.0535 pp of 28,030", "-7.69 pp of 5,200  ◄"]


def test_title_and_caption_say_the_finding_and_its_size() -> None:
    """The arm, its target, the interval, users and segments tried; the sentence of the check."""
    figure = drawn(**CARRIED)

    assert title(figure) == "segment=x carries the mismatch: FAIL"
    for words in (
        "Share of arm b less its target of 50 %",
        "90 % interval",
        "33,230 users, 3 segments",
        "mismatch vanishes",
    ):
        assert words in figure.caption


def test_two_culprits_are_both_marked() -> None:
    """The row without them is without both."""
    figure = drawn(w=(4_000, 3_400), **CARRIED)

    assert labels(figure)[1] == "without them"
    assert sum(note.endswith("◄") for note in notes(figure)) == 2
    assert title(figure).endswith("carry the mismatch: FAIL")


def test_without_a_culprit_the_segments_that_fit_least_are_shown() -> None:
    """A mismatch everywhere has no row without anything."""
    figure = drawn(x=(5_000, 4_700), y=(5_000, 4_700), z=(5_000, 4_700))

    assert labels(figure)[0] == "all users"
    assert len(labels(figure)) == 4
    assert title(figure) == "no segment carries the mismatch: FAIL"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        pytest.param({"x": (9_000, 9_010), "y": (9_000, 8_990)}, "no segment stands out: PASS", id="pass"),
        pytest.param(
            {"x": (600, 400), "y": (90_000, 90_100)},
            "segment=x carries a mismatch of its own: INCONCLUSIVE",
            id="hidden",
        ),
    ],
)
def test_what_did_not_fail_is_drawn_too(rows: dict[str, tuple[int, int]], words: str) -> None:
    """The title keeps to the verdict."""
    assert title(drawn(**rows)) == words


def test_a_leak_is_drawn_without_the_arm_of_0_percent() -> None:
    """Its users have no share to be off."""
    log = pd.concat([table(x=(3_000, 3_000), y=(4_000, 4_010)), pd.DataFrame({"segment": "x", "variant": ["c"] * 12})])
    figure = explain(log, {**HALVES, "c": 0.0}, "segment").plot()

    assert "all users in an arm of 0 % have segment=x" in figure.caption


def test_with_three_arms_the_one_that_is_off_is_drawn() -> None:
    """Not the one that seems short because another one was given users."""
    rest = pd.DataFrame({"variant": (["a"] * 5 + ["b"] * 3 + ["c"] * 2) * 3_000, "s": "y"})
    log = pd.concat([rest, pd.DataFrame({"variant": ["a"] * 5_000 + ["b"] * 3_600 + ["c"] * 2_000, "s": "x"})])

    assert "Share of arm b" in explain(log, {"a": 0.5, "b": 0.3, "c": 0.2}, "s").plot().caption


def test_a_check_read_back_from_its_file_is_drawn_alike() -> None:
    """The figure needs nothing but the check."""
    check = explain(table(**CARRIED), HALVES, "segment")

    assert Check.from_dict(check.to_dict()).plot().png() == check.plot().png()
