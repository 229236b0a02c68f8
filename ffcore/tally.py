"""A count that is exact under threads and costs no lock to advance."""

from __future__ import annotations

from itertools import count
from threading import Lock


class Tally:
    """How often ``next(tally.steps)`` was called: a step of ``itertools.count`` is atomic, one call in C.

    >>> tally = Tally()
    >>> next(tally.steps), next(tally.steps), tally.value(), tally.skip(), tally.value()
    (0, 1, 2, 3, 2)
    """

    def __init__(self) -> None:
        self.steps = count()
        self._skipped = 0
        self._lock = Lock()

    def skip(self) -> int:
        """Take a step that is not counted; its number."""
        with self._lock:
            self._skipped += 1
            return next(self.steps)

    def value(self) -> int:
        """The count; reading takes a step of its own, which is left out."""
        with self._lock:
            self._skipped += 1
            return next(self.steps) - self._skipped + 1
