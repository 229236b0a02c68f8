"""The executors: executors of every kind that work, end with their block, and can be made faulty."""

import os
from concurrent.futures import Executor

import psutil
import pytest

from ffcore import ConfigError
from ffcore.lab.bench import executors as room
from ffcore.lab.bench.executors import DASK, ONE_THREAD, TWO_PROCESSES, TWO_THREADS, local_executors


def pids(executor: Executor) -> set[int]:
    """The processes in which an executor works."""
    futures = [executor.submit(os.getpid) for _ in range(8)]
    return {future.result() for future in futures}


@pytest.mark.slow
def test_every_crew_works_and_ends_with_the_block() -> None:
    """Threads work here; processes and cluster elsewhere, and none of their workers is left behind."""
    with local_executors() as executors:
        places = {name: pids(executor) for name, executor in executors.by_name.items()}

    assert list(places) == [ONE_THREAD, TWO_THREADS, TWO_PROCESSES, DASK]
    assert places[ONE_THREAD] == places[TWO_THREADS] == {os.getpid()}
    others = places[TWO_PROCESSES] | places[DASK]
    assert os.getpid() not in others
    assert not any(map(psutil.pid_exists, others))
    assert executors.absent == {}


def test_a_faulty_crew_loses_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the fault each executor answers the second task of a run with the first one's answer."""
    monkeypatch.setattr(room, "find_spec", lambda _: None)

    with local_executors("lost_part") as executors:
        answers = [executors.by_name[TWO_THREADS].submit(abs, task).result() for task in (-1, -2, -3)]

    assert answers == [1, 1, 3]


def test_without_dask_the_others_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not installed is named, not needed."""
    monkeypatch.setattr(room, "find_spec", lambda _: None)

    with local_executors() as executors:
        assert list(executors.by_name) == [ONE_THREAD, TWO_THREADS, TWO_PROCESSES]
        assert executors.absent == {DASK: "distributed is not installed"}


def test_an_unknown_fault_names_the_nearest() -> None:
    """A misspelt fault is refused before anybody is executors."""
    with pytest.raises(ConfigError, match=r"^fault: 'lost_parts' is unknown; did you mean lost_part\?$"):
        local_executors("lost_parts").__enter__()
