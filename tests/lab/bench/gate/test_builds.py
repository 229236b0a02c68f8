"""Builds and the processes that time them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ffcore.errors import ConfigError
from ffcore.lab.bench.contender import NAMES, ROLLOUT
from ffcore.lab.bench.gate.builds import HOME, Build, Worker, find, here
from ffcore.lab.bench.gate.races import instructions


def test_a_folder_or_an_interpreter_is_a_build(tmp_path: Path) -> None:
    """A folder that holds the package is put before this interpreter's own; an interpreter brings its package."""
    (tmp_path / "ffcore").mkdir()
    (tmp_path / "ffcore" / "__init__.py").touch()

    assert find(str(tmp_path)) == Build(str(tmp_path), Path(sys.executable), tmp_path.resolve())
    assert find(sys.executable) == Build(sys.executable, Path(sys.executable))


def test_other_places_are_refused(tmp_path: Path) -> None:
    """An empty folder, a text file and nothing at all each give one message with the place."""
    text = tmp_path / "run.json"
    text.touch()
    for place in (tmp_path, text, tmp_path / "none"):
        with pytest.raises(ConfigError, match=f"--against: {place}"):
            find(str(place))


def test_a_worker_decides_and_times_what_it_was_told_to() -> None:
    """It runs the package of its folder, decides every workload and returns nanoseconds."""
    with Worker(here(), instructions()) as worker:
        assert Path(worker.about["file"]) == HOME / "ffcore" / "__init__.py"
        assert set(worker.decide(2)) == set(NAMES)
        assert worker.time(ROLLOUT, 0.0001) > 0


def broken(tmp_path: Path, text: str) -> Build:
    """A build whose package holds this text."""
    (tmp_path / "ffcore").mkdir()
    (tmp_path / "ffcore" / "__init__.py").write_text(text, encoding="utf-8")
    return find(str(tmp_path))


def test_a_build_that_breaks_is_one_message(tmp_path: Path) -> None:
    """What goes wrong in the other interpreter is said in one line with the build's name."""
    with pytest.raises(ConfigError, match=r"cannot be timed: AttributeError: .*Evaluator"):
        Worker(broken(tmp_path, "x = 1"), instructions())


def test_a_build_may_print(tmp_path: Path) -> None:
    """What a package prints is not taken for an answer."""
    with pytest.raises(ConfigError, match="cannot be timed: AttributeError"):
        Worker(broken(tmp_path, "print('hello')"), instructions())


def test_an_interpreter_that_is_none_is_one_message(tmp_path: Path) -> None:
    """A file that can be executed but is no program gives a message, not a traceback."""
    fake = tmp_path / "python"
    fake.write_bytes(b"\0")
    fake.chmod(0o755)

    with pytest.raises(ConfigError, match="does not start"):
        Worker(find(str(fake)), instructions())
