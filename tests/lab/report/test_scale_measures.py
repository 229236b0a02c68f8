"""The key figures of scale: named by executor, and left out for whoever was not there."""

import numpy as np
import pytest

from ffcore.lab.bench.bulk_run import BulkRun, Speed
from ffcore.lab.bench.executors import DASK, ONE_THREAD, TWO_PROCESSES, TWO_THREADS
from ffcore.lab.bench.scale import ScaleRun
from ffcore.lab.report.scale_measures import scale_measures

SPEED = {ONE_THREAD: 50e6, TWO_THREADS: 100e6, TWO_PROCESSES: 75e6, DASK: 25e6}


def run(*executors: str) -> ScaleRun:
    """A run in which each executor has a speed of its own, and two threads slow down by a tenth at ten million."""
    speeds = {
        f"range, {executor}": tuple(
            Speed(rows, np.full(6, SPEED[executor] * (0.9 if rows == 10**7 and executor == TWO_THREADS else 1)))
            for rows in (10**6, 10**7)[: 1 if executor == ONE_THREAD else 2]
        )
        for executor in executors
    }
    return ScaleRun(BulkRun(speeds, {}, 0.1), {}, {})


def test_growth_speed_and_goal() -> None:
    """Each figure is the one that its name says."""
    found = {measure.name: measure for measure in scale_measures(run(*SPEED))}

    assert {name: round(measure.value or 0, 3) for name, measure in found.items()} == {
        "scale_growth": 1.111,
        "scale_threads": 2.0,
        "scale_processes": 1.5,
        "scale_dask": 0.5,
        "scale_goal_threads": pytest.approx(112.344, abs=0.001),
        "scale_goal_processes": pytest.approx(133.333, abs=0.001),
        "scale_goal_dask": 400.0,
    }
    assert found["scale_growth"].label == "cost of a user of 10,000,000 over that of 1,000,000, 2 threads"
    assert found["scale_goal_dask"].label == "10,000,000,000 users, Dask, 2 workers: extrapolated"
    assert found["scale_goal_dask"].unit == "s"


def test_who_is_absent_has_no_figure() -> None:
    """Without Dask its rows are missing, and the others stand."""
    names = [measure.name for measure in scale_measures(run(ONE_THREAD, TWO_THREADS, TWO_PROCESSES))]

    assert not any("dask" in name for name in names)
    assert "scale_goal_processes" in names
