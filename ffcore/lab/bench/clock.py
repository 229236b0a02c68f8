"""The clock that everything is timed with: its resolution and its own cost."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

Clock = Callable[[], int]  # reads nanoseconds

READINGS = 10_000_000


@dataclass(frozen=True, slots=True)
class Timer:
    """A clock, the shortest time it shows, and the median of an empty pair of its readings, both in nanoseconds."""

    clock: str
    resolution: int
    overhead: float


def timer(clock: Clock = time.perf_counter_ns, pairs: int = 20_000) -> Timer:
    """Measure a clock: the shortest time that two readings tell apart, and the median of a pair with nothing between.

    Raises:
        ValueError: The clock never advances.

    >>> ticks = iter(range(0, 10_000_000, 25))
    >>> timer(ticks.__next__, pairs=100)
    Timer(clock='__next__', resolution=25, overhead=25.0)
    """
    name = getattr(clock, "__name__", type(clock).__name__)
    elapsed = _empty_pairs(clock, pairs)
    step = min(filter(None, elapsed), default=0) or _next_step(clock)
    if step == 0:
        raise ValueError(f"the clock {name} did not advance in {READINGS:,} readings; pass one that does")
    return Timer(name, step, float(median(elapsed)))


def _next_step(clock: Clock) -> int:
    start = clock()
    return next((now - start for _ in range(READINGS) if (now := clock()) > start), 0)


def _empty_pairs(clock: Clock, pairs: int) -> array[int]:
    elapsed = array("q", bytes(8 * pairs))
    for index in range(pairs):
        start = clock()
        elapsed[index] = clock() - start
    return elapsed
