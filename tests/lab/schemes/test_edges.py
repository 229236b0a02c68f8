"""Edges: each kind of range at its exact bounds; weights and percentages as they are read."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from ffcore import ConfigError
from ffcore.lab.schemes.edges import EVERYBODY, NOBODY, Edges, part_of, read_weights, running, upto, within

NUMBERS = [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("edges", "arms"),
    [
        (upto([2, 4]), [0, 0, 1, 1, -1, -1, -1]),
        (upto([2, 4], "high"), [0, 0, 0, 1, 1, -1, -1]),
        (upto([2, 4], otherwise=1), [0, 0, 1, 1, 1, 1, 1]),
        (running([2, 0, 2]), [0, 0, 2, 2, -1, -1, -1]),
        (running([2, 0, 2], "high"), [0, 0, 0, 2, 2, -1, -1]),
        (running([0, 2], "high"), [0, 1, 1, -1, -1, -1, -1]),
        (within([(1, 3), (2, 5)]), [-1, 0, 0, 1, 1, -1, -1]),
        (within([(1, 3), (3, 5)], "high"), [-1, -1, 0, 0, 1, 1, -1]),
        (within([(1, 3), (3, 5)], "both"), [-1, 0, 0, 0, 1, 1, -1]),
        (within([(4, 2)], "both"), [-1] * 7),
        (upto([4, 2]), [0, 0, 0, 0, -1, -1, -1]),
        (EVERYBODY, [0] * 7),
        (NOBODY, [-1] * 7),
    ],
)
def test_each_kind_of_range(edges: Edges, arms: list[int]) -> None:
    """The first range that holds a number has it, at each edge as the client compares."""
    assert [edges.one(number) for number in NUMBERS] == arms
    assert edges.many(np.array(NUMBERS)).tolist() == arms
    assert edges.many(np.array(NUMBERS, dtype=float)).tolist() == arms


def test_random_ranges_are_the_same_both_ways() -> None:
    """Ranges that touch, overlap and leave gaps, with numbers on all their edges."""
    rng = np.random.default_rng(8)
    for closed in ("low", "high", "both"):
        for _ in range(60):
            bounds = rng.integers(0, 8, (3, 2)).tolist()
            for edges in (within(bounds, closed), running(bounds[0], closed)):
                assert edges.many(np.arange(-1, 20)).tolist() == [edges.one(number) for number in range(-1, 20)]


@pytest.mark.parametrize(
    ("percentage", "whole", "part"),
    [(33.3, 1, 0.333), ("12.5", 1_000, 125), (Fraction(1, 3), 100, 1 / 3), (0, 1, 0), (100, 7, 7), (0.07, 1, 0.0007)],
)
def test_percentages_in_a_clients_unit(percentage: Any, whole: int, part: float) -> None:
    """The double nearest to the exact part, so that no product of doubles moves an edge."""
    assert part_of(percentage, whole) == part


@pytest.mark.parametrize("weights", [{}, [], 5, None, "ab", {"a": True}, {"a": float("inf")}, {"a": -1}, [("a", "1")]])
def test_wrong_weights_are_answered(weights: Any) -> None:
    """The place and what is expected."""
    with pytest.raises(ConfigError, match="weights"):
        read_weights(weights)
    with pytest.raises(ConfigError, match=r"weights\['a'\]: expected a pair of bounds"):
        read_weights({"a": 5}, pairs=True)
    assert read_weights({"a": (0, 5)}, either=True) == (("a",), [(0, 5)])


def test_weights_of_a_frame_are_taken() -> None:
    """NumPy's numbers and fractions are weights and bounds like any other, and become Python's own."""
    names, weights = read_weights({"a": np.int64(1), "b": np.float64(0.5), "c": Fraction(1, 4)})

    assert (names, weights) == (("a", "b", "c"), [1, 0.5, 0.25])
    assert [type(weight) for weight in weights] == [int, float, float]
    assert read_weights({"a": (np.int64(0), np.float64(0.5))}, pairs=True) == (("a",), [(0, 0.5)])
