"""The papermill engine of the runner: this interpreter as kernel, its own log file, a call for every cell."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
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
            on_cell_start=lambda cell_index, **_: job.on_cell(cell_index),
        )
        client.create_kernel_manager()
        client.km.kernel_spec.argv[0] = sys.executable
        with job.log.open("w", encoding="utf-8") as log:
            client.execute(env={**os.environ, **job.environment}, stdout=log, stderr=log)


papermill_engines.register(NAME, _Engine)
