"""`ffcore verify`: reads what the options name, judges the log, and writes the answer where it is wanted."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

import ffcore
from ffcore.errors import ConfigError, shown
from ffcore.flagset import FlagSet
from ffcore.lab.report import log_terminal
from ffcore.lab.verify.configurations import Flags, read_configurations
from ffcore.lab.verify.log_report import LogReport, log_report

STANDARD_OUTPUT = "-"


def judge(options: Namespace) -> LogReport:
    """The report that the options ask for, written to standard output and files; a ConfigError for bad input."""
    targets = [Path(name) for name in (options.json, options.html) if name not in (None, STANDARD_OUTPUT)]
    check_targets(targets, Path(options.exposures))
    flags = read_flags(options)
    with progress() as tell:
        found = log_report(options.exposures, flags, options.by, options.ttl, tell=tell)
        if options.html:
            from ffcore.lab.report import log_page  # plots, which a table does not wait for

            tell("drawing figures")
            write(Path(options.html), log_page.html(found))
    if options.json:
        text = json.dumps({"version": ffcore.__version__, **found.to_dict()}, indent=1, ensure_ascii=False)
        if options.json != STANDARD_OUTPUT:
            write(Path(options.json), f"{text}\n")
    if options.json == STANDARD_OUTPUT:
        print(text)
    else:
        log_terminal.show(found)
    return found


def read_flags(options: Namespace) -> Flags:
    """The flags, or with ``--changes`` all configurations and when they came into force."""
    first = ffcore.load(options.flags, options.buckets)
    if not options.changes:
        return first
    pairs: list[tuple[Any, FlagSet]] = [(None, first)]
    for text in options.changes:
        path, at, time = text.rpartition("@")
        if not at or not path or not time:
            expected = "expected a flag file and when it came into force, as in flags.yaml@2026-01-14T12:00"
            raise ConfigError([("--changes", f"{expected}, got {shown(text)}")])
        pairs.append((time, ffcore.load(path, options.buckets)))
    try:
        read_configurations(pairs)
    except ConfigError as error:
        raise ConfigError([("--changes", message) for _, message in error.problems]) from None
    return pairs


def check_targets(targets: list[Path], log: Path) -> None:
    """Refuses files that cannot be written, before a long log is read, and the log itself."""
    problems = [(str(path), "is a folder; expected a file to write") for path in targets if path.is_dir()]
    problems += [(str(path), f"there is no folder {path.parent}") for path in targets if not path.parent.is_dir()]
    problems += [(str(path), "is the log itself") for path in targets if path.exists() and path == log]
    if len(set(targets)) < len(targets):
        problems.append((str(targets[0]), "is named for JSON and HTML"))
    if problems:
        raise ConfigError(problems)


def write(path: Path, text: str) -> None:
    """Writes a file; a ConfigError if it cannot be."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError([(str(path), f"cannot be written: {error.strerror or error}")]) from None


@contextmanager
def progress() -> Iterator[Callable[[str], object]]:
    """What is going on, in a line of a terminal's standard error; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield str
        return
    with Console(file=sys.stderr).status("reading") as status:
        yield status.update
