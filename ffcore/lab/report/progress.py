"""The progress display of a report on standard error: bars on a terminal, one line per stage elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from .time_left import TimeLeft

QUIET_SECONDS = 5.0


class Display(Protocol):
    """What the runner tells, by the notebook's name; several may run at once."""

    def start(self, name: str, cells: int) -> None:
        """Announce a notebook and its number of cells."""
        ...

    def cell(self, name: str, cell_index: int) -> None:
        """Report that the cell at an index (from 0) begins."""
        ...

    def finish(self, name: str, outcome: str) -> None:
        """Report how a notebook ended."""
        ...


@dataclass(slots=True)
class _Stage:
    number: int
    cells: int
    begun: float
    said: float


class Lines:
    """Plain lines, at most one in five seconds within a notebook, so that a log stays readable."""

    def __init__(self, total: int, stream: TextIO, left: TimeLeft, clock: Callable[[], float] = time.monotonic) -> None:
        self._total, self._stream, self._left, self._clock = total, stream, left, clock
        self._stages: dict[str, _Stage] = {}

    def start(self, name: str, cells: int) -> None:
        """Announce a notebook and the time left."""
        now = self._clock()
        self._stages[name] = _Stage(len(self._stages) + 1, cells, now, now)
        self._left.begin(name)
        self._say(name, ", ".join(filter(None, ("started", str(self._left)))))

    def cell(self, name: str, cell_index: int) -> None:
        """Report a cell after five quiet seconds."""
        stage, now = self._stages[name], self._clock()
        if now - stage.said >= QUIET_SECONDS:
            self._say(name, f"cell {cell_index + 1} of {stage.cells}, {now - stage.begun:.0f} s")

    def finish(self, name: str, outcome: str) -> None:
        """Report how a notebook ended."""
        self._left.end(name)
        self._say(name, f"{outcome} after {self._clock() - self._stages[name].begun:.1f} s")

    def _say(self, name: str, text: str) -> None:
        stage = self._stages[name]
        stage.said = self._clock()
        self._stream.write(f"[{stage.number}/{self._total}] {name}: {text}\n")
        self._stream.flush()


class Bars:
    """A bar per notebook with the cell and the time that passed, above them the whole run with the time left."""

    def __init__(self, total: int, progress: Progress, left: TimeLeft) -> None:
        self._total, self._progress, self._left = total, progress, left
        self._tasks: dict[str, TaskID] = {}
        self._all = progress.add_task("notebooks", total=total, unit="done", outcome=str(left))

    def start(self, name: str, cells: int) -> None:
        """Add the bar of a notebook."""
        self._left.begin(name)
        description = f"[{len(self._tasks) + 1}/{self._total}] {name}"
        self._tasks[name] = self._progress.add_task(description, total=cells, unit="cell", outcome="")

    def cell(self, name: str, cell_index: int) -> None:
        """Move a notebook's bar, and tell the time left."""
        self._progress.update(self._tasks[name], completed=cell_index)
        self._progress.update(self._all, outcome=str(self._left))

    def finish(self, name: str, outcome: str) -> None:
        """Fill a notebook's bar and show how it ended."""
        self._left.end(name)
        task = self._tasks[name]
        self._progress.update(task, completed=self._progress.tasks[task].total, outcome=outcome)
        self._progress.stop_task(task)
        self._progress.update(self._all, advance=1, outcome=str(self._left))


@contextmanager
def display(total: int, stream: TextIO = sys.stderr, left: TimeLeft | None = None) -> Iterator[Display]:
    """Show the progress of `total` notebooks on `stream` while the block runs."""
    left = left or TimeLeft({})
    if not stream.isatty():
        yield Lines(total, stream, left)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[unit]} {task.completed} of {task.total}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[outcome]}"),
    )
    with Progress(*columns, console=Console(file=stream)) as progress:
        yield Bars(total, progress, left)
