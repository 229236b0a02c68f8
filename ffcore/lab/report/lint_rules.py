"""The rules that each notebook keeps: a function each, which yields what is wrong, registered with its reason."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import ffcore

from . import parameters

VERDICT_TAG = "nbval-check-output"
MAX_CELLS, MAX_LINES = 30, 8
SECTIONS = (
    "What would falsify it",
    "Validation",
    "Machine",
    "Method",
    "Verdict",
    "Limits",
    "How to run it again",
)
_METADATA = {"ffcore", "kernelspec", "language_info"}
_CLOCKS = ("bench", "timing")
Cell: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook as its file holds it."""

    name: str
    path: Path
    metadata: Mapping[str, Any]
    cells: tuple[Cell, ...]

    @property
    def code(self) -> list[tuple[int, Cell]]:
        """The code cells with their places, from 1."""
        return [(place, cell) for place, cell in enumerate(self.cells, 1) if cell["cell_type"] == "code"]

    def tagged(self, tag: str) -> list[Cell]:
        """The cells with a tag."""
        return [cell for cell in self.cells if tag in tags(cell)]


Rule: TypeAlias = Callable[[Notebook], Iterator[str]]
RULES: dict[Rule, str] = {}


def rule(reason: str) -> Callable[[Rule], Rule]:
    """Register a rule with the reason that its messages give."""

    def register(function: Rule) -> Rule:
        RULES[function] = reason
        return function

    return register


def tags(cell: Cell) -> list[str]:
    """A cell's tags."""
    return list(cell["metadata"].get("tags", []))


def source(cell: Cell) -> str:
    """A cell's text."""
    return "".join(cell["source"])


@rule("a reader follows thirty cells at most; the rest belongs into ffcore.lab")
def is_short(notebook: Notebook) -> Iterator[str]:
    """At most thirty cells."""
    if len(notebook.cells) > MAX_CELLS:
        yield f"{len(notebook.cells)} cells, more than {MAX_CELLS}"


@rule("a cell is one call; computation belongs into ffcore.lab, where it is tested")
def has_short_cells(notebook: Notebook) -> Iterator[str]:
    """At most eight lines of code in a cell."""
    for place, cell in notebook.code:
        lines = [line for line in source(cell).splitlines() if line.strip() and not line.lstrip().startswith("#")]
        if len(lines) > MAX_LINES and "parameters" not in tags(cell):
            yield f"cell {place}: {len(lines)} lines of code, more than {MAX_LINES}"


@rule("what a notebook defines nobody tests or uses again; move it into ffcore.lab")
def defines_nothing(notebook: Notebook) -> Iterator[str]:
    """No functions, no classes, no named lambdas."""
    for place, cell in notebook.code:
        yield from (f"cell {place}: defines {name}" for name in _definitions(source(cell)))


def _definitions(code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and isinstance(node.value, ast.Lambda):
            yield "a lambda"


@rule("the runner replaces literals by name; it cannot see names, kinds or choices that are not written there")
def declares_its_parameters(notebook: Notebook) -> Iterator[str]:
    """One cell of annotated literals, the common ones among them, each with a comment."""
    try:
        for name, parameter in parameters.declared(notebook.path).items():
            if not parameter.help:
                yield f"parameter {name} has no comment"
    except ffcore.ConfigError as error:
        yield from (f"{place.removeprefix(f'{notebook.name}: ')}: {message}" for place, message in error.problems)


@rule("a notebook that no fault can turn to fail proves nothing by passing")
def has_a_negative_control(notebook: Notebook) -> Iterator[str]:
    """The parameter `fault` lists faults to seed."""
    try:
        fault = parameters.declared(notebook.path).get("fault")
    except ffcore.ConfigError:
        return
    if fault and not fault.choices:
        yield "its parameter fault lists none (`one of: ...` in its comment)"


@rule("readers look for the same things in the same order")
def keeps_the_anatomy(notebook: Notebook) -> Iterator[str]:
    """A title with a question, then the common sections in their order."""
    first = source(notebook.cells[0]) if notebook.cells else ""
    title, _, question = first.partition("\n")
    if not title.startswith("# ") or not question.strip().partition("\n\n")[0].endswith("?"):
        yield "its first cell is no title with a question under it"
    prose = [source(cell) for cell in notebook.cells if cell["cell_type"] == "markdown"]
    headings = [line[3:].strip() for text in prose for line in text.splitlines() if line.startswith("## ")]
    yield from (f"no section {name!r}" for name in SECTIONS if name not in headings)
    present = [name for name in SECTIONS if name in headings]
    for one, other in pairwise(present):
        if headings.index(one) > headings.index(other):
            yield f"section {other!r} stands before {one!r}"


@rule("nbval compares this cell byte by byte; without it, or with two, nobody knows what the notebook says")
def has_one_verdict(notebook: Notebook) -> Iterator[str]:
    """One verdict cell, which ends in an expression and stores plain text alone."""
    cells = notebook.tagged(VERDICT_TAG)
    if len(cells) != 1:
        yield f"{len(cells)} cells tagged {VERDICT_TAG} instead of 1"
        return
    body = ast.parse(source(cells[0])).body
    if not body or not isinstance(body[-1], ast.Expr) or source(cells[0]).rstrip().endswith(";"):
        yield "its verdict cell does not end in an object that is shown"
    if [list(output.get("data", ())) for output in cells[0]["outputs"]] != [["text/plain"]]:
        yield "its verdict cell does not store one output of plain text"


@rule("outputs grow the file, hide changes and age; run `python -m ffcore.lab.report.refresh`")
def stores_no_output(notebook: Notebook) -> Iterator[str]:
    """Nothing of a run but the verdict."""
    for place, cell in notebook.code:
        if (cell["outputs"] or cell["execution_count"]) and VERDICT_TAG not in tags(cell):
            yield f"cell {place}: keeps the traces of a run"


@rule("what a machine stamped into a notebook differs on the next one")
def names_no_machine(notebook: Notebook) -> Iterator[str]:
    """No metadata but the kernel's name, the language and our own; cells have tags alone."""
    kernel = notebook.metadata.get("kernelspec", {}).get("name")
    if kernel != "python3":
        yield f"its kernel is {kernel!r} instead of 'python3'"
    yield from (f"metadata {name!r}" for name in notebook.metadata if name not in _METADATA)
    for place, cell in enumerate(notebook.cells, 1):
        yield from (f"cell {place}: metadata {name!r}" for name in cell["metadata"] if name != "tags")


@rule("the page, the exit code and comparisons read the result file alone, which this call writes")
def finishes_its_run(notebook: Notebook) -> Iterator[str]:
    """It opens a run of its own name, and finishes it."""
    code = "\n".join(source(cell) for _, cell in notebook.code)
    if f'open_run("{notebook.name}"' not in code:
        yield "does not open a run of its own name"
    if ".finish()" not in code:
        yield "never calls run.finish()"


@rule("figures of ffcore.lab carry units, sample size, interval and an alternative text")
def draws_by_the_laboratory(notebook: Notebook) -> Iterator[str]:
    """No plotting library is imported."""
    for place, cell in notebook.code:
        for name in _imported(source(cell)):
            if name.partition(".")[0] in {"matplotlib", "plotly", "seaborn"}:
                yield f"cell {place}: imports {name}"


@rule("with --jobs others would run beside it, and its times would be those of a busy machine")
def owns_up_to_measuring_time(notebook: Notebook) -> Iterator[str]:
    """A notebook that uses clocks does not say that it measures no time."""
    if notebook.metadata.get("ffcore", {}).get("measures_time", True):
        return
    for place, cell in notebook.code:
        for name in _imported(source(cell)):
            if not set(_CLOCKS).isdisjoint(name.split(".")):
                yield f"cell {place}: imports {name}, but its metadata say that it measures no time"


def _imported(code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@rule("a reader who doubts it wants to run it, and to see it fail")
def says_how_to_run_it(notebook: Notebook) -> Iterator[str]:
    """The command that runs it alone, and the one that seeds a fault."""
    prose = "\n".join(source(cell) for cell in notebook.cells if cell["cell_type"] == "markdown")
    if f"--only {notebook.name}" not in prose:
        yield f"does not name the command: ffcore report --only {notebook.name}"
    if "fault=" not in prose:
        yield "does not say how to seed a fault: --param fault=..."
