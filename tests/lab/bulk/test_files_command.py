"""`ffcore evaluate --users`: results in a folder, what was written as JSON, and one message for a mistake."""

import json
from pathlib import Path

import pytest

from ffcore.cli import main
from ffcore.lab.bulk import stream
from tests.support.files import FLAGS, INVALID, ROWS, read, write


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts are small."""
    monkeypatch.setattr(stream, "PART_ROWS", 150)


def flag_file(folder: Path) -> str:
    """The flags as a file."""
    (folder / "flags.json").write_text(json.dumps(FLAGS.to_items()))
    return str(folder / "flags.json")


def test_the_command_writes_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A script reads what was written where."""
    users = write(tmp_path / "users.parquet", INVALID.rename_columns(["uid", "country", "age", "unread"]))
    command = ["evaluate", "--flags", flag_file(tmp_path), "--users", str(users), "--out", str(tmp_path / "out")]
    options = ["--id-column", "uid", "--carry", "age", "--mark-invalid", "--flag", "half", "north"]

    assert main([*command, *options]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == {"path": str(tmp_path / "out"), "rows": ROWS, "parts": 7, "skipped": 0, "invalid": 3}
    assert read(tmp_path / "out").column_names[:3] == ["uid", "age", "half.enabled"]
    assert read(tmp_path / "out").num_columns == 8

    assert main([*command, *options]) == 0
    assert json.loads(capsys.readouterr().out)["skipped"] == 7
    assert main([*command, "--id-column", "uid", "--mark-invalid"]) == 2
    assert "other arguments" in capsys.readouterr().err
    assert main([*command, "--id-column", "uid", "--mark-invalid", "--overwrite"]) == 0
    assert read(tmp_path / "out").num_columns == 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--users", "users.parquet"], "--out: expected a folder for the results"),
        (
            ["--users", "none.parquet", "--out", "out"],
            "none.parquet: no such file or folder; did you mean user.parquet",
        ),
        (
            ["--users", "user.parquet", "--out", "out", "--flag", "hal"],
            "--flag: no flag or experiment 'hal'; did you mean half",
        ),
        (["--users", "user.parquet", "--out", "out", "--context", "{}"], "--context: does not go with --users"),
        (["--user", "ann", "--flag", "half", "--id-column", "x"], "--id-column: does not go with --user\n"),
        (["--user", "ann"], "--flag: expected one key, got 0"),
        (["--user", "ann", "--flag", "half", "north"], "--flag: expected one key, got 2"),
    ],
    ids=["no folder", "no file", "no key", "context", "column", "no flag", "two flags"],
)
def test_bad_input_has_exit_code_2(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    message: str,
) -> None:
    """A mistake on the command line is one message on standard error."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "user.parquet")

    assert main(["evaluate", "--flags", flag_file(tmp_path), *options]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.out == ""
