"""count_frame against the rows of evaluate_frame."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from ffcore import ConfigError, FlagSet
from ffcore.lab import count_frame, evaluate_frame
from ffcore.lab.bulk import parts

ARMS = [{"key": "b", "allocation": "1/2"}, {"key": "none", "allocation": 0}, {"key": "a", "allocation": "1/2"}]
RULE = {"attribute": "age", "operator": "less_than", "value": 50}
FLAGS = FlagSet.from_items(
    flags=[
        {"key": "half", "enabled": True, "rollout_percentage": 50, "targeting_rules": [RULE]},
        {"key": "arms", "enabled": True, "rollout_percentage": 80, "variants": ARMS},
        {"key": "off"},
    ],
    experiments=[{"key": "pricing", "status": "active", "variants": ARMS, "traffic_allocation": 0.3}],
)
USERS = pd.DataFrame(
    {
        "user_id": [f"user-{number}" for number in range(1_200)],
        "country": ["NO", "DK", None, "SE"] * 300,
        "age": [*range(60)] * 20,
        "plan": pd.Categorical(["pro", "free", "pro"] * 400, categories=["pro", "free", "team"]),
    }
)


def readable(row: Iterable[Any]) -> tuple[str, ...]:
    """A row's values as text, every kind of null alike."""
    return tuple("null" if pd.isna(value) else str(value) for value in row)


def rows_of(by: list[str]) -> Counter[tuple[str, ...]]:
    """Users of each segment, key and decision, counted from the rows of results."""
    found: Counter[tuple[str, ...]] = Counter()
    for key in [*FLAGS, *FLAGS.experiments]:
        result = evaluate_frame(USERS, FLAGS, [key]).astype(object)
        columns = [*(USERS[name] for name in by), [key] * len(USERS)]
        decisions = [result[f"{key}.{name}"] for name in ("enabled", "reason", "variant")]
        found.update(readable(row) for row in zip(*columns, *decisions, strict=True))
    return found


@pytest.mark.parametrize("by", [[], ["country"], ["plan", "country"]], ids=len)
@pytest.mark.parametrize("arrow", [False, True])
def test_counts_are_those_of_the_rows(by: list[str], *, arrow: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """For each segment, null included, and each key the counts are those of the decisions, over several parts."""
    expected = rows_of(by)
    monkeypatch.setattr(parts, "PART_ROWS", 500)

    counts = count_frame(pa.table(USERS) if arrow else USERS, FLAGS, by=by)

    found = {readable(row[:-1]): row[-1] for row in counts.itertuples(index=False, name=None) if row[-1]}
    assert found == dict(expected)


def test_an_arm_that_nobody_got_stands_with_zero() -> None:
    """An empty arm is seen; a reason that did not occur is not listed."""
    counts = count_frame(USERS, FLAGS, ["arms"])

    assert counts["variant"].tolist()[:3] == ["b", "none", "a"]
    assert counts["users"].tolist()[1] == 0
    assert counts["reason"].tolist() == ["enabled"] * 3 + ["not_in_rollout"]
    assert counts["users"].sum() == len(USERS)


def test_no_users() -> None:
    """An empty frame has no segments; as one segment it counts zero."""
    assert count_frame(USERS.iloc[:0], FLAGS, ["arms"])["users"].tolist() == [0, 0, 0]
    assert len(count_frame(USERS.iloc[:0], FLAGS, ["arms"], by=["country"])) == 0


@pytest.mark.parametrize(
    ("by", "message"),
    [
        (["contry"], "^contry: the frame has no such column; did you mean country"),
        ("country", "^by: expected several columns, got the text 'country'"),
        (["key"], "^by: a column of the counts is called key already"),
    ],
)
def test_mistakes_are_one_clear_message(by: Any, message: str) -> None:
    """A segment that is no column, no list of columns, or named as a column of the counts."""
    with pytest.raises(ConfigError, match=message):
        count_frame(USERS, FLAGS, by=by)


def test_invalid_ids_are_refused() -> None:
    """Null and blank ids are not counted as anything."""
    with pytest.raises(ConfigError, match=r"^user_id: 1 of 2 ids are null or blank, at rows 1;"):
        count_frame(pd.DataFrame({"user_id": ["a", ""]}), FLAGS, ["arms"])
