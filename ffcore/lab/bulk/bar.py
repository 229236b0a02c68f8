"""A bar of rows on standard error: how many are decided, how fast, and how long the rest takes where that is known."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


class _Rows(ProgressColumn):
    """Rows done, of all where their number is known, and rows a second."""

    def render(self, task: Task) -> Text:
        known = "" if task.total is None else f" of {task.total:,.0f}"
        speed = "" if task.speed is None else f", {task.speed / 1e6:,.1f} M/s"
        return Text(f"{task.completed:,.0f}{known} rows{speed}")


@contextmanager
def show_rows(total: int | None, done: int, shown: bool | None) -> Iterator[Callable[[int], Any]]:
    """Show a bar while the block runs, and give a function that moves it by some rows.

    Args:
        total: rows in all; None where nobody knows.
        done: rows done before.
        shown: whether to show it; None: where standard error is a terminal.
    """
    if not (sys.stderr.isatty() if shown is None else shown):
        yield lambda rows: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), _Rows(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=sys.stderr, force_jupyter=False)) as progress:
        yield partial(progress.advance, progress.add_task("deciding", total=total, completed=done))
