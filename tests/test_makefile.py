"""The Makefile's set-up: which Python it takes, what it says without one, when it installs."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMES = ["python3", "python3.11", "python3.12", "python3.13"]
# Stands for an interpreter that judges itself as the real one would under another version, and makes a stand-in .venv.
STAND_IN = """#!/bin/sh
if [ "$1" = -c ]; then exec {real} -c "import sys; {change}; exec(sys.argv[1])" "$2"; fi
echo "$*" >> log
case "$*" in
    *"pip install"*) exit {install} ;;
    *"pip --version"*) test -e .venv/pip ;;
    *"-m mypy"*) test ! -e untyped || {{ echo "one type is wrong"; exit 1; }} ;;
    *"-m pytest"*) test ! -e broken ;;
    *"venv --clear"*) mkdir -p .venv/bin; ln -sf "$(command -v "$0")" .venv/bin/python; touch .venv/pip ;;
esac
"""
OLD = "sys.version_info = (3, 9, 18)"
BARE = "sys.modules['ensurepip'] = None"
GOOD = "pass"


def stand_in(path: Path, change: str, install: int = 0) -> Path:
    """An executable file that plays an interpreter."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(STAND_IN.format(real=sys.executable, change=change, install=install), encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the Makefile and what its stamp depends on, and only interpreters that do not start."""
    for name in ["Makefile", "pyproject.toml", "constraints.txt"]:
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "bin").mkdir()
    for name in NAMES:
        stub = tmp_path / "bin" / name
        stub.write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n", encoding="utf-8")
        stub.chmod(0o755)
    return tmp_path


def make(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make with the project's stand-ins first on the path."""
    environment = {**os.environ, "PATH": f"{project / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    for name in ["PYTHON", "MAKEFLAGS", "MAKELEVEL", "ARGS"]:
        environment.pop(name, None)
    command = [shutil.which("make") or "make", *arguments]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


def calls(project: Path) -> list[str]:
    """What the stand-ins were asked to do, pip's version aside."""
    log = project / "log"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return [line for line in lines if "--version" not in line]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (OLD, "python3: Python 3.9.18 is too old"),
        (BARE, "lacks venv or ensurepip (on Debian or Ubuntu: apt install python3."),
        ("sys.exit(127)", "python3: does not start"),
    ],
)
def test_unsuitable_python_gets_one_message(project: Path, change: str, complaint: str) -> None:
    """Too old, without ensurepip or not starting: one line names what was found and what to do, nothing is made."""
    stand_in(project / "bin" / "python3", change)

    ran = make(project, "test")
    said = [line for line in ran.stderr.splitlines() if not line.startswith("make: ***")]

    assert ran.returncode != 0
    assert len(said) == 1
    assert "ffcore needs Python 3.11 or newer" in said[0]
    assert complaint in said[0]
    assert "make test PYTHON=" in said[0]
    assert not (project / ".venv").exists()


def test_a_later_name_is_taken_when_earlier_ones_do_not_start(project: Path) -> None:
    """A version manager's stub that exists but fails does not hide a Python that works."""
    stand_in(project / "bin" / "python3", OLD)
    stand_in(project / "bin" / "python3.12", GOOD)

    assert "Setting up .venv with python3.12" in make(project, ".venv/.installed").stdout
    assert calls(project)[0] == "-m venv --clear .venv"


def test_a_named_python_is_the_only_one_tried(project: Path) -> None:
    """PYTHON=... decides, even from a folder whose name has a space, and even if python3 would do."""
    stand_in(project / "bin" / "python3", GOOD)
    old = stand_in(project / "some where" / "python", OLD)

    assert f"Found: {old}: Python 3.9.18 is too old." in make(project, "test", f"PYTHON={old}").stderr


def test_installation_uses_the_pins_and_no_address(project: Path) -> None:
    """Installing hands pip the constraints and the package; its index comes from the user's own settings."""
    stand_in(project / "bin" / "python3", GOOD)
    make(project, ".venv/.installed")

    assert calls(project)[1:] == [
        "-m pip install --quiet --disable-pip-version-check -c constraints.txt -e .[aws,redis,lab,scale,dev]"
    ]


@pytest.mark.parametrize(("fault", "code"), [("", 0), ("untyped", 2), ("broken", 2)])
def test_check_fails_for_a_wrong_type_and_for_a_failed_test(project: Path, fault: str, code: int) -> None:
    """Types are checked beside the tests; either of them fails the whole, and what mypy says is printed."""
    stand_in(project / "bin" / "python3", GOOD)
    make(project, ".venv/.installed")
    stand_in(project / ".venv" / "bin" / "ruff", GOOD)
    (project / (fault or "sound")).touch()
    ran = make(project, "check")

    assert ran.returncode == code
    assert ("one type is wrong" in ran.stdout) == (fault == "untyped")
    assert [line.split()[1] for line in calls(project)[-2:]] in (["mypy", "pytest"], ["pytest", "mypy"])


def test_a_second_run_installs_nothing(project: Path) -> None:
    """The stamp holds until pyproject.toml or constraints.txt change; then only pip runs again."""
    stand_in(project / "bin" / "python3", GOOD)
    make(project, ".venv/.installed")
    first = calls(project)
    make(project, ".venv/.installed")
    second = calls(project)
    os.utime(project / ".venv" / ".installed", (0, 0))
    make(project, ".venv/.installed")
    third = calls(project)

    assert len(first) == 2
    assert second == first
    assert third == [*first, first[-1]]


def test_a_failed_installation_is_repeated(project: Path) -> None:
    """Without its stamp an environment is not taken for complete."""
    stand_in(project / "bin" / "python3", GOOD, install=1)

    assert make(project, ".venv/.installed").returncode != 0
    assert make(project, ".venv/.installed").returncode != 0
    assert sum("pip install" in call for call in calls(project)) == 2


def test_an_environment_without_pip_is_made_anew(project: Path) -> None:
    """What an interruption left of .venv is replaced."""
    python = stand_in(project / "bin" / "python3", GOOD)
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "bin" / "python").symlink_to(python)
    make(project, ".venv/.installed")

    assert calls(project)[0] == "-m venv --clear .venv"


@pytest.mark.parametrize(
    ("code", "meaning"), [(0, "pass"), (1, "fail"), (2, "bad input"), (3, "inconclusive"), (9, "ffcore itself stopped")]
)
def test_report_prints_the_exit_code_and_what_it_means(project: Path, code: int, meaning: str) -> None:
    """Because make answers every failure with its own code, ffcore's is printed."""
    stand_in(project / "bin" / "python3", GOOD)
    make(project, ".venv/.installed")
    ffcore = project / ".venv" / "bin" / "ffcore"
    ffcore.write_text(f"#!/bin/sh\nexit {code}\n", encoding="utf-8")
    ffcore.chmod(0o755)
    ran = make(project, "report")

    assert f"ffcore report: exit code {code} ({meaning}" in ran.stdout
    assert (ran.returncode == 0) == (code == 0)


def test_help_lists_every_target(project: Path) -> None:
    """Each target that is no file has its comment, and help shows it."""
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    said = make(project, "help").stdout

    assert phony is not None
    assert sorted(line.split()[1] for line in said.splitlines()) == sorted(phony[1].split())
