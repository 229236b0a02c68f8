"""Executed notebooks as self-contained pages: code folded away, no outside address, no noise."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbconvert import HTMLExporter

from .results import Result

TEMPLATES = Path(__file__).with_name("templates")
_ERROR_MARK = "papermill-error-cell-tag"


def page(executed: Path, result: Result) -> str:
    """Render an executed notebook as one HTML page; a failed run keeps its error output and traceback."""
    notebook = tidy(nbformat.read(executed, as_version=4), keep_errors=result.error is not None)
    exporter = HTMLExporter(
        template_name="notebook",
        extra_template_basedirs=[str(TEMPLATES)],
        mathjax_url="",
        require_js_url="",
        embed_images=True,
    )
    html, _ = exporter.from_notebook_node(notebook, resources={"result": result, "style": style()})
    return str(html)


def style() -> str:
    """Return the style sheet that all pages carry inside."""
    return (TEMPLATES / "style.css").read_text(encoding="utf-8")


def tidy(notebook: Any, *, keep_errors: bool) -> Any:
    """Drop error output (unless kept) and papermill's banners and paths; shorten the paths that tracebacks name."""
    notebook.metadata.pop("papermill", None)
    notebook.cells = [cell for cell in notebook.cells if _ERROR_MARK not in cell.metadata.get("tags", [])]
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        if cell.cell_type == "code":
            cell.outputs = _outputs(cell.outputs, keep_errors=keep_errors)
    return notebook


def shorten(text: str) -> str:
    """Take the places of this machine out of a text: the current directory and the interpreter's libraries.

    >>> shorten(f"{Path.cwd()}/flags.yaml")
    './flags.yaml'
    """
    places = {sys.prefix: "<python>", str(_ROOT): "<ffcore>", str(Path.cwd()): ".", str(Path.home()): "~"}
    for place, name in places.items():
        text = text.replace(place, name)
    return text


_ROOT = Path(__file__).parents[3]


def _outputs(outputs: Sequence[Any], *, keep_errors: bool) -> list[Any]:
    errors = [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    for output in errors:
        if output.output_type == "error":
            output.traceback = [shorten(line) for line in output.traceback]
        else:
            output.text = shorten(output.text)
    return list(outputs) if keep_errors else [output for output in outputs if output not in errors]
