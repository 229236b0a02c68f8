"""Populations up to a billion: users a second by engine and by workers, and what still more would take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import pyarrow as pa

from ffcore.flagset import FlagSet
from ffcore.lab.bench.bulk import ALTERNATIVES, Alternative, Batch, timed
from ffcore.lab.bench.bulk_run import BulkRun, Speed
from ffcore.lab.bench.engines import HALF, Engine, on_executor
from ffcore.lab.bench.estimate import FEWEST_ROUNDS, Estimate, paired_ratio
from ffcore.lab.bench.estimators import extrapolated
from ffcore.lab.bench.executors import DASK, TWO_THREADS, Executors
from ffcore.lab.bulk.ranges import DecimalIds, count_range

#: The evaluator in a loop, which takes as long as pandas, is left to the measurement of one machine.
OTHERS = {name: alternative for name, alternative in ALTERNATIVES.items() if name != "scalar evaluator"}
ROWS = (100_000, 1_000_000, 10_000_000)
#: More rows of a frame are not worth their time and memory.
FRAME_ROWS = 1_000_000
#: These count the largest range; the others stop at the second largest.
LARGEST_EXECUTORS = (TWO_THREADS, DASK)
GOAL = 10**10
RANGE, FRAME = "range", "frame"


@dataclass(frozen=True, slots=True, eq=False)
class ScaleRun:
    """What `scale` measured.

    Attributes:
        timed: users a second, by method and number of users.
        counts: how many users each method let in, by number of users; more than one number where its answers differed.
        expected: how many that are, counted here without any executor of others.
    """

    timed: BulkRun
    counts: Mapping[str, Mapping[int, frozenset[int]]]
    expected: Mapping[int, int]

    def growth(self, name: str) -> Estimate:
        """How a user's cost grows from the second largest population to the largest: 1 where it stays the same."""
        before, last = self._largest_two(name)
        return paired_ratio(before.rates, last.rates)

    def seconds(self, name: str, users: int = GOAL) -> Estimate:
        """Extrapolate how many seconds so many users would take, if the cost of a further user stays what it is."""
        before, last = self._largest_two(name)
        return extrapolated(last.rates, before.rates, last.rows, before.rows, users)

    def speedup(self, name: str, baseline: str) -> Estimate:
        """Users a second over another method's, within rounds, for the most users that both were measured with."""
        sizes = {speed.rows: speed for speed in self.timed.speeds[name]}
        common = [speed for speed in self.timed.speeds[baseline] if speed.rows in sizes][-1]
        return paired_ratio(sizes[common.rows].rates, common.rates)

    def _largest_two(self, name: str) -> tuple[Speed, Speed]:
        before, last = self.timed.speeds[name][-2:]
        return before, last

    def _repr_html_(self) -> str:
        return self.timed._repr_html_()


def scale(
    executors: Executors,
    *,
    rows: Sequence[int] = ROWS,
    rounds: int = 6,
    seconds: float = 0.01,
    alternatives: Mapping[str, Alternative] = OTHERS,
) -> ScaleRun:
    """Count the users a second that each executor and each other engine decides, by number of users.

    All decide a flag at 50 % for the users `user-0`, `user-1`, ...: each executor as a range, of which only numbers
    travel, and as a frame, of which ids and decisions travel to processes and back; the alternatives as a column. All
    take turns, once a round in shuffled order, and what each answers is kept and compared.

    Args:
        executors: threads, processes or clusters, by name.
        rows: numbers of users, at least two in rising order. Frames have at most FRAME_ROWS users.
        rounds: timed blocks of each, at least six, which intervals need.
        seconds: shortest block; a small population is decided over and over until it has passed.
        alternatives: by name; each decides no more users than it bears.

    Raises:
        ValueError: fewer than two numbers of users, or than six rounds.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as threads:
    ...     run = scale(Executors({"2 threads": threads}, {}), rows=[1_000, 2_000], seconds=0.001, alternatives={})
    >>> run.growth("range, 2 threads").n
    6
    """
    if len(rows) < 2 or list(rows) != sorted(set(rows)) or rounds < FEWEST_ROUNDS:
        raise ValueError(f"expected two rising numbers of users and six rounds; got {list(rows)} and {rounds} rounds")
    absent = {f"{kind}, {name}": why for name, why in executors.absent.items() for kind in (RANGE, FRAME)}
    absent |= {name: f"{other.missing} is not installed" for name, other in alternatives.items() if other.missing}
    counts: dict[str, dict[int, set[int]]] = {}
    batches = [
        Batch(name, size, size, _kept(call, counts.setdefault(name, {}).setdefault(size, set())))
        for name, size, call in _methods(executors.by_name, rows, alternatives)
        if name not in absent
    ]
    found = timed(batches, absent, rounds=rounds, seconds=seconds)
    expected = {size: _counted(None, size) for size in rows}
    frozen = {name: {size: frozenset(some) for size, some in sizes.items()} for name, sizes in counts.items()}
    return ScaleRun(found, frozen, expected)


Method = tuple[str, int, Callable[[], int]]  # name, users, and the call that counts those let in


def _methods(
    executors: Mapping[str, Executor], rows: Sequence[int], alternatives: Mapping[str, Alternative]
) -> Iterator[Method]:
    for name, executor in executors.items():
        for size in rows if name in LARGEST_EXECUTORS else rows[:-1]:
            yield f"{RANGE}, {name}", size, partial(_counted, executor, size)
    frames = [size for size in rows if size <= FRAME_ROWS] or rows[:1]
    ids = DecimalIds("user-", 0, frames[-1], frames[-1]).of(0, frames[-1])
    for name, executor in executors.items():
        for size in frames:
            yield f"{FRAME}, {name}", size, partial(_enabled, on_executor(executor), ids[:size])
    for name, alternative in alternatives.items():
        for size in [size for size in frames if size <= alternative.most_rows]:
            yield name, size, partial(_enabled, alternative.engine, ids[:size])


def _counted(executor: Executor | None, users: int) -> int:
    counts = count_range(range(users), FlagSet([HALF]), executor=executor)
    return int(counts["users"].to_numpy()[counts["enabled"].to_numpy()].sum())


def _enabled(engine: Engine, ids: pa.Array) -> int:
    return int(engine(ids, HALF).sum())


def _kept(call: Callable[[], int], answers: set[int]) -> Callable[[], None]:
    return lambda: answers.add(call())
