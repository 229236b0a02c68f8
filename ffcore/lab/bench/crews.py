"""Crews: executors of several kinds with the same number of workers, ready to be measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing import get_context

from ffcore.errors import ConfigError, shown, suggestion
from ffcore.lab.testing.lost_part import LosesPart

WORKERS = 2
ALONE, THREADS, PROCESSES, DASK = "1 thread", "2 threads", "2 processes", "Dask, 2 workers"
FAULTS = ("lost_part",)


@dataclass(frozen=True, slots=True)
class Crews:
    """Executors by name, and why others are not there."""

    executors: Mapping[str, Executor]
    absent: Mapping[str, str]


@contextmanager
def crews(fault: str = "") -> Iterator[Crews]:
    """One thread; two threads, two processes and a Dask cluster of two, all of this machine, until the block ends.

    Args:
        fault: "lost_part" makes each lose a part of every task and count another twice; empty for none.

    Raises:
        ConfigError: no such fault.

    >>> with crews() as hired:
    ...     hired.executors["2 threads"].submit(abs, -1).result()
    1
    """
    if fault not in ("", *FAULTS):
        raise ConfigError([("fault", f"{shown(fault)} is no fault of executors{suggestion(fault, FAULTS)}")])
    makers: dict[str, Callable[[ExitStack], Executor]] = {
        ALONE: lambda stack: stack.enter_context(ThreadPoolExecutor(1)),
        THREADS: lambda stack: stack.enter_context(ThreadPoolExecutor(WORKERS)),
        PROCESSES: lambda stack: stack.enter_context(ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn"))),
        DASK: _dask,
    }
    absent = {} if find_spec("distributed") else {DASK: "distributed is not installed"}
    with ExitStack() as stack:
        executors = {name: make(stack) for name, make in makers.items() if name not in absent}
        faulty = {name: LosesPart(executor) if fault else executor for name, executor in executors.items()}
        yield Crews(faulty, absent)


def _dask(stack: ExitStack) -> Executor:
    from distributed import Client, LocalCluster

    cluster = LocalCluster(n_workers=WORKERS, threads_per_worker=1, host="127.0.0.1", dashboard_address=None)
    client = stack.enter_context(Client(stack.enter_context(cluster)))
    executor: Executor = client.get_executor(pure=False)  # pure tasks are named by a hash of all that they take
    return executor
