"""What the summary shows of the Lambdas: starts and latencies, and what of them a target can judge."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ffcore.lab.bench.display import duration, interval
from ffcore.lab.bench.estimate import Estimate, paired_ratio
from ffcore.lab.report.results import Measure

from .stage import ASSIGNMENT, FLAG, FLOOR
from .starts import Starts
from .warm import FLAG_WARM, NEW, Warm

NOTHING = Estimate(None, None, None, 0)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much a profile measures: users decided, containers started, invocations of one of them, timed calls."""

    users: int
    starts: int
    invocations: int
    calls: int


SIZES = {
    "smoke": Sizes(60, 2, 100, 48),
    "standard": Sizes(1_000, 12, 2_000, 4_000),
    "full": Sizes(5_000, 30, 10_000, 10_000),
}


def measures(starts: Starts, warm: Warm) -> list[Measure]:
    """Starts in milliseconds, and warm invocations as multiples of an empty handler's in the same run.

    >>> [measure.name for measure in measures(Starts(missing="no server"), Warm(missing="no server"))]
    ['lambda_cold_flag', 'lambda_cold_assignment', 'lambda_warm_flag', 'lambda_new_assignment']
    """
    reason = starts.missing
    return [
        *(_cold(starts, kind, reason) for kind in (FLAG, ASSIGNMENT)),
        _warm(warm, "lambda_warm_flag", "warm flag over an empty handler", FLAG_WARM, FLOOR),
        _warm(warm, "lambda_new_assignment", "new assignment over a warm flag", NEW, FLAG_WARM),
    ]


def _cold(starts: Starts, kind: str, reason: str) -> Measure:
    label = f"cold start to the first answer, {kind} Lambda"
    if starts.missing:
        return Measure.of(f"lambda_cold_{kind}", label, NOTHING, "ms", verdict="inconclusive", note=reason)
    total = {name: starts.start[name] + starts.first[name] for name in (kind, FLOOR)}
    times = paired_ratio(total[kind], total[FLOOR])
    said = "" if times.value is None else f"{times.value:.3g} times an empty handler's"
    return Measure.of(f"lambda_cold_{kind}", label, starts.total(kind), "ms", note=said)


def _warm(warm: Warm, name: str, label: str, upper: str, lower: str) -> Measure:
    if warm.run is None:
        return Measure.of(name, label, NOTHING, "ratio", verdict="inconclusive", note=warm.missing)
    found = [interval(warm.run.workloads[upper].percentile(level), duration) for level in (0.5, 0.99)]
    ratio = warm.run.ratio(upper, lower)
    measure = Measure.of(name, label, ratio, "ratio", note=f"p50 {found[0]}, p99 {found[1]}")
    return replace(measure, n=int(warm.run.workloads[upper].blocks.size))
