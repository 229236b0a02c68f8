"""The history of a run: what the earlier runs beside it measured, and where a measure's level changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import ffcore

from . import results
from .change_points import change_points
from .folders import LATEST
from .results import Measure, Result

MOST_RUNS = 40
_SAME = ("profile", "parameters")


@dataclass(frozen=True, slots=True)
class Point:
    """One measure in one run."""

    started: str
    measure: Measure


@dataclass(frozen=True, slots=True)
class Trend:
    """One measure over all comparable runs, oldest first, the present one last; `changes` are where levels begin."""

    result: Result
    points: tuple[Point, ...]
    changes: tuple[int, ...]

    @property
    def measure(self) -> Measure:
        """The measure as the present run has it."""
        return self.points[-1].measure

    @property
    def before(self) -> float:
        """The median of the earlier runs, in the measure's unit."""
        return median(_value(point) for point in self.points[:-1])


@dataclass(frozen=True, slots=True)
class History:
    """All trends of a run, how many earlier runs lie beside it, and those of them that cannot be read."""

    trends: tuple[Trend, ...] = ()
    runs: int = 0
    unreadable: tuple[str, ...] = ()


def history(found: Sequence[Result], folder: Path) -> History:
    """Read the earlier runs beside a run's folder, the newest 40, and line up what can be compared.

    Comparable is a result of the same notebook, profile, parameters and processor that started earlier.
    """
    earlier, unreadable = _earlier(folder)
    lined = [trend for result in found for trend in _trends(result, earlier)]
    return History(tuple(lined), len(earlier), tuple(unreadable))


def _earlier(folder: Path) -> tuple[list[list[Result]], list[str]]:
    here = folder.resolve()
    beside = sorted(path for path in here.parent.iterdir() if path.is_dir() and path.name != LATEST)
    runs, unreadable = [], []
    for path in [path for path in beside if path != here and any(path.glob("*.json"))][-MOST_RUNS:]:
        try:
            runs.append(results.read_all(path))
        except ffcore.ConfigError:
            unreadable.append(path.name)
    return runs, unreadable


def comparable(one: Result, other: Result) -> bool:
    """Whether two results measured the same thing on the same kind of machine."""
    same = all(getattr(one, name) == getattr(other, name) for name in _SAME)
    return same and one.notebook == other.notebook and processor(one) == processor(other)


def processor(result: Result) -> str:
    """The model of the processor that a result was measured on."""
    return str(result.machine.get("cpu_model"))


def _trends(result: Result, runs: Sequence[Sequence[Result]]) -> Iterator[Trend]:
    found = [r for run in runs for r in run if comparable(r, result) and r.started < result.started and not r.error]
    alike = sorted(found, key=lambda other: other.started)
    for measure in result.measures:
        past = [Point(r.started, m) for r in alike for m in r.measures if m.name == measure.name]
        points = [point for point in (*past, Point(result.started, measure)) if point.measure.value is not None]
        if len(points) > 1 and measure.value is not None:
            yield Trend(result, tuple(points), tuple(change_points([_value(point) for point in points])))


def _value(point: Point) -> float:
    return point.measure.value or 0.0
