"""What the memory notebook concludes: memory does not grow with evaluations, and a leak would have been seen."""

from __future__ import annotations

from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.bench.memory import CONTROL, OURS, RESIDENT, TRACED, MemoryRun
from ffcore.lab.verify.check import Check, Verdict

from .results import Measure

#: Bytes an evaluation. The smallest object has 16, so this finds one leaked in 1,600 calls.
LIMIT = 0.01
WORDS: dict[Verdict, str] = {"pass": "no growth", "fail": "grows", "inconclusive": "open"}


def memory_checks(run: MemoryRun) -> dict[str, Check]:
    """Judge the traced memory by the whole interval of its slope, and ask that the control's leak was found."""
    ours, control = run.of(OURS, TRACED), run.of(CONTROL, TRACED)
    verdict, caught = judged(ours.slope()), judged(control.slope())
    return {
        "traced memory": _check("traced memory", verdict, WORDS[verdict], int(ours.evaluations[-1])),
        CONTROL: _check(CONTROL, "pass" if caught == "fail" else "fail", WORDS[caught], int(control.evaluations[-1])),
    }


def judged(slope: Estimate) -> Verdict:
    """Pass below the limit, fail above it, by the whole interval.

    >>> judged(Estimate(0.0, -0.001, 0.001, 50)), judged(Estimate(9.0, 8.0, 10.0, 50))
    ('pass', 'fail')
    """
    if slope.low is None or slope.high is None:
        return "inconclusive"
    return "pass" if slope.high <= LIMIT else "fail" if slope.low > LIMIT else "inconclusive"


def memory_measures(run: MemoryRun) -> list[Measure]:
    """The slopes of traced and resident memory in bytes an evaluation, and what the control's are."""
    name = "test_memory_efficiency_with_many_evaluations"
    found = {(who, kind): run.of(who, kind).slope() for who in (OURS, CONTROL) for kind in (TRACED, RESIDENT)}
    more = f"{run.of(OURS, RESIDENT).growth()[-1] / 2**20:+.2f} MiB at the end"
    traced = f"{run.of(OURS, TRACED).growth()[-1]:+,.0f} bytes at the end"
    return [
        Measure.of("memory_resident", "resident memory", found[OURS, RESIDENT], "bytes/call", note=more, replaces=name),
        Measure.of("memory_traced", "traced memory", found[OURS, TRACED], "bytes/call", note=traced),
        Measure.of("control_resident", "resident memory, leaking control", found[CONTROL, RESIDENT], "bytes/call"),
        Measure.of("control_traced", "traced memory, leaking control", found[CONTROL, TRACED], "bytes/call"),
    ]


def _check(name: str, verdict: Verdict, words: str, n: int) -> Check:
    return Check(name, verdict, n=n, details={"observed": words, "limit": LIMIT})
