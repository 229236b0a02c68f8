"""One notebook of a run, from its start to its page; nothing it does reaches the others."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Lock

import nbformat

import ffcore
from ffcore.lab.verify.check import Verdict
from ffcore.whole_file import whole_file

from . import engine, export, failures, notebooks, pictures, profiles, progress, results
from .machine import Machine
from .plan import Plan
from .session import ENVIRONMENT, SEED, STAMP

_ONE_AT_A_TIME = Lock()


def run_one(source: Path, plan: Plan, display: progress.Display, kernels: engine.Kernels) -> results.Result:
    """Run one notebook, whatever it does, and write its result file, key figure and page; the page comes last."""
    draft = _draft(source, plan.values[source.stem])
    job = _job(source, plan, draft, display, kernels)
    display.start(source.stem, len(nbformat.read(source, as_version=4).cells))
    clock = time.monotonic()
    error = _execute(job)
    if kernels.killed and error is not None:
        error = KeyboardInterrupt()
    result = _outcome(plan.folder / f"{source.stem}.json", draft, error)
    seconds = round(time.monotonic() - clock, 3)
    path = plan.folder / f"{source.stem}.json"
    figure = pictures.keep(job.output, path) if job.output.exists() else None
    result = replace(result, notebook=source.stem, started=draft.started, seconds=seconds, figure=figure)
    results.write(result, path)
    with _ONE_AT_A_TIME:
        _write_page(job, result)
    display.finish(source.stem, result.verdict)
    return result


def is_finished(name: str, folder: Path) -> bool:
    """Whether a run's folder holds the whole outcome of a notebook: a page, and a result that Ctrl-C did not cut."""
    try:
        return (folder / f"{name}.html").exists() and not is_stopped(results.read(folder / f"{name}.json"))
    except ffcore.ConfigError:
        return False


def is_stopped(result: results.Result) -> bool:
    """Whether Ctrl-C ended a notebook."""
    return result.error is not None and result.error["kind"] == failures.STOPPED


def _draft(source: Path, values: dict[str, object]) -> results.Result:
    """The result of a notebook that has not said anything."""
    title, question = notebooks.heading(source)
    machine = Machine.record()
    return results.Result(
        notebook=source.stem,
        title=title,
        question=question,
        profile=str(values["profile"]),
        parameters=values,
        seed=SEED,
        version=ffcore.__version__,
        commit=machine.commit,
        machine=machine.to_dict(),
        started=datetime.now(UTC).strftime(STAMP),
        seconds=0.0,
        verdict="fail",
    )


def _job(
    source: Path, plan: Plan, draft: results.Result, display: progress.Display, kernels: engine.Kernels
) -> engine.Job:
    told = {
        "path": str((plan.folder / f"{source.stem}.json").resolve()),
        "title": draft.title,
        "question": draft.question,
    }
    return engine.Job(
        notebook=source,
        output=plan.folder / f"{source.stem}.ipynb",
        log=plan.folder / f"{source.stem}.log",
        parameters=plan.values[source.stem],
        environment={ENVIRONMENT: json.dumps(told)},
        cell_timeout=profiles.profile(draft.profile).cell_timeout,
        on_cell=partial(display.cell, source.stem),
        kernels=kernels,
    )


def _execute(job: engine.Job) -> BaseException | None:
    try:
        engine.execute(job)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 (whatever a notebook does is its own failure)
        failures.append(job.log, error)
        return error
    return None


def _outcome(path: Path, draft: results.Result, error: BaseException | None) -> results.Result:
    """Read what the notebook wrote; without it, or after an error, the verdict is not the notebook's to give."""
    try:
        written = results.read(path) if path.exists() else draft
    except ffcore.ConfigError as damaged:
        written, error = draft, error or damaged
    if written is draft and error is None:
        error = failures.NoResultError("it ended without a result: `run.finish()` was never called")
    if error is None:
        return written
    verdict: Verdict = "inconclusive" if isinstance(error, KeyboardInterrupt) else "fail"
    return replace(written, verdict=verdict, error=failures.describe(error))


def _write_page(job: engine.Job, result: results.Result) -> None:
    if job.output.exists():
        export.settle(job.output)
    executed = job.output if job.output.exists() else job.notebook
    page = job.output.with_suffix(".html")
    with whole_file(page) as unfinished:
        unfinished.write_text(export.page(executed, result), encoding="utf-8")
