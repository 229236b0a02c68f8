"""Parts cut out of tables, and what a run keeps of the parts in work when another one fails."""

import sys
from itertools import accumulate
from pathlib import Path
from threading import Event
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffcore import ConfigError
from ffcore.lab import evaluate_files
from ffcore.lab.bulk import stream
from ffcore.lab.bulk.bar import show_rows
from ffcore.lab.bulk.inputs import survey
from ffcore.lab.bulk.output import MANIFEST, Output, PartFile, open_output
from ffcore.lab.bulk.stream import Job, Piece, cut
from tests.support.files import SMALL, write

SCHEMA = pa.schema({"user_id": pa.int64()})


@given(st.lists(st.integers(0, 9), max_size=9), st.integers(1, 12), st.integers(0, 3))
def test_tables_of_any_size_become_equal_parts(lengths: list[int], size: int, first: int) -> None:
    """No row is lost or moved; all parts are full but the last, which is empty only where there is no row."""
    total = sum(lengths)
    ends = list(accumulate(lengths, initial=0))
    rows = pa.table({"user_id": pa.array(range(total), pa.int64())})
    tables = [rows.slice(start, length) for start, length in zip(ends, lengths, strict=False)]

    pieces = list(cut(tables, SCHEMA, first, size))

    assert [row for piece in pieces for row in piece.rows["user_id"].to_pylist()] == list(range(total))
    assert [len(piece.rows) for piece in pieces[:-1]] == [size] * (len(pieces) - 1)
    assert bool(len(pieces[-1].rows)) == bool(total)
    assert [piece.last for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert [piece.number for piece in pieces] == list(range(first, first + len(pieces)))
    assert [piece.start for piece in pieces] == [piece.number * size for piece in pieces]


def test_at_most_a_few_parts_are_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading waits for those who decide: beside their parts, one waits and one is read."""
    users = write(tmp_path / "users.parquet")
    monkeypatch.setattr(stream, "PART_ROWS", 10)
    begun: list[int] = []
    ended: list[int] = []
    most: list[int] = []

    def pieces(*arguments: Any, original: Any = cut) -> Any:
        for piece in original(*arguments):
            begun.append(piece.number)
            most.append(len(begun) - len(ended))
            yield piece

    def finished(output: Any, part: PartFile, add: Any = Output.add) -> None:
        ended.append(part.number)
        add(output, part)

    monkeypatch.setattr(stream, "cut", pieces)
    monkeypatch.setattr(Output, "add", finished)

    evaluate_files(users, SMALL, tmp_path / "out")

    assert ended == list(range(100))
    assert max(most) == stream.THREADS + 1


def test_what_was_finished_beside_a_failure_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that fails stops the others, and leaves those that are finished, and no half one."""
    users = write(tmp_path / "users.parquet")
    monkeypatch.setattr(stream, "PART_ROWS", 10)

    def fail(job: Job, rows: pa.Table, decide: Any = Job.decide) -> pa.Table:
        if "0500" in rows["user_id"].to_pylist():
            raise ConfigError([("row 500", "is bad")])
        return decide(job, rows)

    with monkeypatch.context() as failing:
        failing.setattr(Job, "decide", fail)
        with pytest.raises(ConfigError, match=r"^row 500: is bad$"):
            evaluate_files(users, SMALL, tmp_path / "out")

    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert not [name for name in names if name.startswith(".")]
    assert 50 <= len(names) - 1 <= 50 + stream.THREADS
    again = evaluate_files(users, SMALL, tmp_path / "out")
    assert (again.parts, again.skipped) == (100, len(names) - 1)


def test_a_part_in_work_is_given_up(tmp_path: Path) -> None:
    """After a mistake or an interrupt nobody waits for a part, and nothing of it stays."""
    population = survey([write(tmp_path / "users.parquet")], "user_id", [], [])
    job = Job(SMALL, ["half"], "user_id", [], "raise", population)
    rows = pa.table({"user_id": ["ann"]})
    stopped = Event()
    stopped.set()

    with open_output(tmp_path / "out", {}, overwrite=False) as output, pytest.raises(stream.StoppedError):
        job.write(output, 0, Piece(0, 0, rows, last=True), stopped)

    assert [path.name for path in (tmp_path / "out").iterdir()] == [MANIFEST]


@pytest.mark.parametrize("shown", [None, False])
def test_without_a_terminal_nothing_is_shown(capsys: pytest.CaptureFixture[str], shown: bool | None) -> None:
    """A log stays free of bars, unless one is asked for."""
    with show_rows(10, 0, shown) as advance:
        advance(10)

    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("total", "expected"), [(30_000_000, "20,000,000 of 30,000,000 rows"), (None, "20,000,000 rows")]
)
def test_the_bar_counts_rows(capsys: pytest.CaptureFixture[str], total: int | None, expected: str) -> None:
    """Rows done before count, and those of all where their number is known."""
    with show_rows(total, 5_000_000, shown=True) as advance:
        advance(15_000_000)

    printed = capsys.readouterr()
    assert expected in printed.err
    assert printed.out == ""


def test_a_terminal_sees_the_bar(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal the bar needs no asking; the rows of Parquet files are known."""
    users = write(tmp_path / "users.parquet")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    evaluate_files(users, SMALL, tmp_path / "out")

    assert "1,000 of 1,000 rows" in capsys.readouterr().err
