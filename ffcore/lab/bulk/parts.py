"""A frame cut into parts that threads, or any other executor, decide side by side."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import cache
from threading import Timer
from typing import TypeVar

import numpy as np
import pyarrow as pa

from ffcore.lab.bulk.columns import attributes
from ffcore.lab.bulk.deciding import Part, decide
from ffcore.lab.bulk.hashing import hash_ids
from ffcore.lab.bulk.ids import id_array
from ffcore.lab.bulk.kernels import spread
from ffcore.lab.bulk.plan import Plan, plan
from ffcore.lab.bulk.sources import Source
from ffcore.log import warning
from ffcore.model import Experiment, Flag, Variant

#: Rows decided together: their hashes stay in the second-level cache, and threads share the rest evenly.
PART_ROWS = 1 << 18
Answer = TypeVar("Answer")


def parts_of(source: Source, plans: Sequence[Plan], user_id: str) -> Iterator[Part]:
    """The rows of a frame in parts, at least one, with those columns that the rules of active plans read."""
    names = {name for plan in plans if plan.active for name in attributes(plan.rules)} - {"user_id"}
    absent = sorted(names - set(source.names))
    if absent:
        warning("the frame has no column for %s: rules take it as missing for every user", ", ".join(absent))
    read_names = sorted(names & set(source.names))
    ids = source.ids(user_id)
    columns = {name: source.column(name) for name in read_names}
    for start in range(0, max(1, len(ids)), PART_ROWS):
        stop = start + PART_ROWS
        yield Part(start, ids[start:stop], {name: values[start:stop] for name, values in columns.items()})


def run(work: Callable[[Part], Answer], parts: Iterable[Part], executor: Executor | None) -> Iterable[Answer]:
    """Work on all parts, in their order; without an executor on a thread per core."""
    waiting = list(parts)
    if executor is not None:
        return executor.map(work, waiting)
    compile_kernels()
    if len(waiting) == 1:
        return map(work, waiting)
    with ThreadPoolExecutor(min(len(waiting), os.cpu_count() or 1)) as threads:
        return list(threads.map(work, waiting))


@cache
def compile_kernels() -> None:
    """Load the kernels from numba's cache, or compile them and say so: once for an installation."""
    note = Timer(2, logging.getLogger("ffcore").warning, ["compiling the kernels (once; a few seconds)"])
    note.daemon = True
    note.start()
    halves = (Variant("a", "1/2"), Variant("b", "1/2"))  # type: ignore[arg-type]
    plans = [plan(Flag("a", True, 50)), plan(Experiment("b", "active", halves, "1/2"))]  # type: ignore[arg-type]
    part = Part(0, pa.array(["a", "b" * 99]), {})
    (codes, _), _ = decide(plans, part)
    spread(codes, 2, np.empty(2, np.bool_), np.empty(2, np.int8), np.empty(2, np.int8))
    hash_ids(id_array(part.ids), ["a"])
    note.cancel()
