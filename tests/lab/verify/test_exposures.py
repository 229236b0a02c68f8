"""Tests of exposure logs: which columns they need, what is read of them, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ffcore import ConfigError, Flag, FlagSet
from ffcore.lab.testing.exposures import simulate_exposures
from ffcore.lab.verify import read_exposures
from ffcore.lab.verify.exposures import Exposures

LOG = pd.DataFrame(
    {
        "user_id": ["007", "ann", "bob"],
        "flag_key": ["a", "b", "a"],
        "enabled": [True, False, True],
        "variant": ["blue", None, None],
        "reason": ["enabled", "not_in_rollout", None],
        "timestamp": pd.to_datetime(["2024-06-01", "2024-06-02", "2024-06-03"], utc=True),
        "received_at": pd.to_datetime(["2024-06-01", "2024-06-02", "2024-06-04"], utc=True),
        "event_type": "flag_evaluation",
        "flag_id": ["a", "b", "a"],
        "context.country": ["NO", "DE", None],
        "context.age": [31, 7, 8],
        "session": [1, 2, 3],
    }
)
DAY = 86_400_000_000


def changed(**columns: Any) -> pd.DataFrame:
    """The log with other columns."""
    return LOG.assign(**columns)


def contents(log: Exposures) -> dict[str, list[Any]]:
    """The log's table as plain lists."""
    return {
        name: column.to_pylist() for name, column in zip(log.table().column_names, log.table().columns, strict=True)
    }


def jsonlike(tmp_path: Path) -> Path:
    """The log as JSON lines, its context nested."""
    lines = []
    for row in LOG.astype(object).where(LOG.notna(), None).to_dict("records"):
        context = {"country": row["context.country"], "age": row["context.age"]}
        plain = {
            str(name): str(value) if "at" in str(name) or "time" in str(name) else value for name, value in row.items()
        }
        flat = {name: plain[name] for name in plain if not name.startswith("context.")}
        lines.append(json.dumps({**flat, "enabled": row["enabled"], "context": context}))
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def stored(tmp_path: Path, kind: str) -> Any:
    """The log as a frame or a file of some kind."""
    if kind == "pandas":
        return LOG
    if kind == "Polars":
        return pytest.importorskip("polars").from_pandas(LOG)
    if kind == "Arrow":
        return pa.Table.from_pandas(LOG)
    if kind == "JSON lines":
        return jsonlike(tmp_path)
    path = tmp_path / f"log.{kind}"
    LOG.to_parquet(path) if kind == "parquet" else LOG.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("kind", ["pandas", "Polars", "Arrow", "parquet", "JSON lines"])
def test_every_kind_of_log_is_read_the_same(tmp_path: Path, kind: str) -> None:
    """Frames and files; columns that an audit has no use for are left out."""
    found, wanted = read_exposures(stored(tmp_path, kind)), read_exposures(LOG)

    assert contents(found) == contents(wanted)
    assert found.typed


def test_the_table_holds_what_was_read() -> None:
    """Texts, times and attributes under their own names."""
    table = contents(read_exposures(LOG))

    assert table["user_id"] == ["007", "ann", "bob"]
    assert table["variant"] == ["blue", None, None]
    assert table["reason"] == ["enabled", "not_in_rollout", None]
    assert [time.isoformat() for time in table["timestamp"]] == [f"2024-06-0{day}T00:00:00+00:00" for day in (1, 2, 3)]
    assert table["context.age"] == [31, 7, 8]
    assert "session" not in table
    assert "flag_id" not in table


def test_a_csv_is_read_like_a_frame_but_for_types(tmp_path: Path) -> None:
    """Attributes of a CSV are text, which the log remembers."""
    found = read_exposures(stored(tmp_path, "csv"))

    assert not found.typed
    assert contents(found) == {**contents(read_exposures(LOG)), "context.age": ["31", "7", "8"]}


def test_a_log_that_was_read_is_itself() -> None:
    """Nothing is read twice."""
    log = read_exposures(LOG)

    assert read_exposures(log) is log


@pytest.mark.parametrize(
    ("dropped", "left"),
    [("enabled", "variant"), ("variant", "enabled")],
)
def test_one_column_of_outcomes_is_enough(dropped: str, left: str) -> None:
    """The other is None, and so is all that a log does not hold."""
    log = read_exposures(LOG[["user_id", "flag_key", left]])

    assert getattr(log, dropped) is None
    assert getattr(log, left) is not None
    assert (log.reason, log.event, log.time, log.received, log.context) == (None, None, None, None, {})


def test_a_variant_of_truth_values_says_who_was_let_in() -> None:
    """As logs of flags without variants have it; null was not let in."""
    log = read_exposures(changed(variant=[True, None, False])[["user_id", "flag_key", "variant"]])

    assert log.variant is None
    assert log.enabled is not None
    assert log.enabled.tolist() == [1, 0, 0]


def test_an_unknown_outcome_beside_a_variant_is_open() -> None:
    """The variant says that the user was let in."""
    log = read_exposures(changed(enabled=[None, False, True]))

    assert log.enabled is not None
    assert log.enabled.tolist() == [-1, 0, 1]


def test_contexts_come_as_columns_and_as_json_together() -> None:
    """Each attribute once."""
    log = read_exposures(changed(context=['{"os": "ios"}', None, "{}"]))

    assert sorted(log.context) == ["age", "country", "os"]
    with pytest.raises(ConfigError, match=r"context\.age: stands in the column context too"):
        read_exposures(changed(context='{"age": 1}'))


def test_times_are_microseconds() -> None:
    """When it happened, and when it arrived under any of its names."""
    log = read_exposures(LOG.rename(columns={"received_at": "ingested_at"}))

    assert log.time is not None
    assert log.received is not None
    assert (log.received - log.time).tolist() == [0, 0, DAY]


def test_simulated_logs_are_read() -> None:
    """Categories of all kinds."""
    users = pd.DataFrame({"user_id": range(5), "app": pd.Categorical(["1.10", "1.9", None, "1.9", "1.9"])})
    log = read_exposures(
        simulate_exposures(FlagSet([Flag.from_item({"key": "a", "enabled": True})]), users, "2024-06-01")
    )

    assert len(log) == 5
    assert sorted(filter(None, contents(log)["context.app"])) == ["1.10", "1.9", "1.9", "1.9"]


REFUSED: dict[str, tuple[pd.DataFrame, str]] = {
    "no rows": (LOG[:0], "there are no rows: an audit needs at least one exposure"),
    "no id": (LOG.drop(columns="user_id"), "user_id: there is no such column"),
    "misspelt id": (LOG.rename(columns={"user_id": "userid"}), r"user_id: .*; did you mean userid\?"),
    "id in capitals": (LOG.rename(columns={"user_id": "USER_ID"}), r"user_id: .*; did you mean USER_ID\?"),
    "no key": (LOG.rename(columns={"flag_key": "flag"}), r"flag_key: .*; did you mean flag_id\?"),
    "no outcome": (LOG.drop(columns=["enabled", "variant"]), "variant or enabled: there is no such column"),
    "misspelt outcome": (
        LOG.drop(columns="enabled").rename(columns={"variant": "variants"}),
        r"variant or enabled: .*; did you mean variants\?",
    ),
    "misspelt time": (LOG.rename(columns={"timestamp": "time_stamp"}), r"time_stamp: did you mean timestamp\?"),
    "misspelt variant": (LOG.rename(columns={"variant": "varaint"}), r"varaint: did you mean variant\?"),
    "misspelt context": (
        LOG.rename(columns={"context.age": "contxt.age"}),
        r"contxt\.age: did you mean context\.age\?",
    ),
    "null ids": (changed(user_id=["a", None, " "]), r"user_id: 2 of 3 values are null or blank \(rows 1, 2\)"),
    "NaN ids": (changed(user_id=[1.0, np.nan, 3.0]), r"user_id: 1 of 3 values are null or blank \(rows 1\)"),
    "blank keys": (changed(flag_key=["a", "", None]), r"flag_key: 2 of 3 values are null or blank \(rows 1, 2\)"),
    "no truth": (changed(enabled=["yes", "maybe", "no"]), r"enabled: 1 of 3 values are no truth values.*'maybe'"),
    "no outcome in a row": (
        changed(enabled=[True, None, None]),
        r"enabled: 2 of 3 values are null, without a variant beside \(rows 1, 2\)",
    ),
    "no time": (changed(timestamp=["2024-06-01", "soon", None]), "timestamp: 2 of 3 values are no points in time"),
    "no context": (changed(context=["{}", "{", None]), "context: 1 of 3 values are no JSON objects"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_logs_that_cannot_be_audited_are_refused(case: str) -> None:
    """Each with its column, count and first rows, or the nearest name."""
    frame, message = REFUSED[case]
    with pytest.raises(ConfigError, match=f"(?s)exposures: 1 problem\n  .*{message}"):
        read_exposures(frame)


def test_all_problems_are_listed_at_once() -> None:
    """Columns that are missing; else values of every column."""
    with pytest.raises(ConfigError) as found:
        read_exposures(LOG[["session"]])
    assert [place for place, _ in found.value.problems] == ["user_id", "flag_key", "variant or enabled"]
    with pytest.raises(ConfigError) as found:
        read_exposures(changed(user_id=None, enabled="x", timestamp=0, context="x"))
    assert [place for place, _ in found.value.problems] == ["user_id", "enabled", "timestamp", "context"]


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """In a file as in a frame; of columns that are not read nobody minds."""
    (tmp_path / "log.csv").write_text("user_id,flag_key,enabled,enabled,x,x\na,b,true,false,1,2\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"log\.csv: 1 problem\n  enabled: 2 columns have this name"):
        read_exposures(tmp_path / "log.csv")


@pytest.mark.parametrize("source", [5, None, ["a"]], ids=repr)
def test_what_is_no_log_is_refused(source: Any) -> None:
    """With what is one."""
    with pytest.raises(ConfigError, match="expected a pandas, Polars or Arrow frame"):
        read_exposures(source)
