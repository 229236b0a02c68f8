"""The seed report's assessment of production readiness, line by line, with what was measured behind each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ffcore.lab.bench.display import interval, ratio
from ffcore.lab.report.tables import grid
from ffcore.lab.verify.check import Check
from ffcore.lab.verify.display import reason

from .capacity import Capacity
from .levers import Levers

HEADINGS = ("line of the seed report", "what it says", "what stands behind it here", "verdict")
NOT_NEEDED = {
    "Redis": "NOT NEEDED with current 99 % hit rate",
    "connection pooling": "NOT NEEDED with current sub-ms latency",
    "batch gets": "NOT NEEDED with current throughput",
}


@dataclass(frozen=True, slots=True)
class Assessment:
    """Rows of the table."""

    rows: tuple[tuple[str, ...], ...]

    def _repr_html_(self) -> str:
        return grid(HEADINGS, self.rows)


def assess(capacity: Capacity, levers: Levers, checks: Sequence[Check]) -> Assessment:
    """The seed's recommendations and options beside this run's figures; ``checks`` are those of plan and alarms.

    >>> from ffcore.lab.caching import Traffic
    >>> from ffcore.lab.readiness import Demand, plan
    >>> assess(plan(Demand(Traffic(1))), Levers(missing="no server"), []).rows[-1][2]
    'a read without it takes not estimable (n = 0) times as long'
    """
    return Assessment((*_recommended(capacity, checks), *_optional(capacity, levers)))


def _recommended(capacity: Capacity, checks: Sequence[Check]) -> Iterator[tuple[str, ...]]:
    found = {check.name: check for check in checks}
    share = f"{100 * (1 - capacity.hit_rate):.3g} % at this traffic, by theory"
    warm = found.get("hit rate of a warm function")
    p99 = warm.details.get("latency_p99_ms") if warm is not None else None
    latency = "an alarm to apply" + ("" if p99 is None else f"; {p99:.3g} ms inside the handler in this run")
    lines = (
        ("P99 latency", "should remain < 5 ms", latency, "alarms are valid"),
        ("cache hit rate", "alert if below 90 %", "an alarm that rings, and is silent when warm", "alarms ring"),
        ("cache hit rate", "99 %", "the warm function does not ring", "hit rate of a warm function"),
        ("DynamoDB provisioning", "plan for 1-5 % of requests", share, "DynamoDB reads"),
        ("Kinesis stream", "monitor tracking events", f"{capacity.shards} shards", "Kinesis shards"),
    )
    for line, said, ours, name in lines:
        check = found.get(name)
        yield line, said, ours, f"{check.verdict}: {reason(check)}" if check is not None else ""


def _optional(capacity: Capacity, levers: Levers) -> Iterator[tuple[str, ...]]:
    containers = capacity.demand.traffic.containers
    for lever, said in NOT_NEEDED.items():
        gain = f"a read without it takes {interval(levers.gain(lever), ratio)} times as long"
        more = f"; shared by the fleet, up to {containers:,} times fewer reads" if lever == "Redis" else ""
        yield lever, said, gain + more, ""
