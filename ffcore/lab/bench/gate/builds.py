"""Builds of ffcore, each in an interpreter of its own, and the processes that time them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Self

import psutil

import ffcore
from ffcore.errors import ConfigError
from ffcore.lab.bench import block

HOME = Path(ffcore.__file__).parents[1]
#: Of every hundred calls the seeded slow-down makes five twice.
SLOW = 0.05


@dataclass(frozen=True, slots=True)
class Build:
    """One build: the interpreter that runs it, the folder put before its own packages, and a seeded slow-down.

    Attributes:
        name: as reports show it.
        python: the interpreter.
        home: the folder that holds ``ffcore``; None where the interpreter has it installed.
        slow: the share of calls that are made twice, 0 for none.
    """

    name: str
    python: Path
    home: Path | None = None
    slow: float = 0.0

    def slowed(self, share: float = SLOW) -> Build:
        """The same build, slower by a share of each call's own cost.

        >>> here().slowed().slow
        0.05
        """
        return replace(self, slow=share)


def here() -> Build:
    """The build that is running.

    >>> here().python.name == Path(sys.executable).name
    True
    """
    return Build("this code", Path(sys.executable), HOME)


def find(place: str) -> Build:
    """The build at a place: a folder that holds ``ffcore`` (a clone, an unpacked wheel), or an interpreter that has it.

    Raises:
        ConfigError: neither is there.

    >>> find(str(HOME)).home == HOME
    True
    """
    path = Path(place).expanduser()
    if path.is_dir():
        if not (path / "ffcore" / "__init__.py").is_file():
            raise ConfigError([("--against", f"{place} holds no folder ffcore; expected a clone or an unpacked wheel")])
        return Build(place, Path(sys.executable), path.resolve())
    if path.is_file() and os.access(path, os.X_OK):
        return Build(place, path.absolute())  # a virtual environment's interpreter is a link that must stay one
    raise ConfigError([("--against", f"{place} is neither a folder that holds ffcore nor a Python interpreter")])


class Worker:
    """A process that holds one build, and times a block or decides when it is asked; it sleeps in between.

    Raises:
        ConfigError: The interpreter does not start, or finds no ffcore, or one that does not know what we ask.
    """

    def __init__(self, build: Build, instructions: Mapping[str, Any]) -> None:
        self._build = build
        with ExitStack() as exits:
            self._errors = exits.enter_context(TemporaryFile("w+", encoding="utf-8"))
            self._process = _started(build, self._errors)
            exits.callback(self._process.communicate)
            exits.callback(self._process.kill)
            self.about: dict[str, str] = self._asked({**instructions, "slow": build.slow})
            self._exits = exits.pop_all()

    def pin(self, processor: int) -> None:
        """Stay on one processor from here on, where the system lets a process be pinned."""
        process = psutil.Process(self._process.pid)
        if hasattr(process, "cpu_affinity"):
            process.cpu_affinity([processor])

    def time(self, name: str, seconds: float) -> float:
        """Nanoseconds a call of one block of at least so many seconds."""
        return float(self._asked(["time", name, seconds]))

    def decide(self, count: int) -> dict[str, list[str]]:
        """What each call decides for the first users."""
        found: dict[str, list[str]] = self._asked(["decide", count])
        return found

    def close(self) -> None:
        """End the process."""
        self._exits.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _asked(self, question: object) -> Any:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise ValueError("a worker's input and output have to be pipes")
        try:
            print(json.dumps(question), file=stdin, flush=True)
            answer = stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise ConfigError([(self._build.name, f"cannot be timed: {self._last_words()}")])
        return json.loads(answer)

    def _last_words(self) -> str:
        self._process.wait()
        self._errors.seek(0)
        return (self._errors.read().strip().splitlines() or ["it ended without a word"])[-1]


def _started(build: Build, errors: IO[str]) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if build.home:
        environment["PYTHONPATH"] = str(build.home)
    command = [str(build.python), "-P", block.__file__]
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=errors, text=True, env=environment)  # noqa: S603  an interpreter that the user named
    except OSError as error:
        raise ConfigError([(build.name, f"does not start: {error.strerror}")]) from None
