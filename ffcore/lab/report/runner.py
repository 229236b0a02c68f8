"""Runs the notebooks of a plan one after another through papermill; none of them can stop the others."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import nbformat

import ffcore
from ffcore.lab.verify.check import Verdict

from . import engine, export, failures, folders, notebooks, order, page, pictures, profiles, progress, results
from .machine import Machine
from .plan import Plan
from .session import ENVIRONMENT, SEED, STAMP


@dataclass(frozen=True, slots=True)
class Report:
    """A finished run: its summary page, what each notebook found, and whether Ctrl-C ended it early."""

    page: Path
    results: Sequence[results.Result]
    interrupted: bool

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all notebooks."""
        return results.worst(result.verdict for result in self.results)


def run(plan: Plan, baseline: Path | None = None) -> Report:
    """Run the notebooks of a plan, write a result file and a page for each, and publish the summary as `latest`.

    A notebook that crashes, hangs or kills its kernel is a fail with a log, and the next one runs. Ctrl-C ends the
    run after the notebook it stopped; what was finished stays. The summary compares with the run `baseline`, if given.
    """
    order.keep(plan)
    found: list[results.Result] = []
    interrupted = False
    with progress.display(len(plan.sources)) as display:
        for source in plan.sources:
            try:
                found.append(_run_one(source, plan, display))
            except KeyboardInterrupt:
                interrupted = True
                break
            display.finish(found[-1].verdict)
            if interrupted := _stopped(found[-1]):
                break
    page.write(plan.folder, baseline)
    return Report(folders.publish(plan.folder) / page.NAME, found, interrupted)


def _stopped(result: results.Result) -> bool:
    return result.error is not None and result.error["kind"] == failures.STOPPED


def _run_one(source: Path, plan: Plan, display: progress.Lines | progress.Bar) -> results.Result:
    draft = _draft(source, plan.values[source.stem])
    job = _job(source, plan, draft, display)
    display.start(source.stem, len(nbformat.read(source, as_version=4).cells))
    clock = time.monotonic()
    error = _execute(job)
    result = _outcome(plan.folder / f"{source.stem}.json", draft, error)
    seconds = round(time.monotonic() - clock, 3)
    path = plan.folder / f"{source.stem}.json"
    figure = pictures.keep(job.output, path) if job.output.exists() else None
    result = replace(result, notebook=source.stem, started=draft.started, seconds=seconds, figure=figure)
    results.write(result, path)
    _write_page(job, result)
    return result


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


def _job(source: Path, plan: Plan, draft: results.Result, display: progress.Lines | progress.Bar) -> engine.Job:
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
        on_cell=display.cell,
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
    job.output.with_suffix(".html").write_text(export.page(executed, result), encoding="utf-8")
