"""The key figure of a notebook: taken from its executed copy, and kept as a small PNG beside the result file."""

import base64
import binascii
from collections.abc import Iterator
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import nbformat
from PIL import Image

KEY_TAG = "key-figure"
COLOURS = 64
_INLINE = "data:image/png;base64,"


def keep(executed: Path, beside: Path) -> dict[str, str] | None:
    """Store a notebook's key figure beside its result file.

    Args:
        executed: The executed notebook. Its key figure is the first one in a cell tagged `key-figure`, else the first.
        beside: The result file, whose name the picture takes.

    Returns:
        The picture's file name and alternative text, as the result file holds them; None if nothing was drawn.
    """
    notebook = nbformat.read(executed, as_version=4)
    cells = sorted(notebook.cells, key=lambda cell: KEY_TAG not in cell.metadata.get("tags", []))
    found = next((picture for cell in cells for picture in _pictures(cell)), None)
    if found is None:
        return None
    alt, data = found
    path = beside.with_suffix(".png")
    path.write_bytes(shrunk(data))
    return {"file": path.name, "alt": alt}


def shrunk(png: bytes) -> bytes:
    """Reduce a picture to 64 colours, which drawings do not miss; a third of the size.

    >>> from ffcore.lab import plots
    >>> from ffcore.lab.verify import sample_ratio
    >>> drawn = plots.intervals(sample_ratio([4969, 5031], [0.5, 0.5])).png()
    >>> len(shrunk(drawn)) < len(drawn) / 2
    True
    """
    smaller = BytesIO()
    with Image.open(BytesIO(png)) as image:
        image.convert("RGB").quantize(COLOURS).save(smaller, format="png", optimize=True)
    return smaller.getvalue()


def address(folder: Path, figure: dict[str, str] | None) -> str:
    """Give a stored picture as an address that a page can hold inside; empty if there is none.

    >>> address(Path(), None)
    ''
    """
    path = folder / (figure or {}).get("file", "")
    return _INLINE + base64.b64encode(path.read_bytes()).decode() if path.is_file() else ""


def _pictures(cell: Any) -> Iterator[tuple[str, bytes]]:
    for output in cell.get("outputs", ()):
        for source, alt in _images("".join(output.get("data", {}).get("text/html", ""))):
            if source.startswith(_INLINE):
                yield from _decoded(alt, source.removeprefix(_INLINE))


def _decoded(alt: str, text: str) -> Iterator[tuple[str, bytes]]:
    try:
        yield alt, base64.b64decode(text, validate=True)
    except binascii.Error:
        return


def _images(html: str) -> list[tuple[str, str]]:
    parser = _Images()
    parser.feed(html)
    return parser.found


class _Images(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect images with address and alternative text."""
        given = dict(attrs)
        if tag == "img":
            self.found.append((given.get("src") or "", given.get("alt") or ""))
