"""Tests of the search for segments on counts alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from ffcore.lab.verify.attributes import Attribute
from ffcore.lab.verify.cells import Cells, CountArray
from ffcore.lab.verify.segment_search import Finding, grow, leading, mismatch, prune, search
from ffcore.lab.verify.segment_tests import Floats

THREE = np.array([0.5, 0.3, 0.2])
VALUES = 60


def one_attribute(counts: CountArray) -> Cells:
    """Cells of a single attribute, one for each row of users by arm."""
    codes = np.arange(len(counts), dtype=np.int32)
    return Cells((Attribute("x", tuple(map(str, codes.tolist())), codes),), (codes,), counts)


def drawn(seed: int, shares: Sequence[float] | Floats, users: int = 2_000) -> Cells:
    """Segments that all draw their arms alike."""
    return one_attribute(np.random.default_rng(seed).multinomial(users, shares, size=VALUES))


@pytest.mark.slow
@pytest.mark.parametrize("shares", [[0.55, 0.28, 0.17], [0.46, 0.36, 0.18]], ids=["one arm up", "one arm down"])
def test_segments_alike_are_named_at_the_stated_rate(shares: list[float]) -> None:
    """All are off alike: of 300 logs at most 18 name a segment, but for a chance below 1e-9 at a rate of 1 %."""
    named = [bool(search(drawn(seed, shares), mismatch(THREE))) for seed in range(300)]

    assert sum(named) <= 18


@pytest.mark.slow
def test_healthy_segments_beside_a_faulty_one_are_named_at_the_stated_rate() -> None:
    """Most users are in a faulty segment, so the others differ from the whole; they fit what is expected."""
    wrong = 0
    for seed in range(300):
        cells = drawn(seed, THREE)
        faulty = replace(cells, counts=np.concatenate([[[60_000, 30_000, 10_000]], cells.counts[1:]]))
        wrong += any(finding.spans[0].low != 0 for finding in leading(faulty, mismatch(THREE)))

    assert wrong <= 18


def test_what_a_set_does_not_need_is_dropped() -> None:
    """A set that begins with a segment of little effect does without it once the culprit is found."""
    counts = np.array([[10_000, 10_000], [3_000, 2_000], [700, 500]])
    cells, problem = one_attribute(counts), mismatch(np.array([0.5, 0.5]))
    culprit, small = sorted(leading(cells, problem), key=lambda finding: -finding.users)[:2]

    found = grow(cells, problem, [small, culprit])

    assert [finding.spans[0].low for finding in found] == [2, 1]
    assert [finding.spans[0].low for finding in prune(cells, problem, found)] == [1]


def test_a_set_of_one_is_left_as_it_is() -> None:
    """Nothing can be dropped from it."""
    cells, problem = one_attribute(np.array([[10_000, 10_000], [3_000, 2_000]])), mismatch(np.array([0.5, 0.5]))
    found: list[Finding] = search(cells, problem)

    assert len(found) == 1
    assert prune(cells, problem, found) == found
