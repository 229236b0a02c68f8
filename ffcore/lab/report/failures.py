"""What a notebook that crashed, hung or was stopped leaves behind: a result that says so, and a log to read."""

import re
from pathlib import Path

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from .export import shorten

STOPPED = "Interrupted"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class NoResultError(RuntimeError):
    """A notebook ran to its end without saying what it found."""


def describe(error: BaseException) -> dict[str, str]:
    """Name an error's kind and say in one line what happened, for the result file.

    >>> describe(KeyboardInterrupt())
    {'kind': 'Interrupted', 'message': 'stopped by Ctrl-C before its end'}
    """
    if isinstance(error, PapermillExecutionError):
        message = shorten(str(error.evalue)).strip()
        return {"kind": error.ename, "message": f"cell {error.cell_index + 1}: {error.ename}: {message}"}
    if isinstance(error, DeadKernelError):
        return {"kind": "DeadKernelError", "message": "the kernel died; it may have run out of memory"}
    if isinstance(error, CellTimeoutError):
        return {"kind": "CellTimeoutError", "message": "a cell ran longer than the profile allows, so it was stopped"}
    if isinstance(error, KeyboardInterrupt):
        return {"kind": STOPPED, "message": "stopped by Ctrl-C before its end"}
    return {"kind": type(error).__name__, "message": shorten(str(error))}


def append(log: Path, error: BaseException) -> None:
    """Add the traceback of a failed cell, or the error itself, to the kernel's log."""
    lines = error.traceback if isinstance(error, PapermillExecutionError) else [f"{type(error).__name__}: {error}"]
    with log.open("a", encoding="utf-8") as stream:
        stream.write(shorten(_COLOURS.sub("", "\n".join(lines))) + "\n")
