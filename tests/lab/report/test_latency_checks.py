"""Timing: the timed code is right, the cache's arithmetic holds, and a threefold slow-down misses its targets."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ffcore
from ffcore.lab import bench
from ffcore.lab.bench.clock import Timer
from ffcore.lab.bench.fresh import PAUSED, TIMED, TIMER, gathered
from ffcore.lab.bench.hit_rate import HitRate
from ffcore.lab.bench.latency import Latency, LatencyRun, timer_only
from ffcore.lab.bench.workloads import STANDARD, Workloads
from ffcore.lab.report import latency_checks
from ffcore.lab.report.targets import load_targets
from ffcore.lab.report.throughput_measures import single_rates
from ffcore.lab.verify import Check

USERS = [f"u{number}" for number in range(2_000)]
TARGETS = {t.measure: t for t in load_targets(Path(__file__).parents[3] / "data" / "targets.yaml")}


def test_the_timed_code_decides_as_the_buckets_say() -> None:
    """All timed workloads agree with every user's bucket, which is recomputed."""
    found = latency_checks.decisions(bench.workloads(STANDARD), STANDARD, USERS)

    assert [check.verdict for check in found.values()] == ["pass"] * 4
    assert found["short circuit (bench-released)"].estimate == {"enabled": 1.0}


def test_one_wrong_decision_fails() -> None:
    """Code that decides one user wrongly is caught, with the number of users."""
    loads = bench.workloads(STANDARD)
    wrong = ffcore.Decision(True, "enabled")
    lucky = next(user for user in USERS if not loads["simple"](user).enabled)  # type: ignore[attr-defined]
    faulty = {**loads.calls, "simple": lambda user: wrong if user == lucky else loads["simple"](user)}
    found = latency_checks.decisions(replace(loads, calls=faulty), STANDARD, USERS)["simple (bench-simple)"]

    assert found.verdict == "fail"
    assert found.details["proof"]["disagreeing_users"] == 1


def test_a_workload_that_does_not_decide_fails() -> None:
    """Timing an empty call instead of the evaluator is no decision at all."""
    loads = bench.workloads(STANDARD)
    faulty: Workloads = replace(loads, calls={**loads.calls, "simple": lambda user: None})

    assert latency_checks.decisions(faulty, STANDARD, USERS)["simple (bench-simple)"].verdict == "fail"


def test_the_seeds_loop_is_its_arithmetic() -> None:
    """A thousand requests over ten flags are ten loads and 990 hits; over two flags, 998."""
    assert latency_checks.cache_loop(STANDARD, USERS).estimate == {"hits": 0.99}
    assert latency_checks.cache_loop(ffcore.FlagSet([ffcore.Flag("a"), ffcore.Flag("b")]), USERS).details["hits"] == 998
    assert latency_checks.cache_loop(ffcore.FlagSet(), USERS).verdict == "pass"


def test_a_cache_that_miscounts_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flag loaded twice breaks the arithmetic."""
    monkeypatch.setattr(latency_checks, "hit_rate", lambda *_: HitRate(hits=990, misses=10, loads=11))

    assert latency_checks.cache_loop(STANDARD, USERS).verdict == "fail"


@pytest.mark.slow
@pytest.mark.parametrize(("factor", "meets"), [(1, True), (3, False)])
def test_a_threefold_slow_down_misses_every_target(factor: int, meets: bool) -> None:
    """Each ratio lies on its side of the bound; a busy machine may leave a verdict open but never turns it round.

    Blocks of calls are timed by the thread's own clock, which stands still while other processes have the core.
    """
    loads = bench.workloads(STANDARD)
    timed = loads if factor == 1 else loads.slowed(factor)
    calls = {**{name: timed[name] for name in TIMED}, PAUSED: timed["simple"], TIMER: timer_only}
    found = gathered([bench.latency(calls, USERS, calls=10_000, blocks=20)], np.ones((1, 3)))
    pair = {name: timed[name] for name in ("floor", "simple")}
    rates = bench.throughput(pair, USERS, rounds=20, seconds=0.01, clock=time.thread_time_ns)
    measures = latency_checks.timing_measures(found, Check("cache", "pass", estimate={"hits": 0.99}, n=1_000))
    judged = [*measures[:3], single_rates(rates)[0]]
    ratios = {m.name: m for m in judged}

    assert {name: TARGETS[name].judge(m.value, None) == "pass" for name, m in ratios.items()} == dict.fromkeys(
        ("p99_simple", "p99_targeted", "p99_variants", "throughput_simple"), meets
    )
    assert ("fail" if meets else "pass") not in {m.judged(TARGETS[name]).verdict for name, m in ratios.items()}


def test_latencies_carry_the_seeds_names_and_the_cost_of_measuring() -> None:
    """Three P99 in nanoseconds stand for the seed's; spread, collector, first call and clock are there beside them."""
    generator = np.random.default_rng(1)
    names = (*TIMED, PAUSED, TIMER)
    runs = [
        LatencyRun(
            {name: Latency(name, generator.lognormal(6, 0.1, (8, 500))) for name in names},
            Timer("perf_counter_ns", 40, 42.0),
            garbage_collector=True,
        )
        for _ in range(6)
    ]
    cache = Check("cache", "pass", estimate={"hits": 0.99}, n=1_000)
    found = {m.name: m for m in latency_checks.timing_measures(gathered(runs, np.full((6, 3), 9.0)), cache)}

    assert {name: m.replaces for name, m in found.items() if m.replaces} == {
        "p99_simple_ns": "test_single_evaluation_latency_simple_flag",
        "p99_targeted_ns": "test_single_evaluation_latency_with_targeting",
        "p99_variants_ns": "test_single_evaluation_latency_with_variants",
        "cache_hit_rate": "test_cache_hit_rate_with_repeated_flags",
    }
    assert found["p99_simple_spread"].n == 6
    assert 1 <= (found["p99_simple_spread"].value or 0) < 2
    assert found["first_call"].value == 9.0
    assert {"timer_overhead", "collector", "hash_share"} < set(found)
