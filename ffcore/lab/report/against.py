"""A run against a chosen baseline, measure by measure: better, worse, changed, or no difference shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import history, results
from .results import Measure, Result
from .targets import Target

NO_DIFFERENCE = "no difference shown"


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure in both runs; None where a run has it not. `word` says how they differ."""

    result: Result
    before: Measure | None
    now: Measure | None
    word: str

    @property
    def label(self) -> str:
        """The measure in words."""
        known = self.now or self.before
        return known.label if known else ""


@dataclass(frozen=True, slots=True)
class Against:
    """A comparison with the run `name`; `cautions` say what else differs between the two."""

    name: str
    rows: tuple[Difference, ...]
    cautions: tuple[str, ...]


def against(found: Sequence[Result], baseline: Path, targets: Sequence[Target]) -> Against:
    """Compare results with those of a baseline's folder; ConfigError if that has a damaged result file.

    Two measures differ if their intervals do not overlap (counts without an interval: if they are not equal). Of equal
    truths with 95 % intervals of equal width that is 0.6 % of the comparisons; where one is far narrower, up to 5 %.
    """
    before = {result.notebook: result for result in results.read_all(baseline)}
    pairs = [(result, before[result.notebook]) for result in found if result.notebook in before]
    rows = tuple(row for now, then in pairs for row in _differences(now, then, targets))
    missing = [result.title for result in found if result.notebook not in before]
    cautions = [text for now, then in pairs for text in _cautions(now, then)]
    cautions += [f"The baseline has no {title}." for title in missing]
    return Against(baseline.resolve().name, rows, tuple(dict.fromkeys(cautions)))


def _differences(now: Result, then: Result, targets: Sequence[Target]) -> Iterator[Difference]:
    ours, theirs = ({measure.name: measure for measure in result.measures} for result in (now, then))
    for name in dict.fromkeys((*theirs, *ours)):
        target = next((t for t in targets if (t.notebook, t.measure) == (now.notebook, name)), None)
        old, new = theirs.get(name), ours.get(name)
        word = "not in the baseline" if old is None else "gone" if new is None else compare(old, new, target)
        yield Difference(now, old, new, word)


def compare(before: Measure, now: Measure, target: Target | None) -> str:
    """Say in a word how a measure differs; which way is better, its target's bound knows.

    >>> one, two = (Measure("p99", "P99", v, (v - 0.1, v + 0.1), "ratio", 9) for v in (1.0, 2.0))
    >>> compare(one, two, Target("P99", "latency", "p99", "", "", "", at_most=3.0)), compare(one, one, None)
    ('worse', 'no difference shown')
    """
    if before.unit != now.unit:
        return "in another unit"
    if None in (before.value, now.value, *(before.interval or ()), *(now.interval or ())):
        return "not comparable"
    if _overlap(before, now):
        return NO_DIFFERENCE
    if target is None or (target.at_most is None) == (target.at_least is None):
        return "changed"
    fell = _ends(now)[1] < _ends(before)[0]
    return "better" if fell == (target.at_most is not None) else "worse"


def _overlap(one: Measure, other: Measure) -> bool:
    (low, high), (least, most) = _ends(one), _ends(other)
    return least <= high and low <= most


def _ends(measure: Measure) -> tuple[float, float]:
    low, high = measure.interval or (measure.value, measure.value)
    return low or 0.0, high or 0.0


def _cautions(now: Result, then: Result) -> Iterator[str]:
    if now.profile != then.profile:
        yield f"The baseline ran with the profile {then.profile}, this run with {now.profile}."
    if history.processor(now) != history.processor(then):
        yield f"The baseline ran on {history.processor(then)}, this run on {history.processor(now)}."
    for name in now.parameters.keys() & then.parameters.keys() - {"profile"}:
        if now.parameters[name] != then.parameters[name]:
            yield f"{now.title}: {name} was {then.parameters[name] or '(none)'}, is {now.parameters[name] or '(none)'}."
