"""What the latency notebook shows without a clock: that the timed code decides rightly, and that the cache counts."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, islice

import ffcore
from ffcore.hashing import accepted_buckets
from ffcore.lab.bench.display import duration, interval
from ffcore.lab.bench.display import rate as per_second
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.bench.hit_rate import hit_rate
from ffcore.lab.bench.latency import LatencyRun
from ffcore.lab.bench.throughput import ThroughputRun
from ffcore.lab.bench.workloads import STANDARD, Workloads
from ffcore.lab.verify.check import Check, Verdict

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


def timing_measures(latency: LatencyRun, throughput: ThroughputRun, cache: Check) -> list[Measure]:
    """Name what the executive table shows: P99 and rate as ratios to the floor (absolute in the note), and the cache.

    The measure of the cache carries the verdict of its check; the ratios are judged by their targets.
    """
    return [*(_p99(latency, name) for name in ("simple", "targeted", "variants")), _rate(throughput), _hits(cache)]


def _p99(latency: LatencyRun, name: str) -> Measure:
    sample, ratio = latency.workloads[name], latency.ratio(name, "floor", _TAIL)
    note = f"absolute {interval(sample.percentile(_TAIL), duration)}"
    measure = Measure.of(f"p99_{name}", f"P99 of {name} over the bare hash's", ratio, "ratio", note=note)
    return replace(measure, n=sample.blocks.size)


def _rate(throughput: ThroughputRun) -> Measure:
    sample, ratio = throughput.workloads["simple"], throughput.ratio("simple", "floor")
    note = f"absolute {interval(sample.median(), per_second)}"
    measure = Measure.of("throughput_simple", "rate of simple over the bare hash's", ratio, "ratio", note=note)
    return replace(measure, n=sample.rates.size * sample.loops)


def _hits(cache: Check) -> Measure:
    hits = Estimate(100 * cache.estimate["hits"], None, None, cache.n)
    return Measure.of("cache_hit_rate", "cache hits", hits, "%", verdict=cache.verdict, basis="checks", note="a count")
