"""`ffcore verify --vendor`: exit codes, sentences, JSON, and options that do not go with it."""

import json
from pathlib import Path

import pandas as pd
import pytest

from ffcore.cli import main
from ffcore.lab.schemes.files import read_flags

FLAGS = Path(__file__).parents[2] / "data" / "vendors" / "unleash.json"
USERS = [f"user-{number}" for number in range(300)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of what Unleash's sample file gives."""
    variant = read_flags(FLAGS, "unleash")["button"].decide(pd.DataFrame({"user_id": USERS}))
    pd.DataFrame({"user_id": USERS, "flag_key": "button", "variant": variant}).to_parquet(tmp_path / "log.parquet")
    return tmp_path / "log.parquet"


def verify(log: Path, *options: str) -> int:
    """The command's exit code."""
    return main(["verify", str(log), "--flags", str(FLAGS), "--vendor", "unleash", *options])


def test_a_right_log_passes_in_words(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for the flag, one for each part of the file that is not followed, and the verdict."""
    assert verify(log) == 0
    lines = capsys.readouterr().out.splitlines()

    assert lines[0] == "button: 300 rows, 0 differ"
    assert "not followed: features[6].dependencies: other features decide first" in lines
    assert lines[-1] == "PASS: every row agrees"


def test_a_wrong_log_fails(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, and the first rows that differ."""
    pd.read_parquet(log).assign(variant="blue").to_parquet(log)

    assert verify(log, "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["verdict"], found["vendor"], len(found["not_followed"])) == ("fail", "unleash", 3)
    assert found["details"]["mismatches"] > 100


def test_a_file_takes_the_json(log: Path, tmp_path: Path) -> None:
    """The words stay on standard output."""
    assert verify(log, "--json", str(tmp_path / "found.json")) == 0
    assert json.loads((tmp_path / "found.json").read_text())["verdict"] == "pass"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--by", "country"], "--by: does not go with --vendor"),
        (["--vendor", "unlesh"], "vendor: 'unlesh' is unknown; did you mean unleash"),
    ],
    ids=["misplaced", "unknown"],
)
def test_bad_input_is_one_message(
    log: Path, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2."""
    assert verify(log, *options) == 2
    assert message in capsys.readouterr().err
