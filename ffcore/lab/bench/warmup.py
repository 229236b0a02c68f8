"""Where warm-up ends: found in the recorded calls themselves, by their change points, not set beforehand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ffcore.lab.bench.estimate import Floats

BINS = 200
FEWEST_CALLS = 10
TOLERANCE = 0.05
LEAST_NOISE = 0.01
PENALTY = 3.0


@dataclass(frozen=True, slots=True)
class WarmUp:
    """How many calls at the start were slower than those after them, and whether that ended before half of all."""

    calls: int
    settled: bool


def warm_up(times: ArrayLike) -> WarmUp:
    """Find the first call from which on the times are those of the rest.

    Medians of short stretches are cut where their level changes; warm-up is what stands before the first piece whose
    level is at most 5 % above the median of the second half. A piece that is slow later on is the machine's doing and
    stays in.

    Source: Barrett and others, *Virtual machine warmup blows hot and cold*, 2017, for change points in place of a
    fixed number of calls.

    >>> warm_up([900.0] * 300 + [500.0] * 9_700)
    WarmUp(calls=300, settled=True)
    >>> warm_up([500.0] * 1_000)
    WarmUp(calls=0, settled=True)
    """
    recorded = np.asarray(times, dtype=np.float64)
    width = max(FEWEST_CALLS, recorded.size // BINS)
    count = recorded.size // width
    if count < 2:
        return WarmUp(0, settled=True)
    levels = np.log(np.maximum(np.median(recorded[: count * width].reshape(count, width), axis=1), 1.0))
    highest = float(np.median(levels[count // 2 :])) + np.log1p(TOLERANCE)
    starts = change_points(levels)
    ends = [*starts[1:], count]
    begin = next((start for start, end in zip(starts, ends, strict=True) if levels[start:end].mean() <= highest), count)
    settled = begin <= count // 2
    return WarmUp(begin * width if settled else 0, settled)


def change_points(levels: Floats) -> list[int]:
    """Cut a sequence into pieces of constant level; the first piece starts at 0.

    Optimal partitioning: the least sum of squares within pieces plus a penalty for each, in units of the noise, which
    is read from neighbours.

    Source: Jackson and others, *An algorithm for optimal partitioning of data on an interval*, 2005. One pass of numpy
    does it for the few hundred values that we have, so no library is asked.

    >>> change_points(np.array([5.0] * 20 + [1.0] * 30))
    [0, 20]
    """
    size = levels.size
    noise = max(LEAST_NOISE, 1.4826 * float(np.median(np.abs(np.diff(levels)))) / np.sqrt(2))
    penalty = PENALTY * np.log(size) * noise**2
    sums, squares = (np.concatenate([[0.0], np.cumsum(values)]) for values in (levels, levels**2))
    best, last = np.zeros(size + 1), np.zeros(size + 1, dtype=np.int64)
    for end in range(1, size + 1):
        begin = np.arange(end)
        inside = squares[end] - squares[:end] - (sums[end] - sums[:end]) ** 2 / (end - begin)
        costs = best[:end] + inside + penalty
        last[end] = int(np.argmin(costs))
        best[end] = costs[last[end]]
    starts, end = [], size
    while end:
        end = int(last[end])
        starts.append(end)
    return starts[::-1]
