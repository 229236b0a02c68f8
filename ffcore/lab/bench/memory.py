"""Memory over many evaluations, in fresh processes: what Python allocated, what the system gave, and their slopes."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
import psutil

from ffcore.evaluator import Evaluator
from ffcore.flagset import FlagSet
from ffcore.lab.bench.comparison import frozen_heap
from ffcore.lab.bench.display import interval, table
from ffcore.lab.bench.estimate import Estimate, Floats
from ffcore.lab.bench.estimators import slope
from ffcore.lab.bench.workloads import STANDARD

TRACED, RESIDENT = "traced", "resident"
OURS, CONTROL = "ffcore", "leaking control"
READINGS = 40
SETTLED = 30_000  # evaluations before the first reading
SETTLING = 8  # readings that are not in the slope: caches fill, and the interpreter takes its pools
SPARE_ENTRIES = 8
UNKNOWN_EVERY, LEAK_EVERY = 50, 10
LEAK = "leak"


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """Bytes held after each of several numbers of evaluations, in one process of its own."""

    who: str
    kind: str
    evaluations: Floats
    held: Floats

    def slope(self) -> Estimate:
        """Estimate the bytes by which one evaluation adds to memory.

        The first readings, while caches fill, are left out (see `estimators.slope`).

        >>> Memory("ffcore", "traced", np.arange(50.0), 100 + 2 * np.arange(50.0)).slope().value
        2.0
        """
        return slope(self.evaluations[SETTLING:], self.held[SETTLING:])

    def growth(self) -> Floats:
        """Bytes more than at the first reading in the slope."""
        more: Floats = self.held - self.held[SETTLING]
        return more


@dataclass(frozen=True, slots=True, eq=False)
class MemoryRun:
    """What `memory` measured: the evaluator and the leaking control, traced and resident."""

    series: tuple[Memory, ...]

    def of(self, who: str, kind: str) -> Memory:
        """One of the four."""
        return next(one for one in self.series if (one.who, one.kind) == (who, kind))

    def _repr_html_(self) -> str:
        rows = [
            {
                "who": one.who,
                "memory": one.kind,
                "evaluations": f"{one.evaluations[-1]:,.0f}",
                "bytes an evaluation": interval(one.slope(), "{:.4f}".format),
                "bytes more at the end": f"{one.growth()[-1]:,.0f}",
            }
            for one in self.series
        ]
        return table(
            rows, f"Slope [95 % interval] over {READINGS - SETTLING} readings; each row is a process of its own."
        )


@dataclass(frozen=True, slots=True)
class Task:
    """What one process does: its flags, how many evaluations, which memory is read, and whether calls leak."""

    flags: FlagSet
    evaluations: int
    kind: str
    leaks: bool


def memory(flags: FlagSet, evaluations: int, *, fault: str = "") -> MemoryRun:
    """Watch memory over so many evaluations: every flag in turn, ids that never come again, and unknown keys.

    Every fiftieth call asks for a key that no store has, each time another one, so that a small cache has to throw
    entries out all the time. Traced memory is what Python's allocator holds (`tracemalloc`), to the byte; resident
    memory is what the system counts, in pages, and sees what C code keeps too. Each of the four series has a fresh
    process. The control keeps a little of every tenth call.

    Args:
        flags: decided in turn; an empty set stands for the standard ones.
        evaluations: at least one a reading.
        fault: "leak" makes the evaluator leak as the control does; empty for none.

    Raises:
        ValueError: fewer evaluations than readings.
    """
    if evaluations < READINGS:
        raise ValueError(f"evaluations is {evaluations}; expected at least {READINGS}, one a reading")
    plans = [(who, kind) for who in (OURS, CONTROL) for kind in (TRACED, RESIDENT)]
    tasks = [Task(flags or STANDARD, evaluations, kind, leaks=who == CONTROL or fault == LEAK) for who, kind in plans]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as fresh:
        found = list(fresh.map(watch, tasks))
    return MemoryRun(tuple(Memory(*plan, *readings) for plan, readings in zip(plans, found, strict=True)))


def watch(task: Task) -> tuple[Floats, Floats]:
    """One process's share: evaluations so far and bytes held, at each reading.

    >>> made, held = watch(Task(STANDARD, 400, "traced", leaks=True))
    >>> int(made[-1]), bool(held[-1] > held[0])
    (400, True)
    """
    evaluate = Evaluator(task.flags, max_entries=len(task.flags) + SPARE_ENTRIES).evaluate
    keys, kept = list(task.flags), list[tuple[str, float]]()
    each, made, held = task.evaluations // READINGS, np.zeros(READINGS), np.zeros(READINGS)
    read = READERS[task.kind]

    def evaluations(first: int, last: int) -> None:
        for number in range(first, last):
            user = f"user-{number}"
            evaluate(user, f"unknown-{number}" if number % UNKNOWN_EVERY == 0 else keys[number % len(keys)])
            if task.leaks and number % LEAK_EVERY == 0:
                kept.append((user, number / 2))

    with _watched(task.kind):
        evaluations(0, SETTLED)
        for reading in range(READINGS):
            start = SETTLED + reading * each
            evaluations(start, start + each)
            made[reading] = (reading + 1) * each
            gc.collect()
            held[reading] = read()
    return made, held


@contextmanager
def _watched(kind: str) -> Iterator[None]:
    """Trace if that is asked for; what lives by now is kept from the collector, which would take most of the time."""
    with frozen_heap():
        if kind == TRACED:
            tracemalloc.start()
        try:
            yield
        finally:
            tracemalloc.stop()


def _traced() -> int:
    return tracemalloc.get_traced_memory()[0]


def _resident() -> int:
    return int(psutil.Process().memory_info().rss)


READERS: Mapping[str, Callable[[], int]] = {TRACED: _traced, RESIDENT: _resident}
