"""The negative control of executors: one that loses a part and answers it with the part before, counted twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


class LosesPart(Executor):
    """Hands tasks on to another executor, but for the second one of each run.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(1) as threads:
    ...     faulty = LosesPart(threads)
    ...     [faulty.submit(abs, task).result() for task in (1, 2, 3)]
    [1, 1, 3]
    """

    def __init__(self, inner: Executor) -> None:
        self._inner = inner
        self._work: object = None
        self._first: Future[object] | None = None

    def submit(
        self, fn: Callable[Arguments, Answer], /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Future[Answer]:
        """Start a task, or take the first one's future for it."""
        lost, self._first = self._first, None
        if fn is self._work:
            return lost or self._inner.submit(fn, *args, **kwargs)  # type: ignore[return-value]
        future = self._inner.submit(fn, *args, **kwargs)
        self._work, self._first = fn, future  # type: ignore[assignment]
        return future
