"""Races: two builds in pairs of fresh processes whose blocks take turns, and one build against the floor."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ffcore.lab.bench.comparison import turns
from ffcore.lab.bench.contender import ATTRIBUTES, WITH_ATTRIBUTES, Call
from ffcore.lab.bench.estimate import Estimate, Floats, median
from ffcore.lab.bench.gate.builds import Build, Worker
from ffcore.lab.bench.gate.judging import MARGIN
from ffcore.lab.bench.ourselves import FLOOR, flag_items, floor_call, own_calls

IDS = tuple(f"user-{number}" for number in range(2_000))
Progress = Callable[[str], object]
Rows = Mapping[str, Mapping[str, tuple[Worker, str]]]  # who takes part in a workload, and by which of its calls


@dataclass(frozen=True, slots=True)
class Size:
    """How much a gate measures.

    Attributes:
        processes: fresh processes of each build, at least six; the interval is over them.
        rounds: counted turns of each workload in a process, after one that is not.
        seconds: the shortest block.
        nulls: comparisons of identical code.
        margin: the loss that is tolerated, as a fraction.
    """

    processes: int
    rounds: int
    seconds: float
    nulls: int
    margin: float = MARGIN


#: Few and short processes can't tell 2 %, so the smoke profile judges by a margin that they can carry.
SIZES = {
    "smoke": Size(8, 3, 0.0005, 1, 0.25),
    "standard": Size(12, 4, 0.005, 20),
    "full": Size(20, 8, 0.02, 40),
}


def sized(profile: str, margin: float | None = None) -> Size:
    """How much a profile measures, with another margin than its own if one is given.

    >>> sized("standard").margin, sized("smoke", 0.1).margin
    (0.02, 0.1)
    """
    return SIZES[profile] if margin is None else replace(SIZES[profile], margin=margin)


@dataclass(frozen=True, slots=True, eq=False)
class Race:
    """What `race` measured.

    Attributes:
        ratios: candidate's time over baseline's by workload, one for each pair of processes.
        differing: by workload, for how many of the ids the two decide otherwise.
        about: version, file and interpreter of the candidate and of the baseline.
    """

    ratios: dict[str, Floats]
    differing: dict[str, int]
    about: tuple[dict[str, str], dict[str, str]]

    def estimates(self) -> dict[str, Estimate]:
        """The median ratio over pairs of processes, with its 95 % interval."""
        return {name: median(values) for name, values in self.ratios.items()}


def race(
    candidate: Build, baseline: Build, size: Size, *, seed: int = 0, progress: Progress = lambda line: None
) -> Race:
    """Time two builds against each other on the five workloads.

    The two processes of a pair live at the same time on one processor, since two processors may differ by a third when
    other work shares them. Their blocks take turns: in each round the workloads come in shuffled order, and within a
    workload the two processes. The first round warms up and finds how many calls fill a block; it is dropped. A pair's
    ratio is the median over its rounds. The interval is over pairs, because a process keeps its memory layout and its
    hash seed as long as it lives: more rounds would not average these out.

    Times are processor times of each process, which other work on the machine does not lengthen; what a build spends
    waiting is therefore not seen.

    Args:
        candidate: the build that must not be slower.
        baseline: the build that it is compared with.
        size: how much to measure.
        seed: draws the order.
        progress: told what is going on, in words.

    Raises:
        ConfigError: a build does not start, or is no ffcore.
    """
    ratios: dict[str, list[float]] = {name: [] for name in own_calls()}
    differing: dict[str, int] = {}
    about: list[dict[str, str]] = []
    for number in range(size.processes):
        progress(f"pair {number + 1} of {size.processes}")
        with ExitStack() as exits:
            pair = _pair(exits, candidate, baseline, number)
            if not about:
                about = [worker.about for worker in pair]
                differing = _differing(*(worker.decide(len(IDS)) for worker in pair))
            rows = {name: {"new": (pair[0], name), "old": (pair[1], name)} for name in ratios}
            times = _times(rows, size, seed * size.processes + number)
        for name, row in times.items():
            ratios[name].append(float(np.median(row["new"] / row["old"])))
    return Race({name: np.array(values) for name, values in ratios.items()}, differing, (about[0], about[1]))


def multiples(
    build: Build, size: Size, *, seed: int = 0, progress: Progress = lambda line: None
) -> dict[str, Estimate]:
    """Estimate each workload's time in multiples of the floor, one bare hash, over fresh processes of one build.

    Within a process each block of a workload has one of the floor beside it, in shuffled order, so that the machine's
    speed and its changes cancel. This is what a stored run is compared by.
    """
    found: dict[str, list[float]] = {name: [] for name in own_calls()}
    for number in range(size.processes):
        progress(f"process {number + 1} of {size.processes}")
        with Worker(build, instructions()) as worker:
            rows = {name: {name: (worker, name), FLOOR: (worker, FLOOR)} for name in found}
            times = _times(rows, size, seed * size.processes + number)
        for name, row in times.items():
            found[name].append(float(np.median(row[name] / row[FLOOR])))
    return {name: median(values) for name, values in found.items()}


def instructions() -> dict[str, Any]:
    """What every process is told: the ten flags of the comparison, our five calls, the floor and the ids."""
    calls = {name: _told(call, ATTRIBUTES if name in WITH_ATTRIBUTES else {}) for name, call in own_calls().items()}
    return {"flags": flag_items(), "calls": calls, "floors": {FLOOR: _told(floor_call(), {})}, "ids": IDS}


def _told(call: Call, attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {"expression": call.expression, "attributes": attributes}


def _times(rows: Rows, size: Size, seed: int) -> dict[str, dict[str, Floats]]:
    """Nanoseconds a call by workload and member, one for each counted round."""
    times: dict[str, dict[str, list[float]]] = {name: {who: [] for who in row} for name, row in rows.items()}
    for number, name, who in turns(rows, size.rounds + 1, seed):
        worker, call = rows[name][who]
        nanoseconds = worker.time(call, size.seconds)
        if number:
            times[name][who].append(nanoseconds)
    return {name: {who: np.array(values) for who, values in row.items()} for name, row in times.items()}


def _pair(exits: ExitStack, candidate: Build, baseline: Build, number: int) -> list[Worker]:
    """A process of each build, both on one processor; the builds start first by turns."""
    builds = (candidate, baseline) if number % 2 == 0 else (baseline, candidate)
    pair = [exits.enter_context(Worker(build, instructions())) for build in builds]
    processors = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
    for worker in pair:
        worker.pin(processors[number // 2 % len(processors)])
    return pair if number % 2 == 0 else pair[::-1]


def _differing(*decided: Mapping[str, list[str]]) -> dict[str, int]:
    first, second = decided
    return {name: sum(a != b for a, b in zip(first[name], second[name], strict=True)) for name in first}
