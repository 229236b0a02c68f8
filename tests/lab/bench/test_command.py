"""``ffcore bench`` as users call it: JSON when piped, a table on a terminal, exit codes, messages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ffcore import cli
from ffcore.lab.bench import run as runs
from ffcore.lab.bench.baseline import Stored, read
from ffcore.lab.bench.contender import NAMES
from ffcore.lab.bench.gate.builds import HOME, find
from ffcore.lab.bench.gate.races import Size
from tests.lab.bench.test_run import a_run, an_outcome


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the command asked to be measured, in place of a measurement; the stored run decides the verdict."""
    asked: list[tuple[Any, ...]] = []

    def measure(names: list[str], profile: str, old: Any, progress: object, size: Size) -> runs.Run:
        assert callable(progress)
        asked.append((names, profile, old, size.margin))
        verdict = old.machine.get("verdict") if isinstance(old, Stored) else None
        return a_run(outcome=an_outcome(verdict) if verdict else None)

    monkeypatch.setattr(runs, "run", measure)
    return asked


def stored_run(folder: Path, verdict: str) -> Path:
    """A stored run that the fixture above judges so."""
    path = folder / "run.json"
    path.write_text(json.dumps(a_run(machine={"verdict": verdict, "load": [0.0]}).to_dict()), encoding="utf-8")
    return path


def test_piped_output_is_json(measured: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal the run comes as JSON, of the standard profile and without peers, and the code is 0."""
    assert cli.main(["bench"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] is None
    assert measured == [([], "standard", None, 0.02)]


@pytest.mark.usefixtures("measured")
def test_a_terminal_gets_a_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """On a terminal the run comes as text, unless JSON is asked for."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)

    cli.main(["bench"])
    assert capsys.readouterr().out.startswith("CPython")
    cli.main(["bench", "--json"])
    assert json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(("verdict", "code"), [("pass", 0), ("fail", 1), ("inconclusive", 3)])
@pytest.mark.usefixtures("measured")
def test_exit_codes(tmp_path: Path, verdict: str, code: int) -> None:
    """The verdict against a stored run is the exit code."""
    assert cli.main(["bench", "--compare", str(stored_run(tmp_path, verdict))]) == code


def test_peers_and_profile_reach_the_run(measured: list[tuple[Any, ...]]) -> None:
    """Options are handed on."""
    cli.main(["bench", "--peers", "eppo", "flagd", "--profile", "smoke"])

    assert measured == [(["eppo", "flagd"], "smoke", None, 0.25)]


def test_another_build_and_margin_reach_the_run(measured: list[tuple[Any, ...]]) -> None:
    """A folder that holds ffcore is found, and a margin replaces the profile's."""
    cli.main(["bench", "--against", str(HOME), "--margin", "0.1"])

    assert measured == [([], "standard", find(str(HOME)), 0.1)]


@pytest.mark.parametrize("arguments", [["--margin", "2"], ["--margin", "x"], ["--compare", "a", "--against", "b"]])
def test_options_that_make_no_sense_are_refused(arguments: list[str]) -> None:
    """A margin of 200 %, one that is no number, and two baselines at once end with code 2."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["bench", *arguments])

    assert caught.value.code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--compare", "none.json"], "none.json: 1 problem"),
        (["--against", "none"], "--against: none is neither a folder that holds ffcore nor a Python interpreter"),
        (["--peers", "epo"], "--peers: no peer 'epo'; did you mean eppo?"),
    ],
)
def test_bad_input_is_said_before_anything_runs(
    measured: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    """A file that is not there and an unknown peer give one message and exit code 2, and nothing is measured."""
    assert cli.main(["bench", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert measured == []


@pytest.mark.slow
def test_a_real_run(tmp_path: Path) -> None:
    """The shortest profile really runs, says on standard error what it does, and its file can be compared with."""
    command = [sys.executable, "-m", "ffcore.cli", "bench", "--profile", "smoke", "--peers", "eppo"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=HOME)
    path = tmp_path / "run.json"
    path.write_text(done.stdout, encoding="utf-8")
    found, stored = json.loads(done.stdout), read(path)

    assert set(found["workloads"]) == set(stored.multiples) == set(NAMES)
    assert all(len(times["ffcore"]) == 9 for times in found["times"].values())
    assert found["threads"]["calls"] == found["threads"]["counted"]
    assert found["import_milliseconds"]["value"] > 0
    assert "round 9 of 9" in done.stderr
