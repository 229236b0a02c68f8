"""Result files: written whole, read strictly."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ffcore import ConfigError
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.report import results
from ffcore.lab.report.results import Measure, Result
from ffcore.lab.report.targets import Target
from ffcore.lab.verify import Check

MEASURE = Measure("p99", "P99", 1.5, (1.0, 2.0), "ratio", 20, "pass", "target", "note")
RESULT = Result(
    notebook="demo",
    title="Demo",
    question="Is it so?",
    profile="smoke",
    parameters={"flags": "f.yaml"},
    seed=0,
    version="0.1.0",
    commit=None,
    machine={"python": "3.11"},
    started="2026-11-23T09:21:00Z",
    seconds=1.5,
    verdict="pass",
    checks=[Check("a", "pass", n=3).to_dict()],
    measures=[MEASURE],
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """A result survives the way through its file, and no temporary file stays."""
    results.write(RESULT, tmp_path / "demo.json")

    assert results.read(tmp_path / "demo.json") == RESULT
    assert [path.name for path in tmp_path.iterdir()] == ["demo.json"]


def test_a_write_that_breaks_off_leaves_the_file_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader sees the old result or the new one, and what a broken write leaves is no result of the run."""
    results.write(RESULT, tmp_path / "demo.json")
    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(OSError, match="disk"):
        results.write(replace(RESULT, verdict="fail"), tmp_path / "demo.json")

    assert results.read_all(tmp_path) == [RESULT]


def broken(*_: object) -> None:
    """A disk that fails at the last step."""
    raise OSError("disk")


def test_no_number_is_null(tmp_path: Path) -> None:
    """JSON has no infinity: a bound that is not known is null, and the file stays strict JSON."""
    endless = replace(MEASURE, interval=(1.0, float("inf")))
    results.write(replace(RESULT, measures=[endless]), tmp_path / "demo.json")

    assert results.read(tmp_path / "demo.json").measures[0].interval == (1.0, None)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"schema": 2}, "$.schema"),
        ({"verdict": "passed"}, "$.verdict"),
        ({"checks": [{"name": "a"}]}, "$.checks[0]"),
        ({"measures": [{"name": "a"}]}, "$.measures[0]"),
        ({"started": "yesterday"}, "$.started"),
        ({"seconds": -1}, "$.seconds"),
        ({"surprise": 1}, "$"),
        ({"error": {"kind": "x"}}, "$.error"),
    ],
)
def test_a_damaged_file_is_refused_with_the_place(tmp_path: Path, change: dict[str, object], place: str) -> None:
    """Whatever departs from the schema is named with its file and its place in it."""
    path = tmp_path / "demo.json"
    results.write(RESULT, path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))

    with pytest.raises(ConfigError) as error:
        results.read(path)
    assert f"{path}: {place}" in dict(error.value.problems)


@pytest.mark.parametrize("text", ["", "{", '{"schema": 1}', "[]"])
def test_a_truncated_file_is_refused(tmp_path: Path, text: str) -> None:
    """A file cut short is a clear message, not a traceback of the JSON reader."""
    path = tmp_path / "demo.json"
    path.write_text(text)

    with pytest.raises(ConfigError, match=r"demo\.json"):
        results.read(path)


def test_all_damaged_files_of_a_run_are_named(tmp_path: Path) -> None:
    """One message lists every damaged file."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text("{")

    with pytest.raises(ConfigError) as error:
        results.read_all(tmp_path)
    assert len(error.value.problems) == 2


def test_a_run_is_read_in_the_order_of_its_start(tmp_path: Path) -> None:
    """The page shows notebooks in the order in which they ran."""
    for name, started in (("a", "2026-11-23T09:22:00Z"), ("b", "2026-11-23T09:21:00Z")):
        results.write(replace(RESULT, notebook=name, started=started), tmp_path / f"{name}.json")

    assert [result.notebook for result in results.read_all(tmp_path)] == ["b", "a"]


def test_a_measure_is_judged_by_its_target() -> None:
    """A bound gives the verdict and says so; without one the measure is for information."""
    target = Target("P99", "demo", "p99", "", "", "at most 3", at_most=3.0)
    measure = Measure.of("p99", "P99", Estimate(1.5, 1.0, 2.0, 20), "ratio")

    assert (measure.judged(target).verdict, measure.judged(target).basis) == ("pass", "target")
    assert measure.judged(None) == measure
    assert measure.judged(replace(target, at_most=None)) == measure
