"""One run of ``ffcore bench``: our evaluator beside its peers, several threads, many flags, the import, the machine."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from ffcore.lab.bench import baseline, peers, scaling
from ffcore.lab.bench.baseline import Stored
from ffcore.lab.bench.comparison import PROFILES, Comparison, Progress, compare
from ffcore.lab.bench.contender import NAMES, Contender, check
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.bench.fitness import machine_warnings
from ffcore.lab.bench.gate.builds import Build, here
from ffcore.lab.bench.gate.outcome import Outcome, against_build, against_stored
from ffcore.lab.bench.gate.races import Size, multiples
from ffcore.lab.bench.imports import import_times
from ffcore.lab.bench.machine import machine_record
from ffcore.lab.bench.ourselves import OURS, ourselves
from ffcore.lab.verify.check import Verdict

IDS = tuple(f"user-{number}" for number in range(10_000))


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Everything that one run measured.

    `left_out` says why a peer is not in it; `multiples` of the floor are what a later run can be held against.
    """

    profile: str
    machine: dict[str, object]
    comparison: Comparison
    contenders: tuple[Contender, ...]
    left_out: dict[str, str]
    threads: scaling.Threads
    many_flags: scaling.ManyFlags
    import_milliseconds: Estimate
    multiples: dict[str, Estimate]
    outcome: Outcome | None = None

    @property
    def warnings(self) -> list[str]:
        """Why the machine is unfit to measure on."""
        return machine_warnings(self.machine)

    @property
    def verdict(self) -> Verdict | None:
        """Of the comparison with a stored run or another build; None where there was none."""
        return self.outcome.verdict if self.outcome else None

    def to_dict(self) -> dict[str, Any]:
        """The whole run, ready for JSON; `times` are nanoseconds a call, one for each round."""
        measured = self.comparison
        return {
            "schema": baseline.SCHEMA,
            "profile": self.profile,
            "seed": measured.seed,
            "machine": self.machine,
            "warnings": self.warnings,
            "versions": {who.name: who.version for who in self.contenders if who.version},
            "notes": {who.name: who.note for who in self.contenders if who.note},
            "left_out": self.left_out,
            "absent": measured.absent,
            "loop_ns": measured.loop.tolist(),
            "times": {name: {who: times.tolist() for who, times in measured.times[name].items()} for name in NAMES},
            "workloads": {name: {who: self._row(name, who) for who in measured.times[name]} for name in NAMES},
            "threads": self.threads.to_dict(),
            "many_flags": self.many_flags.to_dict(),
            "import_milliseconds": self.import_milliseconds.to_dict(),
            "multiples": {name: estimate.to_dict() for name, estimate in self.multiples.items()},
            "comparison": self.outcome.to_dict() if self.outcome else None,
            "verdict": self.verdict,
        }

    def _row(self, workload: str, who: str) -> dict[str, Any]:
        times = self.comparison.times[workload][who]
        return {
            "median_ns": self.comparison.cost(workload, who).to_dict(),
            "fastest_ns": float(times.min()),
            "slowest_ns": float(times.max()),
            "ratio_to_ffcore": self.comparison.ratio(workload, who, OURS).to_dict(),
        }


def run(names: Sequence[str], profile: str, old: Stored | Build | None, progress: Progress, size: Size) -> Run:
    """Measure everything.

    Args:
        names: of the peers, as in `peers.PEERS`.
        profile: one of `PROFILES`.
        old: an earlier run or another build to hold this code against.
        progress: told what is going on, in words.
        size: how much the gate measures, and its margin.

    Raises:
        ConfigError: the build does not start, or is no ffcore.
    """
    machine, length = machine_record(), PROFILES[profile]
    outcome = against_build(old, size, progress) if isinstance(old, Build) else None
    found = multiples(here(), size, progress=progress)
    if isinstance(old, Stored):
        outcome = against_stored(old, found, machine, size, progress)
    progress("four threads")
    threads = scaling.threads(IDS, length)
    progress("ten thousand flags")
    many = scaling.many_flags()
    progress("import")
    imported = import_times()["ffcore"]
    with ExitStack() as exits:
        contenders, left_out = gathered(names, exits, progress)
        measured = compare(contenders, IDS, length, progress=progress)
    progress("done\n")
    shown = (profile, machine, measured, tuple(contenders), left_out)
    return Run(*shown, threads, many, imported, found, outcome)


def gathered(
    names: Sequence[str], exits: ExitStack, progress: Progress, ids: Sequence[str] = IDS
) -> tuple[list[Contender], dict[str, str]]:
    """Ourselves and those peers that are there and decide rightly; why the others are left out."""
    contenders, left_out = ourselves(), {}
    for name in names:
        progress(f"checking {name}")
        try:
            peer = peers.load(name)
            if isinstance(peer, str):
                left_out[name] = peer
                continue
            exits.callback(peer.close)
            check(peer, ids)
        except Exception as error:  # noqa: BLE001 - whatever a peer does, the others are measured
            left_out[name] = f"{type(error).__name__}: {error}"
        else:
            contenders.append(peer)
    return contenders, left_out
