"""What the throughput notebook shows without a clock: threads decide as one does, and every call is counted."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import ffcore
from ffcore.lab.bench.workloads import STANDARD
from ffcore.lab.testing.mixed_up import MixedUp
from ffcore.lab.verify.check import Check

from .mismatches import counted

MIXED_UP = "mixed_up"


def concurrent_counts(flags: ffcore.FlagSet, users: Sequence[str], threads: int, fault: str = "") -> dict[str, Check]:
    """Let several threads decide all users at once over one cold evaluator, and hold that against one thread's work.

    Two checks: every decision is the one that a thread alone comes to, and hits and misses of the cache are exactly
    as many as calls, with one load for each flag.

    >>> [check.verdict for check in concurrent_counts(STANDARD, ["ann", "bob"], threads=2).values()]
    ['pass', 'pass']
    """
    source = flags or STANDARD
    keys = list(source)
    alone, shared = ffcore.Evaluator(source), (MixedUp if fault == MIXED_UP else ffcore.Evaluator)(source)
    right = [alone.evaluate(user, key) for user, key in zip(users, cycle(keys), strict=False)]

    def work(_: int) -> int:
        pairs = zip(users, cycle(keys), right, strict=False)
        return sum(shared.evaluate(user, key) != wanted for user, key, wanted in pairs)

    with ThreadPoolExecutor(threads) as pool:
        wrong = sum(pool.map(work, range(threads)))
    calls, stats = threads * len(users), shared.stats()
    asked = min(len(keys), len(users))
    lost = abs(calls - stats.hits - stats.misses) + abs(stats.loads - asked)
    names = f"decisions of {threads} threads", f"cache counts of {threads} threads"
    return {name: counted(name, off, calls) for name, off in zip(names, (wrong, lost), strict=True)}
