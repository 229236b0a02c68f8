"""The seed report's ten benchmarks beside ours."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ffcore.lab.report import results, seed_table
from ffcore.lab.report.seed_table import SEED
from tests.lab.report.test_results import MEASURE, RESULT

CODE = Path(seed_table.__file__).parent


def test_each_of_the_ten_has_its_measure() -> None:
    """Every name of the seed report is carried by one measure of the code, and no other name is."""
    texts = [path.read_text(encoding="utf-8") for path in CODE.glob("*.py") if path.name != "seed_table.py"]

    assert set(re.findall(r'"(test_\w+)"', " ".join(texts))) == set(SEED)
    assert len(SEED) == 10


def test_ours_stands_beside_the_seeds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A measure is written with its interval and n; what was not run says so."""
    measure = replace(MEASURE, replaces="test_throughput_single_threaded", unit="1/s", value=9e5, interval=(8e5, 1e6))
    results.write(replace(RESULT, measures=[MEASURE, measure]), tmp_path / "demo.json")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["seed_table", str(tmp_path)])
        assert seed_table.main() == 0
    lines = capsys.readouterr().out.splitlines()

    assert len(lines) == 11
    [ours] = [line for line in lines if line.startswith("test_throughput_single_threaded")]
    assert "1,434,480/s" in ours
    assert "900 k/s" in ours
    assert sum(line.endswith("not run") for line in lines) == 9
