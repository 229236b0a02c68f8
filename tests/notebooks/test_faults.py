"""The negative controls: each seeded fault turns its notebook's verdict to fail."""

from itertools import groupby
from pathlib import Path

import pytest

from ffcore.lab.report import parameters, results, runner
from ffcore.lab.report.plan import prepare

pytestmark = pytest.mark.slow

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
FAULTS = [(path.stem, fault) for path in NOTEBOOKS for fault in parameters.declared(path)["fault"].choices]
FIRST = [next(faults) for _, faults in groupby(FAULTS, key=lambda pair: pair[0])]
FURTHER = [pytest.param(*pair, marks=pytest.mark.long) for pair in FAULTS if pair not in FIRST]


def test_every_notebook_declares_a_fault() -> None:
    """A notebook without a negative control proves nothing by passing."""
    assert {name for name, _ in FAULTS} == {path.stem for path in NOTEBOOKS}


@pytest.mark.parametrize(("notebook", "fault"), [*FIRST, *FURTHER])
def test_a_seeded_fault_turns_the_verdict_to_fail(tmp_path: Path, notebook: str, fault: str) -> None:
    """The fault is found by a check or a target, not by a crash; a notebook's further faults take the long target."""
    done = runner.run(prepare([notebook], {"profile": "smoke", "fault": fault}, tmp_path / "reports"))
    (result,) = results.read_all(done.page.parent)

    assert (result.verdict, result.error) == ("fail", None)
    assert result.parameters["fault"] == fault
    assert "What failed" in done.page.read_text(encoding="utf-8")
