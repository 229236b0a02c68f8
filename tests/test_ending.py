"""How commands end: exit codes, and one line for a mistake, a full disk, a closed pipe and Ctrl-C."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ffcore import ConfigError
from ffcore.ending import ended

ROOT = Path(__file__).parents[1]
LIST = [sys.executable, "-m", "ffcore.cli", "flags", "list", "data/flags.yaml"]


def raising(error: BaseException) -> Callable[[], int]:
    """A command that raises this."""

    def run() -> int:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ConfigError([("a.yaml", "no such file")]), 2, "tool: a.yaml: no such file\n"),
        (KeyboardInterrupt(), 130, "tool: stopped\n"),
        (KeyboardInterrupt("stopped; 3 parts lie in out"), 130, "tool: stopped; 3 parts lie in out\n"),
        (BrokenPipeError(32, "Broken pipe"), 141, ""),
        (OSError(28, "No space left on device", "out/a.json"), 2, "tool: out/a.json: No space left on device\n"),
        (OSError(28, "No space left on device"), 2, "tool: standard output: No space left on device\n"),
        (PermissionError(13, "Permission denied", b"a\xff"), 2, "tool: a\\udcff: Permission denied\n"),
    ],
    ids=str,
)
def test_an_error_is_one_line(capfd: pytest.CaptureFixture[str], error: BaseException, code: int, said: str) -> None:
    """It names the place and what is wrong; a pipe that was closed is nobody's mistake."""
    assert ended("tool", raising(error)) == code
    assert capfd.readouterr().err == said


def test_a_mistake_of_ours_is_not_hidden() -> None:
    """What nobody foresaw keeps its traceback."""
    with pytest.raises(ZeroDivisionError):
        ended("tool", raising(ZeroDivisionError()))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told() -> None:
    """Output that was buffered until the end is written before the code is known."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(LIST, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert (done.returncode, done.stderr) == (2, "ffcore: standard output: No space left on device\n")


def test_a_reader_that_leaves_is_no_error() -> None:
    """As `| head` does."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(LIST, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)

    assert (done.returncode, done.stderr) == (141, "")


def test_output_that_was_closed_before_the_start_is_told() -> None:
    """As the shell's `>&-` does."""
    code = "import os, sys; os.close(1); os.execv(sys.executable, sys.argv[1:])"
    done = subprocess.run([sys.executable, "-c", code, *LIST], cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)

    assert (done.returncode, done.stderr) == (2, "ffcore: standard output is closed\n")


def test_a_character_that_the_output_lacks_is_its_escape() -> None:
    """A program of another alphabet still gets its answer, as JSON."""
    command = [*LIST[:3], "evaluate", "--flags", "data/flags.yaml", "--flag", "delay-causes", "--user", "Zoë"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=True
    )

    assert '"user_id": "Zo\\u00eb"' in done.stdout
    assert json.loads(done.stdout)["user_id"] == "Zoë"
