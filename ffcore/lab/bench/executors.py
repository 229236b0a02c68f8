"""Executors of this machine that bulk decisions can run on: threads, processes, and a Dask cluster of two workers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing import get_context

from ffcore.errors import ConfigError
from ffcore.lab.testing.lost_part import LosesPart

WORKERS = 2
ONE_THREAD, TWO_THREADS, TWO_PROCESSES, DASK = "1 thread", "2 threads", "2 processes", "Dask, 2 workers"
FAULTS = ("lost_part",)


@dataclass(frozen=True, slots=True)
class Executors:
    """Executors by name, and why others are not there."""

    by_name: Mapping[str, Executor]
    absent: Mapping[str, str]


@contextmanager
def local_executors(fault: str = "") -> Iterator[Executors]:
    """One thread; two threads, two processes and a Dask cluster of two, all of this machine, until the block ends.

    Args:
        fault: "lost_part" makes each lose a part of every task and count another twice; empty for none.

    Raises:
        ConfigError: no such fault.

    >>> with local_executors() as executors:
    ...     executors.by_name["2 threads"].submit(abs, -1).result()
    1
    """
    if fault not in ("", *FAULTS):
        raise ConfigError.unknown("fault", fault, FAULTS)
    makers: dict[str, Callable[[ExitStack], Executor]] = {
        ONE_THREAD: lambda stack: stack.enter_context(ThreadPoolExecutor(1)),
        TWO_THREADS: lambda stack: stack.enter_context(ThreadPoolExecutor(WORKERS)),
        TWO_PROCESSES: lambda stack: stack.enter_context(ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn"))),
        DASK: _dask,
    }
    absent = {} if find_spec("distributed") else {DASK: "distributed is not installed"}
    with ExitStack() as stack:
        executors = {name: make(stack) for name, make in makers.items() if name not in absent}
        faulty = {name: LosesPart(executor) if fault else executor for name, executor in executors.items()}
        yield Executors(faulty, absent)


def _dask(stack: ExitStack) -> Executor:
    from distributed import Client, LocalCluster

    here = {"host": "127.0.0.1", "dashboard_address": None}
    quiet = logging.ERROR  # a busy machine's worker that ends late is no warning for a reader
    cluster = LocalCluster(n_workers=WORKERS, threads_per_worker=1, silence_logs=quiet, **here)
    client = stack.enter_context(Client(stack.enter_context(cluster)))
    executor: Executor = client.get_executor(pure=False)  # pure tasks are named by a hash of all that they take
    return executor
