"""Work on parts over any executor: a bounded number under way, and each sent without the rest of its frame."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

import pyarrow as pa

from ffcore.lab.bulk.columns import Values

#: Parts under way at once: enough for as many workers, and few enough for the memory of whoever holds them.
PARTS_AHEAD = 64
Task = TypeVar("Task")
Answer = TypeVar("Answer")


def in_order(work: Callable[[Task], Answer], tasks: Iterable[Task], executor: Executor) -> Iterator[Answer]:
    """The answers to all tasks, in their order; a task is taken when its turn comes, PARTS_AHEAD before its answer.

    `Executor.map` would take and send all of them at once: a frame of a billion rows, twice.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as threads:
    ...     list(in_order(abs, range(-3, 1), threads))
    [3, 2, 1, 0]
    """
    waiting: deque[Future[Answer]] = deque()
    try:
        for task in tasks:
            waiting.append(executor.submit(work, task))
            if len(waiting) == PARTS_AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def detached(values: Values) -> Values:
    """The same values on their own: pickled, a slice of an Arrow array would take its whole column along.

    >>> import pickle
    >>> ids = pa.array(map(str, range(100_000)))
    >>> len(pickle.dumps(ids[:9])), len(pickle.dumps(detached(ids[:9])))  # doctest: +SKIP
    (888970, 241)
    """
    if isinstance(values, list):
        return values
    chunks = values.chunks if isinstance(values, pa.ChunkedArray) else [values]
    return pa.concat_arrays([_own(chunk, len(chunks)) for chunk in chunks]) if chunks else pa.array([], values.type)


def _own(values: pa.Array, chunks: int) -> pa.Array:
    """Values whose buffers can be cut and joined: views as text, a dictionary only where it is shared by many rows."""
    kind = values.type
    if pa.types.is_dictionary(kind) and (chunks > 1 or len(values.dictionary) > len(values)):
        return values.dictionary_decode()
    return values.cast(pa.large_string()) if pa.types.is_string_view(kind) else values
