"""The typed result file that each notebook writes; the page, the exit code and every comparison read these alone."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import ffcore
from ffcore.lab.bench.estimate import Estimate, Origin
from ffcore.lab.verify.check import Verdict, plain
from ffcore.whole_file import whole_file

from .targets import Target

SCHEMA = 1
_RULES = json.loads(Path(__file__).with_name("result.schema.json").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a figure is computed again: an estimator's name, the kept series by argument, and the other arguments."""

    estimator: str
    samples: Mapping[str, str]
    settings: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measured value: `value` and `interval` in `unit`, from `n` observations.

    `basis` says what judged it, and `replaces` names the benchmark of the seed report that it stands for. `origin`
    holds the samples while a notebook runs, and says in its result file how the figure is computed from them.
    """

    name: str
    label: str
    value: float | None
    interval: tuple[float | None, float | None] | None
    unit: str
    n: int | None
    verdict: Verdict | None = None
    basis: Literal["", "target", "checks"] = ""
    note: str = ""
    replaces: str = ""
    origin: Origin | Recipe | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, name: str, label: str, estimate: Estimate, unit: str, **more: Any) -> "Measure":
        """Make a measure from an estimate; `more` may give the fields after `n`.

        >>> Measure.of("p99", "P99", Estimate(1.5, 1.0, 2.0, 20), "ratio").interval
        (1.0, 2.0)
        """
        interval = None if estimate.low is None else (estimate.low, estimate.high)
        return cls(name, label, estimate.value, interval, unit, estimate.n, origin=estimate.origin, **more)

    def judged(self, target: Target | None) -> "Measure":
        """Return this measure with the verdict that the target's bound gives it, if there is one."""
        verdict = target.judge(self.value, self.interval) if target else None
        return replace(self, verdict=verdict, basis="target") if verdict else self


@dataclass(frozen=True, slots=True)
class Result:
    """What one notebook of one run found. `seconds` is the run time; `error` is set if the notebook crashed.

    `figure` names the picture that stands for the notebook, which lies beside the file, and its alternative text;
    `samples` the file of raw samples beside it, with its SHA-256 and how many values it holds.
    """

    notebook: str
    title: str
    question: str
    profile: str
    parameters: Mapping[str, object]
    seed: int
    version: str
    commit: str | None
    machine: Mapping[str, object]
    started: str
    seconds: float
    verdict: Verdict
    checks: list[dict[str, Any]] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    n_needed: int | None = None
    error: dict[str, str] | None = None
    figure: dict[str, str] | None = None
    samples: dict[str, Any] | None = None
    schema: int = SCHEMA


def write(result: Result, path: Path) -> None:
    """Write a result file so that a reader sees all of it or nothing; OSError if the folder refuses."""
    text = json.dumps(plain(asdict(result)), indent=1, allow_nan=False, ensure_ascii=False)
    with whole_file(path) as unfinished:
        unfinished.write_text(text + "\n", encoding="utf-8")


def read(path: Path) -> Result:
    """Read and validate one result file; ConfigError names every place that breaks the schema."""
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ffcore.ConfigError([(str(path), f"is no readable result file: {error}")]) from error


def parse(text: str, path: str) -> Result:
    """Validate the text of a result file, which messages call `path`, as `read` does it."""
    import jsonschema  # type: ignore[import-untyped]  # 0.8 s that notebooks, which only write, do without

    try:
        item = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ffcore.ConfigError([(path, f"is no readable result file: {error}")]) from error
    broken = sorted(jsonschema.Draft202012Validator(_RULES).iter_errors(item), key=lambda error: error.json_path)
    if broken:
        raise ffcore.ConfigError([(f"{path}: {error.json_path}", error.message) for error in broken])
    return Result(**{**item, "measures": [_measure(measure) for measure in item["measures"]]})


def read_all(folder: Path) -> list[Result]:
    """Read the result files of one run, in the order of their start; ConfigError lists the problems of all of them."""
    problems: list[tuple[str, str]] = []
    results: list[Result] = []
    for path in sorted(folder.glob("*.json")):
        try:
            results.append(read(path))
        except ffcore.ConfigError as error:
            problems += error.problems
    if problems:
        raise ffcore.ConfigError(problems)
    return sorted(results, key=lambda result: (result.started, result.notebook))


def _measure(item: dict[str, Any]) -> Measure:
    interval, origin = item["interval"], item.get("origin")
    read_back = {"interval": tuple(interval) if interval else None, "origin": Recipe(**origin) if origin else None}
    return Measure(**{**item, **read_back})
