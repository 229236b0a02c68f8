"""`ffcore report` beyond a run: a page written again, a baseline chosen, options that do not go together."""

from dataclasses import replace
from typing import Any

import pytest

from ffcore.cli import main
from ffcore.lab.report import results
from ffcore.lab.report.results import Measure, Result

MEASURE = Measure("p99", "P99", 1.5, (1.4, 1.6), "ratio", 20)
RESULT = Result("demo", "Demo", "", "smoke", {}, 0, "1", None, {}, "2026-11-20T09:00:00Z", 1.0, "fail")


@pytest.fixture
def run(house: Any) -> Any:
    """A house with the result files of one run, `one`, and nothing else of it."""
    house.notebook("demo")
    (house.root / "reports" / "one").mkdir(parents=True)
    results.write(replace(RESULT, measures=[MEASURE]), house.root / "reports" / "one" / "demo.json")
    return house.root / "reports" / "one"


@pytest.mark.parametrize("name", ["one", "reports/one"])
def test_a_page_is_written_again_from_result_files(run: Any, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """A run is named by its name or its folder; the exit code is that of its verdict."""
    assert main(["report", "--rebuild", name]) == 1
    assert capsys.readouterr().out.endswith("index.html: fail (exit code 1)\n")
    assert "Demo" in (run / "index.html").read_text(encoding="utf-8")


def test_a_baseline_is_compared(run: Any) -> None:
    """The page written again stands beside the chosen run."""
    main(["report", "--rebuild", "one", "--baseline", "one"])

    assert "Beside the run <code>one</code>" in (run / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rebuild", "on"], "--rebuild: no run 'on' with result files in reports; did you mean one?"),
        (["--rebuild", "one", "--baseline", "two"], "--baseline: no run 'two'"),
        (["--baseline", "two"], "--baseline: no run 'two'"),
        (["--rebuild", "one", "--only", "demo"], "--only: does not go with --rebuild"),
        (["--rebuild"], "no run 'latest'"),
    ],
)
def test_bad_orders_are_one_message(
    run: Any, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    """A run that is not there, and options that mean nothing together, are refused."""
    assert main(["report", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not (run / "index.html").exists()


def test_a_pdf_without_chromium_is_refused_before_the_run(
    run: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a run whose last step cannot be done."""
    monkeypatch.setenv("PATH", str(run))

    assert main(["report", "--pdf"]) == 2
    assert "--pdf: needs Chromium" in capsys.readouterr().err
    assert [path.name for path in run.parent.iterdir()] == ["one"]
