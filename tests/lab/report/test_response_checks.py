"""Waiting is counted whole, and a recorder that leaves it out fails."""

import numpy as np

from ffcore.lab.bench.open_loop import LOADS, OpenLoopRun, Requests
from ffcore.lab.report.response_checks import lindley, waiting_checks, waiting_measures


def test_the_seeds_cache_makes_callers_wait() -> None:
    """Service has a p99 of 20 µs while callers wait tens of milliseconds, and with pauses far longer."""
    misses, pauses = waiting_checks().values()

    assert (misses.verdict, pauses.verdict) == ("pass", "pass")
    assert misses.details["observed"].startswith("p99 service 20.0 µs, response ")
    assert misses.details["observed"].endswith(" ms")
    assert misses.details["observed"] != pauses.details["observed"]


def test_omission_is_seen() -> None:
    """Counting from the actual start makes thousands of requests too quick."""
    for check in waiting_checks("omission").values():
        assert check.verdict == "fail"
        assert check.details["mismatches"] > 1_000


def test_the_recursion_is_the_queue() -> None:
    """One request at a time: a long one delays all behind it until the queue is empty."""
    assert lindley(np.array([0.0, 2.0, 9.0]), np.array([5.0, 1.0, 1.0])).tolist() == [5.0, 4.0, 1.0]


def test_key_figures_are_named() -> None:
    """Response stands beside service; nothing is judged."""
    due = np.arange(1_000, dtype=np.float64) * 1_000
    requests = Requests(due, due + 300, due + 800)
    found = {m.name: m for m in waiting_measures(OpenLoopRun(1e6, dict.fromkeys(LOADS, requests), requests))}

    assert (found["response_half"].value, found["response_half"].n) == (800.0, 1_000)
    assert found["response_half"].note.startswith("service 500 ns")
    assert {m.verdict for m in found.values()} == {None}
