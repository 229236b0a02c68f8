"""The report of an exposure log as a table on a terminal; below it in words what failed and what it may mean."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ffcore.lab.report.log_words import causes, explained, words
from ffcore.lab.verify.log_report import LogReport

#: Wide enough for the table where no terminal says how wide it is.
WIDTH = 110
#: Colours of the terminal's own palette, so that they suit its background; the words say the same.
COLOURS = {"pass": "green", "fail": "bold red", "inconclusive": "yellow"}
HEADINGS = ("check", "verdict", "n", "p", "n needed")


def show(report: LogReport, stream: TextIO | None = None) -> None:
    """Writes a report to a stream, standard output by default."""
    out = stream or sys.stdout
    console = Console(file=out, width=None if out.isatty() else WIDTH, highlight=False, soft_wrap=not out.isatty())
    console.print(table(report))
    for line in sentences(report):
        console.print(Text(line))
    console.print(Text(f"{report.verdict.upper()}: {report.sentence}", style=COLOURS[report.verdict]))


def table(report: LogReport) -> Table:
    """One row for each check."""
    made = Table(title=Text(f"{report.source}: {report.rows:,} rows"), title_justify="left", box=None, pad_edge=False)
    for name in HEADINGS:
        made.add_column(name, justify="left" if name in ("check", "verdict") else "right", overflow="fold")
    for name, verdict, *numbers, _ in report.lines:
        made.add_row(Text(name), Text(verdict, style=COLOURS[verdict]), *numbers)
    return made


def sentences(report: LogReport) -> Iterator[str]:
    """What did not pass, in words; for what is explained also the segments, their shares and likely causes."""
    yield ""
    for check in report.checks:
        if check.verdict == "pass":
            continue
        yield f"{check.name}: {words(check)}"
        yield from (f"  {line}" for line in explained(check))
        yield from (f"  likely cause: {line}" for line in causes(check))
        yield ""
    yield from (f"note: {note}" for note in report.notes)
    if report.notes:
        yield ""
