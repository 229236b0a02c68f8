"""What the latency notebook shows without a clock: that the timed code decides rightly, and that the cache counts."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, islice

import numpy as np

import ffcore
from ffcore.hashing import accepted_buckets
from ffcore.lab.bench.display import duration, interval
from ffcore.lab.bench.estimate import Estimate, middle
from ffcore.lab.bench.fresh import PAUSED, TIMER, FreshRun
from ffcore.lab.bench.hit_rate import hit_rate
from ffcore.lab.bench.workloads import STANDARD, Workloads
from ffcore.lab.verify.check import Check, Verdict

from .results import Measure

TIMED = ("simple", "short circuit", "targeted", "variants")
#: What each latency stands for in the seed report.
REPLACED = {
    "simple": "test_single_evaluation_latency_simple_flag",
    "targeted": "test_single_evaluation_latency_with_targeting",
    "variants": "test_single_evaluation_latency_with_variants",
}
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
    source = flags or STANDARD
    keys = list(source)[:LOOP_FLAGS]
    found = hit_rate(ffcore.Evaluator(source), keys, islice(cycle(users), REQUESTS))
    expected = REQUESTS - len(keys)
    exact = (found.hits, found.misses, found.loads) == (expected, len(keys), len(keys))
    counts = {"hits": found.hits, "misses": found.misses, "loads": found.loads, "expected_hits": expected}
    verdict: Verdict = "pass" if exact else "fail"
    return Check("cache loop", verdict, estimate={"hits": found.rate}, n=REQUESTS, details=counts)


def _decided(loads: Workloads, name: str, flags: ffcore.FlagSet, users: Sequence[str]) -> Check:
    (key,) = loads.keys_of[name]
    flag = flags.get(key) or STANDARD[key]
    accepted = accepted_buckets(flag.rollout_percentage, flag.buckets)
    answers = [getattr(loads[name](user), "enabled", None) for user in users]
    inside = [ffcore.hash32(user, key) % flag.buckets < accepted for user in users]
    wrong = sum(answer is not right for answer, right in zip(answers, inside, strict=True))
    proof = {"accepted": accepted, "buckets": flag.buckets, "target": flag.rollout_percentage / 100}
    share = {"enabled": answers.count(True) / len(users)}
    details = {"proof": {**proof, "disagreeing_users": wrong, "holds": not wrong}}
    return Check(name, "fail" if wrong else "pass", estimate=share, n=len(users), details=details)


def timing_measures(latency: FreshRun, cache: Check) -> list[Measure]:
    """Name what the executive table shows: P99 as ratios to the floor, in nanoseconds, and the cache's hit rate.

    The measure of the cache carries the verdict of its check; the ratios are judged by their targets; the rest is for
    information: the spread of P99 over processes, the collector's share, the cold first call, the clock's own cost.
    """
    ratios = [_p99(latency, name) for name in REPLACED]
    seconds = [_absolute(latency, name, benchmark) for name, benchmark in REPLACED.items()]
    return [*ratios, *seconds, *(_spread(latency, name) for name in REPLACED), *_others(latency), _hits(cache)]


def _p99(latency: FreshRun, name: str) -> Measure:
    ratio = latency.ratio(name, "floor", _TAIL)
    note = f"absolute {interval(latency.percentile(name, _TAIL), duration)}"
    measure = Measure.of(f"p99_{name}", f"P99 of {name} over the bare hash's", ratio, "ratio", note=note)
    return replace(measure, n=latency.workloads[name].blocks.size)


def _absolute(latency: FreshRun, name: str, benchmark: str) -> Measure:
    p99, p50 = (latency.percentile(name, level) for level in (_TAIL, 0.5))
    note = f"median {interval(p50, duration)}, {len(latency.runs)} processes"
    return Measure.of(f"p99_{name}_ns", f"P99 of {name}", p99, "ns", note=note, replaces=benchmark)


def _spread(latency: FreshRun, name: str) -> Measure:
    """How far P99 of the slowest process lies above that of the quickest: an observed range, so without interval."""
    tails, parts = latency.by_process(name, _TAIL), latency.variation(name, _TAIL)
    note = (
        f"{duration(tails.min())} to {duration(tails.max())}; deviation within a process {100 * parts.within:.1f} %, "
        f"between processes {100 * parts.between:.1f} %"
    )
    label = f"P99 of {name}, slowest process over quickest"
    return Measure.of(f"p99_{name}_spread", label, latency.spread(name, _TAIL), "ratio", note=note)


def _others(latency: FreshRun) -> list[Measure]:
    hashed = latency.ratio("simple", "short circuit")
    collector = latency.ratio("simple", PAUSED)
    cold = middle(latency.first[:, 0])
    second = duration(float(np.median(latency.first[:, 1])))
    clock = latency.percentile(TIMER, 0.5)
    step = f"subtracted from every call; the clock's step is {duration(latency.timer.resolution)}"
    return [
        Measure.of(
            "hash_share", "median of simple over that of the short circuit, which never hashes", hashed, "ratio"
        ),
        Measure.of("collector", "median of simple with the garbage collector on, over off", collector, "ratio"),
        Measure.of("first_call", "cold first call: fetch, compile, decide", cold, "ns", note=f"the second {second}"),
        Measure.of("timer_overhead", "cost of the measurement itself per call", clock, "ns", note=step),
    ]


def _hits(cache: Check) -> Measure:
    hits = Estimate(100 * cache.estimate["hits"], None, None, cache.n)
    judged = {"verdict": cache.verdict, "basis": "checks", "note": "a count, so without interval"}
    name = "test_cache_hit_rate_with_repeated_flags"
    return Measure.of("cache_hit_rate", "cache hits", hits, "%", replaces=name, **judged)
