"""What the response time notebook shows without a clock: that waiting is counted whole; and its key figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import cycle

import numpy as np

import ffcore
from ffcore.lab.bench.display import duration, interval, rate
from ffcore.lab.bench.estimate import Estimate, Floats
from ffcore.lab.bench.open_loop import CAPACITY_CALLS, OpenLoopRun, Requests, drive, schedule
from ffcore.lab.testing.delayed import DelayedStore
from ffcore.lab.verify.check import Check

from .mismatches import counted
from .results import Measure

OMISSION = "omission"
HIT_NS, MISS_S, TTL, FLAGS, PER_SECOND, SECONDS = 20_000, 0.007, 1.0, 10, 2_000, 20.0
PAUSE_EVERY_S, PAUSE_S = 5.0, 0.2


class StillClock:
    """A clock that moves only when it is told to.

    >>> clock = StillClock()
    >>> clock.wait(5), clock()
    (None, 5)
    """

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        """Read it, in nanoseconds."""
        return self.now

    def spend(self, seconds: float) -> None:
        """Let time pass."""
        self.now += round(seconds * 1e9)

    def wait(self, until: int) -> None:
        """Let time pass until a reading."""
        self.now = max(self.now, until)


def waiting_checks(fault: str = "") -> dict[str, Check]:
    """Drive the seed's cache at 2,000 requests a second with misses of 7 ms, without and with pauses of 200 ms.

    Each request's response time has to be that of the queue's recursion (Lindley 1952), to the nanosecond, computed
    from arrivals and service times alone. The fault "omission" counts from the actual start, as a closed loop does.

    >>> [check.verdict for check in waiting_checks().values()]
    ['pass', 'pass']
    """
    return {name: _check(name, fault, pauses=pauses) for name, pauses in (("cache misses", False), ("pauses", True))}


def _check(name: str, fault: str, *, pauses: bool) -> Check:
    requests = _driven(pauses=pauses)
    if fault == OMISSION:
        requests = replace(requests, due=requests.begun)
    expected = lindley(np.diff(schedule(PER_SECOND, SECONDS, seed=0), prepend=0.0), requests.service)
    wrong = int((requests.response != expected).sum())
    service, response = (duration(_p99(times)) for times in (requests.service, requests.response))
    return counted(name, wrong, requests.due.size, observed=f"p99 service {service}, response {response}")


def lindley(gaps: Floats, service: Floats) -> Floats:
    """Response times of one worker who serves in order: what is left of the queue, and one's own service.

    >>> lindley(np.array([0.0, 1.0, 1.0]), np.array([3.0, 1.0, 1.0])).tolist()
    [3.0, 3.0, 3.0]
    """
    responses, before = [], 0.0
    for gap, own in zip(gaps.tolist(), service.tolist(), strict=True):
        before = max(0.0, before - gap) + own
        responses.append(before)
    return np.array(responses)


def _driven(*, pauses: bool) -> Requests:
    clock = StillClock()
    flags = ffcore.FlagSet(ffcore.Flag(f"f{number}", enabled=True) for number in range(FLAGS))
    store = DelayedStore(ffcore.stores.MemoryStore(flags), MISS_S, clock.spend)
    evaluator = ffcore.Evaluator(store, ttl=TTL, clock=lambda: clock.now / 1e9)
    call = _served(evaluator, clock, cycle(flags).__next__, pauses=pauses)
    return drive(call, ["user-1"], schedule(PER_SECOND, SECONDS, seed=0), clock, clock.wait)


def _served(
    evaluator: ffcore.Evaluator, clock: StillClock, key: Callable[[], str], *, pauses: bool
) -> Callable[[str], object]:
    due = PAUSE_EVERY_S

    def call(user: str) -> object:
        nonlocal due
        if pauses and clock.now >= due * 1e9:
            due += PAUSE_EVERY_S
            clock.spend(PAUSE_S)
        clock.spend(HIT_NS / 1e9)
        return evaluator.evaluate(user, key())

    return call


def _p99(times: Floats) -> float:
    return float(np.quantile(times, 0.99, method="inverted_cdf"))


def waiting_measures(run: OpenLoopRun) -> list[Measure]:
    """Capacity, knee, and p99 of response over service at half the capacity and under cache misses; no target."""
    half = run.loads[0.5]
    knee = Estimate(100 * run.knee(), None, None, len(run.loads))
    capacity = Estimate(run.capacity, None, None, CAPACITY_CALLS)
    return [
        Measure.of("capacity", "requests a second that the loop serves at most", capacity, "1/s"),
        Measure.of("knee", "load at which p99 of the response bends", knee, "%", note=f"of {rate(run.capacity)}"),
        _response("response_half", "p99 of the response at half the capacity", half),
        _response("response_misses", "p99 of the response under cache misses of 5 ms", run.misses),
    ]


def _response(name: str, label: str, requests: Requests) -> Measure:
    found, own = (requests.percentiles(times)[0.99] for times in (requests.response, requests.service))
    return Measure.of(name, label, found, "ns", note=f"service {interval(own, duration)}")
