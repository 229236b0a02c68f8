"""Tests of ffcore.lab.population: what a population may be, and one clear message for what it may not."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ffcore.errors import ConfigError
from ffcore.lab.population import contexts, load_population


def write(path: Path, text: str) -> Path:
    """A text file of that content."""
    path.write_text(text, encoding="utf-8")
    return path


def write_parquet(path: Path, **columns: object) -> Path:
    """A Parquet file of those columns."""
    pd.DataFrame(columns).to_parquet(path)
    return path


def refusal(path: Path, id_column: str = "user_id") -> str:
    """The one message with which a population is refused; its place is the file."""
    with pytest.raises(ConfigError) as caught:
        load_population(path, id_column)
    [(place, message)] = caught.value.problems
    assert place == str(path)
    return message


def test_csv_ids_stay_as_they_are_written(tmp_path: Path) -> None:
    """Leading zeros, words that look like nulls, signs and outer spaces are kept: the hash reads every character."""
    ids = ["007", "NA", "null", "None", "nan", "1e5", "+1", " a ", "true", "Zoë"]
    frame = load_population(write(tmp_path / "u.csv", "user_id,x\n" + "".join(f"{i},1\n" for i in ids)))

    assert list(frame["user_id"]) == ids
    assert all(type(user_id) is str for user_id in frame["user_id"])


@pytest.mark.parametrize("dtype", [np.int64, np.uint64, pd.Int64Dtype(), pd.CategoricalDtype()])
def test_parquet_integer_ids_become_their_text(tmp_path: Path, dtype: Any) -> None:
    """An integer id is its str, exact beyond 2**53."""
    ids = [1, 9_007_199_254_740_993]
    path = write_parquet(tmp_path / "u.parquet", user_id=pd.Series(ids).astype(dtype))

    assert list(load_population(path)["user_id"]) == ["1", "9007199254740993"]


def test_parquet_text_ids_and_categories(tmp_path: Path) -> None:
    """Text ids come back as they were, dictionary-encoded or not."""
    ids = ["b", "a", "b"]
    plain = write_parquet(tmp_path / "p.parquet", user_id=ids)
    categories = write_parquet(tmp_path / "c.parquet", user_id=pd.Categorical(ids))

    assert list(load_population(plain)["user_id"]) == ids
    assert list(load_population(categories)["user_id"]) == ids


def test_an_id_kept_as_index_is_a_column(tmp_path: Path) -> None:
    """A frame saved with its ids as index is read like any other; a nameless index is dropped."""
    frame = pd.DataFrame({"user_id": ["a", "b"], "x": [1, 2]})
    frame.set_index("user_id").to_parquet(tmp_path / "index.parquet")
    frame[frame["x"] > 1].to_parquet(tmp_path / "filtered.parquet")

    assert list(load_population(tmp_path / "index.parquet")["user_id"]) == ["a", "b"]
    assert list(load_population(tmp_path / "filtered.parquet").columns) == ["user_id", "x"]


def test_parquet_is_known_by_its_content(tmp_path: Path) -> None:
    """The name of a Parquet file is free."""
    assert len(load_population(write_parquet(tmp_path / "users.snapshot", user_id=["a"]))) == 1


def test_compressed_csv_and_its_own_id_column(tmp_path: Path) -> None:
    """A .csv.gz is read as .csv is, with any id column."""
    path = tmp_path / "U.CSV.GZ"
    path.write_bytes(gzip.compress(b"customer,age\n042,31\n"))

    frame = load_population(path, id_column="customer")

    assert list(frame["customer"]) == ["042"]
    assert list(contexts(frame, "customer")) == [{"age": 31}]


def test_csv_missing_values_depend_on_the_column(tmp_path: Path) -> None:
    """Among numbers NA is missing; among text it is text (Namibia), and only an empty field is missing."""
    path = write(tmp_path / "u.csv", "user_id,country,age,tier\na,NA,NA,gold\nb,DE,31,\n")

    assert list(contexts(load_population(path))) == [{"country": "NA", "tier": "gold"}, {"country": "DE", "age": 31}]


def test_csv_column_of_null_words_is_text(tmp_path: Path) -> None:
    """A column that says NA throughout gives no sign of being numbers."""
    path = write(tmp_path / "u.csv", "user_id,country\na,NA\nb,\n")

    assert list(contexts(load_population(path))) == [{"country": "NA"}, {}]


def test_repeated_ids_are_kept_and_counted(tmp_path: Path) -> None:
    """Rows come back as they are; attrs say how many repeat an earlier id."""
    frame = load_population(write(tmp_path / "u.csv", "user_id\na\nb\na\na\n"))

    assert list(frame["user_id"]) == ["a", "b", "a", "a"]
    assert frame.attrs["repeated_ids"] == 2


def test_contexts_are_plain_python() -> None:
    """No numpy scalar, no pandas timestamp, no null reaches a rule; large integers beside nulls stay exact."""
    frame = pd.DataFrame(
        {
            "user_id": ["a", "b"],
            "whole": np.array([1, 2], dtype=np.int32),
            "nullable": pd.array([9_007_199_254_740_993, None], dtype="Int64"),
            "real": [1.5, None],
            "flag": pd.array([True, None], dtype="boolean"),
            "text": ["x", None],
            "kind": pd.Categorical(["k", None]),
            "when": pd.to_datetime(pd.Series(["2013-01-01T10:00Z", None])),
            "tags": [np.array(["p", "q"]), None],
            "mixed": pd.Series([np.int64(3), None], dtype=object),
        }
    )

    first, second = contexts(frame)

    assert first == {
        "whole": 1, "nullable": 9_007_199_254_740_993, "real": 1.5, "flag": True, "text": "x", "kind": "k",
        "when": dt.datetime(2013, 1, 1, 10, tzinfo=dt.UTC), "tags": ["p", "q"], "mixed": 3,
    }  # fmt: skip
    assert {type(value) for value in first.values()} == {int, float, bool, str, dt.datetime, list}
    assert second == {"whole": 2}


def test_contexts_without_attributes_are_empty() -> None:
    """A population of ids alone gives each user an empty context."""
    assert list(contexts(pd.DataFrame({"user_id": ["a", "b"]}))) == [{}, {}]


def test_contexts_belong_to_their_row() -> None:
    """Any index is ignored; contexts come in row order and do not share a dict."""
    frame = pd.DataFrame({"user_id": ["a", "b"], "x": [1, 2]}, index=[7, 7])

    first, second = contexts(frame)

    assert (first, second) == ({"x": 1}, {"x": 2})


def test_missing_file_names_the_nearest(tmp_path: Path) -> None:
    """A misspelt file name is answered with the file that is there."""
    write(tmp_path / "population.csv", "user_id\na\n")

    assert refusal(tmp_path / "populaton.csv") == "no such file; did you mean population.csv?"
    assert refusal(tmp_path / "zzz") == "no such file"


def test_missing_folder_is_named(tmp_path: Path) -> None:
    """Where the folder is missing too, the message says so."""
    assert refusal(tmp_path / "gone" / "u.csv") == f"no such file: there is no folder {tmp_path / 'gone'}"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    """A folder is no population."""
    assert refusal(tmp_path) == "a folder; expected one CSV or Parquet file"


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_absent_id_column_lists_the_columns(tmp_path: Path, suffix: str) -> None:
    """Without the id column the message lists what is there and the nearest name."""
    frame = pd.DataFrame({"userid": ["a"], "age": [3]})
    path = tmp_path / f"u.{suffix}"
    frame.to_parquet(path) if suffix == "parquet" else frame.to_csv(path, index=False)

    assert refusal(path) == "no column 'user_id'; the columns are userid, age; did you mean userid?"


def test_absent_id_column_among_numbers(tmp_path: Path) -> None:
    """A file without any text is refused in the same words."""
    assert refusal(write(tmp_path / "u.csv", "age\n31\n")) == "no column 'user_id'; the columns are age"


def test_absent_id_column_among_many(tmp_path: Path) -> None:
    """A wide file lists its first 30 columns only."""
    path = write(tmp_path / "u.csv", ",".join(f"c{i}" for i in range(40)) + "\n")

    assert refusal(path).endswith("c28, c29, ...")


def test_empty_populations(tmp_path: Path) -> None:
    """No byte, no row: both are refused, each by its own words."""
    assert refusal(write(tmp_path / "none.csv", "")) == "the file is empty"
    assert refusal(write(tmp_path / "head.csv", "user_id,x\n")) == "no rows: a population needs at least one user"
    empty = write_parquet(tmp_path / "empty.parquet", user_id=pd.Series([], dtype="str"))
    assert refusal(empty) == "no rows: a population needs at least one user"


def test_null_and_blank_ids_are_counted_and_placed(tmp_path: Path) -> None:
    """Count and first rows, the first data row being 1."""
    one = write(tmp_path / "one.csv", "user_id,x\na,1\n,2\n")
    assert refusal(one) == "column 'user_id' has 1 null id; data rows 2"
    many = write_parquet(tmp_path / "many.parquet", user_id=[None] * 7 + ["a"])
    assert refusal(many) == "column 'user_id' has 7 null ids; data rows 1, 2, 3, 4, 5, ..."
    numbers = write_parquet(tmp_path / "numbers.parquet", user_id=pd.array([1, None], dtype="Int64"))
    assert refusal(numbers) == "column 'user_id' has 1 null id; data rows 2"
    blank = write(tmp_path / "blank.csv", 'user_id,x\n"  ",1\na,2\n\u2003,3\n')
    assert refusal(blank) == "column 'user_id' has 2 blank ids; data rows 1, 3"


def test_a_column_of_nulls_is_null_ids(tmp_path: Path) -> None:
    """Ids that are all null are told as such, whatever type the file gives them."""
    path = write_parquet(tmp_path / "u.parquet", user_id=[None, None])

    assert refusal(path) == "column 'user_id' has 2 null ids; data rows 1, 2"


@pytest.mark.parametrize(
    ("values", "kind"),
    [([1.0, 2.0], "Float64"), ([True, False], "boolean"), ([b"a", b"b"], "object"), (pd.Categorical([0.5]), "Float64")],
)
def test_ids_of_other_types_are_refused(tmp_path: Path, values: list[Any], kind: str) -> None:
    """A number with a point, a truth value or bytes have no one text: which did the platform hash?"""
    path = write_parquet(tmp_path / "u.parquet", user_id=values)

    assert refusal(path) == f"column 'user_id' holds {kind}; expected ids that are text or integers"


def test_other_kinds_of_file_are_refused(tmp_path: Path) -> None:
    """Neither Parquet nor named as CSV; a Parquet file that is not one is told so, too."""
    message = "not readable: neither Parquet by its content nor CSV by its name (.csv, .csv.gz)"

    assert refusal(write(tmp_path / "u.xlsx", "PK")) == message
    assert refusal(write(tmp_path / "u.parquet", "user_id\na\n")) == message


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    """A cut Parquet file, a cut or false gzip, ragged rows and Latin-1 each give one line."""
    whole = write_parquet(tmp_path / "whole.parquet", user_id=["a"] * 100).read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    assert refusal(tmp_path / "cut.parquet").startswith("not readable: ")
    untyped = '{"columns": [{"name": "a"}], "index_columns": [], "column_indexes": []}'
    pq.write_table(pa.table({"a": ["x"]}).replace_schema_metadata({"pandas": untyped}), tmp_path / "untyped.parquet")
    assert refusal(tmp_path / "untyped.parquet") == "not readable: 'pandas_type'"
    packed = gzip.compress(b"user_id\n" + b"".join(b"%d\n" % i for i in range(5000)))
    for name, content in {"cut": packed[:-20], "false": b"user_id\na\n", "flip": packed[:40] + b"\xff" * 9}.items():
        (tmp_path / f"{name}.csv.gz").write_bytes(content)
        assert refusal(tmp_path / f"{name}.csv.gz").startswith("not readable: ")
    assert "saw 3" in refusal(write(tmp_path / "ragged.csv", "user_id,x\na,1\nb,2,3\n"))
    (tmp_path / "latin.csv").write_bytes("user_id\nZo\xeb\n".encode("latin-1"))
    assert refusal(tmp_path / "latin.csv").startswith("not UTF-8 text: ")


def test_rows_wider_than_the_first_line_are_refused(tmp_path: Path) -> None:
    """Read as it stands, pandas would shift every name by one and take another column for the ids."""
    message = refusal(write(tmp_path / "u.csv", "user_id,x\n1,a,7\n2,b,8\n"))

    assert message == "not readable: rows have more fields than the 2 names of the first line"


def test_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be opened is told in one line."""

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path / "u.csv", "user_id\na\n")
    monkeypatch.setattr(Path, "open", denied)

    assert refusal(path) == "not readable: [Errno 13] Permission denied"


@pytest.mark.parametrize("name", ["user_id", "country"])
def test_parquet_text_that_is_no_utf8_is_told(tmp_path: Path, name: str) -> None:
    """Arrow takes a column's word that its text is UTF-8; a user's name in Latin-1 would end in a traceback later."""
    texts = pa.array([b"ann", "j\xf6rg".encode("latin-1")]).view(pa.string())
    columns = {"user_id": pa.array(["a", "b"]), "country": pa.array(["US", "DE"])} | {name: texts}
    pq.write_table(pa.table(columns), tmp_path / "users.parquet")

    assert "Invalid UTF8" in refusal(tmp_path / "users.parquet")
