"""The papermill engine of the runner: this interpreter as kernel, its own log file, a call for every cell."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import papermill
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

NAME = "ffcore"
QUIET = "--IPKernelApp.log_level=40"


@dataclass(frozen=True, slots=True)
class Job:
    """How one notebook runs: its source, the executed copy, the log of its kernel, and the seconds a cell may take."""

    notebook: Path
    output: Path
    log: Path
    parameters: Mapping[str, object]
    environment: Mapping[str, str]
    cell_timeout: float
    on_cell: Callable[[int], None]
    kernels: "Kernels"


class StoppedError(RuntimeError):
    """The report was stopped, so no further cell runs."""


class Kernels:
    """The kernels that run for a report, so that Ctrl-C can end them from another thread."""

    def __init__(self) -> None:
        self.killed = False
        self._running: list[Any] = []
        self._lock = Lock()

    @contextmanager
    def running(self, manager: Any) -> Iterator[None]:
        """Count a kernel as running inside the block; one that starts after `kill` is refused."""
        with self._lock:
            if self.killed:
                raise StoppedError
            self._running.append(manager)
        try:
            yield
        finally:
            with self._lock:
                self._running.remove(manager)

    def kill(self) -> None:
        """End all kernels at once; their notebooks see a dead kernel."""
        with self._lock:
            self.killed = True
            for manager in self._running:
                process = getattr(manager.provisioner, "process", None)
                if process is not None:
                    process.kill()


def execute(job: Job) -> None:
    """Run one notebook in the current directory.

    Raises PapermillExecutionError for a failed cell, nbclient's DeadKernelError and CellTimeoutError for the others.
    """
    papermill.execute_notebook(
        str(job.notebook),
        str(job.output),
        parameters=dict(job.parameters),
        engine_name=NAME,
        progress_bar=False,
        job=job,
    )


class _Engine(NBClientEngine):  # type: ignore[misc]
    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        job: Job | None = None,
        start_timeout: int = 60,
        **_: Any,
    ) -> None:
        """Execute the cells with a kernel that writes to the job's log."""
        assert job is not None  # noqa: S101 (papermill hands it through)
        client = PapermillNotebookClient(
            nb_man,
            kernel_name=kernel_name,
            timeout=job.cell_timeout,
            startup_timeout=start_timeout,
            extra_arguments=[QUIET],
            on_cell_start=lambda cell_index, **_: _begin_cell(job, cell_index),
        )
        client.create_kernel_manager()
        client.km.kernel_spec.argv[0] = sys.executable
        with job.log.open("w", encoding="utf-8") as log, job.kernels.running(client.km):
            client.execute(env={**os.environ, **job.environment}, stdout=log, stderr=log)


def _begin_cell(job: Job, cell_index: int) -> None:
    if job.kernels.killed:
        raise StoppedError
    job.on_cell(cell_index)


papermill_engines.register(NAME, _Engine)
