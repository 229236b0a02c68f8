"""Key figures: taken from the executed notebook, stored beside the result file, shown by the page."""

import base64
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

from ffcore.lab.report import page, pictures
from ffcore.lab.report.results import Result

RESULT = Result("demo", "Demo", "", "smoke", {}, 0, "0.1.0", None, {}, "2026-11-23T09:21:00Z", 1.0, "pass")


def drawing(width: int, alt: str) -> str:
    """A plain picture of this width, as a notebook shows it."""
    buffer = BytesIO()
    Image.new("RGB", (width, 10), "white").save(buffer, format="png")
    return f'<img alt="{alt}" src="data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}">'


def executed(folder: Path, *cells: tuple[str, tuple[str, ...]]) -> Path:
    """An executed notebook of cells with this HTML and these tags."""
    made = [
        new_code_cell("1", metadata={"tags": list(tags)}, outputs=[new_output("display_data", {"text/html": html})])
        for html, tags in cells
    ]
    nbformat.write(new_notebook(cells=made), folder / "demo.ipynb")
    return folder / "demo.ipynb"


@pytest.mark.parametrize(("tags", "width"), [((), 20), ((pictures.KEY_TAG,), 30)])
def test_the_first_figure_or_the_tagged_one_is_kept(tmp_path: Path, tags: tuple[str, ...], width: int) -> None:
    """A notebook may say which of its figures stands for it."""
    path = executed(tmp_path, ("<p>no figure</p>", ()), (drawing(20, "first"), ()), (drawing(30, "second"), tags))
    kept = pictures.keep(path, tmp_path / "demo.json")

    assert kept == {"file": "demo.png", "alt": "second" if tags else "first"}
    with Image.open(tmp_path / "demo.png") as image:
        assert image.width == width


@pytest.mark.parametrize(
    "html", ["<p>words</p>", '<img alt="x" src="data:image/png;base64,%%">', '<img alt="x" src="y.png">']
)
def test_without_a_figure_nothing_is_kept(tmp_path: Path, html: str) -> None:
    """Words, damaged pictures and links are no figures."""
    assert pictures.keep(executed(tmp_path, (html, ())), tmp_path / "demo.json") is None
    assert not (tmp_path / "demo.png").exists()


def test_the_card_holds_the_whole_figure_and_its_text(tmp_path: Path) -> None:
    """The page carries the picture inside, with its alternative text; one that was deleted leaves the card without."""
    figure = pictures.keep(executed(tmp_path, (drawing(20, "what is seen"), ())), tmp_path / "demo.json")
    found = [replace(RESULT, figure=figure)]

    assert 'alt="what is seen"' in page.html(found, [], page.Beside(page.shown(found, tmp_path)))
    (tmp_path / "demo.png").unlink()
    assert "<img" not in page.html(found, [], page.Beside(page.shown(found, tmp_path)))
