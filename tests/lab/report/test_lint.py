"""The linter of notebooks (tests/test_house.py holds the committed ones to it): for each rule an example breaks it."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ffcore import ConfigError
from ffcore.cli import main
from ffcore.lab.report.lint import lint
from ffcore.lab.report.lint_rules import RULES, SECTIONS, VERDICT_TAG

Item = dict[str, Any]


def prose(text: str) -> Item:
    """A cell of text."""
    return {"cell_type": "markdown", "metadata": {}, "source": [text]}


def code(text: str, *tags: str, outputs: tuple[Item, ...] = (), count: int | None = None) -> Item:
    """A cell of code."""
    metadata = {"tags": list(tags)} if tags else {}
    return {
        "cell_type": "code",
        "metadata": metadata,
        "source": text.splitlines(keepends=True),
        "outputs": list(outputs),
        "execution_count": count,
    }


PARAMETERS = """flags: str = "../data/flags.yaml"  # the flags
population: str = "../data/users.csv"  # the users
id_column: str = "user_id"  # the ids
profile: str = "smoke"  # how much, one of: smoke, standard, full
fault: str = ""  # a fault, one of: leak"""
RERUN = "## How to run it again\n\n`ffcore report --only demo`, and to see it fail `--param fault=leak`."
SHOWN = {"output_type": "execute_result", "data": {"text/plain": ["demo: PASS"]}}
GOOD: Item = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3"}, "language_info": {"name": "python"}},
    "cells": [
        prose("# Demo\n\nIs it\nso?"),
        prose("## What would falsify it"),
        code(PARAMETERS, "parameters"),
        *(prose(f"## {name}") for name in SECTIONS[1:4]),
        code('from ffcore.lab import report\n\nrun = report.open_run("demo")'),
        code("sorted([1], key=lambda x: x)"),
        prose("## Verdict"),
        code("run.verdict()", VERDICT_TAG, outputs=(SHOWN,), count=1),
        code("run.finish()"),
        prose("## Limits"),
        prose(RERUN),
    ],
}


def broken(change: Callable[[Item], object]) -> Item:
    """The good notebook after a change."""
    notebook = copy.deepcopy(GOOD)
    change(notebook)
    return notebook


def added(cell: Item) -> Item:
    """The good notebook with one more cell."""
    return broken(lambda notebook: notebook["cells"].append(cell))


def replaced(old: str, new: str) -> Item:
    """The good notebook with another text in its cells."""
    text = json.dumps(GOOD)
    assert json.dumps(old)[1:-1] in text
    made: Item = json.loads(text.replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1]))
    return made


BREAKS: dict[str, list[Item]] = {
    "is_short": [broken(lambda notebook: notebook["cells"].extend([prose("x")] * 20))],
    "has_short_cells": [added(code("x = 1\n" * 9))],
    "defines_nothing": [
        added(code("def f(): ...")),
        added(code("if run:\n    async def f(): ...")),
        added(code("class C: ...")),
        added(code("f = lambda x: x")),
    ],
    "declares_its_parameters": [
        broken(lambda notebook: notebook["cells"].pop(2)),
        added(code(PARAMETERS, "parameters")),
        replaced("  # the flags", ""),
        replaced('id_column: str = "user_id"', "id_column = flags"),
        replaced('id_column: str = "user_id"  # the ids', ""),
    ],
    "has_a_negative_control": [replaced("  # a fault, one of: leak", "  # no fault")],
    "keeps_the_anatomy": [
        replaced("# Demo\n\nIs it\nso?", "# Demo\n\nIt is so."),
        replaced("## Limits", "## Bounds"),
        broken(lambda notebook: notebook["cells"].insert(1, notebook["cells"].pop(-2))),
    ],
    "has_one_verdict": [
        broken(lambda notebook: notebook["cells"].pop(9)),
        added(code("1", VERDICT_TAG, outputs=(SHOWN,))),
        replaced("run.verdict()", "verdict = run.verdict()"),
        replaced("run.verdict()", "run.verdict();"),
        broken(lambda notebook: notebook["cells"][9].update(outputs=[])),
    ],
    "stores_no_output": [added(code("1", count=3)), added(code("1", outputs=(SHOWN,)))],
    "names_no_machine": [
        broken(lambda notebook: notebook["metadata"].update(kernelspec={"name": "mine"})),
        broken(lambda notebook: notebook["metadata"].update(papermill={})),
        broken(lambda notebook: notebook["cells"][0]["metadata"].update(scrolled=True)),
    ],
    "finishes_its_run": [replaced("run.finish()", "run"), replaced('open_run("demo"', 'open_run("other"')],
    "draws_by_the_laboratory": [
        added(code("import matplotlib.pyplot as plt")),
        added(code("from matplotlib import pyplot")),
    ],
    "owns_up_to_measuring_time": [
        {**added(code(text)), "metadata": {**GOOD["metadata"], "ffcore": {"measures_time": False}}}
        for text in ("from ffcore.lab import bench", "import ffcore.lab.bench.latency")
    ],
    "says_how_to_run_it": [replaced("--only demo", "--only other"), replaced("fault=leak", "leak")],
}


def written(folder: Path, item: Item, name: str = "demo") -> Path:
    """A notebook file."""
    path = folder / f"{name}.ipynb"
    path.write_text(json.dumps(item), encoding="utf-8")
    return path


def test_a_good_notebook_passes(tmp_path: Path) -> None:
    """What the examples below break was whole before."""
    assert lint([written(tmp_path, GOOD)]) == []


def test_every_rule_has_an_example_and_a_reason() -> None:
    """A rule that nothing breaks would hold nothing."""
    assert {rule.__name__ for rule in RULES} == set(BREAKS)
    assert all(len(reason) > 20 for reason in RULES.values())


@pytest.mark.parametrize(
    ("name", "item"), [(name, item) for name, items in BREAKS.items() for item in items], ids=lambda x: str(x)[:24]
)
def test_a_broken_rule_is_named_with_its_reason(tmp_path: Path, name: str, item: Item) -> None:
    """Each example breaks its rule alone, and the message ends in why that matters."""
    (reason,) = (text for rule, text in RULES.items() if rule.__name__ == name)
    found = lint([written(tmp_path, item)])

    assert found
    assert all(line.startswith("demo: ") and line.endswith(f"Why: {reason}") for line in found), found


def test_code_in_two_notebooks_is_named(tmp_path: Path) -> None:
    """The second notebook with the same five lines is told where the first has them."""
    item = added(code("x = 1\n" * 5))
    other: Item = json.loads(json.dumps(item).replace("demo", "other"))
    (line,) = lint([written(tmp_path, item), written(tmp_path, other, "other")])

    assert line.startswith("other: cell 14: the same code as demo, cell 14")


@pytest.mark.parametrize("text", ["{", "[]", '{"metadata": {}}'])
def test_what_is_no_notebook_is_named(tmp_path: Path, text: str) -> None:
    """A damaged file does not hide the others' faults."""
    (tmp_path / "bad.ipynb").write_text(text, encoding="utf-8")
    found = lint([tmp_path / "bad.ipynb", written(tmp_path, added(code("%time x")))])

    assert found[0] == "bad: is no notebook that can be read"
    assert any("no plain Python" in line for line in found)
    with pytest.raises(ConfigError, match="cannot be read"):
        lint([tmp_path / "none.ipynb"])


def test_the_command_lints(house: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Faults are exit code 1, none is 0."""
    path = house.notebook("demo", "1")
    assert main(["report", "--lint"]) == 1
    assert "demo: no section 'Limits'. Why: " in capsys.readouterr().out
    path.write_text(json.dumps(GOOD), encoding="utf-8")
    assert main(["report", "--lint", "--only", "demo"]) == 0
    assert main(["report", "--lint", "--profile", "smoke"]) == 2
