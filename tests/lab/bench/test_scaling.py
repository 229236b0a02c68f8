"""Threads and many flags."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TYPE_CHECKING

import pytest

import ffcore
from ffcore.lab.bench import scaling
from ffcore.lab.bench.comparison import Profile

if TYPE_CHECKING:
    from tests.lab.bench.conftest import FakeClock

IDS = [f"user-{number}" for number in range(200)]


@pytest.mark.slow
def test_every_call_of_every_thread_is_counted() -> None:
    """Hits and misses add up to the calls that were made, and four threads make as many as one in each round."""
    found = scaling.threads(IDS, Profile(rounds=6, seconds=0.001))

    assert found.threads == 4
    assert found.counted == found.calls >= 2 * 6 * found.threads
    assert found.ratio.value is not None
    assert found.to_dict()["ratio"]["n"] == 6


@pytest.mark.slow
def test_a_lost_count_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """An evaluator that forgets a hit is found out."""
    exact = ffcore.Evaluator.stats

    def forgetful(self: ffcore.Evaluator) -> ffcore.CacheStats:
        found = exact(self)
        return ffcore.CacheStats(hits=found.hits - 1, misses=found.misses)

    monkeypatch.setattr(ffcore.Evaluator, "stats", forgetful)
    found = scaling.threads(IDS, Profile(rounds=6, seconds=0.001))

    assert found.counted == found.calls - 1


@pytest.mark.slow
def test_the_ratio_is_of_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four threads that need twice the time a call reach half of one thread's rate."""
    monkeypatch.setattr(scaling, "_together", lambda blocks, *_: 200.0 if len(blocks) == 4 else 100.0)

    assert scaling.threads(IDS, Profile(rounds=6, seconds=0.0001)).ratio.value == 0.5


def test_threads_run_at_the_same_time() -> None:
    """All four are in their block before any of them ends; time runs from the first start to the last end."""
    ticks, lock, meeting = count(0, 100), threading.Lock(), threading.Barrier(4, timeout=10)

    def clock() -> int:
        with lock:
            return next(ticks)

    def meet(_: object) -> None:
        meeting.wait()

    blocks = [scaling._Counted("meet(user)", {"meet": meet, "users": ["ann"]}, clock) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = scaling._together(blocks, 1, pool, clock)

    assert found == pytest.approx((4 * 4 - 1) * 100 / 4)
    assert [block.made for block in blocks] == [1] * 4


@pytest.mark.slow
def test_many_flags_are_timed_and_weighed(clock: FakeClock) -> None:
    """Time is the clock's between two readings; a flag in the model and compiled weighs some bytes, not megabytes."""
    found = scaling.many_flags(count=200, repeats=6, clock=clock)

    assert found.flags == 200
    assert found.compile_seconds.value == pytest.approx(40e-9)
    assert 100 < found.model_bytes < 10_000
    assert 100 < found.compiled_bytes < 10_000


@pytest.mark.slow
def test_all_flags_are_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is timed decides every flag once, and the evaluator has room for all of them."""
    entered: list[tuple[int, ffcore.Evaluator]] = []
    plain = scaling._entered

    def noting(flags: ffcore.FlagSet) -> ffcore.Evaluator:
        entered.append((len(flags), plain(flags)))
        return entered[-1][1]

    monkeypatch.setattr(scaling, "_entered", noting)
    scaling.many_flags(count=25, repeats=1)

    assert all(size == 25 and ev.stats().loads == 25 and ev.stats().evictions == 0 for size, ev in entered)
