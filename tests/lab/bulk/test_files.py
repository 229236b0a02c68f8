"""evaluate_files against evaluate_frame: every kind of file, in order, whole, and in the same form everywhere."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ffcore import ConfigError, Experiment, Flag, FlagSet
from ffcore.lab import evaluate_files
from ffcore.lab.bulk import stream
from tests.support.files import FLAGS, HALVES, IDS, INVALID, ROWS, SMALL, USERS, expected, read, rows, write


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts, and what is read and decided at once, are small and fit nowhere."""
    monkeypatch.setattr(stream, "PART_ROWS", 150)
    monkeypatch.setattr(stream, "GROUP_ROWS", 64)
    monkeypatch.setattr(stream, "READ_ROWS", 37)


@pytest.mark.parametrize("name", ["users.parquet", "users.csv", "users.csv.gz", "USERS.CSV"])
def test_a_file_is_decided_as_a_frame(tmp_path: Path, name: str) -> None:
    """Whatever the file's form, its rows come out in order with the frame's decisions."""
    write(tmp_path / name)

    summary = evaluate_files(tmp_path / name, FLAGS, tmp_path / "out")

    assert rows(read(tmp_path / "out")) == rows(expected(USERS))
    assert (summary.rows, summary.parts, summary.skipped, summary.invalid) == (ROWS, 7, 0, 0)
    assert summary.path == tmp_path / "out"
    assert str(summary) == f"1,000 rows in 7 parts in {tmp_path / 'out'}"


def test_files_follow_one_another(tmp_path: Path) -> None:
    """Parts bear the order and the name of their files, and a name sorts before what comes later."""
    write(tmp_path / "a.csv", USERS.slice(0, 300))
    write(tmp_path / "b.parquet", USERS.slice(300, 10))
    write(tmp_path / "c d.parquet", USERS.slice(310))

    evaluate_files([tmp_path / "a.csv", tmp_path / "b.parquet", tmp_path / "c d.parquet"], FLAGS, tmp_path / "out")

    names = sorted(path.name for path in (tmp_path / "out").iterdir() if path.suffix == ".parquet")
    assert names[:4] == [
        "00000-00000-a.parquet",
        "00000-00001-a.parquet",
        "00001-00000-b.parquet",
        "00002-00000-c_d.parquet",
    ]
    assert rows(read(tmp_path / "out")) == rows(expected(USERS))


@pytest.mark.parametrize(
    "ids",
    [
        pa.array(range(ROWS), pa.int32()),
        pa.array(np.arange(ROWS, dtype=np.uint64) + 2**63),
        pa.array(IDS).dictionary_encode(),
        pa.array(range(ROWS)).dictionary_encode(),
        pa.array(IDS, pa.large_string()),
        pa.array(IDS, pa.string_view()),
        pa.array([f"{place}:{'🙂é' * (place % 90)}" for place in range(ROWS)]),
    ],
    ids=["small", "large", "categories", "numbered categories", "large text", "views", "long"],
)
def test_ids_of_any_kind(tmp_path: Path, ids: pa.Array) -> None:
    """Ids come out as text or as the whole numbers that they are."""
    users = pa.table({"user_id": ids})

    evaluate_files(write(tmp_path / "users.parquet", users), SMALL, tmp_path / "out")

    found = read(tmp_path / "out")
    assert rows(found) == rows(expected(users, SMALL))
    assert str(found.schema.field("user_id").type) in {"string", "int32", "int64", "uint64"}


def test_ids_of_a_csv_stay_as_they_are_written(tmp_path: Path) -> None:
    """Leading zeros, long digits, signs, words for nothing and spaces belong to an id."""
    ids = [
        "007",
        "7",
        "12345678901234567890123",
        "1e5",
        "0x1F",
        "NA",
        "null",
        "true",
        " a ",
        "+1",
        "a,b",
        'say "x"',
        "a\nb",
    ]
    write(tmp_path / "users.csv", pa.table({"user_id": ids}))

    evaluate_files(tmp_path / "users.csv", SMALL, tmp_path / "out")

    assert rows(read(tmp_path / "out")) == rows(expected(pa.table({"user_id": ids}), SMALL))


def test_all_parts_have_one_form(tmp_path: Path) -> None:
    """Truth values, and categories with all variants in declared order, also where a part holds few of them."""
    write(tmp_path / "a.parquet", USERS.slice(0, 0))
    write(tmp_path / "b.parquet", USERS.slice(0, 1))
    write(tmp_path / "c.csv", USERS)

    evaluate_files(tmp_path, FLAGS, tmp_path / "out", ["pricing", "north"], carry=["country", "age", "user_id"])

    kind = pa.dictionary(pa.int8(), pa.string())
    results = {f"{key}.{name}": kind for key in ("pricing", "north") for name in ("enabled", "variant", "reason")}
    results |= {"pricing.enabled": pa.bool_(), "north.enabled": pa.bool_()}
    schema = pa.schema({"user_id": pa.string(), "country": pa.string(), "age": pa.int64(), **results})
    files = sorted((tmp_path / "out").glob("*.parquet"))
    assert [pq.read_schema(file).equals(schema) for file in files] == [True] * 9
    assert [pq.read_metadata(file).num_rows for file in files] == [0, 1, *[150] * 6, 100]
    assert pd.read_parquet(files[1])["north.variant"].cat.categories.tolist() == ["b", "a"]
    frame = pd.read_parquet(tmp_path / "out")
    assert frame["north.variant"].cat.categories.tolist() == ["b", "a"]
    assert frame["pricing.reason"].cat.categories[0] == "assigned"
    assert (
        read(tmp_path / "out")["country"].to_pylist() == USERS["country"].to_pylist()[:1] + USERS["country"].to_pylist()
    )


@pytest.mark.parametrize("name", ["users.parquet", "users.csv"])
def test_a_file_without_rows_is_one_empty_part(tmp_path: Path, name: str) -> None:
    """Nothing in, nothing out, but with all columns."""
    write(tmp_path / name, USERS.slice(0, 0))

    summary = evaluate_files(tmp_path / name, SMALL, tmp_path / "out")

    assert (summary.rows, summary.parts) == (0, 1)
    assert read(tmp_path / "out").column_names == ["user_id", "half.enabled", "half.variant", "half.reason"]


@pytest.mark.parametrize("count", [149, 150, 151, 300])
@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_no_part_is_empty_without_need(tmp_path: Path, suffix: str, count: int) -> None:
    """Rows that fill their parts leave no empty one behind."""
    write(tmp_path / f"users{suffix}", USERS.slice(0, count))

    summary = evaluate_files(tmp_path / f"users{suffix}", SMALL, tmp_path / "out")

    assert (summary.rows, summary.parts) == (count, math.ceil(count / 150))


def test_wide_rows_make_smaller_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part is bounded in bytes too, by the widest row group."""
    monkeypatch.setattr(stream, "PART_BYTES", 20_000)
    users = pa.table({"user_id": [f"{place:01000d}" for place in range(100)]})
    write(tmp_path / "users.parquet", users, use_dictionary=False)
    write(tmp_path / "users.csv", users)

    for name in ("users.parquet", "users.csv"):
        assert evaluate_files(tmp_path / name, SMALL, tmp_path / f"{name}.out").parts == 6
        assert rows(read(tmp_path / f"{name}.out")) == rows(expected(users, SMALL))


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_invalid_ids_are_refused_with_file_and_rows(tmp_path: Path, suffix: str) -> None:
    """The message names the file and its rows; a part that holds such ids does not appear."""
    path = write(tmp_path / f"users{suffix}", INVALID)

    with pytest.raises(ConfigError) as caught:
        evaluate_files(path, FLAGS, tmp_path / "out")

    assert str(caught.value).startswith(
        f"{path}: user_id in rows 150 to 299: 2 of 150 ids are null or blank, at rows 160, 170;"
    )
    assert "00000-00001-users.parquet" not in {path.name for path in (tmp_path / "out").iterdir()}


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_invalid_ids_are_marked(tmp_path: Path, suffix: str) -> None:
    """Marked, such rows stay in their places, and are counted."""
    path = write(tmp_path / f"users{suffix}", INVALID)

    summary = evaluate_files(path, FLAGS, tmp_path / "out", on_invalid="mark")

    assert summary.invalid == 3
    assert str(summary).endswith("; 3 invalid ids marked")
    assert rows(read(tmp_path / "out")) == rows(expected(INVALID, on_invalid="mark"))


def test_after_marked_ids_were_written_they_are_still_refused(tmp_path: Path) -> None:
    """Going on with another choice neither hides such ids nor removes what is there."""
    path = write(tmp_path / "users.parquet", INVALID)
    evaluate_files(path, FLAGS, tmp_path / "out", on_invalid="mark")

    with pytest.raises(
        ConfigError, match=r"user_id: 2 ids are null or blank\n.*\non_invalid: an earlier call has marked"
    ):
        evaluate_files(path, FLAGS, tmp_path / "out")

    assert evaluate_files(path, FLAGS, tmp_path / "out", on_invalid="mark").skipped == 7


def test_a_refusal_can_be_answered_by_marking(tmp_path: Path) -> None:
    """What was finished before the first invalid id is kept."""
    path = write(tmp_path / "users.parquet", INVALID)
    with pytest.raises(ConfigError):
        evaluate_files(path, FLAGS, tmp_path / "out")

    summary = evaluate_files(path, FLAGS, tmp_path / "out", on_invalid="mark")

    assert summary.skipped >= 1
    assert rows(read(tmp_path / "out")) == rows(expected(INVALID, on_invalid="mark"))


def test_a_rule_on_no_column_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An attribute that no file has is missing for everybody; one warning says so."""
    write(tmp_path / "users.parquet", USERS.drop_columns(["country"]))

    evaluate_files(tmp_path / "users.parquet", FLAGS, tmp_path / "out")

    assert [record.getMessage() for record in caplog.records] == [
        "the files have no column for country: rules take it as missing for every user"
    ]
    assert set(read(tmp_path / "out")["north.reason"].to_pylist()) == {"targeting_rules_not_met"}


def test_rules_of_what_is_off_are_not_looked_at(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A flag that is off needs no columns: nobody warns of them, and files may differ in them."""
    off = Flag("off", targeting_rules=[{"attribute": "country", "operator": "exists"}])  # type: ignore[arg-type]
    write(tmp_path / "a.parquet")
    write(tmp_path / "b.parquet", USERS.drop_columns(["country"]))

    evaluate_files([tmp_path / "a.parquet", tmp_path / "b.parquet"], FlagSet([off]), tmp_path / "out")

    assert caplog.records == []
    assert set(read(tmp_path / "out")["off.reason"].to_pylist()) == {"flag_disabled"}


def test_another_column_of_ids(tmp_path: Path) -> None:
    """The attribute user_id is the id, wherever it stands."""
    rule = {"attribute": "user_id", "operator": "equals", "value": "ann"}
    flags = FlagSet.from_items(
        flags=[{"key": "x", "enabled": True, "rollout_percentage": 100, "targeting_rules": [rule]}]
    )
    write(tmp_path / "users.parquet", pa.table({"uid": ["ann", "bob"], "user_id": ["bob", "ann"]}))

    evaluate_files(tmp_path / "users.parquet", flags, tmp_path / "out", user_id="uid")

    assert rows(read(tmp_path / "out").select(["uid", "x.enabled"])) == [
        {"uid": "ann", "x.enabled": True},
        {"uid": "bob", "x.enabled": False},
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keys": ["arm"]}, "^arm: neither a flag nor an experiment"),
        ({"keys": []}, "^keys: there is no flag and no experiment to decide"),
        ({"flags": {}}, "^flags: expected a FlagSet"),
        ({"out": None}, "^out: expected a folder for the results, got None"),
        ({"out": ""}, "^out: expected a folder for the results, got ''"),
        ({"on_invalid": "marks"}, "^on_invalid: 'marks' is no way to treat invalid ids; did you mean mark"),
        ({"carry": "country"}, "^carry: expected several columns, got 'country'"),
        ({"carry": ["half.reason"]}, "^half.reason: a column of the results has this name"),
        ({"user_id": "half.enabled"}, "^half.enabled: a column of the results has this name"),
        ({"carry": ["countri"]}, "users.parquet: has no column 'countri'; did you mean country"),
        ({"user_id": "userid"}, "users.parquet: has no column 'userid'; did you mean user_id"),
        (
            {"user_id": "score"},
            "users.parquet: score: expected ids that are text or whole numbers, got a column of double",
        ),
    ],
    ids=lambda value: " ".join(f"{name} {given}" for name, given in value.items()) if isinstance(value, dict) else None,
)
def test_mistakes_are_one_clear_message(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    """What cannot be used is named before anything is written."""
    path = write(tmp_path / "users.parquet", USERS.append_column("score", pa.array([0.5] * ROWS)))

    with pytest.raises(ConfigError, match=message):
        evaluate_files(**dict[str, Any](paths=path, flags=FLAGS, out=tmp_path / "out") | change)

    assert not (tmp_path / "out").exists()


def test_a_key_of_both_means_the_flag(tmp_path: Path) -> None:
    """Named, such a key is the flag, also when the run is repeated."""
    both = FlagSet([Flag("x", enabled=True)], experiments=[Experiment("x", variants=HALVES)])  # type: ignore[arg-type]
    path = write(tmp_path / "users.parquet")

    for _ in range(2):
        evaluate_files(path, both, tmp_path / "out", ["x"])

    assert set(read(tmp_path / "out")["x.reason"].to_pylist()) == {"not_in_rollout"}
    with pytest.raises(ConfigError, match=r"flag x.enabled: "):
        evaluate_files(path, FlagSet([Flag("x")], both.experiments.values()), tmp_path / "out", ["x"])
