"""Runs the notebooks of a plan through papermill, one after another or several at once; none can stop the others."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from jupyter_core.utils import ensure_event_loop

from ffcore.lab.verify.check import Verdict, worst

from . import engine, folders, notebooks, order, page, progress, results, single, time_left
from .plan import Plan


@dataclass(frozen=True, slots=True)
class Report:
    """A finished run: its summary page, what each notebook found, and whether Ctrl-C ended it early."""

    page: Path
    results: Sequence[results.Result]
    interrupted: bool

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all notebooks."""
        return worst(result.verdict for result in self.results)


def run(plan: Plan, baseline: Path | None = None, jobs: int = 1) -> Report:
    """Run the notebooks of a plan, write a result file and a page for each, and publish the summary as `latest`.

    A notebook that crashes, hangs or kills its kernel is a fail with a log, and the next one runs. Ctrl-C ends the
    run after the notebook it stopped; what was finished stays. Of a run that goes on, only the rest is run.

    Args:
        plan: What to run, and where.
        baseline: The folder of a run that the summary compares with.
        jobs: How many notebooks run at once. Those that measure time never have another beside them.
    """
    if not (plan.folder / order.NAME).exists():
        order.keep(plan)
    with folders.held(plan.folder / order.NAME):
        rest = [source for source in plan.sources if not single.is_finished(source.stem, plan.folder)]
        interrupted = _run_all(rest, plan, jobs)
        page.write(plan.folder, baseline)
    found = results.read_all(plan.folder)
    return Report(folders.publish(plan.folder) / page.NAME, found, interrupted)


def _run_all(sources: Sequence[Path], plan: Plan, jobs: int) -> bool:
    """Run notebooks: first those that may share the machine, then each of the others alone; whether Ctrl-C came."""
    together = [source for source in sources if jobs > 1 and not notebooks.measures_time(source)]
    alone = [source for source in sources if source not in together]
    left = time_left.TimeLeft(time_left.expected(sources, plan, {source.stem: jobs for source in together}))
    with progress.display(len(sources), left=left) as display:
        interrupted = _at_once(together, plan, jobs, display) if together else False
        for source in () if interrupted else alone:
            try:
                interrupted = single.is_stopped(single.run_one(source, plan, display, engine.Kernels()))
            except KeyboardInterrupt:
                interrupted = True
            if interrupted:
                break
    return interrupted


def _at_once(sources: Sequence[Path], plan: Plan, jobs: int, display: progress.Display) -> bool:
    """Run several at a time; Ctrl-C, which reaches only this thread, ends their kernels and starts no other."""
    kernels = engine.Kernels()
    with ThreadPoolExecutor(jobs) as pool:
        running = [pool.submit(_in_thread, source, plan, display, kernels) for source in sources]
        try:
            wait(running)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            kernels.kill()
    return any(single.is_stopped(result) for result in _ended(running)) or kernels.killed


def _in_thread(source: Path, plan: Plan, display: progress.Display, kernels: engine.Kernels) -> results.Result:
    try:
        return single.run_one(source, plan, display, kernels)
    finally:
        ensure_event_loop().close()  # nbclient gives each thread a loop, which nobody else closes


def _ended(running: Sequence[Future[results.Result]]) -> Iterator[results.Result]:
    yield from (future.result() for future in running if not future.cancelled())
