"""Many threads on one cold key: one load, or one each where nothing holds them together."""

import threading
import time
from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest

from ffcore import ConfigError, Decision
from ffcore.lab.caching.stampede import Stampede, stampede
from ffcore.lab.testing.caches import NoSingleFlight


@pytest.mark.parametrize("threads", [1, 2, 30])
def test_one_load_however_many_threads_and_one_each_without_single_flight(threads: int) -> None:
    """The counts are exact, since nobody is answered before all have missed."""
    assert stampede(threads) == Stampede(threads, 1, threads)
    assert stampede(threads, NoSingleFlight) == Stampede(threads, threads, threads)


class LateComers(NoSingleFlight):
    """Its callers come one after the other, each 20 ms later than the last."""

    turns = count()

    def evaluate(self, user_id: str, flag_key: str, context: Mapping[str, Any] | None = None) -> Decision:
        """Come late."""
        time.sleep(0.02 * next(self.turns))
        return super().evaluate(user_id, flag_key, context)


def test_nobody_is_answered_before_all_have_come() -> None:
    """Where the store did not hold its answer back, those who come late would hit."""
    assert stampede(6, LateComers) == Stampede(6, 6, 6)


@pytest.mark.slow
def test_a_thousand_threads_are_one_load() -> None:
    """The size at which a cache without single flight was seen to load a thousand times."""
    assert stampede(1_000) == Stampede(1_000, 1, 1_000)


@pytest.mark.parametrize("threads", [0, -1, 2.5])
def test_no_number_of_threads_is_refused(threads: int) -> None:
    """There is no half thread."""
    with pytest.raises(ConfigError, match="threads: expected a whole number"):
        stampede(threads)


def test_a_system_without_threads_left_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says how many were started, and those come to an end."""
    start, left = threading.Thread.start, [3]

    def limited(thread: threading.Thread) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)

    with pytest.raises(ConfigError, match="threads: this system started 3 of 8 threads"):
        stampede(8)
