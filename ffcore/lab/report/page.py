"""The summary page of a run, built from its result files and the targets alone."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jinja2

from ffcore.lab.verify import display
from ffcore.lab.verify.check import Check, Verdict, worst

from . import export, machine, notebooks, pictures, results, sparkline
from .against import Against, against
from .figures import amount, span, written
from .history import History, history
from .results import Measure, Result
from .targets import Target, load_targets

NAME = "index.html"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the executive table; `measure` and `result` are None where nothing was measured."""

    target: Target
    measure: Measure | None
    result: Result | None

    @property
    def verdict(self) -> str:
        """The measure's verdict; a notebook that ended without the measure passes its own on; else `not run`."""
        if self.measure and self.measure.verdict:
            return self.measure.verdict
        return self.result.verdict if self.result else "not run"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that failed or stayed open: where, what, how many users it rests on and how many would settle it."""

    result: Result
    what: str
    n: str
    needed: str


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the results of a run: key figures by notebook, earlier runs, and a comparison."""

    figures: Mapping[str, str] = field(default_factory=dict)
    history: History = field(default_factory=History)
    against: Against | None = None


def write(folder: Path, baseline: Path | None = None) -> Path:
    """Write the summary of a run's folder and return its path; ConfigError for a damaged result or targets file.

    All it needs are the result files and pictures of the folder, and those of the runs beside it for the history.
    """
    path = folder / NAME
    found, targets = results.read_all(folder), load_targets(notebooks.targets_file())
    compared = against(found, baseline, targets) if baseline else None
    beside = Beside(shown(found, folder), history(found, folder), compared)
    path.write_text(html(found, targets, beside), encoding="utf-8")
    return path


ALONE = Beside()


def shown(found: Sequence[Result], folder: Path) -> dict[str, str]:
    """Give the key figures that lie in a run's folder, by notebook, as addresses that hold the whole picture."""
    addresses = {result.notebook: pictures.address(folder, result.figure) for result in found}
    return {notebook: address for notebook, address in addresses.items() if address}


def html(found: Sequence[Result], targets: Sequence[Target], beside: Beside = ALONE) -> str:
    """Render the summary of the given results beside the given targets."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(export.TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"amount": amount, "span": span, "counts": counts, "when": when}
    environment.filters |= {"drawn": sparkline.svg, "changed": sparkline.changed, "written": written}
    lined = rows(found, targets)
    return environment.get_template("summary.html.j2").render(
        style=export.style(),
        results=found,
        beside=beside,
        verdict=worst(result.verdict for result in found),
        sentence=sentence(found),
        rows=[row for row in lined if row.result],
        absent=[row for row in lined if not row.result],
        failed=list(findings(found, "fail")),
        open=list(findings(found, "inconclusive")),
        machine=machine.shown(found[-1].machine) if found else [],
        warnings=warnings(found),
        parameters=shared_parameters(found),
    )


def sentence(found: Sequence[Result]) -> str:
    """Say what the run came to in words.

    >>> sentence([])
    'Nothing was measured.'
    """
    if not found:
        return "Nothing was measured."
    named = {v: [r.title for r in found if r.verdict == v] for v in ("fail", "inconclusive")}
    if not any(named.values()):
        return f"{_count(len(found))} met every target, each with the evidence that its checks ask for."
    parts = []
    if named["fail"]:
        parts.append(f"{_of(named['fail'], found)} failed: {', '.join(named['fail'])}.")
    if named["inconclusive"]:
        parts.append(f"{_of(named['inconclusive'], found)} stayed open: {', '.join(named['inconclusive'])}.")
        parts += [f"About {r.n_needed:,} users would settle {r.title}." for r in found if _open(r)]
    return " ".join(parts)


def _open(result: Result) -> bool:
    return result.verdict == "inconclusive" and result.n_needed is not None


def _count(number: int) -> str:
    return "The notebook" if number == 1 else f"All {number} notebooks"


def _of(named: Sequence[str], found: Sequence[Result]) -> str:
    return f"{len(named)} of {len(found)} notebook{'s' * (len(found) != 1)}"


def rows(found: Sequence[Result], targets: Sequence[Target]) -> list[Row]:
    """Pair every target with the measure it names."""
    by_notebook = {result.notebook: result for result in found}
    return [_row(target, by_notebook.get(target.notebook)) for target in targets]


def _row(target: Target, result: Result | None) -> Row:
    measures = result.measures if result else []
    return Row(target, next((m for m in measures if m.name == target.measure), None), result)


def findings(found: Sequence[Result], verdict: Verdict) -> Iterator[Finding]:
    """List what has this verdict: crashes first, then checks, then measures."""
    for result in found:
        if result.error and result.verdict == verdict:
            yield Finding(result, result.error["message"], "", "")
        for check in result.checks:
            if check["verdict"] == verdict:
                what = f"{check['name']}{_why(Check.from_dict(check))}"
                yield Finding(result, what, _number(check["n"]), _number(check["n_needed"]))
        for measure in result.measures:
            if measure.verdict == verdict and measure.basis == "target":
                yield Finding(result, f"{measure.label}: {amount(measure)} {span(measure)}", _number(measure.n), "")


def _why(check: Check) -> str:
    known = check.p_value is not None or {"proof", "leak", "reason"} & check.details.keys()
    return f": {display.reason(check)}" if known else ""


def _number(n: int | None) -> str:
    return "" if n is None else f"{n:,}"


def counts(result: Result) -> str:
    """Count a notebook's checks by verdict.

    >>> counts(Result("a", "A", "", "smoke", {}, 0, "1", None, {}, "", 0.0, "pass"))
    'no checks'
    """
    number = Counter(check["verdict"] for check in result.checks)
    return ", ".join(f"{number[v]} {v}" for v in ("pass", "fail", "inconclusive") if number[v]) or "no checks"


def when(result: Result) -> str:
    """Write the start of a notebook as date and time.

    >>> when(Result("a", "A", "", "smoke", {}, 0, "1", None, {}, "2026-11-23T09:21:00Z", 0.0, "pass"))
    '2026-11-23 09:21 UTC'
    """
    return f"{result.started[:16].replace('T', ' ')} UTC"


def warnings(found: Sequence[Result]) -> list[str]:
    """List what made the machine unfit over all notebooks; texts that differ in a figure alone are told once."""
    texts = [str(text) for result in found for text in _listed(result.machine.get("warnings"))]
    alike: dict[str, list[str]] = {}
    for text in texts:
        alike.setdefault(re.sub(r"[\d.]+", "#", text), []).append(text)
    return [f"{first}{_more(len(others))}" for first, *others in alike.values()]


def _more(others: int) -> str:
    return f" (So it was in {others} more notebook{'s' * (others > 1)}.)" if others else ""


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def shared_parameters(found: Sequence[Result]) -> Mapping[str, str]:
    """Give each parameter's value, with the notebook's name where notebooks differ."""
    names = dict.fromkeys(name for result in found for name in result.parameters)
    return {name: _values(name, found) for name in names}


def _values(name: str, found: Sequence[Result]) -> str:
    given = {result.notebook: str(result.parameters[name]) for result in found if name in result.parameters}
    distinct = set(given.values())
    if len(distinct) == 1:
        return distinct.pop() or "(none)"
    return ", ".join(f"{notebook}: {value or '(none)'}" for notebook, value in given.items())
