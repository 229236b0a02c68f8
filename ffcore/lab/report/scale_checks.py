"""What the scale notebook shows without a clock: everybody who decides a population counts the same users."""

from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor

import pandas as pd

import ffcore
from ffcore.lab.bench.executors import Executors
from ffcore.lab.bench.scale import ScaleRun
from ffcore.lab.bulk.counts import count_frame
from ffcore.lab.verify.check import Check

from .mismatches import counted


def same_counts(run: ScaleRun, flags: ffcore.FlagSet, users: pd.DataFrame, executors: Executors) -> dict[str, Check]:
    """Compare every method's counts of a scale run, and every executor's of users, with those made here, by name.

    A method's mismatches are the users by which its answers, for all numbers of users together, are off; an executor's
    are the users who stand in another line of `count_frame`, over all flags and experiments.

    Args:
        run: its answers are kept from the timed calls themselves.
        flags: what the executors decide for the users.
        users: one row per user with `user_id` and context columns.
        executors: what the run was made with.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from ffcore.lab.bench.scale import scale
    >>> with ThreadPoolExecutor(2) as threads:
    ...     executors = Executors({"2 threads": threads}, {})
    ...     run = scale(executors, rows=[1_000, 2_000], seconds=0.001, alternatives={})
    ...     found = same_counts(run, ffcore.FlagSet([]), pd.DataFrame({"user_id": ["ann"]}), executors)
    >>> {name: check.verdict for name, check in found.items()}
    {'range, 2 threads': 'pass', 'frame, 2 threads': 'pass', 'flags of the file, 2 threads': 'pass'}
    """
    found = {name: _timed(name, sizes, run.expected) for name, sizes in run.counts.items()}
    keys = list(dict.fromkeys([*flags, *flags.experiments]))
    expected = _lines(flags, keys, users, None)
    for place, executor in executors.by_name.items():
        name = f"flags of the file, {place}"
        answer = _lines(flags, keys, users, executor)
        found[name] = counted(name, ((expected - answer) + (answer - expected)).total(), len(users))
    return found


def _timed(name: str, sizes: Mapping[int, Iterable[int]], expected: Mapping[int, int]) -> Check:
    off = {size: max(abs(answer - expected[size]) for answer in answers) for size, answers in sizes.items()}
    return counted(name, sum(off.values()), max(sizes))


def _lines(flags: ffcore.FlagSet, keys: list[str], users: pd.DataFrame, executor: Executor | None) -> Counter[object]:
    """Users by key and decision."""
    counts = count_frame(users, flags, keys, executor=executor).astype(object)
    counts = counts.where(counts.notna(), None)
    return Counter({tuple(row[:-1]): row[-1] for row in counts.itertuples(index=False, name=None)})
