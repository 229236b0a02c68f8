"""What the gate says: this code against another build or a stored run, the verdict, and how far to trust it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ffcore.lab.bench import baseline
from ffcore.lab.bench.baseline import Stored
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.bench.fitness import machine_warnings
from ffcore.lab.bench.gate.alarms import Alarms, calibrate
from ffcore.lab.bench.gate.builds import Build, here
from ffcore.lab.bench.gate.judging import Change, judged, quotient
from ffcore.lab.bench.gate.races import Progress, Size, multiples, race
from ffcore.lab.verify.check import Verdict, worst


@dataclass(frozen=True, slots=True)
class Outcome:
    """The gate's answer.

    Attributes:
        against: what this code was compared with.
        changes: each workload's ratio and verdict.
        alarms: the same comparison of identical code, repeated.
        remarks: what a reader has to know about the comparison, in sentences.
        comparable: whether times compare at all; if not, nothing is judged.
        differing: for how many users each workload is decided otherwise; other decisions fail, whatever their time.
    """

    against: str
    changes: tuple[Change, ...]
    alarms: Alarms
    remarks: tuple[str, ...] = ()
    comparable: bool = True
    differing: Mapping[str, int] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """The worst workload's, unless decisions differ or the runs don't compare."""
        if any(self.differing.values()):
            return "fail"
        return worst(change.verdict for change in self.changes) if self.comparable else "inconclusive"

    def to_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return {
            "against": self.against,
            "verdict": self.verdict,
            "comparable": self.comparable,
            "changes": [change.to_dict() for change in self.changes],
            "differing": dict(self.differing),
            "remarks": list(self.remarks),
            "false_alarms": self.alarms.to_dict(),
        }


def against_build(old: Build, size: Size, progress: Progress = lambda line: None, new: Build | None = None) -> Outcome:
    """Race this code (or another build in its place) against a build, and then the old build against itself.

    Raises:
        ConfigError: a build does not start, or is no ffcore.
    """
    found = race(new or here(), old, size, progress=progress)
    alarms = calibrate(lambda number: race(old, old, size, seed=number).estimates(), size.nulls, size.margin, progress)
    candidate, base = found.about
    ours, theirs = (f"version {one['version']} in {one['implementation']} {one['python']}" for one in found.about)
    remarks = [
        f"This code is {ours}, the other is {theirs}.",
        f"n = {size.processes} pairs of fresh processes, whose blocks took turns.",
    ]
    if candidate["python"] != base["python"]:
        remarks.append("The interpreters differ, so the ratio is of code and interpreter together.")
    changes = tuple(judged(found.estimates(), size.margin))
    return Outcome(old.name, changes, alarms, tuple(remarks), differing=found.differing)


def against_stored(
    stored: Stored,
    found: Mapping[str, Estimate],
    machine: Mapping[str, Any],
    size: Size,
    progress: Progress = lambda line: None,
) -> Outcome:
    """Compare multiples of the floor of this code with those of a stored run, and this code with itself.

    Args:
        stored: the earlier run.
        found: what `multiples` found now.
        machine: the record of this machine.
        size: how much the repetitions with identical code measure.
        progress: told what is going on, in words.
    """
    apart = baseline.decisive(stored.machine, machine)
    changes = tuple(judged({name: quotient(found[name], stored.multiples[name]) for name in found}, size.margin))
    alarms = calibrate(lambda number: _twice(size, number), size.nulls, size.margin, progress)
    remarks = tuple(_remarks(stored, machine, apart))
    return Outcome(stored.source, changes, alarms, remarks, comparable=not apart)


def _twice(size: Size, number: int) -> dict[str, Estimate]:
    first, second = (multiples(here(), size, seed=2 * number + part) for part in (0, 1))
    return {name: quotient(first[name], second[name]) for name in first}


def _remarks(stored: Stored, machine: Mapping[str, Any], apart: list[str]) -> list[str]:
    said = [f"The stored run is of version {stored.version}, profile {stored.profile}.", baseline.UNSEEN]
    if alike := baseline.same(stored.machine, machine):
        said.append(f"The same in both runs: {', '.join(alike)}.")
    said += [f"Not comparable, so nothing is judged: {what}." for what in apart]
    said += [f"A difference may come from {what}." for what in baseline.doubtful(stored.machine, machine)]
    said += [f"When the stored run was taken: {warning}" for warning in machine_warnings(stored.machine)]
    return said
