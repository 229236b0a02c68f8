"""The committed notebooks: each new run says in its verdict cell, byte for byte, what the committed one says."""

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from ffcore.lab.report import results, runner
from ffcore.lab.report.lint_rules import VERDICT_TAG
from ffcore.lab.report.plan import prepare

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


@pytest.fixture(scope="module")
def west(tmp_path_factory: pytest.TempPathFactory) -> Iterator[runner.Report]:
    """All notebooks on the bundled data in other surroundings, without a fault."""
    with pytest.MonkeyPatch.context() as patch:
        yield run_in("west", patch, tmp_path_factory.mktemp("reports"))


def run_in(place: str, patch: pytest.MonkeyPatch, folder: Path) -> runner.Report:
    """Run all notebooks as they are committed under another hash seed, time zone and locale."""
    for name, value in SURROUNDINGS[place].items():
        patch.setenv(name, value)
    return runner.run(prepare([], {"profile": "smoke"}, folder))


def test_a_run_elsewhere_repeats_the_committed_verdict_cells(west: runner.Report) -> None:
    """A run of other hash seed, time zone and locale, and nbval's of the committed notebooks, agree byte for byte."""
    assert verdict_cells(west.page.parent) == verdict_cells(FOLDER)


@pytest.mark.long
def test_a_run_in_the_east_repeats_the_committed_verdict_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more of such runs, on one thread."""
    assert verdict_cells(run_in("east", monkeypatch, tmp_path).page.parent) == verdict_cells(FOLDER)


def test_a_clean_run_does_not_fail(west: runner.Report) -> None:
    """On the bundled data no notebook fails or crashes; smoke may leave some open."""
    found = {result.notebook: result for result in results.read_all(west.page.parent)}

    assert found.keys() == {path.stem for path in FOLDER.glob("*.ipynb")}
    assert {name: result.error for name, result in found.items() if result.error or result.verdict == "fail"} == {}


def test_pages_are_self_contained_and_quiet(west: runner.Report) -> None:
    """No page fetches anything or shows error output, and every image has an alternative text."""
    for path in west.page.parent.glob("*.html"):
        html = path.read_text(encoding="utf-8")
        images = re.findall("<img[^>]*>", html)

        assert not re.search(r"https?://|<script|@import", html), path.name
        assert not re.search("stderr|Traceback", html.split("</style>")[-1]), path.name
        assert all(re.search('alt="[^"]{20,}"', image) for image in images), path.name


def test_every_target_has_its_figure(west: runner.Report) -> None:
    """Each row of the executive table is measured by a full run."""
    assert "not measured in this run" not in west.page.read_text(encoding="utf-8")
    assert "no figure" not in west.page.read_text(encoding="utf-8")


def test_no_committed_verdict_is_a_fail() -> None:
    """Every committed notebook has a verdict, its own, and none has been committed broken."""
    heads = {name: text.splitlines()[0] for name, text in verdict_cells(FOLDER).items()}

    assert set(heads) == {path.stem for path in FOLDER.glob("*.ipynb")} != set()
    assert all(head.startswith((f"{name}: PASS (", f"{name}: INCONCLUSIVE (")) for name, head in heads.items())


def test_the_readme_says_where_each_of_the_ten_benchmarks_is(west: runner.Report) -> None:
    """Result files name the benchmark that a measure stands for, in the notebook that the table names."""
    readme = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"`(test_\w+)` \| `(\w+)`", readme))
    found = {
        measure.replaces: result.notebook
        for result in results.read_all(west.page.parent)
        for measure in result.measures
        if measure.replaces
    }

    assert found == told
    assert len(told) == 10
    assert set(re.findall(r"\| `(\w+)` \|", readme)) <= {path.stem for path in FOLDER.glob("*.ipynb")}
