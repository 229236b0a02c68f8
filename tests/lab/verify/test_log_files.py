"""Tests of log files: Parquet, CSV and JSON lines."""

from __future__ import annotations

import gzip
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ffcore import ConfigError
from ffcore.lab.verify import log_files
from ffcore.lab.verify.log_files import Log, json_table, read_log

ROWS = [
    {"user_id": "007", "flag_key": "a", "enabled": True, "day": "2024-06-01", "variant": None},
    {"user_id": "008", "flag_key": "b", "enabled": False, "day": "2024-06-02", "variant": "blue"},
]
JSON_LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


def everything(names: list[str]) -> list[str]:
    """All columns."""
    return names


def listed(log: Log) -> dict[str, list[Any]]:
    """The columns as plain lists."""
    columns = {name: log.column(name) for name in log.names}
    return {name: values if isinstance(values, list) else values.to_pylist() for name, values in columns.items()}


def written(path: Path, text: str) -> Path:
    """A file, compressed where its name says so."""
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["log.jsonl", "log.ndjson", "log.json", "log.jsonl.gz"])
def test_json_lines_keep_their_types(tmp_path: Path, name: str) -> None:
    """What looks like a time stays text; blank lines are passed over."""
    log = read_log(written(tmp_path / name, JSON_LINES + "\n"), everything)

    assert listed(log) == {key: [row[key] for row in ROWS] for key in ROWS[0]}
    assert len(log) == 2


@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz"])
def test_a_csv_is_all_text(tmp_path: Path, name: str) -> None:
    """Ids keep their zeros and versions theirs; an empty field is null, and NA is not."""
    log = read_log(written(tmp_path / name, 'user_id,variant,v\n007,,1.10\n008,NA,""\n'), everything)

    assert listed(log) == {"user_id": ["007", "008"], "variant": [None, "NA"], "v": ["1.10", None]}


def test_lines_may_be_broken_within_quotes(tmp_path: Path) -> None:
    """Also where a block of the file ends."""
    rows = [f'{row},"{{\n}}"' for row in range(2_000)]
    path = written(tmp_path / "log.csv", "user_id,context\n" + "\n".join(rows))
    small = pytest.MonkeyPatch()
    with small.context() as patched:
        patched.setattr(log_files, "BLOCK", 1_000)
        log = read_log(path, everything)

    assert set(listed(log)["context"]) == {"{\n}"}
    assert listed(log)["user_id"] == [str(row) for row in range(2_000)]


def test_parquet_is_known_by_its_content_too(tmp_path: Path) -> None:
    """A file without a suffix."""
    pd.DataFrame(ROWS).to_parquet(tmp_path / "log")

    assert listed(read_log(tmp_path / "log", everything))["user_id"] == ["007", "008"]


@pytest.mark.parametrize("name", ["log.csv", "log.jsonl", "log.parquet"])
def test_only_chosen_columns_are_read(tmp_path: Path, name: str) -> None:
    """Whatever else a log holds costs nothing; the choice sees all names."""
    path, frame = tmp_path / name, pd.DataFrame(ROWS)
    seen: list[str] = []
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        written(path, JSON_LINES)

    def choose(names: list[str]) -> list[str]:
        seen.extend(names)
        return ["user_id"]

    assert read_log(path, choose).names == ["user_id"]
    assert sorted(seen) == sorted(ROWS[0])


def test_fields_of_several_kinds_are_read_one_by_one(tmp_path: Path) -> None:
    """An id that is once a number, a context whose attribute changes its kind."""
    text = '{"user_id": 7, "context": {"a": 1}}\n{"user_id": "8", "context": {"a": "x"}, "late": true}\n'
    log = read_log(written(tmp_path / "log.jsonl", text), everything)

    assert listed(log) == {"user_id": [7, "8"], "context": [{"a": 1}, {"a": "x"}], "late": [None, True]}


@pytest.mark.parametrize("sample", [1, 30, 1 << 20])
def test_times_are_text_wherever_they_first_appear(monkeypatch: pytest.MonkeyPatch, sample: int) -> None:
    """In the part that is looked at first, behind it, and in nested objects beside numbers."""
    monkeypatch.setattr(log_files, "SAMPLE", sample)
    rows = [{"c": {"n": 1, "d": "2024-06-01"}}, {"c": {"n": 1.5, "d": "x", "e": None}}, {"t": "2024-06-01"}]
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    table = json_table(lambda: BytesIO(text))

    assert table["c"].to_pylist()[:2] == [{"n": 1, "d": "2024-06-01", "e": None}, {"n": 1.5, "d": "x", "e": None}]
    assert table["t"].to_pylist() == [None, None, "2024-06-01"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        pytest.param("log.csv", "", "is empty: expected a first line of names", id="empty CSV"),
        pytest.param("log.csv", "a,b\n1\n", "cannot be read: .*Expected 2 columns, got 1", id="short line"),
        pytest.param("log.jsonl", "", "is empty: expected one JSON object a line", id="empty JSON"),
        pytest.param("log.jsonl", '{"a": 1}\n{"a":\n', "line 2 is no JSON: ", id="broken line"),
        pytest.param("log.json", '[{"a": 1}]', "line 1 holds a list; expected an object a line", id="JSON array"),
        pytest.param("log.jsonl", '{"a": 1, "a": "x"}', "line 1 is no JSON: a stands twice in an object", id="twice"),
        pytest.param("log.parquet", "PAR1", "cannot be read: ", id="damaged Parquet"),
        pytest.param("log.txt", "user_id", "neither Parquet nor CSV nor JSON lines by its name", id="another kind"),
    ],
)
def test_files_that_cannot_be_read_are_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    """With what is wrong, and never a traceback."""
    with pytest.raises(ConfigError, match=f"(?s){name}: .*{message}"):
        read_log(written(tmp_path / name, text), everything)


def test_text_that_is_no_utf8_is_told(tmp_path: Path) -> None:
    """Arrow takes it on trust; the reader of a log does not."""
    (tmp_path / "log.jsonl").write_bytes(b'{"user_id": "a", "variant": "c\x94"}\n')
    damaged = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\x94")])
    pq.write_table(pa.table({"user_id": damaged}), tmp_path / "log.parquet")

    for path in tmp_path.iterdir():
        with pytest.raises(ConfigError, match=r"cannot be read: .*Invalid UTF8"):
            read_log(path, everything)


def test_a_line_nested_too_deeply_is_told(tmp_path: Path) -> None:
    """One line can exhaust a reader of JSON."""
    text = '{"a": 1}\n{"a": "x"}\n' + '{"a":' * 10_000
    with pytest.raises(ConfigError, match="line 3 is no JSON: maximum recursion depth"):
        read_log(written(tmp_path / "log.jsonl", text), everything)


def test_a_missing_file_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    """And a folder is none."""
    written(tmp_path / "exposures.csv", "a\n")
    with pytest.raises(ConfigError, match=r"no such file; did you mean exposures\.csv\?"):
        read_log(tmp_path / "exposure.csv", everything)
    with pytest.raises(ConfigError, match="is a folder; expected one Parquet, CSV or JSON lines file"):
        read_log(tmp_path, everything)


def test_categories_of_parquet_stay_categories(tmp_path: Path) -> None:
    """Millions of keys are not spelled out."""
    pq.write_table(pa.table({"user_id": ["a", "b"], "flag_key": ["x", "x"]}), tmp_path / "log.parquet")
    log = read_log(tmp_path / "log.parquet", everything)
    keys, ids = log.column("flag_key"), log.column("user_id")

    assert not isinstance(keys, list)
    assert not isinstance(ids, list)
    assert pa.types.is_dictionary(keys.type)
    assert pa.types.is_string(ids.type)
