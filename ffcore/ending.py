"""How every command ends: its exit code, and one line on standard error for a mistake, a full disk or Ctrl-C."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable

from .errors import ConfigError, printable

BAD_INPUT = 2
INTERRUPTED = 130
#: The reader of the output has gone, as ``head`` does: what a shell says of a program that a closed pipe ended.
PIPE_CLOSED = 141


def ended(name: str, run: Callable[[], int]) -> int:
    """Run a command and return its exit code; what it says to standard error begins with its name.

    Mistakes in the input, and files or an output that cannot be read or written, are exit code 2. A character that
    the output's encoding lacks is printed as its escape. A library that is not installed is named with the extra that
    brings it.

    >>> ended("ffcore", lambda: 3)
    3
    """
    if sys.stdout is None:  # closed before the start, as by `>&-`
        return _said(name, "standard output is closed", BAD_INPUT)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = run()
        sys.stdout.flush()
    except (ConfigError, ModuleNotFoundError) as error:
        absent = isinstance(error, ModuleNotFoundError) and "pip install" not in str(error)
        return _said(name, f"{error}; pip install 'ffcore[lab]'" if absent else str(error), BAD_INPUT)
    except KeyboardInterrupt as interrupt:
        return _said(name, str(interrupt) or "stopped", INTERRUPTED)
    except BrokenPipeError:
        _drop_output()
        return PIPE_CLOSED
    except OSError as error:
        _drop_output()
        place = "standard output" if error.filename is None else os.fsdecode(error.filename)
        return _said(name, f"{place}: {error.strerror or error}", BAD_INPUT)
    return code


def _said(name: str, text: str, code: int) -> int:
    print(f"{name}: {printable(text)}", file=sys.stderr)
    return code


def _drop_output() -> None:
    """What is still buffered goes nowhere: the interpreter would fail to write it at its end once more."""
    try:
        number = sys.stdout.fileno()
    except (OSError, ValueError):  # no file
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
