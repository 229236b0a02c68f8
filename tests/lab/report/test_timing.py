"""Timing: the timed code is right, the cache's arithmetic holds, and a threefold slow-down misses its targets."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

import ffcore
from ffcore.lab import bench
from ffcore.lab.bench.hit_rate import HitRate
from ffcore.lab.bench.workloads import STANDARD, Workloads
from ffcore.lab.report import timing
from ffcore.lab.report.targets import load_targets
from ffcore.lab.verify import Check

USERS = [f"u{number}" for number in range(2_000)]
TARGETS = {t.measure: t for t in load_targets(Path(__file__).parents[3] / "data" / "targets.yaml")}


def test_the_timed_code_decides_as_the_buckets_say() -> None:
    """All timed workloads agree with every user's bucket, which is recomputed."""
    found = timing.decisions(bench.workloads(STANDARD), STANDARD, USERS)

    assert [check.verdict for check in found.values()] == ["pass"] * 4
    assert found["short circuit (bench-released)"].estimate == {"enabled": 1.0}


def test_one_wrong_decision_fails() -> None:
    """Code that decides one user wrongly is caught, with the number of users."""
    loads = bench.workloads(STANDARD)
    wrong = ffcore.Decision(True, "enabled")
    lucky = next(user for user in USERS if not loads["simple"](user).enabled)  # type: ignore[attr-defined]
    faulty = {**loads.calls, "simple": lambda user: wrong if user == lucky else loads["simple"](user)}
    found = timing.decisions(replace(loads, calls=faulty), STANDARD, USERS)["simple (bench-simple)"]

    assert found.verdict == "fail"
    assert found.details["proof"]["disagreeing_users"] == 1


def test_a_workload_that_does_not_decide_fails() -> None:
    """Timing an empty call instead of the evaluator is no decision at all."""
    loads = bench.workloads(STANDARD)
    faulty: Workloads = replace(loads, calls={**loads.calls, "simple": lambda user: None})

    assert timing.decisions(faulty, STANDARD, USERS)["simple (bench-simple)"].verdict == "fail"


def test_the_seeds_loop_is_its_arithmetic() -> None:
    """A thousand requests over ten flags are ten loads and 990 hits; over two flags, 998."""
    assert timing.cache_loop(STANDARD, USERS).estimate == {"hits": 0.99}
    assert timing.cache_loop(ffcore.FlagSet([ffcore.Flag("a"), ffcore.Flag("b")]), USERS).details["hits"] == 998
    assert timing.cache_loop(ffcore.FlagSet(), USERS).verdict == "pass"


def test_a_cache_that_miscounts_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flag loaded twice breaks the arithmetic."""
    monkeypatch.setattr(timing, "hit_rate", lambda *_: HitRate(hits=990, misses=10, loads=11))

    assert timing.cache_loop(STANDARD, USERS).verdict == "fail"


@pytest.mark.slow
@pytest.mark.parametrize(("factor", "meets"), [(1, True), (3, False)])
def test_a_threefold_slow_down_misses_every_target(factor: int, meets: bool) -> None:
    """Each ratio lies on its side of the bound; a busy machine may leave a verdict open but never turns it round.

    Blocks of calls are timed by the thread's own clock, which stands still while other processes have the core.
    """
    loads = bench.workloads(STANDARD)
    timed = loads if factor == 1 else loads.slowed(factor)
    latency = bench.latency(timed, USERS, calls=10_000, blocks=20)
    pair = {name: timed[name] for name in ("floor", "simple")}
    rates = bench.throughput(pair, USERS, rounds=20, seconds=0.01, clock=time.thread_time_ns)
    measures = timing.timing_measures(latency, rates, Check("cache", "pass", estimate={"hits": 0.99}, n=1_000))
    ratios = {m.name: m for m in measures[:-1]}

    assert {name: TARGETS[name].judge(m.value, None) == "pass" for name, m in ratios.items()} == dict.fromkeys(
        ("p99_simple", "p99_targeted", "p99_variants", "throughput_simple"), meets
    )
    assert ("fail" if meets else "pass") not in {m.judged(TARGETS[name]).verdict for name, m in ratios.items()}
