"""Concurrent throughput: each worker does its own share, together, and rates are those of all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from ffcore.lab.bench import concurrency as subject
from ffcore.lab.bench.concurrency import PROCESSES, THREADS, ConcurrencyRun, WorkerGroup, concurrency
from ffcore.lab.bench.sizes import Sizes
from ffcore.lab.bench.workloads import STANDARD

TINY = Sizes(1, 500, 6, 0.002, (1, 2), 6, 1_000, (10,), 0.01)
USERS = [f"user-{number}" for number in range(50)]


@pytest.mark.slow
def test_every_group_is_measured_in_every_round() -> None:
    """Threads and processes of each size have a positive rate a round; the first, for warm-up, is not among them."""
    run = concurrency(STANDARD, USERS, TINY)

    assert {(group.kind, group.workers) for group in run.groups} == {
        (k, n) for k in (THREADS, PROCESSES) for n in (1, 2)
    }
    assert all(group.rates.shape == (6,) and (group.rates > 0).all() for group in run.groups)
    assert run.ratio(THREADS, 1).value == 1.0
    assert "n = 6 interleaved rounds" in run._repr_html_()


def test_a_rate_is_all_calls_over_first_start_to_last_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers of 100 calls each from 0 to 1 s and from 1 to 2 s make 100 calls a second together."""
    shifts = {1: (1, 0, 10**9, 100), 2: (2, 10**9, 2 * 10**9, 100)}
    turns = iter([1, 2])
    monkeypatch.setattr(subject, "_work", lambda *_: shifts[next(turns)])

    with ThreadPoolExecutor(1) as pool:
        assert subject._together(pool, 2, 100) == 100


def test_workers_that_start_late_get_more_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    """While processes still load, one does the work of two; the lead doubles until the other one is there as well."""
    leads: list[int] = []

    def work(start: int, calls: int) -> tuple[int, int, int, int]:
        leads.append(start)
        return (len(leads) if len(leads) > 8 else 1), 0, 10**9, calls

    monkeypatch.setattr(subject, "_work", work)
    monkeypatch.setattr(subject, "time", SimpleNamespace(perf_counter_ns=lambda: 0))
    with ThreadPoolExecutor(1) as pool:
        assert subject._together(pool, 2, 100) == 200

    assert leads == [subject.LEAD_NS * factor for factor in (1, 1, 2, 2, 4, 4, 8, 8, 16, 16)]


def test_one_worker_is_not_taken_for_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one thread does the work of two, the block does not count, and in the end that is an error."""
    monkeypatch.setattr(subject, "_work", lambda *_: (1, 0, 10**9, 100))

    with ThreadPoolExecutor(1) as pool, pytest.raises(RuntimeError, match="2 workers did not start together within"):
        subject._together(pool, 2, 100)


def test_ratios_pair_by_round() -> None:
    """A machine that doubles its speed half-way leaves the ratio of two workers to one alone."""
    ones = np.array([100.0] * 5 + [200.0] * 5)
    run = ConcurrencyRun((WorkerGroup(THREADS, 1, ones), WorkerGroup(THREADS, 2, ones * 0.9)), cores=2)

    assert run.ratio(THREADS, 2).value == pytest.approx(0.9)
    assert [group.name for group in run.groups] == ["1 thread", "2 threads"]


def test_nobody_to_decide_for_is_refused() -> None:
    """No user is one message."""
    with pytest.raises(ValueError, match="no user id"):
        concurrency(STANDARD, [], TINY)
