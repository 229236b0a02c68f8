"""Refreshing: a committed notebook keeps its verdict's output and nothing else of a run."""

from typing import Any

import nbformat
import pytest

from ffcore import ConfigError
from ffcore.lab.report.lint_rules import VERDICT_TAG
from ffcore.lab.report.refresh import clean, main, refresh


def test_only_the_verdict_cell_keeps_its_output(house: Any) -> None:
    """Outputs, counts and metadata of all other cells go."""
    notebook = nbformat.read(house.notebook("demo", "1", "2"), as_version=4)
    for cell in notebook.cells[1:]:
        cell.update(outputs=[nbformat.v4.new_output("stream", text="x")], execution_count=3)
        cell.metadata["papermill"] = {"duration": 1}
    notebook.cells[2].metadata["tags"] = [VERDICT_TAG]
    parameters, verdict, other = clean(notebook).cells[1:]

    assert (verdict.outputs[0].text, verdict.execution_count, verdict.metadata) == ("x", 3, {"tags": [VERDICT_TAG]})
    assert (other.outputs, other.execution_count, other.metadata) == ([], None, {})
    assert parameters.metadata == {"tags": ["parameters"]}


@pytest.mark.slow
def test_a_refreshed_notebook_stays_as_it_is(house: Any) -> None:
    """The first refresh stores the verdict, the second changes nothing, and what broke is not stored."""
    path = house.notebook("demo", "import os\nos.path.exists('../data/flags.yaml')")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].metadata["tags"] = [VERDICT_TAG]
    nbformat.write(notebook, path)

    assert (refresh(path), refresh(path)) == (True, False)
    assert nbformat.read(path, as_version=4).cells[-1].outputs[0].data["text/plain"] == "True"


def test_a_name_that_no_notebook_has_is_told() -> None:
    """One message with the nearest name."""
    with pytest.raises(ConfigError, match=r"no notebook 'rollout_acuracy'; did you mean rollout_accuracy\?"):
        main(["rollout_acuracy"])
