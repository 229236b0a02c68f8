"""The runner: no notebook stops the others, nothing runs in place, and every end is told."""

import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ffcore.lab.report import profiles, results, runner
from ffcore.lab.report.plan import prepare

pytestmark = pytest.mark.slow

OPENING = """from ffcore.lab import report
from ffcore.lab.verify import Check
given = {"flags": flags, "population": population, "id_column": id_column, "profile": profile, "fault": fault}
run = report.open_run("demo", **given)"""
GOOD = (OPENING, "run.check(Check('x', 'pass', n=3), 'x')\nrun.finish()")
DEAD = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
LOUD = "import sys\nprint('loud', file=sys.stderr)\nraise ValueError('bad')"


def report(house: Any, **given: object) -> runner.Report:
    """Run all notebooks of the house."""
    return runner.run(prepare([], {"profile": "smoke", **given}, house.root / "reports"))


def test_one_bad_notebook_does_not_stop_the_others(house: Any) -> None:
    """A crash, a dead kernel and a silent end are fails, each in its own words, and the good one still passes."""
    for name, code in {"a": (LOUD,), "b": (DEAD,), "c": GOOD, "d": ("1",)}.items():
        house.notebook(name, *code)
    sources = {path: path.read_bytes() for path in (house.root / "notebooks").iterdir()}
    done = report(house)
    found = {result.notebook: result for result in done.results}

    assert {name: result.verdict for name, result in found.items()} == {
        "a": "fail",
        "b": "fail",
        "c": "pass",
        "d": "fail",
    }
    assert {name: (result.error or {}).get("kind") for name, result in found.items()} == {
        "a": "ValueError",
        "b": "DeadKernelError",
        "c": None,
        "d": "NoResultError",
    }
    assert done.verdict == "fail"
    check_folder(house, done, sources)


def check_folder(house: Any, done: runner.Report, sources: dict[Path, bytes]) -> None:
    """Every notebook has its four files; pages and logs tell what happened; no file names this machine's places."""
    folder = done.page.parent
    names = {path.name for path in folder.iterdir()}

    assert names == {f"{n}.{suffix}" for n in "abcd" for suffix in ("html", "ipynb", "json", "log")} | {
        "index.html",
        "order.yaml",
        "pins.txt",
        "source",
    }
    assert folder.name == "latest"
    assert {path: path.read_bytes() for path in sources} == sources
    assert "ValueError: bad" in (folder / "a.log").read_text()
    assert "loud" in (folder / "a.html").read_text()
    assert 'href="a.log"' in done.page.read_text()
    assert results.read_all(folder) == list(done.results)
    for path in (path for path in folder.rglob("*") if path.is_file()):
        text = path.read_text(encoding="utf-8")
        assert str(house.root) not in text, path.name
        assert not re.search(r"https?://(?!jupyter[.])", text) or path.suffix != ".html", path.name


def test_a_cell_that_hangs_is_stopped(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the profile's time the notebook is a fail, with its log, and the next one runs to its own end."""
    quick = replace(profiles.PROFILES["smoke"], cell_timeout=2.0)
    monkeypatch.setitem(profiles.PROFILES, "smoke", quick)
    house.notebook("hangs", "import time\ntime.sleep(20)")
    house.notebook("silent", "1")
    done = report(house)

    assert [(result.verdict, (result.error or {}).get("kind")) for result in done.results] == [
        ("fail", "CellTimeoutError"),
        ("fail", "NoResultError"),
    ]
    assert "CellTimeoutError" in (done.page.parent / "hangs.log").read_text()


def test_a_crash_after_the_result_is_a_fail_with_its_checks(house: Any) -> None:
    """What was found before the crash stays in the file, but the verdict is fail."""
    house.notebook("demo", *GOOD, "1 / 0")
    (result,) = report(house).results

    assert (result.verdict, [check["name"] for check in result.checks]) == ("fail", ["x"])


def test_parameters_reach_the_notebook_as_they_were_given(house: Any) -> None:
    """A path of the user's is used from the current directory and recorded word for word."""
    house.write("mine.csv", "user_id\nann\nbob\neve\n")
    house.notebook("demo", OPENING, "run.check(Check('x', 'pass', n=len(run.users)), 'x')\nrun.finish()")
    (result,) = report(house, population="mine.csv").results

    assert (result.parameters["population"], result.checks[0]["n"]) == ("mine.csv", 3)
    assert (result.title, result.question, result.profile) == ("Title of demo", "Is it so?", "smoke")


def test_ctrl_c_keeps_what_is_finished(house: Any) -> None:
    """The running notebook is stopped and open, finished ones keep their verdict, the rest is not begun; exit 130."""
    house.notebook("a", *GOOD)
    house.notebook("b", "import time\nopen('begun', 'w').close()\ntime.sleep(60)")
    house.notebook("c", *GOOD)
    command = [sys.executable, "-m", "ffcore.cli", "report", "--profile", "smoke"]
    process = subprocess.Popen(command, cwd=house.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(house.root / "begun")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    found = {result.notebook: result.verdict for result in results.read_all(house.root / "reports" / "latest")}

    assert process.returncode == 130
    assert found == {"a": "pass", "b": "inconclusive"}
    assert "Stopped by Ctrl-C; what was finished is kept." in said
    assert "stopped by Ctrl-C before its end" in (house.root / "reports" / "latest" / "index.html").read_text()


WAITS = """import pathlib, time
end = time.monotonic() + 60
pathlib.Path("{mine}").touch()
while not pathlib.Path("{other}").exists():
    assert time.monotonic() < end
    time.sleep(0.02)"""
ALONE = """import pathlib
busy = pathlib.Path("busy")
assert not busy.exists()
busy.touch()"""


def test_notebooks_run_at_once_but_not_beside_one_that_measures_time(house: Any) -> None:
    """Two that wait for each other both end; those that measure time find nothing beside them."""
    for name, other in (("b", "c"), ("c", "b")):
        house.share(house.notebook(name, WAITS.format(mine=name, other=other), *GOOD))
    for name in "ad":
        house.notebook(name, ALONE, *GOOD, "import time\ntime.sleep(0.5)\nbusy.unlink()")
    done = runner.run(prepare([], {"profile": "smoke"}, house.root / "reports"), jobs=2)

    assert {result.notebook: (result.verdict, result.error) for result in done.results} == dict.fromkeys(
        "abcd", ("pass", None)
    )
    assert [result.notebook for result in done.results][2:] == ["a", "d"]


def start(house: Any, *options: str) -> "subprocess.Popen[str]":
    """A report in a process of its own."""
    command = [sys.executable, "-m", "ffcore.cli", "report", *options]
    return subprocess.Popen(command, cwd=house.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.long
def test_ctrl_c_stops_all_that_run_at_once(house: Any) -> None:
    """Both notebooks are open, the third is not begun, and no kernel stays."""
    for name in "abc":
        house.share(house.notebook(name, f"import time\nopen('begun-{name}', 'w').close()\ntime.sleep(60)"))
    process = start(house, "--profile", "smoke", "--jobs", "2")
    for name in "ab":
        wait_for(house.root / f"begun-{name}")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=40)

    assert process.returncode == 130
    assert {result.notebook: result.verdict for result in results.read_all(house.root / "reports" / "latest")} == {
        "a": "inconclusive",
        "b": "inconclusive",
    }


def test_a_run_that_was_killed_goes_on_with_the_rest(house: Any) -> None:
    """What was finished is not run again, what was begun is; meanwhile nobody else can work on the run."""
    house.notebook("a", *GOOD)
    house.notebook(
        "b",
        "import pathlib, time\nif not pathlib.Path('begun').exists():\n"
        "    pathlib.Path('begun').touch()\n    time.sleep(30)",
        *GOOD,
    )
    process = start(house, "--profile", "smoke")
    wait_for(house.root / "begun")
    busy = start(house, "--resume")
    _, said = busy.communicate(timeout=60)
    process.kill()
    process.communicate(timeout=30)
    (folder,) = (house.root / "reports").iterdir()
    before = (folder / "a.json").read_bytes(), (folder / "a.html").stat().st_mtime_ns
    done = start(house, "--resume")
    done.communicate(timeout=90)

    assert (busy.returncode, done.returncode) == (2, 0)
    assert "another process is at work on this run" in said
    assert ((folder / "a.json").read_bytes(), (folder / "a.html").stat().st_mtime_ns) == before
    assert {result.notebook: result.verdict for result in results.read_all(folder)} == {"a": "pass", "b": "pass"}


def wait_for(path: Path, seconds: float = 300.0) -> None:
    """Wait until a file exists."""
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} never came"
        time.sleep(0.05)
