"""Every operator over every kind of attribute, and the values that an operator refuses."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest

from ffcore import ConfigError
from ffcore.errors import shown
from ffcore.model import Rule
from ffcore.operators import OPERATORS, family, instant, scalar, version
from ffcore.targeting import predicate
from tests.support.growth import growth


class Country(StrEnum):
    """Text that is an enumeration's member."""

    NO = "NO"


class Level(IntEnum):
    """Numbers that are an enumeration's members."""

    HIGH = 30


class Plain(Enum):
    """Members that are neither text nor numbers."""

    NO = "NO"


EAST = timezone(timedelta(hours=2))
NOON = datetime(2026, 1, 31, 12)
LISTS: tuple[Any, ...] = (["a", "b"], ("a",), {"a"}, frozenset({"a"}))

#: operator, value -> attributes that match, attributes that do not (a type mismatch never does)
TABLE: list[tuple[str, Any, list[Any], list[Any]]] = [
    ("equals", "NO", ["NO", Country.NO, np.str_("NO")], ["no", "NO ", "", 1, True, ["NO"], Plain.NO, b"NO", {}]),
    ("equals", "", [""], [" ", 0, False, []]),
    ("equals", 30, [30, 30.0, Decimal(30), Decimal("30.0"), np.int64(30), np.float32(30), Level.HIGH], ["30", 31]),
    ("equals", 1, [1, 1.0, Fraction(1)], [True, np.bool(1), np.array([1]), np.array(1), "1", 1j, [1]]),
    ("equals", 0.1, [0.1, Decimal("0.1"), Fraction(1, 10)], [np.float32(0.1), "0.1"]),
    ("equals", True, [True, np.bool(1)], [1, 1.0, "true", "True", False]),
    ("not_equals", "NO", ["SE", "", "no"], ["NO", Country.NO, 1, True, ["SE"], Plain.NO, b"SE", np.array(["SE"])]),
    ("not_equals", 1, [2, Decimal(2), np.int64(0)], [1, Decimal(1), True, False, "2", np.array([2])]),
    ("not_equals", True, [False, np.bool(0)], [True, 0, "false"]),
    ("in", ["NO", "SE"], ["NO", Country.NO, "SE"], ["DK", 1, ["NO"], "N"]),
    ("in", ["a", 1, True], ["a", 1, True, Decimal(1), np.bool(1)], [2, False, "1", np.array([1])]),
    ("in", [1], [1, 1.0], [True, "1"]),
    ("in", [], [], ["a", 1, True]),
    ("not_in", ["NO", "SE"], ["DK", ""], ["NO", Country.NO, 1, True, ["DK"]]),
    ("not_in", [1, 2], [3, Decimal("1.5")], [1, True, "3", np.array([3])]),
    ("not_in", ["a", 1], ["b", 2], ["a", 1, True]),
    ("not_in", [], ["a", 1, True], [["a"], {}, b"a", Plain.NO]),
    ("greater_than", 18, [19, 18.5, Decimal("18.01"), np.int64(19), 10**400, float("inf")], [18, 17, "30", True, None]),
    ("greater_than", 18, [], [float("nan"), Decimal("NaN"), Decimal("sNaN"), np.array([30]), [30], Fraction(10**400)]),
    ("greater_than", 0, [1], [True, np.bool(1)]),
    ("greater_than", "b", ["c", "ba"], ["b", "a", "C", 3]),
    ("greater_or_equal", 18, [18, 18.0, Decimal(18), 19], [17, "18", True]),
    ("greater_or_equal", "b", ["b", "c"], ["a", 3]),
    ("less_than", 18, [17, -1, 17.9, Decimal("17.9"), np.float64(17)], [18, 19, "17", False, np.array([1])]),
    ("less_than", "b", ["a", "B", ""], ["b", "c", 1]),
    ("less_or_equal", 18, [18, 17, Decimal(18)], [19, "18", False]),
    ("less_or_equal", "b", ["b", "a"], ["c", 1]),
    ("contains", "a", ["a", "bar", *LISTS, [1, "a"]], ["b", "A", "", [], ["ab"], {"a": 1}, 1, np.array(["a"])]),
    ("contains", 1, [[1], (1.0,), {Decimal(1)}], ["1", ["1"], [True], 1]),
    ("contains", True, [[True]], [[1], "True"]),
    ("not_contains", "a", ["b", "", [], ["b"], [1], {"ab"}], ["bar", *LISTS, {"b": 1}, 1, np.array(["b"])]),
    ("not_contains", 1, [[2], [True], ["1"]], ["2", [1], 2]),
    ("starts_with", "ab", ["ab", "abc"], ["ba", "a", "", "AB", 1, ["ab"]]),
    ("starts_with", "", ["", "a"], [1]),
    ("ends_with", "ab", ["ab", "cab"], ["ba", "b", "", "AB", 1, ["ab"]]),
    ("matches", "b+", ["b", "abba", Country.NO + "b"], ["a", "", "B", 1, ["b"], "\ud800b"]),
    ("matches", "^NO$", ["NO", Country.NO], ["NO\n", "xNO", "no"]),
    ("matches", "(?i)^no", ["Norway"], ["Sweden"]),
    ("exists", None, ["", 0, False, [], float("nan")], [None]),
    ("not_exists", None, [None], ["", 0, False, []]),
    ("before", "2026-01-31T12:00:00Z", [datetime(2026, 1, 31, 11, 59), "2026-01-31", date(2026, 1, 31)], [NOON]),
    ("before", "2026-01-31T12:00:00Z", [NOON.replace(tzinfo=EAST), "2026-01-31T13:59+02:00"], ["2026-02-30", "", 0]),
    ("before", "2026-01-31", ["2026-01-30T23:59:59", "20260130"], [date(2026, 1, 31), "2026-01-31", "12:30", True]),
    ("before", NOON.replace(tzinfo=EAST), ["2026-01-31T09:59:59"], ["2026-01-31T10:00:00", "2026-01-31T11:00:00"]),
    ("after", "2026-01-31T12:00:00Z", ["2026-01-31T12:00:01", date(2026, 2, 1), "2026-01-31T11:00-02:00"], [NOON]),
    ("after", date(2026, 1, 31), [NOON, "2026-01-31T00:00:00.000001"], [date(2026, 1, 31), 1769860800, ["2027-01-01"]]),
    ("after", "2026-01-31", [datetime.max], [datetime.max.replace(tzinfo=timezone(-timedelta(hours=12)))]),
    ("semver_equals", "1.10", ["1.10", "1.10.0", "1.10.0+build.7"], ["1.1", "1.10.0-rc.1", "v1.10", 1.1, "1.10\n"]),
    ("semver_equals", "1", ["1.0.0", "1"], [1, "01", "one", "1.0.0.0", "1\u0660", "9" * 5_000]),
    ("semver_greater_than", "1.9.3", ["1.10", "2", "1.9.4-rc.1"], ["1.9.3", "1.9.3-rc.1", "1.9", 2, "two"]),
    ("semver_greater_than", "2.0.0-rc.2", ["2.0.0-rc.10", "2.0.0"], ["2.0.0-rc.2", "2.0.0-rc.1", "2.0.0-1"]),
    ("semver_greater_than", "1.0.0-1", ["1.0.0-a", "1.0.0-1.0", f"1.0.0-{'9' * 5_000}"], ["1.0.0-0"]),
    ("semver_greater_or_equal", "1.9.3", ["1.9.3", "1.10"], ["1.9.2", "1.9.3-rc.1", 2]),
    ("semver_less_than", "1.10", ["1.9.3", "1.10.0-rc.1", "0"], ["1.10", "1.10.1", "1.11", 1]),
    ("semver_less_or_equal", "1.10", ["1.10.0", "1.10", "1.9"], ["1.10.1", "2", 1]),
]


def cases() -> Iterator[tuple[str, Any, Any, bool]]:
    """The table as single cases: operator, value, attribute, expected."""
    for name, value, matching, others in TABLE:
        yield from ((name, value, actual, True) for actual in matching)
        yield from ((name, value, actual, False) for actual in [*others, *([] if name == "not_exists" else [None])])


@pytest.mark.parametrize(("name", "value", "actual", "expected"), list(cases()), ids=shown)
def test_an_operator_matches_as_the_table_says(name: str, value: Any, actual: Any, *, expected: bool) -> None:
    """Matching values match; other values, other types, and missing attributes do not, and raise nothing."""
    holds = predicate(Rule("attribute", name, value))

    assert holds("user-1", {"attribute": actual}) is expected


def test_the_table_covers_every_operator() -> None:
    """Each operator stands in the table with attributes that match and with others."""
    covered = {(name, expected) for name, _, _, expected in cases()}

    assert covered == set(product(OPERATORS, (True, False)))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("equals", None, "equals: expected text, a number, true or false, got None"),
        ("not_equals", [1], "not_equals: expected text, a number, true or false, got [1]"),
        ("equals", date(2026, 1, 31), "expected text, a number, true or false, got datetime.date(2026, 1, 31)"),
        ("in", "NO", "in: expected a list, got 'NO'"),
        ("not_in", [["a"]], "not_in: expected text, a number, true or false, got ['a']"),
        ("greater_than", True, "greater_than: expected a number or text, got True"),
        ("less_or_equal", None, "less_or_equal: expected a number or text, got None"),
        ("contains", [1], "contains: expected text, a number, true or false, got [1]"),
        ("starts_with", 1, "starts_with: expected text, got 1"),
        ("ends_with", None, "ends_with: expected text, got None"),
        ("matches", 5, "matches: expected text, got 5"),
        ("matches", "(", "'(' is not a regular expression that is safe to run: missing ): ("),
        ("matches", r"(a)\1", r"is not a regular expression that is safe to run: invalid escape sequence: \1"),
        ("matches", "a(?=b)", "is not a regular expression that is safe to run: invalid perl operator: (?="),
        ("matches", "(((x{100}){100}){100})", "safe to run: "),
        ("matches", "\ud800", "safe to run: "),
        ("before", "tomorrow", "before: expected a date or a time by ISO 8601, got 'tomorrow'"),
        ("after", 5, "after: expected a date or a time by ISO 8601, got 5"),
        ("semver_equals", 1.1, "semver_equals: expected a semantic version as text, got 1.1"),
        ("semver_less_than", "v1", "semver_less_than: expected a semantic version as text, got 'v1'"),
    ],
)
def test_a_value_that_an_operator_cannot_compare_is_refused(name: str, value: Any, message: str) -> None:
    """The message names the operator, what it expected, and the value."""
    with pytest.raises(ConfigError) as caught:
        Rule("attribute", name, value)
    [(path, text)] = caught.value.problems

    assert path == "value"
    assert message in text


@pytest.mark.parametrize("pattern", ["(a+)+$", "^(a|aa)*$", "(.*a){12}$", "(x+x+)+y"])
def test_a_hostile_pattern_is_searched_in_linear_time(pattern: str) -> None:
    """Patterns that hold a backtracking engine for ages take no more than in proportion to the text."""
    holds = predicate(Rule("text", "matches", pattern))

    assert holds("user-1", {"text": "a" * 9 + "x" * 9 + "!"}) is False
    assert growth(lambda size: holds("user-1", {"text": "a" * size + "x" * size + "!"}), 5_000) < 150


@pytest.mark.parametrize("name", ["semver_equals", "before", "after"])
@pytest.mark.parametrize(("start", "unit"), [("1.0.0-", "0"), ("1.0.0-", "a."), ("", "2026-01-31")])
def test_long_text_is_no_version_and_no_time(name: str, start: str, unit: str) -> None:
    """What a library parses takes no more than in proportion to the text."""
    holds = predicate(Rule("text", name, "1.0.0" if name == "semver_equals" else "2026-01-31"))

    assert holds("user-1", {"text": start + unit * 10_000}) is False
    assert growth(lambda size: holds("user-1", {"text": start + unit * size}), 5_000) < 150


@pytest.mark.parametrize(
    "value", [[1], (1,), None, {}, 1j, b"a", Plain.NO, np.array([1]), np.array(1), Fraction(10**400)]
)
def test_what_is_no_scalar_compares_with_nothing(value: Any) -> None:
    """Lists, arrays of any size and other objects have no plain form; nor has a rational larger than any float."""
    assert scalar(value) is None
    assert family(scalar(value)) == ""


def test_numbers_compare_in_their_plain_form() -> None:
    """A whole Decimal is an integer of any size, another the nearest float; NaN of either kind is NaN."""
    assert scalar(Decimal("1E+30")) == 10**30
    assert scalar(Decimal("0.1")) == 0.1
    assert scalar(Decimal("-1E+999999")) == float("-inf")
    assert [str(scalar(Decimal(text))) for text in ("NaN", "sNaN")] == ["nan", "nan"]


def test_instants_are_utc() -> None:
    """Naive times are UTC, a date is its first moment, and what is no time is none."""
    assert instant(NOON) == NOON.replace(tzinfo=UTC)
    assert instant(date(2026, 1, 31)) == datetime(2026, 1, 31, tzinfo=UTC)
    assert instant(datetime.min.replace(tzinfo=EAST)) is None
    assert instant(1.5) is None


def test_naive_times_do_not_follow_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine in another zone decides alike."""
    monkeypatch.setenv("TZ", "XXX-05:30")
    time.tzset()
    try:
        assert instant(NOON) == instant("2026-01-31T12:00:00") == NOON.replace(tzinfo=UTC)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_versions_order_by_precedence() -> None:
    """The example of section 11 of the semantic versioning rules, in its order."""
    stated = ["alpha", "alpha.1", "alpha.beta", "beta", "beta.2", "beta.11", "rc.1"]
    versions = [version(f"1.0.0-{name}") for name in stated] + [version("1")]

    assert versions == sorted(versions)
    assert len(set(versions)) == len(versions)
