"""Finding the notebooks: from a clone, from its notebooks folder, by name."""

from pathlib import Path
from typing import Any

import pytest

from ffcore import ConfigError
from ffcore.lab.report import notebooks


def test_notebooks_are_found_from_the_clone_and_from_their_folder(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """JupyterLab runs beside the notebooks, the command at the top; both find the same folder and targets."""
    house.notebook("demo")
    assert notebooks.folder() == house.root / "notebooks"

    monkeypatch.chdir(house.root / "notebooks")
    assert notebooks.targets_file() == house.root / "data" / "targets.yaml"


def test_elsewhere_the_packages_own_notebooks_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From any other directory the clone that the package was installed from serves."""
    monkeypatch.chdir(tmp_path)

    assert [path.stem for path in notebooks.select(["rollout_accuracy"])] == ["rollout_accuracy"]


def test_without_any_notebook_the_message_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel carries no notebooks."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(notebooks, "_HOUSE", tmp_path)

    with pytest.raises(ConfigError, match="run ffcore from a clone"):
        notebooks.select()


def test_title_and_question_are_plain_text(house: Any) -> None:
    """The page shows the notebook's first heading and the paragraph under it without markup."""
    assert notebooks.heading(house.notebook("demo")) == ("Title of demo", "Is it so?")
