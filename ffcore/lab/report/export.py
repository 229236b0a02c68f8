"""Executed notebooks as self-contained pages: code folded away, no outside address, no noise."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbconvert import HTMLExporter

from .results import Result

TEMPLATES = Path(__file__).with_name("templates")
_SCROLLED = re.compile(r'<pre(?=>)|<div class="output_html[^"]*"(?=>\s*<(?:div|img|style|table))')  # by keyboard too
_ERROR_MARK = "papermill-error-cell-tag"
_WIDGET = "application/vnd.jupyter.widget-view+json"


def page(executed: Path, result: Result) -> str:
    """Render an executed notebook as one HTML page; a failed run keeps its error output and traceback."""
    notebook = nbformat.read(executed, as_version=4)
    if result.error is None:
        notebook = _without_noise(notebook)
    _without_widgets(notebook)
    notebook.cells = [cell for cell in notebook.cells if _ERROR_MARK not in cell.metadata.get("tags", [])]
    exporter = HTMLExporter(
        template_name="notebook",
        extra_template_basedirs=[str(TEMPLATES)],
        embed_images=True,
        exclude_anchor_links=True,
        exclude_output_prompt=True,
    )
    html, _ = exporter.from_notebook_node(notebook, resources={"result": result, "style": style()})
    return _SCROLLED.sub(r'\g<0> tabindex="0"', str(html)).replace("<th></th>", "<td></td>")


def style() -> str:
    """Return the style sheet that all pages carry inside."""
    return (TEMPLATES / "style.css").read_text(encoding="utf-8")


def settle(executed: Path) -> None:
    """Take the places of this machine out of an executed notebook: papermill's paths and those of tracebacks."""
    notebook = nbformat.read(executed, as_version=4)
    for name in ("input_path", "output_path"):
        notebook.metadata.get("papermill", {}).pop(name, None)
    for output in _outputs(notebook):
        if output.output_type == "error":
            output.traceback = [shorten(line) for line in output.traceback]
        elif output.output_type == "stream":
            output.text = shorten(output.text)
    nbformat.write(notebook, executed)


def shorten(text: str) -> str:
    """Take the places of this machine out of a text: the current directory and the interpreter's libraries.

    A place counts only as a whole: `/x/low` is not found in `/x/lowc`, nor `/root` in `/srv/root`.

    >>> shorten(f"{Path.cwd()}/flags.yaml")
    './flags.yaml'
    """
    places = {sys.prefix: "<python>", str(_ROOT): "<ffcore>", str(Path.cwd()): ".", str(Path.home()): "~"}
    longest_first = sorted(places.keys() - {"/"}, key=len, reverse=True)
    pattern = f"{_BEFORE}(?:{'|'.join(map(re.escape, longest_first))}){_AFTER}"
    return re.sub(pattern, lambda place: places[place[0]], text)


_BEFORE = r"(?:(?<![\w.~-])|(?<=[\d\[]m))"  # no longer path ends here, or a terminal's colour code does
_AFTER = r"(?![\w-]|\.\w)"  # no longer name begins here
_ROOT = Path(__file__).parents[3]


def _outputs(notebook: Any) -> Iterator[Any]:
    for cell in notebook.cells:
        yield from cell.get("outputs", ())


def _without_noise(notebook: Any) -> Any:
    """Drop standard error and tracebacks: a page shows them only where something failed."""
    for cell in notebook.cells:
        if "outputs" in cell:
            cell.outputs = [output for output in cell.outputs if not _is_noise(output)]
    return notebook


def _without_widgets(notebook: Any) -> None:
    """Leave a widget's static form alone: a live one needs a kernel, and scripts from elsewhere."""
    notebook.metadata.pop("widgets", None)
    for output in _outputs(notebook):
        output.get("data", {}).pop(_WIDGET, None)


def _is_noise(output: Any) -> bool:
    return bool(output.output_type == "error" or output.get("name") == "stderr")
