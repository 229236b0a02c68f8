"""The seed report's table of the two Lambdas, with what is measured here in the place of its figures."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ffcore import aws
from ffcore.lab.bench.display import duration, interval, rate
from ffcore.lab.bench.estimate import quantiles
from ffcore.lab.report.tables import grid

from .warm import FLAG_WARM, KNOWN, NEW, Warm

HEADINGS = ("metric", "Assignment Lambda, seed", "Flag Lambda, seed", "assignment, new user", KNOWN, "flag")
SEED = {
    "complexity": ("higher", "lower"),
    "latency": ("~1-2 ms", "< 0.01 ms"),
    "throughput": ("~500K eval/s", "1.43M eval/s"),
    "cache hit rate": ("~95 %", "99 %"),
}
#: The modules that only one of the two has.
OWN = {FLAG_WARM: ("flag_handler",), KNOWN: ("assignment_handler", "assigner", "assignments")}
OWN[NEW] = OWN[KNOWN]
#: Hashes of a decision, and calls of DynamoDB for it once flags and experiments are cached.
HASHES = "1 to 2 hashes"
CALLS = {FLAG_WARM: "no call", KNOWN: "no call", NEW: "1 read, 1 write"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The table: a metric, the seed's two figures, ours."""

    rows: tuple[tuple[str, ...], ...]

    def _repr_html_(self) -> str:
        return grid(HEADINGS, self.rows)


def compare(warm: Warm) -> Comparison:
    """Both Lambdas by complexity, latency, throughput and hit rate; ours with 95 % intervals.

    >>> compare(Warm(missing="no server")).rows[1]
    ('latency, p50', '~1-2 ms', '< 0.01 ms', 'not measured', 'not measured', 'not measured')
    """
    return Comparison(tuple(_rows(warm)))


def statements(modules: tuple[str, ...]) -> int:
    """How many statements some modules of ``ffcore.aws`` have, docstrings aside.

    >>> statements(OWN["flag"]) < statements(OWN["assignment, new user"])
    True
    """
    folder = Path(next(iter(aws.__path__)))
    trees = [ast.parse(folder.joinpath(f"{name}.py").read_text(encoding="utf-8")) for name in modules]
    found = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    return sum(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in found)


def _rows(warm: Warm) -> Iterator[tuple[str, ...]]:
    names = (NEW, KNOWN, FLAG_WARM)
    ours = (f"{statements(OWN[name])} statements of its own; {HASHES}; {CALLS[name]}" for name in names)
    yield "complexity", *SEED["complexity"], *ours
    for level in (0.5, 0.99):
        yield f"latency, p{100 * level:.0f}", *SEED["latency"], *(_latency(warm, name, level) for name in names)
    for level in (0.5, 0.99):
        yield f"inside the handler, p{100 * level:.0f}", "", "", *(_inside(warm, name, level) for name in names)
    yield "throughput of a container", *SEED["throughput"], *(_rate(warm, name) for name in names)
    yield "cache hit rate", *SEED["cache hit rate"], *(_hits(warm, name) for name in names)


def _latency(warm: Warm, name: str, level: float) -> str:
    return interval(warm.run.workloads[name].percentile(level), duration) if warm.run else "not measured"


def _inside(warm: Warm, name: str, level: float) -> str:
    if warm.run is None:
        return "not measured"
    return interval(quantiles(1e6 * np.asarray(warm.inside[name]), [level])[0], duration)


def _rate(warm: Warm, name: str) -> str:
    return interval(warm.rate(name), rate) if warm.run else "not measured"


def _hits(warm: Warm, name: str) -> str:
    if warm.run is None:
        return "not measured"
    hits, lookups = warm.lookups[name]
    return f"{100 * hits / lookups:.4g} % ({lookups - hits} of {lookups:,} missed: arithmetic of this loop)"
