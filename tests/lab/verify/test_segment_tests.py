"""Tests of counting by segment and of the tests of all segments at once."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from ffcore.lab.verify import cells as cells_module
from ffcore.lab.verify.attributes import Attribute
from ffcore.lab.verify.cells import Cells, Span, count_cells
from ffcore.lab.verify.segment_tests import (
    candidates,
    contrast_test,
    counts_of,
    deviance,
    family_size,
    minus_log_tail,
    share_test,
    spans_of,
)

HALVES, THREE = np.array([0.5, 0.5]), np.array([0.5, 0.3, 0.2])


def log(rows: int = 5_000, seed: int = 1) -> tuple[tuple[Attribute, ...], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Attributes of 40, 3 and 5 values (the last one days) and the arms of some users."""
    rng = np.random.default_rng(seed)
    made = [(40, False), (3, False), (5, True)]
    columns = [rng.integers(0, values, rows).astype(np.int32) for values, _ in made]
    labels = [tuple(f"{value:02}" for value in range(values)) for values, _ in made]
    attributes = tuple(
        Attribute(name, labels[at], columns[at], dated)
        for at, (name, (_, dated)) in enumerate(zip("abc", made, strict=True))
    )
    return attributes, rng.integers(0, 3, rows)


@pytest.fixture
def counted() -> Cells:
    """Users of three arms, counted."""
    return count_cells(*log(), 3)


@pytest.mark.parametrize(
    ("places", "keys"), [(1 << 23, 1 << 40), (10, 1 << 40), (10, 50)], ids=["dense", "hashed", "renumbered on the way"]
)
def test_cells_hold_every_user_once(monkeypatch: pytest.MonkeyPatch, places: int, keys: int) -> None:
    """However combinations are found, each cell holds the users of its values."""
    monkeypatch.setattr(cells_module, "MOST_PLACES", places)
    monkeypatch.setattr(cells_module, "MOST_KEYS", keys)
    attributes, arms = log()

    found = count_cells(attributes, arms, 3)

    expected: dict[tuple[int, ...], list[int]] = {}
    for *values, arm in zip(*(attribute.codes.tolist() for attribute in attributes), arms.tolist(), strict=True):
        expected.setdefault(tuple(values), [0, 0, 0])[arm] += 1
    cells = zip(zip(*(codes.tolist() for codes in found.codes), strict=True), found.counts.tolist(), strict=True)
    assert dict(cells) == expected


def test_a_segment_counts_the_users_inside_it(counted: Cells) -> None:
    """Values and spans of days agree with a count of the cells inside them."""
    for place, attribute in enumerate(counted.attributes):
        spans = spans_of(attribute, place)
        expected = [counted.select(counted.inside([span])).totals.tolist() for span in spans]

        assert counts_of(counted, place).tolist() == expected
    assert len(spans_of(counted.attributes[2], 2)) == 5 + 3 + 3


def test_days_without_a_date_make_no_span() -> None:
    """Null is no day: no span begins or ends with it."""
    day = Attribute("day", ("1", "2", "3", "null"), np.array([0, 1, 2, 3], np.int32), dated=True, nulls=True)
    cells = count_cells((day,), np.array([0, 1, 0, 1]), 2)

    assert spans_of(day, 0)[4:] == [Span(0, 0, 1), Span(0, 1, 2)]
    assert counts_of(cells, 0)[4:].tolist() == [[1, 1], [1, 1]]


def test_segments_of_everybody_or_nobody_are_no_candidates() -> None:
    """A column of one value explains nothing."""
    constant = Attribute("x", ("a", "unused"), np.zeros(4, np.int32))

    assert candidates(count_cells((constant,), np.array([0, 1, 0, 1]), 2)).spans == ()


def test_two_arms_are_tested_by_the_exact_binomial() -> None:
    """At a share of one half doubling and the method of small p-values are the same."""
    counts = np.array([[40, 60], [7, 0], [0, 3]])
    expected = [stats.binomtest(int(row[0]), int(row.sum()), 0.5).pvalue for row in counts]

    assert share_test(counts, HALVES) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("users", [8, 25])
def test_the_share_test_never_alarms_too_often(users: int) -> None:
    """Exact over all outcomes of three arms: at no rate is it reached more often than stated."""
    outcomes = np.array([row for row in itertools.product(range(users + 1), repeat=3) if sum(row) == users])
    chances = stats.multinomial.pmf(outcomes, users, THREE)
    p_values = share_test(outcomes, THREE)

    for alpha in np.unique(p_values):
        assert chances[p_values <= alpha].sum() <= alpha + 1e-12


def test_a_contrast_is_fishers_test_doubled() -> None:
    """Two arms: the smaller tail of the hypergeometric distribution, twice."""
    counts, totals = np.array([[12, 30], [30, 12]]), np.array([400, 500])
    tables = [np.array([row, totals - row]) for row in counts]
    tails = [[stats.fisher_exact(rows, alternative=side).pvalue for side in ("less", "greater")] for rows in tables]

    assert contrast_test(counts, totals) == pytest.approx([2 * min(pair) for pair in tails])


def test_small_segments_do_not_count_in_the_family() -> None:
    """A thousand segments of three users leave the level of ten large ones as it is."""
    large, small = np.full(10, 5_000), np.full(1_000, 3)

    assert family_size(np.concatenate([large, small]), HALVES, 0.01) == family_size(large, HALVES, 0.01) == 10


def test_the_family_keeps_its_error_rate() -> None:
    """Tarone's count: segments that could reach the divided level are no more than it was divided by."""
    users = np.random.default_rng(3).integers(1, 60, 500)

    size = family_size(users, THREE, 0.01)

    smallest = share_test(np.column_stack([np.zeros_like(users), np.zeros_like(users), users]), THREE)
    assert np.count_nonzero(smallest <= 0.01 / size) <= size
    assert np.count_nonzero(smallest <= 0.01 / (size - 1)) > size - 1


def test_minus_log_tail_is_right_on_both_sides_of_its_bound() -> None:
    """The asymptotic form joins the exact one within 0.1 %."""
    for freedom in (1, 2, 5):
        near, far = minus_log_tail(np.array([499.999, 500.001]), freedom)

        assert near == pytest.approx(-stats.chi2.logsf(499.999, freedom))
        assert far == pytest.approx(near, rel=1e-3)


def test_deviance_is_scipys_likelihood_ratio_and_knows_empty_arms() -> None:
    """An arm of nobody has no infinite logarithm."""
    counts = np.array([50, 31, 0])
    expected = stats.power_divergence(counts + 1e-300, counts.sum() * THREE, lambda_="log-likelihood").statistic

    assert deviance(counts[None], THREE)[0] == pytest.approx(expected)
    assert math.isfinite(deviance(np.array([[0, 0, 5]]), THREE)[0])
