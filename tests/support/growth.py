"""How the work of a function grows with its input: a ratio within one process, which no machine's speed changes."""

from collections.abc import Callable
from time import thread_time

FACTOR, TIMES = 20, 5


def growth(run: Callable[[int], object], size: int) -> float:
    """How many times the processor time of ``size`` an input of twenty times that size takes, the least of five each.

    Linear work gives 20, or some 80 where the larger input no longer fits the processor's caches; quadratic gives 400.
    """
    sizes = (size, FACTOR * size)
    small, large = (min(_seconds(run, each) for _ in range(TIMES)) for each in sizes)
    return large / small


def _seconds(run: Callable[[int], object], size: int) -> float:
    started = thread_time()
    run(size)
    return thread_time() - started
