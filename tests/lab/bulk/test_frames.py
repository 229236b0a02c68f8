"""evaluate_frame against the evaluator, row by row: every rule, every kind of column, every kind of frame."""

from collections.abc import Callable
from typing import Any

import hypothesis
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ffcore import ConfigError, Experiment, Flag, FlagSet
from ffcore.lab import evaluate_frame
from ffcore.lab.bulk import parts
from tests.support.frames import decided, frames, outcomes
from tests.support.strategies import experiment_items, flag_items

pytestmark = pytest.mark.usefixtures("quiet")
HALVES = [{"key": "b", "allocation": "1/2"}, {"key": "a", "allocation": "1/2"}]
FLAGS = FlagSet.from_items(
    flags=[
        {"key": "half", "enabled": True, "rollout_percentage": 50},
        {"key": "arms", "enabled": True, "rollout_percentage": 80, "variants": HALVES},
        {"key": "off", "rollout_percentage": 100, "variants": HALVES},
        {
            "key": "north",
            "enabled": True,
            "rollout_percentage": 100,
            "targeting_rules": [{"attribute": "country", "operator": "in", "value": ["NO", "SE"]}],
        },
    ],
    experiments=[{"key": "pricing", "status": "active", "variants": HALVES, "traffic_allocation": 0.3}],
)
USERS = pd.DataFrame(
    {"user_id": [f"user-{number}" for number in range(400)], "country": ["NO", "DK", None, "SE"] * 100},
    index=pd.RangeIndex(5, 405, name="row"),
)


def agree(frame: pd.DataFrame, flags: FlagSet) -> None:
    """The frame's decisions are the evaluator's, for every key and row."""
    result = evaluate_frame(frame, flags)
    for key in [*flags, *flags.experiments]:
        assert outcomes(result, key) == decided(flags, key, frame)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["flags", "experiments"])
def test_random_flags_over_random_frames(kind: str) -> None:
    """Any rules over any columns, nulls included, decide as the evaluator does."""
    items = flag_items if kind == "flags" else experiment_items
    read: Callable[[Any], Any] = Flag.from_item if kind == "flags" else Experiment.from_item

    @settings(max_examples=120, suppress_health_check=list(HealthCheck))
    @hypothesis.seed(4)
    @given(frames(), st.lists(items.map(read), min_size=1, max_size=3, unique_by=lambda item: item.key))
    def compare(frame: pd.DataFrame, found: list[Any]) -> None:
        agree(frame, FlagSet(**{kind: found}))

    compare()


@pytest.mark.parametrize("dtype", ["str", "object", "category", "string"])
def test_a_population_in_several_parts(dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows cut into many parts, on threads, come back whole and in order."""
    monkeypatch.setattr(parts, "PART_ROWS", 77)
    agree(USERS.astype({"user_id": dtype, "country": dtype}), FLAGS)


def test_numbers_are_decided_as_their_text() -> None:
    """A whole number is the user of its digits."""
    agree(pd.DataFrame({"user_id": [0, -7, 2**63 - 1]}), FLAGS)


def test_only_results_come_back_under_the_same_index() -> None:
    """Three columns for each key, truth values and categories in declared order; the input is left alone."""
    before = USERS.copy()

    result = evaluate_frame(USERS, FLAGS, ["arms", "pricing", "arms"])

    assert list(result) == [f"{key}.{name}" for key in ("arms", "pricing") for name in ("enabled", "variant", "reason")]
    assert result.index.equals(USERS.index)
    assert result.index.name == "row"
    assert result["arms.enabled"].dtype == bool
    assert result["arms.variant"].cat.categories.tolist() == ["b", "a"]
    assert result["pricing.reason"].cat.categories[0] == "assigned"
    pd.testing.assert_frame_equal(USERS, before)


def test_a_key_of_both_means_the_flag() -> None:
    """Named, such a key is the flag; among all keys it is refused."""
    both = FlagSet([Flag("x", enabled=True)], experiments=[Experiment("x", variants=HALVES)])  # type: ignore[arg-type]

    assert set(evaluate_frame(USERS, both, ["x"])["x.reason"]) == {"not_in_rollout"}
    with pytest.raises(ConfigError, match=r"^x: is a flag and an experiment"):
        evaluate_frame(USERS, both)


def test_another_column_of_ids() -> None:
    """Ids may stand in any column; the attribute user_id is still the id."""
    rule = {"attribute": "user_id", "operator": "equals", "value": "ann"}
    flags = FlagSet.from_items(
        flags=[{"key": "x", "enabled": True, "rollout_percentage": 100, "targeting_rules": [rule]}]
    )
    frame = pd.DataFrame({"uid": ["ann", "bob"], "user_id": ["bob", "ann"]})

    assert evaluate_frame(frame, flags, user_id="uid")["x.enabled"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keys": ["arm", "north"]}, "^arm: neither a flag nor an experiment has this key; did you mean arms"),
        ({"keys": "arms"}, "^keys: expected several keys, got the text 'arms'"),
        ({"user_id": "userid"}, "^userid: the frame has no such column; did you mean user_id"),
        ({"on_invalid": "marks"}, "^on_invalid: 'marks' is no way to treat invalid ids; did you mean mark"),
        ({"flags": {}}, "^flags: expected a FlagSet"),
        ({"frame": ["a"]}, r"^frame: expected a pandas, Polars or Arrow frame, .* got \['a'\]"),
        ({"frame": pa.chunked_array([["a"]])}, "^frame: expected"),
        ({"frame": pd.DataFrame([["a", "b"]], columns=["user_id", "user_id"])}, "^user_id: 2 columns"),
        ({"frame": pd.DataFrame({"user_id": [1.5]})}, "^user_id: expected ids that are text or whole numbers"),
        ({"frame": pd.DataFrame({"user_id": ["a", 1]})}, "^user_id: expected ids that are all text"),
    ],
    ids=lambda value: str(next(iter(value))) if isinstance(value, dict) else None,
)
def test_mistakes_are_one_clear_message(change: dict[str, Any], message: str) -> None:
    """What cannot be used is named, with what is expected and the nearest name."""
    with pytest.raises(ConfigError, match=message):
        evaluate_frame(**dict[str, Any](frame=USERS, flags=FLAGS) | change)


INVALID = pd.DataFrame({"user_id": ["ann", None, " ", "bob"], "country": "NO"})


def test_invalid_ids_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Null and blank ids are counted over all parts, with their first rows."""
    monkeypatch.setattr(parts, "PART_ROWS", 2)

    with pytest.raises(ConfigError, match=r"^user_id: 2 of 4 ids are null or blank, at rows 1, 2;"):
        evaluate_frame(INVALID, FLAGS)


@pytest.mark.parametrize("key", ["north", "off", "arms", "pricing"])
def test_invalid_ids_are_marked(key: str) -> None:
    """Marked, they have a reason of their own before any other, and nothing else; other rows are as ever."""
    result = evaluate_frame(INVALID, FLAGS, [key], on_invalid="mark")

    assert outcomes(result, key)[1:3] == [(False, "invalid_user_id", None)] * 2
    assert outcomes(result.iloc[[0, 3]], key) == decided(FLAGS, key, INVALID.iloc[[0, 3]])


def test_an_empty_frame() -> None:
    """No users give no rows, with the same columns and categories."""
    result = evaluate_frame(USERS.iloc[:0], FLAGS)

    assert len(result) == 0
    assert result.dtypes.equals(evaluate_frame(USERS, FLAGS).dtypes)


def test_an_absent_column_is_missing_and_said(caplog: pytest.LogCaptureFixture) -> None:
    """Rules on an attribute without a column match nobody, with one warning that names it."""
    with caplog.at_level("WARNING", "ffcore"):
        result = evaluate_frame(USERS[["user_id"]], FLAGS, ["north"])

    assert set(result["north.reason"]) == {"targeting_rules_not_met"}
    assert [record.getMessage() for record in caplog.records] == [
        "the frame has no column for country: rules take it as missing for every user"
    ]
