"""Tables: headings are announced, texts are escaped."""

from ffcore.lab.report import tables


def test_texts_cannot_become_markup() -> None:
    """Names of flags and files are shown as they are."""
    assert "<b>" not in tables.facts({"<b>": "<b>"}) + tables.grid(["<b>"], [["<b>", "<b>"]])


def test_every_heading_has_a_scope() -> None:
    """Screen readers say which row and column a cell belongs to."""
    shown = tables.grid(["a", "b"], [["c", "d"]])

    assert shown.count("<th ") == shown.count('scope="') == 3
