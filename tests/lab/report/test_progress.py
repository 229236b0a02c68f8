"""Progress: one line per stage in a log, a bar on a terminal."""

import io

from rich.console import Console
from rich.progress import Progress

from ffcore.lab.report.progress import Bars, Lines, display
from ffcore.lab.report.time_left import TimeLeft


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def test_lines_name_notebook_cell_and_time() -> None:
    """Each notebook gets a line when it starts and ends, and one for a cell after five quiet seconds."""
    now = [0.0]
    stream = io.StringIO()
    left = TimeLeft({"demo": 30.0, "other": None}, clock=lambda: now[0])
    lines = Lines(2, stream, left, clock=lambda: now[0])
    lines.start("demo", 9)
    for index, now[0] in enumerate((1.0, 4.0, 6.0, 7.0)):
        lines.cell("demo", index)
    lines.finish("demo", "pass")

    assert stream.getvalue().splitlines() == [
        "[1/2] demo: started, about 60 s left",
        "[1/2] demo: cell 3 of 9, 6 s",
        "[1/2] demo: pass after 7.0 s",
    ]


def test_a_bar_follows_the_cells() -> None:
    """On a terminal a bar per notebook moves with its cells and is full at its end."""
    progress = Progress(console=Console(file=io.StringIO()))
    bar = Bars(2, progress, TimeLeft({"demo": 30.0}, clock=lambda: 0.0))
    bar.start("demo", 9)
    bar.cell("demo", 4)

    whole, one = progress.tasks
    assert (one.completed, one.description, whole.fields["outcome"]) == (4, "[1/2] demo", "about 30 s left")
    bar.finish("demo", "fail")
    assert (one.completed, one.fields["outcome"]) == (9, "fail")
    assert (whole.completed, whole.fields["outcome"]) == (1, "")


def test_the_display_fits_the_stream() -> None:
    """A terminal gets a bar, a pipe gets lines."""
    with display(1, Terminal()) as bar, display(1, io.StringIO()) as lines:
        assert (type(bar), type(lines)) == (Bars, Lines)
