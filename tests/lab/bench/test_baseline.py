"""Stored baselines."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ffcore.errors import ConfigError
from ffcore.lab.bench.baseline import DECISIVE, MEASURES, SCHEMA, decisive, doubtful, read, same
from ffcore.lab.bench.contender import NAMES, SIMPLE
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.report.results import Measure, Result, write

MACHINE = {"implementation": "CPython", "python": "3.11.7", "architecture": "x86_64", "cpu_model": "a", "cpu_count": 2}
ESTIMATE = Estimate(0.5, 0.4, 0.6, 8)
RESULT = Result(
    "regression", "Regression", "?", "smoke", {}, 0, "1.2", None, MACHINE, "2026-11-26T09:00:00Z", 1.0, "pass"
)


def run() -> dict[str, Any]:
    """A run as the command writes it, as far as a comparison reads it."""
    rows = {name: ESTIMATE.to_dict() for name in NAMES}
    return {"schema": SCHEMA, "profile": "full", "machine": MACHINE, "versions": {"ffcore": "1.1"}, "multiples": rows}


def stored(tmp_path: Path, content: Any) -> Path:
    """A file with this content."""
    path = tmp_path / "run.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_a_run_of_the_command_is_read(tmp_path: Path) -> None:
    """Version, profile, machine and multiples come back."""
    found = read(stored(tmp_path, run()))

    assert (found.version, found.profile, found.machine) == ("1.1", "full", MACHINE)
    assert found.multiples == dict.fromkeys(NAMES, ESTIMATE)


def test_a_notebooks_result_file_is_read(tmp_path: Path) -> None:
    """The result file that the regression notebook wrote is a baseline as well."""
    path = tmp_path / "regression.json"
    measures = [Measure.of(name, "multiple", ESTIMATE, "ratio") for name in MEASURES.values()]
    write(replace(RESULT, measures=measures), path)
    found = read(path)

    assert (found.version, found.profile) == ("1.2", "smoke")
    assert found.multiples == dict.fromkeys(NAMES, ESTIMATE)


def test_a_result_file_of_another_notebook_is_refused(tmp_path: Path) -> None:
    """A result file without multiples of the floor says what was expected."""
    path = tmp_path / "rollout.json"
    write(RESULT, path)

    with pytest.raises(
        ConfigError,
        match=r"rollout\.json: 1 problem\s+measures: holds no multiples of the floor; expected regression\.json",
    ):
        read(path)


@pytest.mark.parametrize(
    "content", ["", "[]", "{", "7", {"schema": SCHEMA}, {**run(), "schema": SCHEMA - 1}, {"notebook": "regression"}]
)
def test_other_files_are_refused(tmp_path: Path, content: Any) -> None:
    """Text, lists, other versions and damaged result files give a message with the file's name."""
    with pytest.raises(ConfigError, match=r"run\.json"):
        read(stored(tmp_path, content))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(ConfigError, match=r"none\.json"):
        read(tmp_path / "none.json")


@pytest.mark.parametrize(
    "row",
    [
        None,
        [],
        {"value": 1.0},
        {**ESTIMATE.to_dict(), "low": 0.0},
        {**ESTIMATE.to_dict(), "low": 0.7},
        {**ESTIMATE.to_dict(), "value": True},
        {**ESTIMATE.to_dict(), "high": "0.6"},
        {**ESTIMATE.to_dict(), "value": None},
        {**ESTIMATE.to_dict(), "high": float("inf")},
    ],
)
def test_bad_multiples_are_named(tmp_path: Path, row: Any) -> None:
    """Missing, zero, unordered, infinite and other things than numbers are each named with their place."""
    item = run()
    item["multiples"][SIMPLE] = row

    with pytest.raises(ConfigError) as caught:
        read(stored(tmp_path, item))

    assert [place for place, _ in caught.value.problems] == [f"multiples.{SIMPLE}"]


@pytest.mark.parametrize(("name", "damage"), [("machine", None), ("versions", ["1.1"]), ("versions", "1.1")])
def test_a_run_without_its_records_is_refused(tmp_path: Path, name: str, damage: Any) -> None:
    """Who does not know machine and versions can't say whether runs compare."""
    with pytest.raises(ConfigError, match=f"{name}: expected the record of the {name}"):
        read(stored(tmp_path, {**run(), name: damage}))


@pytest.mark.parametrize("name", DECISIVE)
def test_another_machine_or_python_decides(name: str) -> None:
    """Another processor, architecture, interpreter or Python is named with both values, and is not among the same."""
    other = {**MACHINE, name: "other"}

    assert decisive(MACHINE, MACHINE) == []
    assert decisive(MACHINE, other) == [f"another {DECISIVE[name]}: {MACHINE[name]} then, other now"]
    assert len(same(MACHINE, other)) == len(same(MACHINE, MACHINE)) - 1


def test_lesser_differences_raise_doubt() -> None:
    """Another number of cores does not forbid a comparison, but it is said; what the record lacks is unknown."""
    assert decisive(MACHINE, {**MACHINE, "cpu_count": 4}) == []
    assert doubtful(MACHINE, {**MACHINE, "cpu_count": 4}) == ["another number of cores: 2 then, 4 now"]
    assert doubtful(MACHINE, {**MACHINE, "cpu_count": None}) == ["another number of cores: 2 then, unknown now"]
