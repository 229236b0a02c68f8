"""Files of a population: found by name, folder and pattern, and checked against each other before any work."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ffcore import ConfigError
from ffcore.lab.bulk.inputs import find_files, survey

FILES = ["b.parquet", "a.csv", "z/deep/c.csv.gz", "z/d.PARQUET", "z/e.pq", "out/00000-00000-a.parquet"]
OTHERS = ["_SUCCESS", "_hidden/x.parquet", ".hidden.parquet", "z/.deep/x.csv", "readme.txt", "notes.csvx"]


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A folder with files to read, results, and files to pass over."""
    for name in [*FILES, *OTHERS]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "nothing").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ([""], ["a.csv", "b.parquet", "z/d.PARQUET", "z/deep/c.csv.gz", "z/e.pq"]),
        (["z", ""], ["z/d.PARQUET", "z/deep/c.csv.gz", "z/e.pq", "a.csv", "b.parquet"]),
        (["b.parquet", "a.csv", "b.parquet", "z/../a.csv"], ["b.parquet", "a.csv"]),
        (["*.parquet"], ["b.parquet"]),
        (["**/*.parquet"], ["_hidden/x.parquet", "b.parquet"]),
        (["z/*"], ["z/d.PARQUET", "z/deep/c.csv.gz", "z/e.pq"]),
        (["*"], ["_hidden/x.parquet", "a.csv", "b.parquet", "z/d.PARQUET", "z/deep/c.csv.gz", "z/e.pq"]),
    ],
    ids=["folder", "folders", "names", "pattern", "deep pattern", "folders by pattern", "everything"],
)
def test_files_are_found_once_and_in_order(lake: Path, named: list[str], expected: list[str]) -> None:
    """Files come as they are named, those of a folder or pattern by name; results are no input."""
    found = find_files([str(lake / name) for name in named], lake / "out")

    assert [path.relative_to(lake).as_posix() for path in found] == expected


def test_one_path_needs_no_list(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path may be text, or a Path; a tilde is the home folder."""
    monkeypatch.setenv("HOME", str(lake))
    monkeypatch.chdir(lake)

    for path in (lake / "a.csv", str(lake / "a.csv"), "~/a.csv", "a.csv", "./*.csv"):
        assert [found.resolve() for found in find_files(path, lake / "out")] == [lake / "a.csv"]


def test_a_name_with_signs_of_a_pattern_is_a_name_first(lake: Path) -> None:
    """A file called so is meant."""
    (lake / "a[1].csv").touch()

    assert find_files(lake / "a[1].csv", lake / "out") == [lake / "a[1].csv"]


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("c.csv", "c.csv: no such file or folder; did you mean a.csv"),
        ("none/c.csv", "none/c.csv: no such file or folder$"),
        ("nothing", "nothing: no Parquet or CSV file is there"),
        ("x*.csv", r"x\*.csv: no file matches this pattern"),
        ("*.txt", r"\*.txt: no Parquet or CSV file is there"),
        ("out/*", r"out/\*: no Parquet or CSV file is there"),
        ("readme.txt", "readme.txt: neither Parquet by its content nor CSV by its name"),
        ("out/00000-00000-a.parquet", "00000-a.parquet: lies in the folder of results"),
        ("out", "out: lies in the folder of results"),
    ],
    ids=[
        "near",
        "far",
        "empty folder",
        "empty pattern",
        "other files",
        "results",
        "another kind",
        "a result",
        "all results",
    ],
)
def test_what_is_not_there_is_named(lake: Path, named: str, message: str) -> None:
    """A path that gives nothing is a mistake, with the nearest name."""
    with pytest.raises(ConfigError, match=message):
        find_files(str(lake / named), lake / "out")


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ([], "^paths: expected at least one file"),
        (7, "^paths: expected a path or several, got 7$"),
        ([7], "^paths: expected paths, got 7$"),
    ],
    ids=["none", "number", "numbers"],
)
def test_what_is_no_path_is_named(paths: Any, message: str, tmp_path: Path) -> None:
    """Anything but paths is refused."""
    with pytest.raises(ConfigError, match=message):
        find_files(paths, tmp_path)


def test_all_missing_files_are_named_at_once(tmp_path: Path) -> None:
    """Several mistakes are one error; of very many the first."""
    with pytest.raises(ConfigError) as caught:
        find_files([tmp_path / f"{number}.csv" for number in range(30)], tmp_path / "out")

    assert len(caught.value.problems) == 21
    assert caught.value.problems[-1] == ("", "and 10 more problems like these")


@pytest.fixture
def tables(tmp_path: Path) -> Callable[..., list[Path]]:
    """Writes tables into Parquet files a, b, ... and gives their paths."""

    def write(*found: pa.Table) -> list[Path]:
        paths = [tmp_path / f"{name}.parquet" for name in "abcd"[: len(found)]]
        for path, table in zip(paths, found, strict=True):
            pq.write_table(table, path)
        return paths

    return write


def column(kind: pa.DataType) -> pa.Table:
    """One user without an age of some kind."""
    return pa.table({"user_id": ["ann"], "age": pa.nulls(1, kind)})


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ([pa.int32(), pa.int64()], pa.int64()),
        ([pa.int64(), pa.float64(), pa.null()], pa.float64()),
        ([pa.null(), pa.bool_()], pa.bool_()),
        ([pa.null(), pa.null()], pa.string()),
        ([pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())], pa.string()),
        ([pa.timestamp("us"), pa.timestamp("ns")], pa.timestamp("ns")),
    ],
    ids=["sizes", "numbers", "nulls", "all null", "text", "moments"],
)
def test_types_that_go_together(
    tables: Callable[..., list[Path]], kinds: list[pa.DataType], expected: pa.DataType
) -> None:
    """Numbers widen, and a column of nulls is of any type."""
    population = survey(tables(*map(column, kinds)), "user_id", [], {"age", "country"})

    assert population.schema == pa.schema({"user_id": pa.string(), "age": expected})
    assert population.absent == ["country"]
    assert [file.rows for file in population.inputs] == [1] * len(kinds)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (column(pa.string()), "b.parquet: age is a column of string, but of int64 in .*a.parquet"),
        (column(pa.bool_()), "b.parquet: age is a column of bool, but of int64 in .*a.parquet"),
        (column(pa.int64()).drop_columns(["age"]), "b.parquet: has no column 'age', which other files have"),
        (column(pa.int64()).drop_columns(["user_id"]), "b.parquet: has no column 'user_id'; expected one of age"),
        (column(pa.int64()).append_column("age", pa.nulls(1)), "b.parquet: 2 columns have the name 'age'"),
        (pa.table({"user_id": [7], "age": [7]}), "b.parquet: user_id is a column of int64, but of string in"),
        (pa.table({"user_id": [b"ann"], "age": [7]}), "b.parquet: user_id: expected ids that are text or whole"),
    ],
    ids=["text", "truth", "no attribute", "no ids", "twice", "numbers for ids", "bytes for ids"],
)
def test_a_mixture_is_refused(tables: Callable[..., list[Path]], second: pa.Table, message: str) -> None:
    """A file whose columns do not go with the others is named, and so is the other."""
    with pytest.raises(ConfigError, match=message):
        survey(tables(column(pa.int64()), second), "user_id", [], {"age"})


def test_columns_that_nobody_needs_may_differ(tables: Callable[..., list[Path]]) -> None:
    """Files need to agree on the columns that are read."""
    paths = tables(column(pa.int64()), column(pa.string()))

    assert survey(paths, "user_id", [], set()).schema == pa.schema({"user_id": pa.string()})


def test_every_unreadable_file_is_named(tmp_path: Path) -> None:
    """All damaged files come at once."""
    for name in ("a.parquet", "b.csv"):
        (tmp_path / name).touch()

    with pytest.raises(ConfigError) as caught:
        survey([tmp_path / "a.parquet", tmp_path / "b.csv"], "user_id", [], set())

    assert [Path(place).name for place, _ in caught.value.problems] == ["a.parquet", "b.csv"]


def test_csv_and_parquet_go_together(tmp_path: Path) -> None:
    """The first block of a CSV may leave a type open that another file knows."""
    (tmp_path / "a.csv").write_text("user_id,age\nann,\n")
    pq.write_table(pa.table({"user_id": ["bob"], "age": [7]}), tmp_path / "b.parquet")

    population = survey([tmp_path / "a.csv", tmp_path / "b.parquet"], "user_id", ["age"], set())

    assert population.schema == pa.schema({"user_id": pa.string(), "age": pa.int64()})
    assert [file.rows for file in population.inputs] == [None, 1]
