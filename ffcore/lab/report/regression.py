"""What the regression notebook asks of the gate, and what its answer comes to: checks, measures, a baseline to keep."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ffcore.errors import ConfigError
from ffcore.lab.bench import baseline as stored_runs
from ffcore.lab.bench.contender import NAMES
from ffcore.lab.bench.estimate import Estimate, median
from ffcore.lab.bench.gate.builds import SLOW, Build, find, here
from ffcore.lab.bench.gate.judging import MARGIN, verdict
from ffcore.lab.bench.gate.outcome import Outcome, against_build, against_stored
from ffcore.lab.bench.gate.races import IDS, Size, multiples, sized
from ffcore.lab.verify.check import Check, Verdict

from .machine import Machine
from .mismatches import counted
from .results import Measure

#: Few and short processes need a loss that they can see.
SMOKE_SLOW = 3.0
RACES, PAIRS, SCATTER = 400, 20, 0.015


@dataclass(frozen=True, slots=True)
class Case:
    """The gate's answer, this code's multiples of the floor (the next baseline), and how much was measured."""

    outcome: Outcome
    multiples: Mapping[str, Estimate]
    size: Size


def compare(profile: str, machine: Machine, baseline: str = "", fault: str = "") -> Case:
    """Hold this code against a stored run, another build, or, where no baseline is named, against itself.

    Args:
        profile: smoke, standard or full.
        machine: what this runs on.
        baseline: a result file, a folder that holds ffcore, or an interpreter that has it.
        fault: "slow" makes a share of this code's calls twice or more: 5 %, in the smoke profile three times as many.

    Raises:
        ConfigError: the baseline can't be used.
    """
    size = sized(profile)
    code = here().slowed(SMOKE_SLOW if profile == "smoke" else SLOW) if fault == "slow" else here()
    old = _old(baseline)
    found = multiples(code, size)
    if isinstance(old, Build):
        return Case(against_build(old, size, new=code), found, size)
    return Case(against_stored(old, found, machine.to_dict(), size), found, size)


def _old(baseline: str) -> Build | stored_runs.Stored:
    if not baseline:
        return Build("itself", here().python, here().home)
    if Path(baseline).suffix == ".json":
        return stored_runs.read(Path(baseline))
    try:
        return find(baseline)
    except ConfigError:
        wanted = f"{baseline} is no result file (.json), no folder that holds ffcore and no Python interpreter"
        raise ConfigError([("baseline", wanted)]) from None


def rule_checks() -> dict[str, Check]:
    """Try the rule itself on made-up races, which no clock touches: does it see 5 %, and nothing where nothing is?

    Each of 400 races has 20 pairs of processes whose ratios scatter by 1.5 %, from a fixed draw. A race of identical
    code may not fail once, and one that lost 5 % may not pass once and has to fail in nine of ten.

    >>> {name: check.verdict for name, check in rule_checks().items()}
    {'rule, nothing lost': 'pass', 'rule, 5 % lost': 'pass'}
    """
    same, slow = (_shares(factor) for factor in (1.0, 1 + SLOW))
    return {
        "rule, nothing lost": _rule(same, holds=same["fail"] == 0),
        "rule, 5 % lost": _rule(slow, holds=slow["pass"] == 0 and slow["fail"] >= 0.9),
    }


def _shares(factor: float) -> dict[Verdict, float]:
    draw = np.random.default_rng(0)
    found = [verdict(median(factor * draw.lognormal(0, SCATTER, PAIRS)), MARGIN) for _ in range(RACES)]
    return {name: found.count(name) / RACES for name in ("fail", "pass")}


def _rule(shares: Mapping[Verdict, float], *, holds: bool) -> Check:
    told: Verdict = "pass" if holds else "fail"
    details = {"observed": ", ".join(f"{100 * share:g} % {name}" for name, share in shares.items())}
    return Check("rule", told, n=RACES, details=details)


def decision_checks(case: Case) -> dict[str, Check]:
    """Whether the two builds decide alike, by workload; nothing where the other side is a stored run."""
    return {f"decisions, {name}": counted(name, count, len(IDS)) for name, count in case.outcome.differing.items()}


def regression_measures(case: Case) -> list[Measure]:
    """Name what the gate found: the worst ratio and every workload's, the false alarms, and the next baseline.

    Ratios bring the gate's verdicts; the multiples of the floor are what a later run is held against.
    """
    return [*_ratios(case), _alarms(case), *_multiples(case)]


def _ratios(case: Case) -> Iterator[Measure]:
    outcome, limit = case.outcome, 1 + case.size.margin
    note = f"against {outcome.against}; up to {limit:.2f} is tolerated; {outcome.alarms}"
    last = max(outcome.changes, key=lambda change: change.ratio.low or 0.0)
    told = outcome.verdict if not any(outcome.differing.values()) else None
    label = f"time over the baseline's, worst workload ({last.workload})"
    yield Measure.of("worst_change", label, last.ratio, "ratio", verdict=told, basis="target", note=note)
    for change in outcome.changes:
        name = stored_runs.MEASURES[change.workload].replace("multiple", "change")
        judged = change.verdict if outcome.comparable else None
        label = f"time over the baseline's, {change.workload}"
        yield Measure.of(name, label, change.ratio, "ratio", verdict=judged, basis="target" if judged else "")


def _alarms(case: Case) -> Measure:
    alarms = case.outcome.alarms
    rate = Estimate(100 * alarms.count / max(len(alarms.runs), 1), 0.0, 100 * alarms.bound, len(alarms.runs))
    return Measure.of("false_alarms", "comparisons of identical code that failed", rate, "%", note=str(alarms))


def _multiples(case: Case) -> Iterator[Measure]:
    for workload in NAMES:
        label = f"time in multiples of the bare hash, {workload}"
        yield Measure.of(stored_runs.MEASURES[workload], label, case.multiples[workload], "ratio")
