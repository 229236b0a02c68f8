"""The report of an exposure log as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jinja2

import ffcore
from ffcore.errors import ConfigError
from ffcore.lab import plots
from ffcore.lab.report.log_words import causes, explained, words
from ffcore.lab.verify import display
from ffcore.lab.verify.check import Check
from ffcore.lab.verify.log_report import LogReport

#: Read here and not by way of the notebooks' pages, whose converter takes seconds to import.
TEMPLATES = Path(__file__).with_name("templates")
TEMPLATE, STYLE = "log.html.j2", "style.css"
#: Figures of so many Checks that did not pass stand on the page.
MOST_FIGURES = 12
MOST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Section:
    """A Check that did not pass: in words, and drawn."""

    check: Check
    words: str
    segments: list[str]
    causes: list[str]
    arms: list[tuple[str, ...]]
    figure: str


def html(report: LogReport) -> str:
    """The page: verdict, all checks, what did not pass with figures, rows that contradict the flags, and notes."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    shares = {check.name: check for check in report.shares}
    return environment.get_template(TEMPLATE).render(
        style=(TEMPLATES / STYLE).read_text(encoding="utf-8"),
        report=report,
        version=ffcore.__version__,
        sections=list(sections(report)),
        overview=plots.overview(shares)._repr_html_() if shares else "",
        headings=display.HEADINGS,
        audit=report.audit.details,
        first=report.audit.details.get("first", [])[:MOST_ROWS],
    )


def sections(report: LogReport) -> Iterator[Section]:
    """The Checks that did not pass, the failed ones first."""
    open_ones = [check for check in report.checks if check.verdict != "pass"]
    for place, check in enumerate(sorted(open_ones, key=lambda check: check.verdict != "fail")):
        yield Section(
            check,
            words(check),
            list(explained(check)),
            list(causes(check)),
            list(display.rows(check)),
            drawn(check) if place < MOST_FIGURES else "",
        )


def drawn(check: Check) -> str:
    """The figure of a Check; nothing where it has nothing to draw."""
    try:
        return check.plot()._repr_html_()
    except ConfigError:
        return ""
