"""Open-loop load: requests start when a schedule says, and waiting counts from then, however late they are served.

A closed loop sends the next request when the last one is done, so a pause costs it one request; callers who do not
wait for each other all pay for it (wrk2 calls that coordinated omission).
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import cycle

import numpy as np

from ffcore.evaluator import Evaluator
from ffcore.flagset import FlagSet
from ffcore.lab.bench.clock import Clock
from ffcore.lab.bench.display import duration, interval, percentile_name, rate, table
from ffcore.lab.bench.estimate import Estimate, Floats, clustered_quantile
from ffcore.lab.bench.estimators import STRETCHES
from ffcore.lab.bench.rounds import Workload, shuffled
from ffcore.lab.bench.sizes import Sizes
from ffcore.lab.bench.workloads import workloads
from ffcore.lab.testing.delayed import DelayedStore
from ffcore.model import Flag
from ffcore.stores.memory import MemoryStore

LOADS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
LEVELS = (0.5, 0.99)
CAPACITY_CALLS = 100_000
MISS_FLAGS, MISS_TTL, MISS_DELAY, MISS_RATE = 10, 0.25, 0.005, 2_000
MISS_SECONDS = 10  # times as long as each load


@dataclass(frozen=True, slots=True, eq=False)
class Requests:
    """When each request was due, when it began and when it was answered, in nanoseconds of one clock."""

    due: Floats
    begun: Floats
    ended: Floats

    @property
    def service(self) -> Floats:
        """What a closed loop reports: from start to answer."""
        return self.ended - self.begun

    @property
    def response(self) -> Floats:
        """What a caller waits: from when the request was due to its answer."""
        return self.ended - self.due

    def percentiles(self, times: Floats) -> dict[float, Estimate]:
        """Estimate the median and p99 of service or response times, all requests counted.

        Neighbours in a queue wait for the same reason, so the intervals draw whole stretches, ten of them, rather than
        requests.
        """
        stretches = np.array_split(times, STRETCHES)
        return {level: clustered_quantile(stretches, level) for level in LEVELS}


def schedule(per_second: float, seconds: float, seed: int) -> Floats:
    """Poisson arrivals: nanoseconds from the start at which each request is due, fixed before the first is sent.

    >>> bool((np.diff(schedule(1_000, 1.0, seed=0)) > 0).all())
    True
    """
    gaps = np.random.default_rng(seed).exponential(1e9 / per_second, max(STRETCHES, round(per_second * seconds)))
    return np.floor(np.cumsum(gaps)) + np.arange(gaps.size)


def drive(
    call: Workload,
    users: Sequence[str],
    due: Floats,
    clock: Clock = time.perf_counter_ns,
    wait: Callable[[int], object] | None = None,
) -> Requests:
    """Send requests by their schedule, one worker serving them in order, and note the three times of each.

    Args:
        call: serves a user.
        users: ids, used again from the start when they run out.
        due: nanoseconds from now, rising.
        clock: reads nanoseconds.
        wait: lets time pass until a reading of the clock; by default a busy wait, since a sleep would end too late.
    """
    pause = wait or partial(_look_until, clock)
    begun, ended = (array("q", bytes(8 * due.size)) for _ in range(2))
    turn, origin = cycle(users).__next__, clock()
    for index, offset in enumerate(due.astype(np.int64).tolist()):
        user = turn()
        if clock() < origin + offset:
            pause(origin + offset)
        begun[index] = clock()
        call(user)
        ended[index] = clock()
    return Requests(due + origin, np.array(begun, dtype=np.float64), np.array(ended, dtype=np.float64))


def _look_until(clock: Clock, until: int) -> None:
    while clock() < until:
        pass


@dataclass(frozen=True, slots=True, eq=False)
class OpenLoopRun:
    """What `open_loop` measured: capacity in requests a second, requests by load, and those that meet cache misses."""

    capacity: float
    loads: dict[float, Requests]
    misses: Requests

    def knee(self) -> float:
        """The load beyond which p99 of the response rises fastest: farthest below the chord of the curve.

        Source: Satopaa and others, *Finding a "kneedle" in a haystack*, 2011.
        """
        loads = sorted(self.loads)
        tails = [np.quantile(self.loads[load].response, 0.99, method="inverted_cdf") for load in loads]
        return knee(np.array(loads), np.array(tails))

    def _named(self) -> list[tuple[str, Requests]]:
        loads = [(f"{100 * load:.0f} % of capacity", self.loads[load]) for load in sorted(self.loads)]
        return [*loads, ("cache misses of 5 ms", self.misses)]

    def _repr_html_(self) -> str:
        rows = [{"load": name, **_row(requests)} for name, requests in self._named()]
        note = (
            f"All requests [95 % interval over {STRETCHES} stretches]. Capacity of this loop: {rate(self.capacity)}; "
            f"knee of the response at {100 * self.knee():.0f} %. Cache misses: {MISS_RATE:,} requests a second, "
            f"{MISS_FLAGS} flags, time to live {MISS_TTL:g} s."
        )
        return table(rows, note)


def knee(loads: Floats, tails: Floats) -> float:
    """The load at which a curve, made to rise throughout, lies farthest below the straight line between its ends.

    >>> knee(np.array([0.1, 0.5, 0.9]), np.array([1.0, 2.0, 50.0]))
    0.5
    """
    across = (loads - loads[0]) / (loads[-1] - loads[0])
    rising = np.maximum.accumulate(tails)
    height = (rising - rising[0]) / max(float(np.ptp(rising)), 1.0)
    return float(loads[int(np.argmax(across - height))])


def open_loop(flags: FlagSet, users: Sequence[str], size: Sizes) -> OpenLoopRun:
    """Serve *simple* at 10 to 90 % of what this loop can serve at most, loads in shuffled order; then cache misses.

    Args:
        flags: the workload *simple* chooses from them.
        users: ids.
        size: how long requests come in at each load.
    """
    call = workloads(flags)["simple"]
    drive(call, users, np.zeros(CAPACITY_CALLS))
    full = drive(call, users, np.zeros(CAPACITY_CALLS))
    capacity = CAPACITY_CALLS * 1e9 / float(full.ended[-1] - full.begun[0])
    loads = {
        load: drive(call, users, schedule(load * capacity, size.load_seconds, seed=number))
        for number, (_, load) in enumerate(shuffled(LOADS, 1, seed=0))
    }
    due = schedule(MISS_RATE, MISS_SECONDS * size.load_seconds, seed=0)
    return OpenLoopRun(capacity, loads, drive(_missing(), users, due))


def _missing() -> Workload:
    """Ten flags in turn over a store that takes 5 ms, with entries that soon expire."""
    flags = FlagSet(Flag(f"f{number}", enabled=True, rollout_percentage=Fraction(50)) for number in range(MISS_FLAGS))
    evaluate = Evaluator(DelayedStore(MemoryStore(flags), MISS_DELAY), ttl=MISS_TTL).evaluate
    key = cycle(flags).__next__
    return lambda user: evaluate(user, key())


def _row(requests: Requests) -> dict[str, str]:
    kinds = {"service": requests.percentiles(requests.service), "response": requests.percentiles(requests.response)}
    return {
        f"{kind} {percentile_name(level)}": interval(found[level], duration)
        for level in LEVELS
        for kind, found in kinds.items()
    }
