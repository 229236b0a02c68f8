"""The seeded fault of the benchmarks: calls that take a known multiple of their time."""

import time

from ffcore.lab.bench.clock import Clock
from ffcore.lab.bench.rounds import Workload


def slow(call: Workload, factor: float = 3.0, clock: Clock = time.perf_counter_ns) -> Workload:
    """Stretch each call to at least `factor` times its own length by waiting busily; its result stays.

    >>> slow(str.upper, factor=2.0)("ann")
    'ANN'
    """

    def slowed(user: str) -> object:
        start = clock()
        result = call(user)
        end = start + factor * (clock() - start)
        while clock() < end:
            pass
        return result

    return slowed
