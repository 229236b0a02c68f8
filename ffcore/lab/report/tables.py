"""Small HTML tables with headings that screen readers announce, words from the left; every text is escaped."""

from collections.abc import Mapping, Sequence
from html import escape

_LEFT = 'style="text-align: left"'  # JupyterLab sets all cells from the right


def facts(pairs: Mapping[str, str]) -> str:
    """Write names and values, one pair a row.

    >>> facts({"users": "<9"})  # doctest: +ELLIPSIS
    '<table><tbody><tr><th scope="row" style="text-align: left">users</th><td style="text-align: left">&lt;9</td>...'
    """
    return f"<table><tbody>{''.join(_row([name, value]) for name, value in pairs.items())}</tbody></table>"


def grid(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write rows under headings; the first cell of a row is its heading.

    >>> '>measure</th>' in grid(["measure", "actual"], [["P99", "1.1 times"]])
    True
    """
    head = "".join(f'<th scope="col" {_LEFT}>{escape(heading)}</th>' for heading in headings)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(map(_row, rows))}</tbody></table>"


def _row(cells: Sequence[str]) -> str:
    first, *others = map(escape, cells)
    return f'<tr><th scope="row" {_LEFT}>{first}</th>{"".join(f"<td {_LEFT}>{cell}</td>" for cell in others)}</tr>'
