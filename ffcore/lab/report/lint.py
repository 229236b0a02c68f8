"""The linter of notebooks: reads them, applies every rule, and says what is wrong, where, and why that matters."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import ffcore

from .lint_rules import RULES, Notebook, source, tags

REPEATED_LINES = 5


def lint(paths: Sequence[Path]) -> list[str]:
    """Name everything that notebooks do against the rules, each with the rule's reason; empty if all is well."""
    read = {path: _read(path) for path in paths}
    unread = [f"{path.stem}: is no notebook that can be read" for path, notebook in read.items() if not notebook]
    found = [notebook for notebook in read.values() if notebook]
    return [*unread, *(line for notebook in found for line in faults(notebook)), *repeated(found)]


def faults(notebook: Notebook) -> Iterator[str]:
    """What one notebook does against the rules."""
    for rule, reason in RULES.items():
        try:
            yield from (f"{notebook.name}: {fault}. Why: {reason}" for fault in rule(notebook))
        except SyntaxError as error:
            yield f"{notebook.name}: code that is no plain Python ({error.msg}). Why: magics hide what runs"
            return


def repeated(notebooks: Sequence[Notebook]) -> Iterator[str]:
    """Name code cells of five lines and more that stand in two notebooks, beside the rules of one notebook alone."""
    seen: dict[str, str] = {}
    for notebook in notebooks:
        for place, cell in notebook.code:
            text = source(cell).strip()
            if len(text.splitlines()) < REPEATED_LINES or "parameters" in tags(cell):
                continue
            if text in seen:
                reason = "copies drift apart; move it into ffcore.lab"
                yield f"{notebook.name}: cell {place}: the same code as {seen[text]}. Why: {reason}"
            seen.setdefault(text, f"{notebook.name}, cell {place}")


def _read(path: Path) -> Notebook | None:
    try:
        item = json.loads(path.read_text(encoding="utf-8"))
        return Notebook(path.stem, path, item["metadata"], tuple(item["cells"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, OSError):
            raise ffcore.ConfigError([(str(path), f"cannot be read: {error.strerror}")]) from error
        return None
