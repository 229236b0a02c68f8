"""How a decision's cost grows: with the flags there are, a flag's rules, a user's attributes, the length of ids."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import Any

import numpy as np

import ffcore
from ffcore.evaluator import Evaluator
from ffcore.flagset import FlagSet
from ffcore.lab.bench.display import duration, interval, table
from ffcore.lab.bench.display import ratio as as_ratio
from ffcore.lab.bench.estimate import Estimate, median
from ffcore.lab.bench.rounds import Workload
from ffcore.lab.bench.sizes import Sizes
from ffcore.lab.bench.throughput import ThroughputRun, throughput
from ffcore.lab.testing.growing import repeated, scanned

FLAGS, RULES, ATTRIBUTES, LENGTH = "flags", "rules", "context attributes", "characters of the id"
SIZES = {RULES: (0, 1, 10, 100), ATTRIBUTES: (1, 10, 100, 1_000), LENGTH: (8, 64, 512, 4_096)}
SCAN, QUADRATIC = "scan", "quadratic"
KEY = "growth"


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """One dimension: the sizes in rising order, and what calls at each cost, measured in turns."""

    sizes: tuple[int, ...]
    run: ThroughputRun

    def cost(self, size: int) -> Estimate:
        """Estimate nanoseconds a decision."""
        return median(1e9 / self.run.workloads[str(size)].rates)

    def ratio(self, size: int) -> Estimate:
        """Estimate a decision's cost as a multiple of that at the smallest size, paired by round."""
        return self.run.ratio(str(self.sizes[0]), str(size))

    def slope(self) -> Estimate:
        """Estimate by which power of the size the cost grows (0 not at all, 1 in proportion), from size 1 on.

        Each round gives one least-squares line through the logarithms; the interval is the sign test's over rounds.
        """
        sizes = [size for size in self.sizes if size > 0]
        costs = -np.log([self.run.workloads[str(size)].rates for size in sizes])
        return median(np.polyfit(np.log(sizes), costs, 1)[0])


@dataclass(frozen=True, slots=True, eq=False)
class GrowthRun:
    """What `growth` measured, by dimension."""

    dimensions: Mapping[str, Growth]

    def _repr_html_(self) -> str:
        rows = [
            {
                "what grows": name,
                "size": f"{size:,}",
                "one decision": interval(one.cost(size), duration),
                "cost ÷ smallest size": interval(one.ratio(size), as_ratio),
                "power": interval(one.slope(), as_ratio) if size == one.sizes[-1] else "",
            }
            for name, one in self.dimensions.items()
            for size in one.sizes
        ]
        rounds = next(iter(next(iter(self.dimensions.values())).run.workloads.values())).rates.size
        return table(rows, f"[95 % interval] over n = {rounds} interleaved rounds; power: cost grows as size to it.")


def growth(size: Sizes, *, fault: str = "") -> GrowthRun:
    """Time decisions at several sizes of each dimension; the sizes of a dimension take turns in shuffled order.

    The number of flags grows in one evaluator's cache, and calls ask for all of them in a shuffled order, so that the
    processor's caches cannot help. All rules pass, so each of them is asked. Ids are hashed whole.

    The clock is the thread's own, which stands still while others have the core: what grows is work, not waiting.

    Args:
        size: rounds, shortest block (half of it here), and the numbers of flags.
        fault: "scan" finds a flag by walking through all, "quadratic" decides anew for each rule; empty for none.
    """
    found = {}
    for name, loads in calls(size.flags, fault).items():
        users = [f"user-{number}" for number in range(1_000)]
        run = throughput(loads, users, rounds=size.rounds, seconds=size.seconds / 2, clock=time.thread_time_ns)
        found[name] = Growth(tuple(map(int, loads)), run)
    return GrowthRun(found)


def calls(flag_counts: Sequence[int], fault: str = "") -> dict[str, dict[str, Workload]]:
    """The calls of every dimension by size, each a function of a user id.

    >>> {name: list(sizes) for name, sizes in calls((10,)).items()}["rules"]
    ['0', '1', '10', '100']
    """
    makers: dict[str, Callable[[int], Workload]] = {
        FLAGS: partial(_with_flags, find=scanned if fault == SCAN else None),
        RULES: partial(_with_rules, again=fault == QUADRATIC),
        ATTRIBUTES: _with_attributes,
        LENGTH: _with_length,
    }
    sizes = {FLAGS: tuple(flag_counts), **SIZES}
    return {name: {str(size): make(size) for size in sizes[name]} for name, make in makers.items()}


def flag(key: str = KEY, rules: int = 0) -> ffcore.Flag:
    """A flag at 50 % with so many rules, all of which everybody in `CONTEXT` meets."""
    return ffcore.Flag.from_item(
        {
            "key": key,
            "enabled": True,
            "rollout_percentage": 50,
            "targeting_rules": [
                {"attribute": "age", "operator": "greater_than", "value": n % 18} for n in range(rules)
            ],
        }
    )


CONTEXT = {"age": 30}


def _with_flags(count: int, find: Callable[[FlagSet], Callable[[str, str], object]] | None) -> Workload:
    flags = FlagSet(flag(f"{KEY}-{number}") for number in range(count))
    keys = list(flags)
    random.Random(0).shuffle(keys)  # noqa: S311  an order, not a secret
    evaluate: Callable[[str, str], object] = find(flags) if find else _warm(flags).evaluate
    turn = cycle(keys).__next__
    return lambda user: evaluate(user, turn())


def _with_rules(count: int, *, again: bool) -> Workload:
    evaluate = _warm(FlagSet([flag(rules=count)])).evaluate
    return repeated(lambda user: evaluate(user, KEY, CONTEXT), count if again else 1)


def _with_attributes(count: int) -> Workload:
    evaluate = _warm(FlagSet([flag(rules=1)])).evaluate
    context: dict[str, Any] = {**{f"attribute-{number}": number for number in range(count - 1)}, **CONTEXT}
    return lambda user: evaluate(user, KEY, context)


def _with_length(count: int) -> Workload:
    evaluate, tail = _warm(FlagSet([flag()])).evaluate, "x" * count
    return lambda user: evaluate(user + tail[len(user) :], KEY)


def _warm(flags: FlagSet) -> Evaluator:
    evaluator = Evaluator(flags, max_entries=len(flags))
    evaluator.batch_evaluate("warm-up", flags, CONTEXT)
    return evaluator
