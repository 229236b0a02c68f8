"""Small HTML tables with headings that screen readers announce; every text is escaped."""

from collections.abc import Mapping, Sequence
from html import escape


def facts(pairs: Mapping[str, str]) -> str:
    """Write names and values, one pair a row.

    >>> facts({"users": "<9"})
    '<table><tbody><tr><th scope="row">users</th><td>&lt;9</td></tr></tbody></table>'
    """
    return f"<table><tbody>{''.join(_row([name, value]) for name, value in pairs.items())}</tbody></table>"


def grid(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write rows under headings; the first cell of a row is its heading.

    >>> '<th scope="col">measure</th>' in grid(["measure", "actual"], [["P99", "1.1 times"]])
    True
    """
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(map(_row, rows))}</tbody></table>"


def _row(cells: Sequence[str]) -> str:
    first, *others = map(escape, cells)
    return f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in others)}</tr>'
