"""The progress display of a report on standard error: a bar on a terminal, one line per stage elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

QUIET_SECONDS = 5.0


class Lines:
    """Plain lines, at most one in five seconds within a notebook, so that a log stays readable."""

    def __init__(self, total: int, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._total, self._stream, self._clock = total, stream, clock
        self._number, self._name, self._cells = 0, "", 0
        self._begun = self._said = clock()

    def start(self, name: str, cells: int) -> None:
        """Announce the next notebook and its number of cells."""
        self._number, self._name, self._cells = self._number + 1, name, cells
        self._begun = self._clock()
        self._say("started")

    def cell(self, index: int) -> None:
        """Report that the cell at `index` (from 0) begins."""
        if self._clock() - self._said >= QUIET_SECONDS:
            self._say(f"cell {index + 1} of {self._cells}, {self._clock() - self._begun:.0f} s")

    def finish(self, outcome: str) -> None:
        """Report how the notebook ended."""
        self._say(f"{outcome} after {self._clock() - self._begun:.1f} s")

    def _say(self, text: str) -> None:
        self._said = self._clock()
        print(f"[{self._number}/{self._total}] {self._name}: {text}", file=self._stream, flush=True)


class Bar:
    """A bar per notebook with the cell and the time that passed."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._total, self._number, self._progress = total, 0, progress

    def start(self, name: str, cells: int) -> None:
        """Add the bar of the next notebook."""
        self._number += 1
        self._task = self._progress.add_task(f"[{self._number}/{self._total}] {name}", total=cells, outcome="")

    def cell(self, index: int) -> None:
        """Move the bar to the cell at `index` (from 0)."""
        self._progress.update(self._task, completed=index)

    def finish(self, outcome: str) -> None:
        """Fill the bar and show how the notebook ended."""
        total = self._progress.tasks[self._task].total
        self._progress.update(self._task, completed=total, outcome=outcome)
        self._progress.stop_task(self._task)


@contextmanager
def display(total: int, stream: TextIO = sys.stderr) -> Iterator[Lines | Bar]:
    """Show the progress of `total` notebooks on `stream` while the block runs."""
    if not stream.isatty():
        yield Lines(total, stream)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("cell {task.completed} of {task.total}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[outcome]}"),
    )
    with Progress(*columns, console=Console(file=stream)) as progress:
        yield Bar(total, progress)
