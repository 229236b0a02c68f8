"""One notebook's run, from its parameters to its result file, so that the notebook itself stays thin."""

import json
import os
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

import ffcore
from ffcore.lab.population import load_population
from ffcore.lab.verify.check import Check, Verdict, worst

from . import figures, notebooks, profiles, results, samples, tables
from .conclusion import Conclusion
from .machine import Machine
from .results import Measure
from .targets import Target, load_targets

ENVIRONMENT = "FFCORE_RUN"
STAMP = "%Y-%m-%dT%H:%M:%SZ"
SEED = 0
USER_ID = "user_id"


class Run:
    """The data, the checks and the measures of one notebook.

    Attributes:
        flags: The flag set named by the parameter `flags`.
        users: One row per user, the id column renamed to `user_id`; as many as the profile takes, evenly spread.
        profile: Sample sizes.
        parameters: What the notebook was run with.
        checks: The checks added so far.
        measures: The measures added so far.
    """

    def __init__(self, notebook: str, parameters: dict[str, object]) -> None:
        self.notebook, self.parameters = notebook, parameters
        self.profile = profiles.profile(str(parameters["profile"]))
        self.flags = ffcore.load(str(parameters["flags"]))
        self.users = _users(str(parameters["population"]), str(parameters["id_column"]), self.profile.users)
        self.checks: list[Check] = []
        self.measures: list[Measure] = []
        self._started, self._clock = datetime.now(UTC), time.monotonic()

    @cached_property
    def machine(self) -> Machine:
        """What the run was measured on, with a warning for whatever makes it unfit."""
        return Machine.record()

    def check(self, check: Check, name: str) -> Check:
        """Name a check, which keeps its figure, add it to the result file and the verdict, and return it."""
        self.checks.append(replace(check, name=name, details={"figure": check.name, **check.details}))
        return self.checks[-1]

    def measure(self, measure: Measure) -> Measure:
        """Judge a measure by its target, unless it brings a verdict; add it to the result file and return it."""
        self.measures.append(measure if measure.verdict else measure.judged(self._target(measure.name)))
        return self.measures[-1]

    def judgements(self) -> "Judgements":
        """The measures so far beside their targets."""
        return Judgements(tuple((measure, self._target(measure.name)) for measure in self.measures))

    def verdict(self) -> Conclusion:
        """Conclude from the checks alone: text that is the same wherever the data are the same."""
        return Conclusion(self.notebook, tuple(self.checks))

    def finish(self) -> results.Result:
        """Write the result file and its samples if a report runs; in JupyterLab nothing is. Returns what was found."""
        order = json.loads(os.environ.get(ENVIRONMENT, "{}"))
        needed = [check.n_needed or 0 for check in self.checks if check.verdict == "inconclusive"]
        result = results.Result(
            notebook=self.notebook,
            title=order.get("title", self.notebook),
            question=order.get("question", ""),
            profile=self.profile.name,
            parameters=self.parameters,
            seed=SEED,
            version=ffcore.__version__,
            commit=self.machine.commit,
            machine=self.machine.to_dict(),
            started=self._started.strftime(STAMP),
            seconds=round(time.monotonic() - self._clock, 3),
            verdict=worst(self._verdicts()),
            checks=[check.to_dict() for check in self.checks],
            measures=self.measures,
            n_needed=max(needed, default=0) or None,
        )
        if "path" in order:
            path = Path(order["path"])
            result = samples.keep(result, path)
            results.write(result, path)
        return result

    def _verdicts(self) -> list[Verdict]:
        return [check.verdict for check in self.checks] + [m.verdict for m in self.measures if m.verdict]

    def _target(self, name: str) -> Target | None:
        return next((row for row in self._targets if (row.notebook, row.measure) == (self.notebook, name)), None)

    @cached_property
    def _targets(self) -> list[Target]:
        return load_targets(notebooks.targets_file())

    def _repr_html_(self) -> str:
        facts = {
            "flags and experiments": f"{len(self.flags)} and {len(self.flags.experiments)}",
            "users": f"{len(self.users):,}",
            "context attributes": ", ".join(column for column in self.users.columns if column != USER_ID) or "none",
            **{name: str(value) or "none" for name, value in self.parameters.items()},
        }
        return tables.facts(facts)


@dataclass(frozen=True, slots=True)
class Judgements:
    """Measures with the target of each, None where a measure is for information; notebooks show a table."""

    rows: tuple[tuple[Measure, Target | None], ...]

    def _repr_html_(self) -> str:
        headings = ("measure", "actual", "interval", "n", "note", "target", "verdict")
        return tables.grid(headings, [self._cells(measure, target) for measure, target in self.rows])

    def _cells(self, measure: Measure, target: Target | None) -> tuple[str, ...]:
        n = "" if measure.n is None else f"{measure.n:,}"
        wanted, verdict = (target.target if target else "for information"), measure.verdict or ""
        return measure.label, figures.amount(measure), figures.span(measure), n, measure.note, wanted, verdict


def open_run(notebook: str, **parameters: object) -> Run:
    """Open the run of a notebook with all its parameters; ConfigError says what is wrong with flags or population."""
    return Run(notebook, parameters)


def _users(path: str, id_column: str, limit: int | None) -> pd.DataFrame:
    frame = load_population(path, id_column)
    if id_column != USER_ID:
        frame = frame.drop(columns=USER_ID, errors="ignore").rename(columns={id_column: USER_ID})
    frame = frame.drop_duplicates(USER_ID)
    if limit is not None and limit < len(frame):
        frame = frame.iloc[np.linspace(0, len(frame) - 1, limit).astype(int)]
    return frame.reset_index(drop=True)
