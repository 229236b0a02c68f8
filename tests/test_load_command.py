"""`ffcore flags load`: tables made and filled, a file filled, and one clear message for each way it can fail."""

import json
import sqlite3
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ffcore import load
from ffcore.cli import main
from ffcore.lab.testing.servers import Server, free_port
from ffcore.stores import DynamoDBStore, SQLiteStore

FLAGS = str(Path(__file__).parents[1] / "data" / "flags.yaml")
NUMBERS = count()
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def names() -> tuple[str, str]:
    """Names of tables that are not there."""
    number = next(NUMBERS)
    return f"load-flags-{number}", f"load-experiments-{number}"


@pytest.fixture
def run(
    ministack: Server, names: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Loads the bundled flags into these tables; the exit code, what is printed, and the complaint."""
    for name, value in ministack.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)

    def into_tables(*more: str, file: str = FLAGS) -> tuple[int, str, str]:
        tables = ("--flags-table", names[0], "--experiments-table", names[1])
        code = main(["flags", "load", file, "--to", "dynamodb", *tables, *more])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return into_tables


def test_tables_are_made_and_filled(run: Run, names: tuple[str, str], ministack: Server) -> None:
    """After the command a store reads exactly the file; a second run makes nothing and changes nothing."""
    flags, store = load(FLAGS), DynamoDBStore(*names, client=ministack.client("dynamodb"))
    code, out, _ = run("--create", "--json")

    assert (code, json.loads(out)["made"]) == (0, list(names))
    assert json.loads(out)["loaded"] == {"flags": len(flags), "experiments": len(flags.experiments)}
    assert store.get_flags(flags) == dict(flags)
    assert store.get_experiments(flags.experiments) == dict(flags.experiments)
    assert json.loads(run("--create")[1])["made"] == []


def test_without_tables_the_message_says_how_to_make_them(run: Run, names: tuple[str, str]) -> None:
    """Nothing is made unasked."""
    code, _, err = run()

    assert code == 2
    assert f"--to: DynamoDB table {names[0]}: there is no such table" in err
    assert "ffcore flags load --create makes it" in err


def test_a_file_with_mistakes_writes_nothing(run: Run, tmp_path: Path) -> None:
    """The mistakes are listed before the service is asked."""
    (tmp_path / "flags.yaml").write_text("flags: [{key: a, enabeld: true}]", encoding="utf-8")
    code, _, err = run("--create", file=str(tmp_path / "flags.yaml"))

    assert (code, "did you mean enabled?" in err) == (2, True)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("access denied", "it needs dynamodb:DescribeTable on this table"),
        ("expired credentials", "the credentials have expired: renew them"),
    ],
)
def test_what_aws_refuses_is_one_message(run: Run, fault: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each says what to do, without a traceback."""
    from ffcore.boto import Connection
    from ffcore.lab.testing.outages import Injector

    assert run("--create")[0] == 0
    make = Connection.client

    def faulty(self: Connection, service: str) -> Any:
        client = make(self, service)
        Injector(client).fault = fault
        return client

    monkeypatch.setattr(Connection, "client", faulty)
    code, _, err = run()

    assert (code, words in err) == (2, True)
    assert len(err.splitlines()) == 1


def test_a_service_that_is_not_there_is_one_message(run: Run) -> None:
    """The address is named."""
    port = free_port()
    code, _, err = run("--endpoint", f"http://127.0.0.1:{port}")

    assert code == 2
    assert "no answer" in err
    assert f"127.0.0.1:{port}" in err


def test_a_sqlite_file_is_filled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The embedded store reads exactly the file."""
    path = tmp_path / "flags.db"
    assert main(["flags", "load", FLAGS, "--to", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["made"] == [str(path)]
    store = SQLiteStore(path)

    assert store.get_flags(load(FLAGS)) == dict(load(FLAGS))
    store.close()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "dynamo"], "'dynamo' ends in none of .db, .sqlite, .sqlite3; did you mean dynamodb?"),
        (["--to", "x.db", "--create"], "--create: goes with --to dynamodb alone"),
        (["--to", "x.db", "--flags-table", "t"], "--flags-table: goes with --to dynamodb alone"),
    ],
)
def test_a_target_that_is_none_is_refused(
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A misspelt target never becomes a file."""
    monkeypatch.chdir(tmp_path)

    assert main(["flags", "load", FLAGS, *arguments]) == 2
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It stays as it is."""
    path = tmp_path / "flags.db"
    path.write_text("flags: []\n" * 100, encoding="utf-8")

    assert main(["flags", "load", FLAGS, "--to", str(path)]) == 2
    assert "file is not a database" in capsys.readouterr().err
    with pytest.raises(sqlite3.DatabaseError):
        SQLiteStore(path)
