"""The gate's answer, on measurements that are made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ffcore.lab.bench.baseline import UNSEEN, Stored
from ffcore.lab.bench.contender import NAMES
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.bench.gate import outcome as module
from ffcore.lab.bench.gate.builds import Build, here
from ffcore.lab.bench.gate.outcome import against_build, against_stored
from ffcore.lab.bench.gate.races import Race, Size
from ffcore.lab.bench.gate.races import multiples as multiples_of

MACHINE = {"implementation": "CPython", "python": "3.11.7", "architecture": "x86_64", "cpu_model": "a", "cpu_count": 2}
SIZE = Size(processes=12, rounds=3, seconds=0.001, nulls=20)
OLD = Build("old", Path("python"))


def multiples(factor: float) -> dict[str, Estimate]:
    """Every workload at half a floor times a factor, known to half a percent."""
    return {name: Estimate(0.5 * factor, 0.4975 * factor, 0.5025 * factor, 12) for name in NAMES}


def stored(**machine: Any) -> Stored:
    """A run of an earlier day."""
    return Stored("run.json", "0.9", "standard", {**MACHINE, **machine}, multiples(1.0))


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Build, Build, int]]:
    """Races and multiples without a clock: a slowed build takes its share longer; which were asked for."""
    asked: list[tuple[Build, Build, int]] = []

    def race(candidate: Build, baseline: Build, size: Size, *, seed: int = 0, **_: object) -> Race:
        asked.append((candidate, baseline, seed))
        factor = (1 + candidate.slow) / (1 + baseline.slow)
        ratios = factor * np.linspace(0.995, 1.005, size.processes)
        about = [{"version": "1", "implementation": "CPython", "python": b.python.name} for b in (candidate, baseline)]
        differing = dict.fromkeys(NAMES, 3 * (candidate.name == "wrong"))
        return Race(dict.fromkeys(NAMES, ratios), differing, (about[0], about[1]))

    monkeypatch.setattr(module, "race", race)
    monkeypatch.setattr(module, "multiples", lambda build, size, seed: multiples(1.0))
    return asked


@pytest.mark.parametrize(("slow", "verdict"), [(0.0, "pass"), (0.05, "fail")])
def test_a_seeded_five_percent_fails_and_none_passes(
    quiet: list[tuple[Build, Build, int]], slow: float, verdict: str
) -> None:
    """Against another build; the same build raced itself twenty times, each time in an order of its own."""
    found = against_build(OLD, SIZE, new=OLD.slowed(slow))

    assert found.verdict == verdict
    assert (found.alarms.count, len(found.alarms.runs)) == (0, 20)
    assert quiet[1:] == [(OLD, OLD, number) for number in range(1, 21)]


@pytest.mark.usefixtures("quiet")
def test_other_decisions_fail_however_fast() -> None:
    """A build that decides three users otherwise fails, and the number is kept."""
    found = against_build(OLD, SIZE, new=Build("wrong", Path("python")))

    assert found.verdict == "fail"
    assert set(found.to_dict()["differing"].values()) == {3}


@pytest.mark.usefixtures("quiet")
def test_other_interpreters_are_said() -> None:
    """Where the builds' interpreters differ, the ratio is of both together."""
    found = against_build(OLD, SIZE, new=Build("new", Path("python3.13")))

    assert "The interpreters differ, so the ratio is of code and interpreter together." in found.remarks


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "pass"), (0.8, "pass"), (1.05, "fail"), (1.02, "inconclusive")])
@pytest.mark.usefixtures("quiet")
def test_a_stored_run_is_judged_by_the_same_margin(factor: float, verdict: str) -> None:
    """No loss and a gain pass, 5 % more floors fail, the margin itself is open; what is not seen is said."""
    found = against_stored(stored(), multiples(factor), MACHINE, SIZE)

    assert found.verdict == verdict
    assert found.comparable
    assert UNSEEN in found.remarks
    assert "0 of 20" in str(found.alarms)


@pytest.mark.usefixtures("quiet")
def test_another_processor_is_not_judged() -> None:
    """On another processor even twice the time is no failure, and the message says what does and does not compare."""
    found = against_stored(stored(cpu_model="b"), multiples(2.0), MACHINE, SIZE)

    assert (found.verdict, found.comparable) == ("inconclusive", False)
    assert "Not comparable, so nothing is judged: another processor: b then, a now." in found.remarks
    assert any(
        remark.startswith("The same in both runs: interpreter (CPython), Python (3.11.7)") for remark in found.remarks
    )


@pytest.mark.usefixtures("quiet")
def test_a_stored_run_of_a_busy_machine_is_said() -> None:
    """Why the machine was unfit when the baseline was taken is passed on; another number of cores raises doubt."""
    found = against_stored(stored(load=[9.0, 1.0, 1.0], cpu_count=4), multiples(1.0), MACHINE, SIZE)

    assert any(remark.startswith("When the stored run was taken: The load is 9.0") for remark in found.remarks)
    assert "A difference may come from another number of cores: 4 then, 2 now." in found.remarks


@pytest.mark.slow
def test_the_real_thing_calibrates_itself() -> None:
    """Multiples of really started processes against themselves: the answer is whole, whatever the verdict."""
    size = Size(6, 1, 0.0002, 1)
    found = against_stored(stored(), multiples_of(here(), size), MACHINE, size)

    assert {change.workload for change in found.changes} == set(NAMES)
    assert all(change.ratio.n == 6 for change in found.changes)
    assert len(found.alarms.runs) == 1
