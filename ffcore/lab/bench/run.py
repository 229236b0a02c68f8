"""One run of ``ffcore bench``: our evaluator beside its peers, several threads, many flags, the import, the machine."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from ffcore.lab.bench import baseline, peers, scaling
from ffcore.lab.bench.comparison import PROFILES, Comparison, Progress, compare
from ffcore.lab.bench.contender import NAMES, Contender, check
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.bench.fitness import machine_warnings
from ffcore.lab.bench.machine import machine_record
from ffcore.lab.bench.ourselves import OURS, ourselves

IDS = tuple(f"user-{number}" for number in range(10_000))


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Everything that one run measured; `left_out` says why a peer is not in it."""

    profile: str
    machine: dict[str, object]
    comparison: Comparison
    contenders: tuple[Contender, ...]
    left_out: dict[str, str]
    threads: scaling.Threads
    many_flags: scaling.ManyFlags
    import_milliseconds: Estimate
    changes: tuple[baseline.Change, ...] = ()

    @property
    def warnings(self) -> list[str]:
        """Why the machine is unfit to measure on."""
        return machine_warnings(self.machine)

    @property
    def verdict(self) -> str | None:
        """Of the comparison with a stored run; None where there was none."""
        return baseline.worst([change.verdict for change in self.changes]) if self.changes else None

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
            "changes": [change.to_dict() for change in self.changes],
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


def run(names: Sequence[str], profile: str, stored: dict[str, Any] | None, progress: Progress) -> Run:
    """Measure everything.

    Args:
        names: of the peers, as in `peers.PACKAGES`.
        profile: one of `PROFILES`.
        stored: an earlier run to compare with, as `baseline.read` returns it.
        progress: told what is going on, in words.
    """
    size = PROFILES[profile]
    machine = machine_record()
    progress("four threads")
    threads = scaling.threads(IDS, size)
    progress("ten thousand flags")
    many = scaling.many_flags()
    progress("import")
    imported = scaling.import_time()
    with ExitStack() as exits:
        contenders, left_out = gathered(names, exits, progress)
        measured = compare(contenders, IDS, size, progress=progress)
    progress("done\n")
    changes = baseline.changes(measured.times, stored["times"]) if stored else []
    return Run(profile, machine, measured, tuple(contenders), left_out, threads, many, imported, tuple(changes))


def gathered(names: Sequence[str], exits: ExitStack, progress: Progress) -> tuple[list[Contender], dict[str, str]]:
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
            check(peer, IDS)
        except Exception as error:  # noqa: BLE001 - whatever a peer does, the others are measured
            left_out[name] = f"{type(error).__name__}: {error}"
        else:
            contenders.append(peer)
    return contenders, left_out
