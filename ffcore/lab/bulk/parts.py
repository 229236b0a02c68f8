"""A frame cut into parts that threads, or any other executor, decide side by side."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import cache
from itertools import chain, islice
from threading import Timer
from typing import TypeVar

import numpy as np
import pyarrow as pa

from ffcore.lab.bulk.columns import Values, attributes
from ffcore.lab.bulk.deciding import Part, decide, spread
from ffcore.lab.bulk.executors import in_order
from ffcore.lab.bulk.hashing import hash_ids
from ffcore.lab.bulk.ids import id_array
from ffcore.lab.bulk.plan import Plan, plan
from ffcore.lab.bulk.sources import Source
from ffcore.log import warning
from ffcore.model import Experiment, Flag, Variant

#: Rows decided together: their hashes stay in the second-level cache, and threads share the rest evenly.
PART_ROWS = 1 << 18
#: The most that a part may hold of its columns: what travels to a worker in one message.
PART_BYTES = 8_000_000
Task = TypeVar("Task")
Answer = TypeVar("Answer")


def parts_of(source: Source, plans: Sequence[Plan], user_id: str) -> Iterator[Part]:
    """The rows of a frame in parts, at least one, with those columns that the rules of active plans read."""
    names = read_names(plans, source.names)
    ids = source.ids(user_id)
    columns = {name: source.column(name) for name in names}
    rows = _rows_of_a_part({user_id: ids, **columns}, len(ids))
    for start in range(0, max(1, len(ids)), rows):
        stop = start + rows
        yield Part(start, ids[start:stop], {name: values[start:stop] for name, values in columns.items()})


def read_names(plans: Sequence[Plan], names: Sequence[str]) -> list[str]:
    """Those of a frame's columns that the rules of active plans read; says which there are none of."""
    wanted = {name for plan in plans if plan.active for name in attributes(plan.rules)} - {"user_id"}
    absent = sorted(wanted - set(names))
    if absent:
        warning("the frame has no column for %s: rules take it as missing for every user", ", ".join(absent))
    return sorted(wanted & set(names))


def _rows_of_a_part(columns: Mapping[str, Values], rows: int) -> int:
    size: int = sum(values.nbytes for values in columns.values() if not isinstance(values, list))
    return max(1, min(PART_ROWS, PART_BYTES * rows // max(1, size)))


def run(work: Callable[[Task], Answer], tasks: Iterable[Task], executor: Executor | None) -> Iterator[Answer]:
    """Work on all parts, or on what describes them, in their order; without an executor on a thread per core.

    The kernels are compiled here first, so that workers on the same machine find them on the disk.
    """
    compile_kernels()
    if executor is not None:
        yield from in_order(work, tasks, executor)
        return
    waiting = iter(tasks)
    head = list(islice(waiting, 2))
    if len(head) < 2:  # threads would cost a small frame more than its decisions
        yield from map(work, head)
        return
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        yield from in_order(work, chain(head, waiting), threads)


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
    spread(codes, 2, True, np.empty(2, np.bool_), np.empty(2, np.int8), np.empty(2, np.int8))
    hash_ids(id_array(part.ids), ["a"])
    note.cancel()
