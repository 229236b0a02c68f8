"""Refreshes the committed notebooks: runs their defaults and stores the verdict cell's output alone."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from ffcore.ending import ended

from . import engine, notebooks
from .lint_rules import VERDICT_TAG

_KEPT = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
_TIMEOUT = 600


def refresh(path: Path) -> bool:
    """Execute one notebook in its own folder and rewrite it clean; returns whether the file changed."""
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=_TIMEOUT,
        kernel_name="python3",
        extra_arguments=[engine.QUIET],
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    after: str = nbformat.writes(clean(notebook)) + "\n"
    path.write_text(after, encoding="utf-8")
    return after != before


def clean(notebook: Any) -> Any:
    """Strip what a run leaves behind, except the output of verdict cells, whose execution count nbval wants."""
    ours = {name: notebook.metadata[name] for name in ("ffcore",) if name in notebook.metadata}
    notebook.metadata = {**ours, **_KEPT, "language_info": {"name": "python"}}
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        cell.metadata = {"tags": tags} if tags else {}
        if cell.cell_type == "code" and VERDICT_TAG not in tags:
            cell.update(outputs=[], execution_count=None)
    return notebook


def main(names: Sequence[str] = ()) -> int:
    """Refresh the named notebooks, or all, and say which changed."""
    for path in notebooks.select(names):
        print(f"{path.stem}: {'changed' if refresh(path) else 'as it was'}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(ended("refresh", partial(main, sys.argv[1:])))
