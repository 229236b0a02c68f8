"""A small house in a temporary folder: notebooks of a few cells, two users, one flag, the real targets."""

import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

TARGETS = Path(__file__).parents[3] / "data" / "targets.yaml"
PARAMETERS = """flags: str = "../data/flags.yaml"  # the flags
population: str = "../data/users.csv"  # the users
id_column: str = "user_id"
profile: str = "smoke"  # one of: smoke, standard, full
fault: str = ""  # one of: leak, biased"""
OPENING = """from ffcore.lab import report
from ffcore.lab.verify import Check
given = {"flags": flags, "population": population, "id_column": id_column, "profile": profile, "fault": fault}
run = report.open_run("demo", **given)"""


class House:
    """A folder with `notebooks` and `data`, to which a test adds what it needs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "notebooks").mkdir()
        (root / "data").mkdir()
        shutil.copy(TARGETS, root / "data" / "targets.yaml")
        self.write("data/flags.yaml", "flags: [{key: dark-mode, enabled: true, rollout_percentage: 50}]")
        self.write("data/users.csv", "user_id,country\nann,NO\nbob,DE\n")

    def write(self, name: str, text: str) -> Path:
        """Write a text file and return its path."""
        path = self.root / name
        path.write_text(text, encoding="utf-8")
        return path

    def notebook(self, name: str, *code: str, parameters: str = PARAMETERS) -> Path:
        """Add a notebook with a title, a parameters cell and these code cells."""
        cells = [
            new_markdown_cell(f"# Title of {name}\n\nIs it *so*?"),
            new_code_cell(parameters, metadata={"tags": ["parameters"]}),
            *map(new_code_cell, code),
        ]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = self.root / "notebooks" / f"{name}.ipynb"
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
        return path

    def share(self, path: Path) -> None:
        """Mark a notebook as one that measures no time."""
        notebook = nbformat.read(path, as_version=4)
        notebook.metadata["ffcore"] = {"measures_time": False}
        nbformat.write(notebook, path)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """An empty house, which is the current directory."""
    monkeypatch.chdir(tmp_path)
    return House(tmp_path)
