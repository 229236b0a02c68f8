"""A comparison of evaluators: each call compiled into its loop, blocks interleaved in rounds, ratios within a round."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from ffcore.lab.bench.block import Block
from ffcore.lab.bench.clock import Clock
from ffcore.lab.bench.contender import NAMES, Call, Contender
from ffcore.lab.bench.estimate import Estimate, Floats, median, paired_ratio

LOOP = "empty loop"
Progress = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Profile:
    """How much to measure: rounds, and the seconds that a block lasts at least."""

    rounds: int
    seconds: float


PROFILES = {"smoke": Profile(9, 0.02), "standard": Profile(15, 0.05), "full": Profile(31, 0.2)}


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What `compare` measured: nanoseconds a call by workload and contender, one for each round.

    Attributes:
        times: by workload and contender; the loop's own cost (`loop`, the same in all) is not subtracted.
        loop: nanoseconds of the empty loop a call, one for each round.
        absent: why a contender has no call on a workload.
        seed: drew the order.
    """

    times: dict[str, dict[str, Floats]]
    loop: Floats
    absent: dict[str, dict[str, str]]
    seed: int

    def cost(self, workload: str, name: str) -> Estimate:
        """Median nanoseconds a call over the rounds, with its 95 % interval."""
        return median(self.times[workload][name])

    def ratio(self, workload: str, name: str, baseline: str) -> Estimate:
        """A contender's time over the baseline's, paired by round: above 1, the baseline is faster."""
        return paired_ratio(self.times[workload][name], self.times[workload][baseline])


def compare(
    contenders: Sequence[Contender],
    ids: Sequence[str],
    profile: Profile,
    *,
    seed: int = 0,
    clock: Clock = time.perf_counter_ns,
    progress: Progress = lambda line: None,
) -> Comparison:
    """Time every contender on every workload, in one thread of one process.

    In each round the workloads come in shuffled order, and within a workload the contenders, one block each: what a
    round does to the machine falls on all of a workload alike. All subjects are built before, and a first block of
    each call finds its length and warms it up, uncounted; what lives by then is out of the garbage collector's sight,
    which stays on.

    Args:
        contenders: at least one; names differ.
        ids: user ids, one a call, used again from the start when they run out.
        profile: rounds, of which intervals need at least six, and the shortest block.
        seed: draws the order.
        clock: reads nanoseconds.
        progress: told what is going on, in words.

    Raises:
        ValueError: no contender, no id, no round, or blocks without length.
    """
    if not contenders or not ids or profile.rounds < 1 or profile.seconds <= 0:
        raise ValueError("expected at least one contender, one id and one round, and blocks that last")
    blocks = {name: dict(_blocks(name, contenders, ids, clock)) for name in NAMES}
    blocks[LOOP] = {LOOP: Block("pass", {"users": list(ids)}, clock)}
    times: dict[str, dict[str, list[float]]] = {name: {who: [] for who in row} for name, row in blocks.items()}
    with frozen_heap():
        for number, name, who in turns(blocks, profile.rounds + 1, seed):
            progress(f"round {number} of {profile.rounds}: {name}" if number else f"warming up: {name}")
            nanoseconds = blocks[name][who].fill(profile.seconds)
            if number:
                times[name][who].append(nanoseconds)
    arrays = {name: {who: np.array(values) for who, values in row.items()} for name, row in times.items()}
    return Comparison(arrays, arrays.pop(LOOP)[LOOP], _absent(contenders), seed)


def turns(rows: Mapping[str, Mapping[str, object]], rounds: int, seed: int) -> Iterator[tuple[int, str, str]]:
    """Yield (round, row, name): all names of a row together, rows and names in an order drawn anew each round.

    >>> list(turns({"a": {"x": 0, "y": 0}, "b": {"x": 0}}, rounds=1, seed=1))
    [(0, 'a', 'y'), (0, 'a', 'x'), (0, 'b', 'x')]
    """
    generator = random.Random(seed)  # noqa: S311  an order, not a secret
    for number in range(rounds):
        for row in generator.sample(list(rows), len(rows)):
            for name in generator.sample(list(rows[row]), len(rows[row])):
                yield number, row, name


@contextmanager
def frozen_heap() -> Iterator[None]:
    """Keep the collector from walking through what was set up before; what is made inside, it collects."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _blocks(
    workload: str, contenders: Sequence[Contender], ids: Sequence[str], clock: Clock
) -> Iterator[tuple[str, Block]]:
    for contender in contenders:
        if isinstance(call := contender.calls[workload], Call):
            yield contender.name, Block(call.expression, contender.namespace(workload, ids), clock)


def _absent(contenders: Sequence[Contender]) -> dict[str, dict[str, str]]:
    return {name: {who.name: call for who in contenders if isinstance(call := who.calls[name], str)} for name in NAMES}
