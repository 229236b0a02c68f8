"""What the latency notebook shows without a clock: that the timed code decides rightly, and that the cache counts."""

from collections.abc import Sequence
from fractions import Fraction

import ffcore
from ffcore.lab.bench.display import duration, interval
from ffcore.lab.bench.display import rate as per_second
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.bench.latency import LatencyRun
from ffcore.lab.bench.throughput import ThroughputRun
from ffcore.lab.bench.workloads import STANDARD, Workloads
from ffcore.lab.verify.check import Check

from .results import Measure

TIMED = ("simple", "short circuit", "targeted", "variants")
REQUESTS = 1_000
LOOP_FLAGS = 10
_TAIL = 0.99


def decisions(loads: Workloads, flags: ffcore.FlagSet, users: Sequence[str]) -> dict[str, Check]:
    """Compare what each timed workload decides with each user's bucket; a proof over these users, by workload and flag.

    >>> from ffcore.lab import bench
    >>> decisions(bench.workloads(STANDARD), STANDARD, ["ann", "bob"])["simple (bench-simple)"].verdict
    'pass'
    """
    return {f"{name} ({key})": _decided(loads, name, flags, users) for name in TIMED for key in loads.keys_of[name]}


def cache_loop(flags: ffcore.FlagSet, users: Sequence[str]) -> Check:
    """Replay the seed report's loop, 1,000 evaluations over ten flags, and hold the cache to its arithmetic.

    Every flag has to be loaded once, and every other request has to be a hit.

    >>> cache_loop(STANDARD, ["ann", "bob"]).details
    {'hits': 990, 'misses': 10, 'loads': 10, 'expected_hits': 990}
    """
    evaluator, keys = ffcore.Evaluator(flags), list(flags)[:LOOP_FLAGS]
    for number in range(REQUESTS):
        evaluator.evaluate(users[number % len(users)], keys[number % len(keys)])
    found, hits = evaluator.stats(), REQUESTS - len(keys)
    exact = (found.hits, found.misses, found.loads) == (hits, len(keys), len(keys))
    return Check(
        "cache loop",
        "pass" if exact else "fail",
        estimate={"hits": found.hits / REQUESTS},
        n=REQUESTS,
        details={"hits": found.hits, "misses": found.misses, "loads": found.loads, "expected_hits": hits},
    )


def _decided(loads: Workloads, name: str, flags: ffcore.FlagSet, users: Sequence[str]) -> Check:
    (key,) = loads.keys_of[name]
    flag = flags.get(key) or STANDARD[key]
    answers = [getattr(loads[name](user), "enabled", None) for user in users]
    wrong = sum(answer is not _inside(flag, user) for answer, user in zip(answers, users, strict=True))
    return Check(
        name,
        "fail" if wrong else "pass",
        estimate={"enabled": answers.count(True) / len(users)},
        n=len(users),
        details={"enabled": answers.count(True), "disagreeing": wrong},
    )


def _inside(flag: ffcore.Flag, user: str) -> bool:
    return Fraction(ffcore.hash32(user, flag.key) % flag.buckets * 100, flag.buckets) < flag.rollout_percentage


def timing_measures(latency: LatencyRun, throughput: ThroughputRun, cache: Check) -> list[Measure]:
    """Name what the executive table shows: P99 and rate as ratios to the floor (absolute in the note), and the cache.

    The measure of the cache carries the verdict of its check; the ratios are judged by their targets.
    """
    measures = [_p99(latency, name) for name in ("simple", "targeted", "variants")]
    rate = throughput.ratio("simple", "floor")
    note = interval(throughput.workloads["simple"].median(), per_second)
    measures.append(Measure.of("throughput_simple", "throughput over the bare hash's", rate, "ratio", note=note))
    hits = Estimate(100 * cache.estimate["hits"], None, None, cache.n)
    return [*measures, Measure.of("cache_hit_rate", "cache hits", hits, "%", verdict=cache.verdict, note="a count")]


def _p99(latency: LatencyRun, name: str) -> Measure:
    absolute = interval(latency.workloads[name].percentile(_TAIL), duration)
    ratio = latency.ratio(name, "floor", _TAIL)
    return Measure.of(f"p99_{name}", f"P99 of {name} over the bare hash's", ratio, "ratio", note=absolute)
