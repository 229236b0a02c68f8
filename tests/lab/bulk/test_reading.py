"""Files read in tables: the pitfalls of CSV, rows from any place on, and damaged files."""

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ffcore import ConfigError
from ffcore.lab.bulk import reading
from ffcore.lab.bulk.reading import is_parquet, plain, read_head, read_rows

TEXT = pa.string()


def csv(folder: Path, content: str | bytes, name: str = "users.csv") -> Path:
    """A CSV file."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def values(path: Path, *names: str) -> dict[str, list[Any]]:
    """Some columns of a file with the types that its head says."""
    types = read_head(path, names, "user_id").types
    schema = pa.schema([(name, TEXT if pa.types.is_null(types[name]) else types[name]) for name in names])
    tables = list(read_rows(path, schema))
    return dict(pa.concat_tables(tables or [schema.empty_table()]).to_pydict())


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "", "-3"], [1, None, -3]),
        (["1", "NA", "null"], [1, None, None]),
        (["1.5", "", "1e3"], [1.5, None, 1000.0]),
        (["true", "", "False"], [True, None, False]),
        (["NO", "", "NA"], ["NO", None, "NA"]),
        (["null", "nan", ""], ["null", "nan", None]),
        (["2024-01-01", "", "2024-01-02"], ["2024-01-01", None, "2024-01-02"]),
        (["2024-01-01 10:00:00", "", ""], ["2024-01-01 10:00:00", None, None]),
        (["10:00:00", "", ""], ["10:00:00", None, None]),
        (["1.10", "1.9", "1.1.2"], ["1.10", "1.9", "1.1.2"]),
        ([" NO", '"a,b"', '"say ""x"""'], [" NO", "a,b", 'say "x"']),
        (['"line\nbreak"', "ünï", "🙂"], ["line\nbreak", "ünï", "🙂"]),
        (["", "", ""], [None, None, None]),
    ],
    ids=[
        "whole numbers",
        "words for nothing among numbers",
        "fractions",
        "truth values",
        "words for nothing among text",
        "only words for nothing",
        "days",
        "moments",
        "times",
        "versions",
        "quoted",
        "line breaks and signs",
        "nothing",
    ],
)
def test_types_of_a_csv(tmp_path: Path, cells: list[str], expected: list[Any]) -> None:
    """Numbers and truth values are what they look like, all else is text, an empty field is missing."""
    lines = [f"{row},{cell}" for row, cell in enumerate(cells)]

    assert values(csv(tmp_path, "\n".join(["user_id,x", *lines, ""])), "x")["x"] == expected


@pytest.mark.parametrize(
    "content",
    [
        "user_id,x\n007,1\n,2\n",
        "user_id,x\r\n007,1\r\n,2\r\n",
        "user_id,x\n007,1\n,2",
        "\ufeffuser_id,x\n007,1\n,2\n",
        '"user_id","x"\n"007","1"\n"","2"\n',
        "user_id,x\n\n007,1\n\n,2\n\n",
        "unread,user_id,x\ny,007,1\nz,,2\n",
    ],
    ids=["plain", "other line ends", "no last line end", "byte-order mark", "quoted", "empty lines", "another column"],
)
def test_forms_of_a_csv(tmp_path: Path, content: str) -> None:
    """However it is written, an id is text and an empty one is null."""
    assert values(csv(tmp_path, content), "user_id", "x") == {"user_id": ["007", None], "x": [1, 2]}


@pytest.mark.parametrize("suffix", [".csv.gz", ".CSV.GZ"])
def test_a_compressed_csv(tmp_path: Path, suffix: str) -> None:
    """The name tells that a CSV is compressed."""
    path = csv(tmp_path, gzip.compress(b"user_id,x\n007,1\n"), f"users{suffix}")

    assert values(path, "user_id", "x") == {"user_id": ["007"], "x": [1]}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("users.csv", b"", "users.csv: is empty: expected a first line of names"),
        ("users.csv", b"user_id,x\n1,2,3\n", "users.csv: cannot be read: .*Expected 2 columns, got 3"),
        ("users.csv", b"user_id,x\n\xff\xfe,2\n", "users.csv: cannot be read: .*invalid UTF8"),
        ("users.csv", "user_id,x\nann,1\n".encode("utf-16"), "users.csv: cannot be read"),
        ("users.csv.gz", b"user_id,x\nann,1\n", "users.csv.gz: cannot be read"),
        ("users.csv.gz", gzip.compress(b"user_id,x\n" + b"ann,1\n" * 99)[:-12], "users.csv.gz: cannot be read"),
        ("users.parquet", b"", "users.parquet: cannot be read"),
        ("users.parquet", b"PAR1 and no more", "users.parquet: cannot be read"),
    ],
    ids=["empty", "ragged", "no text", "utf-16", "not compressed", "cut off", "empty parquet", "no parquet"],
)
def test_damaged_files_are_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """What cannot be read is one message with the file."""
    with pytest.raises(ConfigError, match=message):
        values(csv(tmp_path, content, name), "user_id", "x")


def test_a_value_that_does_not_fit_names_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A column of numbers in the first block stays one, and a later word in it is an error."""
    monkeypatch.setattr(reading, "CSV_BLOCK", 64)
    path = csv(tmp_path, "user_id,x\n" + "1,2\n" * 100 + "1,many\n")

    with pytest.raises(ConfigError, match=r"users.csv: cannot be read: .*column #1.* int64: invalid value 'many'"):
        values(path, "user_id", "x")


def test_parquet_damaged_behind_its_head_is_named(tmp_path: Path) -> None:
    """Rows that cannot be read are one message with the file, too."""
    path = tmp_path / "users.parquet"
    pq.write_table(pa.table({"user_id": [f"user-{row}" for row in range(9_000)]}), path, compression="zstd")
    content = bytearray(path.read_bytes())
    content[100:4_000] = b"x" * 3_900
    path.write_bytes(content)

    with pytest.raises(ConfigError, match=r"users.parquet: cannot be read"):
        values(path, "user_id")


@pytest.mark.parametrize("start", [0, 1, 6, 7, 8, 13, 14, 20, 49, 50])
@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_rows_from_any_place_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, start: int) -> None:
    """Rows before a place are passed over, in row groups and blocks of any size, some of them empty."""
    monkeypatch.setattr(reading, "CSV_BLOCK", 40)
    ids = [f"{row:03d}" for row in range(50)]
    path = tmp_path / f"users{suffix}"
    if suffix == ".csv":
        csv(tmp_path, "\n".join(["user_id", *ids, ""]))
    else:
        with pq.ParquetWriter(path, pa.schema({"user_id": TEXT})) as writer:
            for first, last in [(0, 0), (0, 7), (7, 7), (7, 20), (20, 50), (50, 50)]:
                writer.write_table(pa.table({"user_id": pa.array(ids[first:last], TEXT)}))

    tables = list(read_rows(path, pa.schema({"user_id": TEXT}), start, at_once=3))

    assert [row for table in tables for row in table["user_id"].to_pylist()] == ids[start:]
    assert len(tables) >= (50 - start) / 15


def test_a_parquet_head_needs_no_rows(tmp_path: Path) -> None:
    """Rows, names and the widest row group's bytes are known at once; only wanted columns count."""
    path = tmp_path / "users.parquet"
    with pq.ParquetWriter(path, pa.schema({"user_id": TEXT, "flat.y": TEXT, "x": pa.struct({"y": TEXT})})) as writer:
        for width in (10, 1_000):
            text = [f"{row:0{width}d}" for row in range(100)]
            writer.write_table(pa.table({"user_id": text, "flat.y": text, "x": [{"y": one} for one in text]}))

    heads = [read_head(path, wanted, "user_id") for wanted in (["user_id"], ["user_id", "flat.y"], ["user_id", "x"])]

    assert heads[0].names == ["user_id", "flat.y", "x"]
    assert heads[0].rows == 200
    assert heads[0].types == {"user_id": TEXT}
    assert 1_000 < heads[0].row_bytes < 1_100
    assert [heads[place].row_bytes / heads[0].row_bytes for place in (1, 2)] == pytest.approx([2, 2], rel=0.05)


def test_only_named_columns_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A column that nobody wants may hold anything, also what does not fit its first block."""
    monkeypatch.setattr(reading, "CSV_BLOCK", 32)
    path = csv(tmp_path, "user_id,x\n" + "1,2\n" * 20 + "1,y\n")

    assert values(path, "user_id") == {"user_id": ["1"] * 21}


def test_a_line_break_in_a_value_is_none_between_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a block ends, a quoted value is whole."""
    monkeypatch.setattr(reading, "CSV_BLOCK", 32)
    path = csv(tmp_path, "user_id\n" + "".join(f'"{row}\n\nx"\n' for row in range(50)))

    assert values(path, "user_id") == {"user_id": [f"{row}\n\nx" for row in range(50)]}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (pa.dictionary(pa.int32(), pa.string_view()), TEXT),
        (pa.dictionary(pa.int8(), pa.int64()), pa.int64()),
        (pa.large_string(), TEXT),
        (pa.date32(), pa.date32()),
    ],
    ids=str,
)
def test_plain_types(kind: pa.DataType, expected: pa.DataType) -> None:
    """Categories are their values, and text is text."""
    assert plain(kind) == expected


def test_parquet_is_known_by_its_content_too(tmp_path: Path) -> None:
    """A file without a telling name is looked into."""
    pq.write_table(pa.table({"user_id": ["ann"]}), tmp_path / "part-0")

    assert is_parquet(tmp_path / "part-0")
    assert not is_parquet(csv(tmp_path, "user_id\n"))
