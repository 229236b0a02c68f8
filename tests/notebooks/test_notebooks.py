"""The committed notebooks: each new run says in its verdict cell, byte for byte, what the committed one says."""

from pathlib import Path

import nbformat
import pytest

from ffcore.lab.report import runner
from ffcore.lab.report.plan import prepare
from ffcore.lab.report.refresh import VERDICT_TAG

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[2] / "notebooks"
SURROUNDINGS = {
    "east": {"PYTHONHASHSEED": "0", "TZ": "Asia/Kathmandu", "OMP_NUM_THREADS": "1"},
    "west": {"PYTHONHASHSEED": "4294967295", "TZ": "America/St_Johns", "LC_ALL": "C", "COLUMNS": "40"},
}


def verdict_cells(folder: Path) -> dict[str, str]:
    """The verdict cell's text of each notebook in a folder, by the notebook's name."""
    return {path.stem: verdict_cell(path) for path in folder.glob("*.ipynb")}


def verdict_cell(path: Path) -> str:
    """The one output of the one cell that nbval compares; it holds plain text alone."""
    cells = nbformat.read(path, as_version=4).cells
    [cell] = [cell for cell in cells if VERDICT_TAG in cell.metadata.get("tags", [])]
    [output] = cell.outputs
    assert list(output.data) == ["text/plain"]
    return str(output.data["text/plain"])


@pytest.mark.parametrize("place", SURROUNDINGS)
def test_a_run_anywhere_repeats_the_committed_verdict_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Two runs of other hash seeds, time zones and locales and the committed one are three byte-identical runs."""
    for name, value in SURROUNDINGS[place].items():
        monkeypatch.setenv(name, value)
    done = runner.run(prepare([], {}, tmp_path / "reports"))

    assert verdict_cells(done.page.parent) == verdict_cells(FOLDER)


def test_no_committed_verdict_is_a_fail() -> None:
    """Every committed notebook has a verdict, its own, and none has been committed broken."""
    heads = {name: text.splitlines()[0] for name, text in verdict_cells(FOLDER).items()}

    assert set(heads) == {path.stem for path in FOLDER.glob("*.ipynb")} != set()
    assert all(head.startswith((f"{name}: PASS (", f"{name}: INCONCLUSIVE (")) for name, head in heads.items())
