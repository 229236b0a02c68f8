"""What the summary shows of readiness: the hit rate that the traffic allows, and what each lever brings."""

from __future__ import annotations

from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.report.results import Measure

from .capacity import Capacity
from .levers import LEVERS, Levers

#: Rounds of reads, by profile.
ROUNDS = {"smoke": 8, "standard": 200, "full": 1_000}


def measures(capacity: Capacity, levers: Levers) -> list[Measure]:
    """The share of decisions that read DynamoDB, by theory, and each lever's gain.

    >>> from ffcore.lab.caching import Traffic
    >>> from ffcore.lab.readiness import Demand, plan
    >>> [m.name for m in measures(plan(Demand(Traffic(1))), Levers(missing="no server"))]
    ['readiness_reads', 'readiness_connection_pooling', 'readiness_batch_gets', 'readiness_redis']
    """
    share = Estimate(100 * (1 - capacity.hit_rate), None, None, 0)
    note = f"by theory; {capacity.read_units} read units/s, {capacity.shards} shards"
    return [
        Measure.of("readiness_reads", "decisions that read DynamoDB", share, "%", note=note),
        *(_gain(levers, lever) for lever in LEVERS),
    ]


def _gain(levers: Levers, lever: str) -> Measure:
    name, label = f"readiness_{lever.lower().replace(' ', '_')}", f"a read without {lever} over one with it"
    if levers.missing:
        return Measure.of(name, label, levers.gain(lever), "ratio", verdict="inconclusive", note=levers.missing)
    return Measure.of(name, label, levers.gain(lever), "ratio")
