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
from ffcore.lab.bench.baseline import Change, read
from ffcore.lab.bench.contender import NAMES, SIMPLE
from ffcore.lab.bench.estimate import Estimate
from tests.lab.bench.test_run import a_run


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the command asked to be measured, in place of a measurement; the stored run decides the verdict."""
    asked: list[tuple[Any, ...]] = []

    def measure(names: list[str], profile: str, stored: dict[str, Any] | None, progress: object) -> runs.Run:
        assert callable(progress)
        asked.append((names, profile, stored))
        verdict = (stored or {}).get("machine", {}).get("verdict")
        return a_run(changes=(Change(SIMPLE, Estimate(1, 1, 1, 9), verdict),) if verdict else ())

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
    assert measured == [([], "standard", None)]


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

    assert measured == [(["eppo", "flagd"], "smoke", None)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--compare", "none.json"], "none.json: 1 problem"),
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
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    path = tmp_path / "run.json"
    path.write_text(done.stdout, encoding="utf-8")
    found = read(path)

    assert set(found["workloads"]) == set(NAMES)
    assert all(len(times["ffcore"]) == 9 for times in found["times"].values())
    assert found["threads"]["calls"] == found["threads"]["counted"]
    assert found["import_milliseconds"]["value"] > 0
    assert "round 9 of 9" in done.stderr
