"""Tests of the likely causes that go with a pattern."""

from __future__ import annotations

import numpy as np
import pytest

from ffcore.lab.verify import causes
from ffcore.lab.verify.attributes import Attribute
from ffcore.lab.verify.cells import Span
from ffcore.lab.verify.segment_tests import Floats

STAGES = {"assignment", "execution", "log processing", "analysis", "interference"}
HALVES, THREE = np.array([0.5, 0.5]), np.array([0.5, 0.3, 0.2])
DAY = Attribute("day", tuple("1234567"), np.array([0], np.int32), dated=True)
ALL = [value for name, value in vars(causes).items() if name.isupper() and isinstance(value, tuple)]


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ("context.app_version", causes.VERSION),
        ("sdkVersion", causes.VERSION),
        ("os_version", causes.VERSION),
        ("is_bot", causes.BOTS),
        ("user_agent", causes.BOTS),
        ("browser", causes.DEVICE),
        ("country", causes.REGION),
        ("deviceOS", causes.DEVICE),
        ("plan", causes.ACCOUNT),
        ("diversion", causes.OTHER),
    ],
)
def test_the_name_of_an_attribute_says_where_to_look(attribute: str, expected: object) -> None:
    """Whole words of a name count, in snake and in camel case."""
    found = causes.kind_of(Attribute(attribute, ("a", "b"), np.array([0], np.int32)), Span(0, 0, 0))

    assert found is expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 0, causes.FIRST_DAY),
        (0, 1, causes.FIRST_DAY),
        (0, 5, causes.SPAN_OF_DAYS),
        (3, 3, causes.ONE_DAY),
        (6, 6, causes.LAST_DAY),
        (3, 6, causes.SPAN_OF_DAYS),
    ],
)
def test_the_place_of_days_says_what_happened(low: int, high: int, expected: object) -> None:
    """A mismatch of the first days is one of the start, one from some day on a change."""
    assert causes.kind_of(DAY, Span(0, low, high)) is expected


def test_users_without_a_value_point_at_joins_whatever_the_attribute() -> None:
    """A version that is null is no version."""
    version = Attribute("app_version", ("4.1", "null"), np.array([0], np.int32), nulls=True)

    assert causes.kind_of(version, Span(0, 1, 1)) is causes.NULLS


def test_an_arm_that_reaches_nobody_comes_first() -> None:
    """Nobody in an arm that should have hundreds; nobody in one that should have two is nothing."""
    missing = causes.of_segment([DAY], [Span(0, 3, 3)], np.array([900, 0]), HALVES)
    few = causes.of_segment([DAY], [Span(0, 3, 3)], np.array([4, 0]), HALVES)

    assert missing == [*causes.MISSING_ARM, *few]
    assert few == [*causes.ONE_DAY]


def test_both_conditions_of_a_segment_have_their_causes_once() -> None:
    """A version on a device: causes of both, none twice."""
    attributes = [Attribute(name, ("a",), np.array([0], np.int32)) for name in ("version", "device", "build")]
    found = causes.of_segment(attributes, [Span(at, 0, 0) for at in range(3)], np.array([50, 40]), HALVES)

    assert found == [*causes.VERSION, *causes.DEVICE]


@pytest.mark.parametrize(
    ("counts", "shares", "expected"),
    [
        ([3_020, 4_990, 1_990], THREE, causes.SWAPPED),
        ([5_000, 3_000, 1_500], THREE, causes.ONE_ARM),
        ([5_000, 3_300, 1_500], THREE, causes.EVERYWHERE),
        ([5_300, 4_700], HALVES, causes.EVERYWHERE),
        ([980, 9_020], np.array([0.9, 0.1]), causes.SWAPPED),
    ],
)
def test_a_mismatch_everywhere_is_told_by_its_arms(counts: list[int], shares: Floats, expected: object) -> None:
    """Shares in another order are swapped arms; one arm off among fitting ones is that arm."""
    assert causes.of_all(np.array(counts), shares) == list(expected)  # type: ignore[call-overload]


def test_equal_arms_cannot_be_swapped() -> None:
    """Another order of equal shares is the same order, and counts that fit as they are have not been swapped."""
    assert not causes.swapped(np.array([5_010, 4_990]), HALVES)
    assert not causes.swapped(np.array([5_000, 3_000, 2_000]), THREE)


def test_every_cause_belongs_to_a_stage_of_the_taxonomy() -> None:
    """The five stages of Fabijan and others, all of which are used; each cause says what to look at."""
    found = [cause for group in ALL for cause in group if isinstance(cause, causes.Cause)]

    assert {cause.stage for cause in found} == STAGES
    assert all(cause.cause and cause.look for cause in found)
