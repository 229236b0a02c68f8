"""The folder of results: parts that appear whole, a manifest that survives, and what may not be mixed."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ffcore import ConfigError, FlagSet
from ffcore.lab import evaluate_files
from ffcore.lab.bulk import files, output, reading, stream
from ffcore.lab.bulk.output import MANIFEST, PartFile, open_output, part_name, writer
from tests.support.files import FLAGS, SMALL, USERS, read, rows, write

ARGUMENTS = {"format": 1, "user_id": "user_id", "keys": ["half"]}
SCHEMA = pa.schema({"user_id": pa.string()})


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts are small."""
    monkeypatch.setattr(stream, "PART_ROWS", 150)


@pytest.fixture
def users(tmp_path: Path) -> Path:
    """A file of users."""
    return write(tmp_path / "users.parquet")


@pytest.fixture
def decided(users: Path, tmp_path: Path) -> Path:
    """The folder of a finished run of seven parts."""
    evaluate_files(users, FLAGS, tmp_path / "out")
    return tmp_path / "out"


def state(folder: Path) -> dict[str, tuple[int, int]]:
    """Which file each part is, and when it was written."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.glob("*.parquet")}


def content(folder: Path) -> dict[str, bytes]:
    """Every part, byte for byte."""
    return {path.name: path.read_bytes() for path in folder.glob("*.parquet")}


def test_a_finished_run_is_not_done_again(users: Path, decided: Path) -> None:
    """The same call once more keeps every part as it is, and says so."""
    before = state(decided)

    summary = evaluate_files(users, FLAGS, decided)

    assert (summary.rows, summary.parts, summary.skipped) == (1_000, 7, 7)
    assert str(summary).endswith("; 7 were finished before")
    assert state(decided) == before


def test_what_is_finished_is_not_read_again(users: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A finished file is left closed, and another is read from its first missing part on."""
    other, out = write(tmp_path / "other.csv"), tmp_path / "out"
    evaluate_files([users, other], FLAGS, out)
    (out / "00001-00004-other.parquet").unlink()
    opened = []

    def read_rows(path: Path, schema: pa.Schema, start: int, at_once: int, read: Any = reading.read_rows) -> Any:
        opened.append((path.name, start))
        return read(path, schema, start, at_once)

    monkeypatch.setattr(stream, "read_rows", read_rows)

    assert evaluate_files([users, other], FLAGS, out).skipped == 13
    assert opened == [("other.csv", 600)]


def test_the_bar_of_a_later_call_begins_where_the_first_one_ended(
    users: Path, decided: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows that were decided before are counted as done."""
    (decided / "00000-00003-users.parquet").unlink()

    evaluate_files(users, FLAGS, decided, progress=True)

    assert "1,000 of 1,000 rows" in capsys.readouterr().err


@pytest.mark.parametrize("number", [0, 3, 6])
@pytest.mark.parametrize("damage", ["missing", "cut", "grown"])
@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_part_that_is_not_as_it_was_is_done_again(
    tmp_path: Path, number: int, damage: str, suffix: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A part of another size than was noted is decided again, and that part alone."""
    users, out = write(tmp_path / f"users{suffix}"), tmp_path / "out"
    evaluate_files(users, FLAGS, out)
    whole, before = content(out), state(out)
    part = out / f"00000-{number:05d}-users.parquet"
    if damage == "missing":
        part.unlink()
    else:
        part.write_bytes(whole[part.name][:-9] if damage == "cut" else whole[part.name] + b"x")

    summary = evaluate_files(users, FLAGS, out)

    assert (summary.parts, summary.skipped, summary.rows) == (7, 6, 1_000)
    assert content(out) == whole
    assert {name for name in before if state(out)[name] != before[name]} == {part.name}
    assert [record.getMessage() for record in caplog.records] == [
        f"{part} is missing or not as it was written: it is decided again"
    ]


def test_leftovers_are_removed(users: Path, decided: Path) -> None:
    """Half a part, and a part that was not noted, disappear; what somebody else put there stays."""
    for name in (".00000-00003-users.parquet.tmp", "00000-00009-users.parquet"):
        (decided / name).write_text("half")
    for name in ("notes.txt", ".keep", "mine.parquet"):
        (decided / name).write_text("mine")

    evaluate_files(users, FLAGS, decided)

    names = {path.name for path in decided.iterdir() if not path.name.startswith("00000")}
    assert names == {MANIFEST, "notes.txt", ".keep", "mine.parquet"}
    assert len(list(decided.glob("00000*"))) == 7


def test_a_line_that_was_not_written_to_its_end_is_passed_over(users: Path, decided: Path) -> None:
    """A manifest cut off in its last line loses that part alone, and is whole afterwards."""
    manifest, whole = decided / MANIFEST, content(decided)
    manifest.write_bytes(manifest.read_bytes()[:-20])

    assert evaluate_files(users, FLAGS, decided).skipped == 6
    assert evaluate_files(users, FLAGS, decided).skipped == 7
    assert content(decided) == whole
    begun, *parts = map(json.loads, manifest.read_text().splitlines())
    assert begun["keys"] == ["half", "north", "pricing"]
    assert {part["name"] for part in parts} == set(whole)


RAISED = FlagSet.from_items(
    flags=[{"key": "half", "enabled": True, "rollout_percentage": 60}, FLAGS["north"].to_item()],
    experiments=[FLAGS.experiments["pricing"].to_item()],
)
FINER = FlagSet.from_items(
    flags=[{**FLAGS["half"].to_item(), "buckets": 100}, FLAGS["north"].to_item()],
    experiments=[FLAGS.experiments["pricing"].to_item()],
)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"flags": RAISED}, "\nflag half.rollout_percentage: raised from 50 % to 60 %"),
        ({"flags": FINER}, "\nflag half.buckets: 10000 became 100"),
        ({"keys": ["half"]}, r"keys: was \['half', 'north', 'pricing'\], is now \['half'\]"),
        ({"keys": ["north", "half", "pricing"]}, r"keys: was \['half', .* is now \['north'"),
        ({"user_id": "country", "on_invalid": "mark"}, "user_id: was 'user_id', is now 'country'"),
        ({"carry": ["age"]}, r"carry: was \[\], is now \['age'\]"),
        ({"paths": "other.parquet"}, "users.parquet: is no longer among the files\n.*other.parquet: is new among"),
    ],
    ids=["percentage", "buckets", "fewer keys", "order of keys", "ids", "carry", "files"],
)
def test_other_arguments_are_refused(users: Path, decided: Path, change: dict[str, Any], message: str) -> None:
    """What differs is named, with how to go on, and nothing is touched; overwriting begins anew."""
    write(users.with_name("other.parquet"))
    if "paths" in change:
        change = {"paths": users.with_name("other.parquet")}
    before = state(decided)
    arguments = dict[str, Any](paths=users, flags=FLAGS, out=decided) | change

    with pytest.raises(ConfigError, match=message) as caught:
        evaluate_files(**arguments)
    assert caught.value.problems[0][0] == str(decided)
    assert "name another folder, or begin anew with overwrite=True" in caught.value.problems[0][1]
    assert "columns" not in str(caught.value)
    assert state(decided) == before

    again = evaluate_files(**arguments, overwrite=True)
    fresh = evaluate_files(**arguments | {"out": decided.with_name("fresh")})
    assert again.skipped == 0
    assert (again.parts, again.rows) == (fresh.parts, fresh.rows)
    assert content(decided) == content(fresh.path)


def test_a_file_that_changed_is_refused(users: Path, decided: Path) -> None:
    """An input of another time or size is not what the finished parts came from."""
    os.utime(users, (1, 1))

    with pytest.raises(ConfigError, match=r"users.parquet: has changed since"):
        evaluate_files(users, FLAGS, decided)


def test_files_in_another_order_are_refused(users: Path, tmp_path: Path) -> None:
    """The order of the files is that of the results."""
    other = write(tmp_path / "other.csv")
    evaluate_files([users, other], FLAGS, tmp_path / "out")

    with pytest.raises(ConfigError, match="paths: the same files in another order"):
        evaluate_files([other, users], FLAGS, tmp_path / "out")


def test_parts_of_another_size_are_refused(users: Path, decided: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that cuts files otherwise does not mix its parts with those that are there."""
    monkeypatch.setattr(stream, "PART_ROWS", 100)

    with pytest.raises(ConfigError, match=r"part_rows: was \[150\], is now \[100\]"):
        evaluate_files(users, FLAGS, decided)


def test_another_form_of_results_is_refused(users: Path, decided: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version whose parts have another content does not go on with these."""
    monkeypatch.setattr(files, "FORMAT", 2)

    with pytest.raises(ConfigError, match="\nformat: was 1, is now 2"):
        evaluate_files(users, FLAGS, decided)


def test_what_is_not_used_may_change(users: Path, tmp_path: Path) -> None:
    """A flag that was not asked for does not matter."""
    evaluate_files(users, FLAGS, tmp_path / "out", ["half"])

    assert evaluate_files(users, SMALL, tmp_path / "out").skipped == 7


@pytest.mark.parametrize("text", ["", "no JSON\n", "[]\n", '{"format": 0}\n', '{"format": 1, "flags": 7}\n'])
def test_a_manifest_of_another_kind_is_refused(users: Path, decided: Path, text: str) -> None:
    """A manifest that cannot be understood is no reason to remove anything; overwriting is a choice."""
    (decided / MANIFEST).write_text(text)

    with pytest.raises(ConfigError, match="name another folder, or begin anew"):
        evaluate_files(users, FLAGS, decided)

    assert len(content(decided)) == 7
    assert evaluate_files(users, FLAGS, decided, overwrite=True).skipped == 0


@pytest.mark.parametrize("overwrite", [False, True], ids=["kept", "overwrite"])
def test_a_folder_with_other_files_is_refused(users: Path, tmp_path: Path, *, overwrite: bool) -> None:
    """Nobody's files are mixed with results, nor ever removed."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.parquet").touch()

    with pytest.raises(ConfigError, match=r"out: holds files of another origin \('thesis.parquet', ...\)"):
        evaluate_files(users, FLAGS, tmp_path / "out", overwrite=overwrite)

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.parquet"]


def test_an_empty_folder_will_do(users: Path, tmp_path: Path) -> None:
    """A folder may be there already, with hidden files of its owner."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".gitignore").touch()

    assert evaluate_files(users, FLAGS, str(tmp_path / "out")).parts == 7


def test_a_file_in_the_way_is_named(users: Path) -> None:
    """Results need a folder."""
    users.with_name("taken").touch()

    with pytest.raises(ConfigError, match="taken: results cannot be written there: File exists"):
        evaluate_files(users, FLAGS, users.with_name("taken"))


def test_a_full_disk_is_named(users: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the system while parts are written is one message; no half part stays, finished ones do."""
    written = []

    def sync(descriptor: int, sync: Any = os.fsync) -> None:
        written.append(descriptor)
        if len(written) > 8:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", sync)

    with pytest.raises(ConfigError, match=r"out: results cannot be written there: No space left on device"):
        evaluate_files(users, FLAGS, tmp_path / "out")

    monkeypatch.undo()
    monkeypatch.setattr(stream, "PART_ROWS", 150)
    assert not list((tmp_path / "out").glob(".*"))
    assert evaluate_files(users, FLAGS, tmp_path / "out").skipped >= 1
    assert rows(read(tmp_path / "out"))[999]["user_id"] == USERS["user_id"][999].as_py()


def test_one_run_at_a_time(tmp_path: Path) -> None:
    """A folder in use is refused, and free again afterwards."""
    with (
        open_output(tmp_path, ARGUMENTS, overwrite=False),
        pytest.raises(ConfigError, match="another process writes results there"),
        open_output(tmp_path, ARGUMENTS, overwrite=False),
    ):
        pass

    with open_output(tmp_path, ARGUMENTS, overwrite=False) as again:
        assert again.finished == {}


def test_a_part_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    """While it is written it has another name, which readers pass over; after an error it is gone."""
    path = tmp_path / "00000-00000-a.parquet"
    table = pa.table({"user_id": ["ann"]})

    with pytest.raises(KeyError), writer(path, SCHEMA, "user_id") as parquet:  # noqa: PT012 - what is there meanwhile
        parquet.write_table(table)
        assert [found.name for found in tmp_path.iterdir()] == [".00000-00000-a.parquet.tmp"]
        raise KeyError
    assert list(tmp_path.iterdir()) == []

    with writer(path, SCHEMA, "user_id") as parquet:
        parquet.write_table(table)
    assert pq.read_table(path).equals(table)


def test_a_part_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a loss of power a part that is seen is whole: first its content is safe, then its name."""
    done: list[str] = []

    def sync(descriptor: int, sync: Any = os.fsync) -> None:
        done.append("synced")
        sync(descriptor)

    def replace(path: Path, target: Path, replace: Any = Path.replace) -> Any:
        done.append(target.name)
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", replace)

    with writer(tmp_path / "00000-00000-a.parquet", SCHEMA, "user_id"):
        pass

    assert done == ["synced", "00000-00000-a.parquet", "synced"]


def test_the_first_missing_part(tmp_path: Path) -> None:
    """A file is done when its parts are there without a gap up to the last."""

    def part(number: int, *, last: bool = False) -> PartFile:
        return PartFile(f"{number}", 2, number, rows=1, invalid=0, last=last, size=0)

    with open_output(tmp_path, ARGUMENTS, overwrite=False) as folder:
        assert folder.first_missing(2) == 0
        folder.add(part(0))
        folder.add(part(2, last=True))
        assert folder.first_missing(2) == 1
        folder.add(part(1))
        assert folder.first_missing(2) is None
        assert folder.first_missing(1) == 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("users.parquet", "00007-00012-users.parquet"),
        ("users.csv.gz", "00007-00012-users.parquet"),
        ("ünï 1*?.csv", "00007-00012-ünï_1_.parquet"),
        ("x" * 99 + ".csv", f"00007-00012-{'x' * 40}.parquet"),
        (".csv", "00007-00012-.parquet"),
    ],
    ids=["plain", "compressed", "signs", "long", "no stem"],
)
def test_names_of_parts(name: str, expected: str) -> None:
    """A part's name holds the numbers of its file and of itself, and what is left of the file's name."""
    assert part_name(Path(name), 7, 9, 12) == expected
    assert output.PART_NAME.fullmatch(expected)


def test_names_of_many_files_sort(tmp_path: Path) -> None:
    """Beyond a hundred thousand files, all numbers have more digits."""
    assert part_name(tmp_path / "a.csv", 7, 100_001, 0) == "000007-00000-a.parquet"
