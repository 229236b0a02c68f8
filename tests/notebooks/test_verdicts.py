"""The notebooks of the suite: clean runs do not fail, each seeded fault does, and pages show both."""

import re
from pathlib import Path

import pytest

from ffcore.lab.report import parameters, results, runner
from ffcore.lab.report.plan import prepare

pytestmark = pytest.mark.slow

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
FAULTS = [(path.stem, fault) for path in NOTEBOOKS for fault in parameters.declared(path)["fault"].choices]


def test_every_notebook_declares_a_fault() -> None:
    """A notebook without a negative control proves nothing by passing."""
    assert {name for name, _ in FAULTS} == {path.stem for path in NOTEBOOKS}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> runner.Report:
    """All notebooks on the bundled data, without a fault."""
    return runner.run(prepare([], {"profile": "smoke"}, tmp_path_factory.mktemp("reports")))


def test_a_clean_run_does_not_fail(clean: runner.Report) -> None:
    """On the bundled data no notebook fails or crashes; smoke may leave some open."""
    assert {result.notebook for result in clean.results} == {path.stem for path in NOTEBOOKS}
    assert all(result.verdict != "fail" and result.error is None for result in clean.results)


def test_pages_are_self_contained_and_quiet(clean: runner.Report) -> None:
    """No page fetches anything or shows error output, and every image has an alternative text."""
    for path in clean.page.parent.glob("*.html"):
        html = path.read_text(encoding="utf-8")
        images = re.findall("<img[^>]*>", html)

        assert not re.search(r"https?://|<script|@import", html), path.name
        assert not re.search("stderr|Traceback", html.split("</style>")[-1]), path.name
        assert all(re.search('alt="[^"]{20,}"', image) for image in images), path.name


def test_every_target_has_its_figure(clean: runner.Report) -> None:
    """Each row of the executive table is measured by a full run."""
    assert "not measured in this run" not in clean.page.read_text(encoding="utf-8")
    assert "no figure" not in clean.page.read_text(encoding="utf-8")


@pytest.mark.parametrize(("notebook", "fault"), FAULTS)
def test_a_seeded_fault_turns_the_verdict_to_fail(tmp_path: Path, notebook: str, fault: str) -> None:
    """The negative control: the fault is found by a check or a target, not by a crash."""
    done = runner.run(prepare([notebook], {"profile": "smoke", "fault": fault}, tmp_path / "reports"))
    (result,) = results.read_all(done.page.parent)

    assert (result.verdict, result.error) == ("fail", None)
    assert result.parameters["fault"] == fault
    assert "What failed" in done.page.read_text(encoding="utf-8")
