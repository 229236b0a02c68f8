"""The rule that all notebooks keep together: no code stands in two of them."""

from collections.abc import Iterator, Sequence

from .lint_rules import Notebook, source, tags

LINES = 5


def repeated(notebooks: Sequence[Notebook]) -> Iterator[str]:
    """Name code cells of five lines and more that stand in two notebooks."""
    seen: dict[str, str] = {}
    for notebook in notebooks:
        for place, cell in notebook.code:
            text = source(cell).strip()
            if len(text.splitlines()) < LINES or "parameters" in tags(cell):
                continue
            if text in seen:
                reason = "copies drift apart; move it into ffcore.lab"
                yield f"{notebook.name}: cell {place}: the same code as {seen[text]}. Why: {reason}"
            seen.setdefault(text, f"{notebook.name}, cell {place}")
