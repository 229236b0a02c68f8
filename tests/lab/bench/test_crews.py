"""The crews: executors of every kind that work, end with their block, and can be made faulty."""

import os
from concurrent.futures import Executor

import psutil
import pytest

from ffcore import ConfigError
from ffcore.lab.bench import crews as room
from ffcore.lab.bench.crews import ALONE, DASK, PROCESSES, THREADS, crews


def pids(executor: Executor) -> set[int]:
    """The processes in which an executor works."""
    futures = [executor.submit(os.getpid) for _ in range(8)]
    return {future.result() for future in futures}


@pytest.mark.slow
def test_every_crew_works_and_ends_with_the_block() -> None:
    """Threads work here; processes and cluster elsewhere, and none of their workers is left behind."""
    with crews() as hired:
        places = {name: pids(executor) for name, executor in hired.executors.items()}

    assert list(places) == [ALONE, THREADS, PROCESSES, DASK]
    assert places[ALONE] == places[THREADS] == {os.getpid()}
    others = places[PROCESSES] | places[DASK]
    assert os.getpid() not in others
    assert not any(map(psutil.pid_exists, others))
    assert hired.absent == {}


def test_a_faulty_crew_loses_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the fault each crew answers the second task of a run with the first one's answer."""
    monkeypatch.setattr(room, "find_spec", lambda _: None)

    with crews("lost_part") as hired:
        answers = [hired.executors[THREADS].submit(abs, task).result() for task in (-1, -2, -3)]

    assert answers == [1, 1, 3]


def test_without_dask_the_others_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not installed is named, not needed."""
    monkeypatch.setattr(room, "find_spec", lambda _: None)

    with crews() as hired:
        assert list(hired.executors) == [ALONE, THREADS, PROCESSES]
        assert hired.absent == {DASK: "distributed is not installed"}


def test_an_unknown_fault_names_the_nearest() -> None:
    """A misspelt fault is refused before anybody is hired."""
    with pytest.raises(ConfigError, match=r"^fault: 'lost_parts' is no fault of executors; did you mean lost_part\?$"):
        crews("lost_parts").__enter__()
