"""Races of two builds."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import pytest

from ffcore.lab.bench.contender import NAMES, ROLLOUT
from ffcore.lab.bench.gate import races as module
from ffcore.lab.bench.gate.builds import HOME, Build, Worker, find, here
from ffcore.lab.bench.gate.judging import judged, verdict
from ffcore.lab.bench.gate.races import IDS, SIZES, Size, instructions, multiples, race

SIZE = Size(processes=6, rounds=3, seconds=0.001, nulls=1)


class Metronome:
    """Stands in for a worker whose calls take 100 ns, slowed as its build is, in a process of its own mood.

    The clock is made up, so that the decision is about the design of a race and not about this machine.
    """

    asked: ClassVar[list[tuple[str, str]]] = []
    started: ClassVar[list[str]] = []
    pinned: ClassVar[list[int]] = []
    moods: ClassVar[Iterator[float]] = iter(())

    def __init__(self, build: Build, instructions: dict[str, Any]) -> None:
        assert set(instructions) == {"flags", "calls", "floors", "ids"}
        self.build, self.mood = build, next(self.moods)
        self.about = {"version": build.name}
        self.started.append(build.name)
        self.cold = set(NAMES) if build.name == "cold" else set()

    def pin(self, processor: int) -> None:
        """Note the processor."""
        self.pinned.append(processor)

    def time(self, name: str, seconds: float) -> float:
        """Nanoseconds of a call; the floor is never slowed."""
        assert seconds == SIZE.seconds
        self.asked.append((self.build.name, name))
        if name in self.cold:
            self.cold.remove(name)
            return 10_000.0
        return self.mood * (50.0 if name == "floor" else 100.0 * (1 + self.build.slow))

    def decide(self, count: int) -> dict[str, list[str]]:
        """One user in ten is decided otherwise by a build named other."""
        odd = self.build.name == "other"
        return {name: [str(odd and number % 10 == 0) for number in range(count)] for name in NAMES}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@pytest.fixture
def metronomes(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[float]], type[Metronome]]:
    """Workers with these moods, process by process."""

    def made(moods: list[float]) -> type[Metronome]:
        for name in ("asked", "started", "pinned"):
            monkeypatch.setattr(Metronome, name, [])
        monkeypatch.setattr(Metronome, "moods", iter(moods))
        monkeypatch.setattr(module, "Worker", Metronome)
        return Metronome

    return made


@pytest.mark.parametrize(("slow", "expected"), [(0.0, "pass"), (0.05, "fail")])
def test_a_seeded_loss_is_found_and_none_is_not(
    metronomes: Callable[[list[float]], type[Metronome]], slow: float, expected: str
) -> None:
    """Identical builds have a ratio of 1, a build slowed by 5 % one of 1.05, whatever the pair's common mood."""
    metronomes([mood for mood in (1.0, 3.0, 1.5, 1.0, 2.0, 1.1) for _ in range(2)])
    found = race(here().slowed(slow), here(), SIZE).estimates()

    assert {ratio.value for ratio in found.values()} == {1 + slow}
    assert {verdict(ratio) for ratio in found.values()} == {expected}


def test_scatter_between_processes_is_in_the_interval(
    metronomes: Callable[[list[float]], type[Metronome]],
) -> None:
    """Where each process keeps its own speed, more rounds don't help, and the verdict says so."""
    metronomes([1.0, 1.06, 1.0, 1.05, 1.0, 1.03, 1.0, 1.04, 1.0, 1.05, 1.0, 1.07])
    found = race(here(), here(), Size(6, 50, SIZE.seconds, 1)).estimates()[ROLLOUT]

    assert verdict(found) == "inconclusive"
    assert found.n == 6


def test_blocks_take_turns_in_shuffled_order(metronomes: Callable[[list[float]], type[Metronome]]) -> None:
    """Every round asks both processes for each workload, in an order that changes, and the first is not counted."""
    workers = metronomes([1.0] * 12)
    new, old = Build("new", Path("python")), Build("old", Path("python"))
    found = race(new, old, SIZE)
    blocks = 2 * len(NAMES)
    rounds = [tuple(workers.asked[start : start + blocks]) for start in range(0, len(workers.asked), blocks)]

    assert len(rounds) == SIZE.processes * (SIZE.rounds + 1)
    assert all(sorted(turn) == sorted((who, name) for who in ("new", "old") for name in NAMES) for turn in rounds)
    assert len(set(rounds)) > len(rounds) / 2
    assert found.ratios[ROLLOUT].size == SIZE.processes


def test_the_first_round_is_dropped(metronomes: Callable[[list[float]], type[Metronome]]) -> None:
    """A process whose first block of each workload takes a hundred times as long is not the slower one."""
    metronomes([1.0] * 12)
    found = race(Build("cold", Path("python")), here(), Size(6, 1, SIZE.seconds, 1)).estimates()

    assert {ratio.value for ratio in found.values()} == {1.0}


def test_other_decisions_are_counted(metronomes: Callable[[list[float]], type[Metronome]]) -> None:
    """The users whom the builds decide otherwise are counted by workload."""
    metronomes([1.0] * 12)

    found = race(Build("other", Path("python")), here(), SIZE)

    assert set(found.differing.values()) == {len(IDS) / 10}
    assert found.about[0]["version"] == "other"


def test_multiples_of_the_floor_cancel_the_machine(metronomes: Callable[[list[float]], type[Metronome]]) -> None:
    """A call that takes two hashes is 2 floors in every process, however fast that is; the floor is asked as often."""
    workers = metronomes([1.0, 5.0, 2.0, 0.5, 1.0, 1.5])
    found = multiples(here(), SIZE)

    assert {estimate.value for estimate in found.values()} == {2.0}
    assert sum(name == "floor" for _, name in workers.asked) * 2 == len(workers.asked)


@pytest.mark.parametrize("profile", SIZES)
def test_every_profile_carries_an_interval(profile: str) -> None:
    """Six processes are the least; what decides on a machine makes twenty comparisons of identical code."""
    size = SIZES[profile]

    assert size.processes >= 6
    assert size.nulls >= (1 if profile == "smoke" else 20)


@pytest.mark.slow
def test_a_real_loss_fails_and_a_copy_decides_alike(tmp_path: Path) -> None:
    """A copy of the package whose calls are made four times loses beyond half; no time of this machine is asserted.

    Six ratios near 4 would all have to fall below 1.5 for a miss, each by a mood that halves one of two alternating
    processes over all of its median round: below 1e-9 together.
    """
    shutil.copytree(HOME / "ffcore", tmp_path / "ffcore", ignore=shutil.ignore_patterns("lab", "__pycache__"))
    copy = find(str(tmp_path))
    found = race(copy.slowed(3.0), here(), Size(6, 2, 0.0005, 1))

    assert {change.verdict for change in judged(found.estimates(), 0.5)} == {"fail"}
    assert set(found.differing.values()) == {0}
    assert Path(found.about[0]["file"]).is_relative_to(tmp_path)


def test_a_pair_shares_a_processor_and_its_builds_start_first_by_turns(
    metronomes: Callable[[list[float]], type[Metronome]],
) -> None:
    """Whatever a place or the first start brings falls on both builds alike."""
    workers = metronomes([1.0] * 12)
    race(Build("new", here().python, None), Build("old", here().python, None), SIZE)

    assert workers.started == ["new", "old", "old", "new"] * 3
    assert workers.pinned[::2] == workers.pinned[1::2]


def test_a_worker_stays_where_it_is_pinned() -> None:
    """A real process is bound to one processor, where the system can do that."""
    if not hasattr(os, "sched_getaffinity"):
        pytest.skip("this system pins no process")
    processor = max(os.sched_getaffinity(0))
    with Worker(here(), instructions()) as worker:
        worker.pin(processor)

        assert os.sched_getaffinity(worker._process.pid) == {processor}
