"""Frames of every kind: as they come in, so the results go out."""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ffcore import ConfigError, FlagSet
from ffcore.lab import evaluate_frame
from tests.support.frames import outcomes

ARMS = [{"key": "b", "allocation": "1/2"}, {"key": "a", "allocation": "1/2"}]
RULE = {"attribute": "age", "operator": "greater_than", "value": 20}
FLAGS = FlagSet.from_items(
    flags=[
        {"key": "x", "enabled": True, "rollout_percentage": 60, "variants": ARMS, "targeting_rules": [RULE]},
        {"key": "y", "enabled": True, "rollout_percentage": 50},
    ]
)
USERS = pd.DataFrame(
    {"user_id": [f"user-{number}" for number in range(300)], "age": pd.array([*range(59), None] * 5, dtype="Int64")}
)
EXPECTED = evaluate_frame(USERS, FLAGS)


class Exported:
    """A frame of some other library, known by its interface alone."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.table.__arrow_c_stream__(requested_schema)


TABLE = pa.Table.from_pandas(USERS, preserve_index=False)
ARROW = {
    "table": (TABLE, pa.Table),
    "chunks": (pa.concat_tables([TABLE[:100], TABLE[100:]]), pa.Table),
    "batch": (TABLE.to_batches()[0], pa.RecordBatch),
    "stream": (Exported(TABLE), pa.Table),
    "views": (TABLE.set_column(0, "user_id", TABLE["user_id"].cast(pa.string_view())), pa.Table),
}


@pytest.mark.parametrize(("frame", "kind"), ARROW.values(), ids=ARROW.keys())
def test_arrow(frame: Any, kind: Any) -> None:
    """Tables stay tables, batches batches, any stream becomes a table; truth values and dictionaries in order."""
    result: Any = evaluate_frame(frame, FLAGS)

    assert isinstance(result, kind)
    assert result.schema.field("x.enabled").type == pa.bool_()
    assert result.column("x.variant").type.value_type == pa.string()
    for key in FLAGS:
        assert outcomes(result.to_pandas(), key) == outcomes(EXPECTED, key)
    first = result.column("x.variant")
    assert (first.chunk(0) if kind is pa.Table else first).dictionary.to_pylist() == ["b", "a"]


def test_empty_arrow_frames() -> None:
    """No rows are no rows, in a table and in a batch."""
    assert evaluate_frame(TABLE[:0], FLAGS).num_rows == 0
    assert evaluate_frame(TABLE.to_batches()[0][:0], FLAGS).num_rows == 0


def test_polars() -> None:
    """A Polars frame gives a Polars frame: truth values, and Enums of the variants in declared order."""
    result = evaluate_frame(pl.DataFrame(TABLE), FLAGS)

    assert isinstance(result, pl.DataFrame)
    assert result.schema["x.variant"] == pl.Enum(["b", "a"])
    assert result.schema["y.variant"] == pl.Enum([])
    for key in FLAGS:
        assert result[f"{key}.variant"].to_list() == [variant for _, _, variant in outcomes(EXPECTED, key)]
        assert result[f"{key}.reason"].to_list() == EXPECTED[f"{key}.reason"].tolist()
        assert result[f"{key}.enabled"].to_list() == EXPECTED[f"{key}.enabled"].tolist()


@pytest.mark.parametrize(
    "index",
    [
        pd.Index([7] * 300),
        pd.date_range("2026-01-01", periods=300),
        pd.MultiIndex.from_product([range(30), range(10)], names=["a", "b"]),
    ],
    ids=["repeated", "dates", "levels"],
)
def test_any_index_is_kept(index: pd.Index) -> None:
    """Results lie under the index that came in, in the order of its rows."""
    result = evaluate_frame(USERS.set_axis(index), FLAGS)

    assert result.index.equals(index)
    assert outcomes(result, "x") == outcomes(EXPECTED, "x")


@pytest.mark.parametrize("null", [None, float("nan"), pd.NA, pd.NaT], ids=str)
@pytest.mark.parametrize("value", ["text", 7, 2.5, True, ["list"], date(2026, 1, 31)], ids=str)
def test_every_null_of_pandas_is_missing(value: Any, null: Any) -> None:
    """Among objects of any kind, mixed ones too, whatever pandas takes for null is a missing attribute."""
    rule = {"attribute": "x", "operator": "exists"}
    item = {"key": "known", "enabled": True, "rollout_percentage": 100, "targeting_rules": [rule]}
    for column in ([value, null], [value, null, object()]):
        frame = pd.DataFrame({"user_id": range(len(column)), "x": pd.Series(column, dtype=object)})
        found = evaluate_frame(frame, FlagSet.from_items(flags=[item]))["known.enabled"]

        assert found.tolist() == [True, False, True][: len(column)]


def reasons(frame: Any, attribute: str, operator: str, value: Any) -> list[str]:
    """What becomes of each row of a frame under one rule."""
    rule = {"attribute": attribute, "operator": operator, "value": value}
    item = {"key": "x", "enabled": True, "rollout_percentage": 100, "targeting_rules": [rule]}
    result = evaluate_frame(frame, FlagSet.from_items(flags=[item]))["x.reason"]
    return list(result.to_pylist() if isinstance(result, pa.ChunkedArray) else result)


def test_lists_of_a_file_are_lists(tmp_path: Path) -> None:
    """A column of lists says the same whether Arrow or pandas read its file, though pandas holds arrays."""
    table = pa.table({"user_id": ["a", "b", "c"], "tags": [["p", "q"], None, []]})
    pq.write_table(table, tmp_path / "users.parquet")
    for frame in (pq.read_table(tmp_path / "users.parquet"), pd.read_parquet(tmp_path / "users.parquet")):
        contained, not_contained = (reasons(frame, "tags", name, "p") for name in ("contains", "not_contains"))

        assert contained == ["enabled", "targeting_rules_not_met", "targeting_rules_not_met"]
        assert not_contained == ["targeting_rules_not_met", "targeting_rules_not_met", "enabled"]


def test_a_column_may_be_called_a_number() -> None:
    """An attribute finds its column by the text of the column's name."""
    assert reasons(pd.DataFrame({"user_id": ["a"], 3: ["p"]}), "3", "equals", "p") == ["enabled"]


@pytest.mark.parametrize("arrow", [False, True], ids=["pandas", "arrow"])
def test_an_attribute_of_two_columns_is_refused(*, arrow: bool) -> None:
    """Two columns of one name are no answer."""
    frame: Any = pd.DataFrame([["a", "p", "q"]], columns=["user_id", "plan", "plan"])
    if arrow:
        frame = pa.table([["a"], ["p"], ["q"]], names=["user_id", "plan", "plan"])

    with pytest.raises(ConfigError, match=r"^plan: 2 columns of the frame have this name"):
        reasons(frame, "plan", "exists", None)
