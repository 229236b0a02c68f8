"""Pauses between attempts, drawn at random so that callers who failed together do not come back together."""

from __future__ import annotations

#: Seconds of the first pause at most, and of the longest.
FIRST, LONGEST = 0.05, 1.0


class Backoff:
    """Pauses drawn evenly below a bound, which doubles from 50 ms up to a second.

    Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 ("full jitter").

    >>> backoff = Backoff()
    >>> 0 <= backoff.pause() <= 0.05, 0 <= backoff.pause() <= 0.1
    (True, True)
    """

    def __init__(self) -> None:
        self._bound = FIRST

    def pause(self) -> float:
        """Seconds to wait before the next attempt."""
        from random import uniform  # 3 ms that only a failure needs

        drawn = uniform(0, self._bound)  # noqa: S311 - spreads callers, guards nothing
        self._bound = min(2 * self._bound, LONGEST)
        return drawn

    def reset(self) -> None:
        """Begin again with the shortest pause, after an attempt that succeeded."""
        self._bound = FIRST
