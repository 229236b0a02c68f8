"""Readiness: plans cover their traffic and half a plan does not, alarms ring when they should, levers are measured."""

from collections.abc import Iterator

import pandas as pd
import pytest

import ffcore
from ffcore.aws.alarms import alarms
from ffcore.lab import lambdas, readiness
from ffcore.lab.caching import Traffic, zipf
from ffcore.lab.figures import readiness as draw
from ffcore.lab.plots import Chart
from ffcore.lab.readiness.alarms import CASES, minute, problems, rings
from ffcore.lab.readiness.capacity import Demand, peak, plan
from tests.aws.conftest import FLAGS

USERS = pd.DataFrame({"user_id": [f"user-{number}" for number in range(10)]})
DEMAND = Demand(Traffic(2_000, zipf(40), 50), ttl=5, new_users=20)


@pytest.fixture(scope="module")
def stage() -> Iterator[lambdas.Stage]:
    """Zip, server and runtime client."""
    with lambdas.Stage(FLAGS) as stage:
        yield stage


@pytest.mark.slow
def test_a_plan_covers_its_traffic() -> None:
    """No simulated second needs more than there is, where caches miss often and every resource is in use."""
    checks = readiness.covered(plan(DEMAND))

    assert {check.verdict for check in checks.values()} == {"pass"}
    assert {check.n for check in checks.values()} == {600}


@pytest.mark.slow
def test_half_a_plan_does_not() -> None:
    """Each resource that is cut in half is found wanting."""
    checks = readiness.covered(plan(DEMAND).scaled(0.4))

    assert {check.verdict for check in checks.values()} == {"fail"}
    assert "of 600 seconds need more than there is" in checks["DynamoDB reads"].details["reason"]


def test_a_plan_grows_with_its_demand() -> None:
    """More containers, a shorter life, larger items and larger events each need more."""
    base = plan(DEMAND)

    assert plan(Demand(DEMAND.traffic.over(200), 5, 20)).read_units > base.read_units
    assert plan(Demand(DEMAND.traffic, 1, 20)).read_units > base.read_units
    assert plan(Demand(DEMAND.traffic, 5, 20, item_bytes=5_000)).read_units >= 2 * base.read_units - 1
    assert plan(Demand(DEMAND.traffic, 5, 20, event_bytes=5_000)).shards > base.shards
    assert plan(Demand(DEMAND.traffic, 5, 40)).write_units > base.write_units


def test_a_cold_fleet_is_served_out_of_saved_capacity() -> None:
    """Where hardly anything is missed, the containers' start is what reads are provided for."""
    found = plan(Demand(Traffic(1, zipf(50), 1_000), ttl=86_400))

    assert found.cold_reads == 50_000
    assert 0.5 * found.cold_reads <= found.read_units * 300


def test_demand_takes_sizes_from_the_flags() -> None:
    """The largest item decides; nonsense is named."""
    large = FLAGS.to_items()["flags"] + [
        {"key": "x", "variants": [{"key": "v", "allocation": 1, "payload": "p" * 9_000}]}
    ]
    demand = Demand.of(ffcore.FlagSet.from_items(flags=large), 10, 2, 300, 1)

    assert 9_000 < demand.item_bytes < 9_500
    assert demand.read_units == 1.5
    with pytest.raises(ffcore.ConfigError, match="ttl: expected a number above 0, got 0"):
        Demand.of(FLAGS, 10, 2, 0, 1)


def test_peaks_are_rarely_exceeded() -> None:
    """The bound stands above the mean by far more than its deviation."""
    assert peak(100.0) > 100 + 6 * 10


@pytest.mark.parametrize(("latencies", "hits", "misses", "expected"), CASES)
def test_alarms_ring_when_they_should(
    latencies: list[float], hits: int, misses: int, expected: tuple[bool, bool]
) -> None:
    """Both definitions, read as CloudWatch does, over one minute of metrics."""
    assert tuple(rings(alarm, minute(latencies, hits, misses)) for alarm in alarms("f")) == expected


def test_a_malformed_alarm_is_refused() -> None:
    """AWS's own definition finds a misspelt field and a wrong type."""
    latency, _ = alarms("f")

    assert problems(latency) == ""
    assert "Unknown parameter" in problems({**latency, "Treshold": 5})
    assert "Invalid type for parameter Threshold" in problems({**latency, "Threshold": "5"})


@pytest.mark.slow
def test_a_warm_function_is_silent_and_a_cold_one_rings(stage: lambdas.Stage) -> None:
    """The alarm on hits reads what the Lambda under the real runtime prints."""
    silent = readiness.alarm_checks(stage, USERS, 60)
    stage.seed("rebuilding")
    rung = readiness.alarm_checks(stage, USERS, 20)
    stage.seed("")

    assert [check.verdict for check in silent.values()] == ["pass", "pass", "pass"]
    assert [check.verdict for check in rung.values()] == ["pass", "pass", "fail"]
    assert silent["hit rate of a warm function"].details["latency_p99_ms"] > 0


@pytest.mark.slow
def test_levers_are_measured(stage: lambdas.Stage) -> None:
    """Each way to read is timed each round, and drawn; one batch takes less time than one call for each flag."""
    levers = readiness.levers(stage, 8)
    rows = readiness.assess(plan(DEMAND), levers, []).rows

    assert {len(seconds) for seconds in levers.seconds.values()} == {8}
    assert isinstance(draw.gains(levers), Chart)
    assert all("[" in row[2] for row in rows[-3:])
    assert [m.verdict for m in readiness.measures(plan(DEMAND), levers)] == [None] * 4


def test_a_part_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a server the alarm on hits and the levers are inconclusive, with the reason; the plan stands."""
    monkeypatch.setattr("ffcore.lab.testing.servers.installed", lambda kind: False)
    with lambdas.Stage(FLAGS) as stage:
        checks = readiness.alarm_checks(stage, USERS, 10)
        levers = readiness.levers(stage, 8)

    assert [check.verdict for check in checks.values()] == ["pass", "pass", "inconclusive"]
    assert "ministack not installed" in levers.missing
    assert draw.gains(levers) is levers
    assert [m.verdict for m in readiness.measures(plan(DEMAND), levers)] == [None, *["inconclusive"] * 3]
