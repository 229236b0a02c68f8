"""The history: earlier comparable runs lined up, others left out, damaged ones named."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ffcore.lab.report import history, page, results
from ffcore.lab.report.results import Measure, Result

MEASURE = Measure("p99", "P99", 1.5, (1.0, 2.0), "ratio", 20)
RESULT = Result(
    "demo", "Demo", "", "smoke", {"fault": ""}, 0, "1", None, {"cpu_model": "A"}, "2026-11-20T09:00:00Z", 1.0, "pass"
)
NOW = replace(RESULT, measures=[MEASURE])


def store(out: Path, day: int, value: float = 1.0, **changes: Any) -> Path:
    """A run of this day in November, with this P99."""
    made = replace(NOW, started=f"2026-11-{day:02d}T09:00:00Z", measures=[replace(MEASURE, value=value)])
    folder = out / f"202611{day:02d}"
    folder.mkdir(exist_ok=True)
    results.write(replace(made, **changes), folder / "demo.json")
    return folder


def read(out: Path) -> history.History:
    """The history of the run of the 20th, beside all others."""
    folder = store(out, 20, 1.5)
    (out / "latest").symlink_to(folder.name)
    return history.history(results.read_all(folder), out / "latest")


def test_earlier_runs_are_lined_up_oldest_first(tmp_path: Path) -> None:
    """The present run comes last, later runs do not count, and `latest` is not counted twice."""
    for day, value in ((12, 3.0), (11, 2.0), (25, 9.0)):
        store(tmp_path, day, value)
    (trend,) = read(tmp_path).trends

    assert [point.measure.value for point in trend.points] == [2.0, 3.0, 1.5]
    assert trend.before == 2.5


@pytest.mark.parametrize(
    "changes",
    [
        {"profile": "full"},
        {"parameters": {"fault": "slow"}},
        {"machine": {"cpu_model": "B"}},
        {"error": {"kind": "E", "message": "m"}},
    ],
)
def test_what_cannot_be_compared_is_left_out(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Another profile, other parameters, another processor and crashed notebooks make no trend."""
    store(tmp_path, 11, **changes)

    assert read(tmp_path).trends == ()


def test_a_damaged_run_is_named(tmp_path: Path) -> None:
    """One broken file in an old run does not cost the page, and is said."""
    (store(tmp_path, 11) / "demo.json").write_text("{", encoding="utf-8")

    assert read(tmp_path).unreadable == ("20261111",)


def test_a_new_level_is_told_on_the_page(tmp_path: Path) -> None:
    """Ten steady runs and five of another level: the page draws the trend and says since when."""
    for day in range(1, 16):
        store(tmp_path, day, 1.0 + (day % 3) / 1000 + (day > 10))
    now = store(tmp_path, 20, 2.1)
    found = results.read_all(now)
    html = page.html(found, [], page.Beside(history=history.history(found, now)))

    assert "new level since 2026-11-11 09:00" in html
    assert html.count("<svg") == 1
    assert 'aria-label="16 runs, from 1.00 times on 2026-11-01 to 2.10 times; new level since' in html
