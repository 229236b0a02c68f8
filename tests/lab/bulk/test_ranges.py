"""count_range against count_frame on the ids spelled out, and the ids against Python's own."""

import logging
from typing import Any

import pandas as pd
import pytest

from ffcore import ConfigError, FlagSet
from ffcore.lab import count_frame, count_range
from ffcore.lab.bulk import ranges
from ffcore.lab.bulk.parts import PART_ROWS
from ffcore.lab.bulk.ranges import END, DecimalIds

ARMS = [{"key": "b", "allocation": "1/2"}, {"key": "none", "allocation": 0}, {"key": "a", "allocation": "1/2"}]
ENDS = {"attribute": "user_id", "operator": "ends_with", "value": "7"}
FLAGS = FlagSet.from_items(
    flags=[
        {"key": "half", "enabled": True, "rollout_percentage": 50},
        {"key": "seven", "enabled": True, "rollout_percentage": 80, "variants": ARMS, "targeting_rules": [ENDS]},
        {"key": "off"},
    ],
    experiments=[{"key": "pricing", "status": "active", "variants": ARMS, "traffic_allocation": 0.3}],
)


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, 1), (0, 12), (7, 1_234), (0, 12_345), (995, 3_005), (98_765, 101_234), (10**18 - 1_500, 10**18 + 1_500)],
)
@pytest.mark.parametrize("width", [0, 3, 25])
@pytest.mark.parametrize("prefix", ["user-", "", "bruker-Å9"])
def test_ids_are_those_of_python(start: int, stop: int, width: int, prefix: str) -> None:
    """Numbers gain digits, carry over any number of nines, and are filled up with zeros."""
    ids = DecimalIds(prefix, width, stop - start, stop)

    assert ids.of(start, stop).to_pylist() == [prefix + str(number).zfill(width) for number in range(start, stop)]


def test_ids_are_written_over_those_before() -> None:
    """The same room serves for any later part, shorter ones too."""
    ids = DecimalIds("u", 0, 5_000, 100_000)
    ids.of(95_000, 100_000)

    assert ids.of(5, 2_000).to_pylist() == [f"u{number}" for number in range(5, 2_000)]


@pytest.mark.parametrize(
    ("start", "stop", "prefix", "width"),
    [(0, 5_000, "user-", None), (900, 12_000, "ü", 6), (3, 4, "", None), (END - 2_000, END, "x" * 60, None)],
    ids=["from zero", "filled up", "one", "the last"],
)
def test_counts_are_those_of_the_ids(
    start: int, stop: int, prefix: str, width: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For every key, over several tasks of several parts, rules on the id among them."""
    ids = [prefix + str(number).zfill(width or 0) for number in range(start, stop)]
    expected = count_frame(pd.DataFrame({"user_id": ids}), FLAGS)
    monkeypatch.setattr(ranges, "PART_ROWS", 300)
    monkeypatch.setattr(ranges, "TASK_ROWS", 700)

    numbers = range(start, stop)
    pd.testing.assert_frame_equal(count_range(numbers, FLAGS, prefix=prefix, width=width), expected)
    half = count_range(numbers, FLAGS, ["half"], prefix, width)
    assert half["users"].tolist() == expected.loc[expected["key"] == "half", "users"].tolist()


def test_no_users() -> None:
    """An empty range counts like an empty frame."""
    expected = count_frame(pd.DataFrame({"user_id": pd.Series([], dtype="str")}), FLAGS)

    pd.testing.assert_frame_equal(count_range(range(5, 5), FLAGS), expected)
    pd.testing.assert_frame_equal(count_range(range(5, 3), FLAGS), expected)


@pytest.mark.parametrize("stop", [8, 300_000, 40_000_000, 10**10])
def test_tasks_are_the_range(stop: int) -> None:
    """Each user is in one task; no task keeps a worker long, and a short range is not cut into crumbs."""
    tasks = list(ranges._tasks(range(7, stop)))

    assert [task.start for task in tasks] == [7, *(task.stop for task in tasks[:-1])]
    assert tasks[-1].stop == stop
    assert max(map(len, tasks)) <= ranges.TASK_ROWS
    assert min(map(len, tasks[:-1]), default=PART_ROWS) >= PART_ROWS


def test_an_attribute_that_no_range_has(caplog: pytest.LogCaptureFixture) -> None:
    """Rules on anything but the id are said to be unmet."""
    rule = {"attribute": "country", "operator": "equals", "value": "NO"}
    item = {"key": "x", "enabled": True, "rollout_percentage": 100, "targeting_rules": [rule]}
    with caplog.at_level(logging.WARNING, "ffcore"):
        counts = count_range(range(10), FlagSet.from_items(flags=[item]))

    assert counts.values.tolist()[1][2:] == ["targeting_rules_not_met", None, 10]
    assert "no column for country" in caplog.text


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"numbers": range(-1, 5)}, r"^numbers: expected numbers from 0 to below 2\*\*63, got range\(-1, 5\)$"),
        ({"numbers": range(END - 1, END + 1)}, r"^numbers: .* got range\(9223372036854775806, 9223372036854775808\)$"),
        ({"numbers": range(0, 9, 2)}, r"^numbers: expected a range of numbers, such as .* got range\(0, 9, 2\)$"),
        ({"numbers": 10}, r"^numbers: .* got 10$"),
        ({"width": 0}, r"^width: expected a whole number from 1 to 1,000, or None, got 0$"),
        ({"width": "8"}, r"^width: .* got '8'$"),
        ({"prefix": None}, r"^prefix: expected text, got None$"),
        ({"prefix": "a\ud800"}, r"^prefix: 'a\\ud800' holds a lone surrogate"),
        ({"numbers": None, "prefix": 7}, r"(?s)^numbers: .*\nprefix: expected text, got 7$"),
        ({"keys": ["haf"]}, r"^haf: neither a flag nor an experiment has this key; did you mean half\?$"),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, dict) else "",
)
def test_mistakes_are_clear_messages(changed: dict[str, Any], message: str) -> None:
    """Each argument that cannot be used is named with what was expected."""
    arguments: dict[str, Any] = {"numbers": range(10), "flags": FLAGS} | changed

    with pytest.raises(ConfigError, match=message):
        count_range(**arguments)
