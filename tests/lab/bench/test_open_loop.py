"""Open-loop load, on clocks that only the test moves: what a caller waits is counted from when a request was due."""

from __future__ import annotations

import numpy as np
import pytest

from ffcore.lab.bench.open_loop import LOADS, OpenLoopRun, Requests, drive, knee, open_loop, schedule
from ffcore.lab.bench.sizes import Sizes
from ffcore.lab.bench.workloads import STANDARD
from ffcore.lab.report.response_checks import StillClock

TINY = Sizes(1, 500, 6, 0.002, (1, 2), 6, 1_000, (10,), 0.004)


def test_a_pause_is_in_every_response_behind_it() -> None:
    """Four requests due a second apart, the first takes three: service sees one long call, callers see three."""
    clock, lengths = StillClock(), iter([3.0, 0.1, 0.1, 0.1])

    found = drive(
        lambda user: clock.spend(next(lengths)), ["ann"], np.arange(4, dtype=np.float64) * 1e9, clock, clock.wait
    )

    assert (found.service / 1e9).round(6).tolist() == [3.0, 0.1, 0.1, 0.1]
    assert (found.response / 1e9).round(6).tolist() == [3.0, 2.1, 1.2, 0.3]


def test_nobody_is_served_before_due() -> None:
    """An idle worker waits for the schedule, and then nobody has waited."""
    clock = StillClock()
    due = schedule(100, 1.0, seed=1)

    found = drive(lambda user: clock.spend(1e-6), ["ann"], due, clock, clock.wait)

    assert (found.begun >= found.due).all()
    assert np.median(found.response) == 1_000


def test_arrivals_are_fixed_beforehand_and_random() -> None:
    """One seed, one schedule; the mean gap is the rate's, to five standard errors (a fixed seed: it never changes)."""
    due = schedule(2_000, 10.0, seed=3)

    assert (due == schedule(2_000, 10.0, seed=3)).all()
    assert due.size == 20_000
    assert np.diff(due).mean() == pytest.approx(5e5, rel=5 / 20_000**0.5)


def test_the_knee_is_where_the_curve_bends() -> None:
    """Queueing's 1 / (1 - load) bends late; a load that was lucky is no knee."""
    loads = np.array(LOADS)

    assert 0.6 <= knee(loads, 1 / (1 - loads)) <= 0.8
    assert knee(loads, np.array([4, 4, 4, 4, 4, 4, 4, 15, 6.0])) == 0.7


def test_a_pause_in_one_stretch_is_in_the_tail_and_its_interval() -> None:
    """A tenth of all requests that wait, all in one stretch of ten, are the p99; a run without it would not be rare."""
    times = np.ones(1_000)
    times[:100] = 50.0
    requests = Requests(np.zeros(1_000), np.zeros(1_000), times)

    found = requests.percentiles(requests.response)

    assert (found[0.99].value, found[0.99].low, found[0.99].n) == (50.0, 1.0, 1_000)
    assert (found[0.5].low, found[0.5].high) == (1.0, 1.0)


def test_every_load_is_served() -> None:
    """On the real clock each load has its requests, none served before it was due, and the misses met the store."""
    run = open_loop(STANDARD, ["ann", "bob"], TINY)

    assert isinstance(run, OpenLoopRun)
    assert set(run.loads) == set(LOADS)
    assert all((one.begun >= one.due).all() for one in run.loads.values())
    assert run.misses.service.max() >= 5e6
    assert run.knee() in LOADS
    assert "Capacity of this loop" in run._repr_html_()
