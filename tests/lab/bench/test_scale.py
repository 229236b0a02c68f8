"""The scale measurement: who decides how many users, what is kept of the answers, and what follows from the times."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ffcore import FlagSet
from ffcore.lab import count_frame
from ffcore.lab.bench import scale as room
from ffcore.lab.bench.bulk import Alternative
from ffcore.lab.bench.bulk_run import BulkRun, Speed
from ffcore.lab.bench.engines import HALF, scalar_evaluator
from ffcore.lab.bench.executors import DASK, ONE_THREAD, TWO_THREADS, Executors
from ffcore.lab.bench.scale import ScaleRun, scale
from ffcore.lab.testing.lost_part import LosesPart

ALTERNATIVES = {
    "slow": Alternative(scalar_evaluator, 1_000),
    "absent": Alternative(scalar_evaluator, 1_000, ("no_such_package",)),
}


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """Two threads."""
    with ThreadPoolExecutor(2) as pool:
        yield pool


def brief(executors: Executors, rows: tuple[int, ...] = (500, 1_000, 3_000)) -> ScaleRun:
    """The shortest run with intervals."""
    return scale(executors, rows=rows, seconds=0.0005, alternatives=ALTERNATIVES)


def test_everybody_decides_what_is_worth_the_time(threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two executors count the largest range; frames and alternatives stop before it; who is absent is named."""
    monkeypatch.setattr(room, "FRAME_ROWS", 1_000)
    run = brief(Executors({ONE_THREAD: threads, TWO_THREADS: threads}, {DASK: "not here"}))

    assert {name: [speed.rows for speed in speeds] for name, speeds in run.timed.speeds.items()} == {
        "range, 1 thread": [500, 1_000],
        "range, 2 threads": [500, 1_000, 3_000],
        "frame, 1 thread": [500, 1_000],
        "frame, 2 threads": [500, 1_000],
        "slow": [500, 1_000],
    }
    assert run.timed.absent == {
        "range, Dask, 2 workers": "not here",
        "frame, Dask, 2 workers": "not here",
        "absent": "no_such_package is not installed",
    }


def test_all_answers_are_kept(threads: ThreadPoolExecutor) -> None:
    """Each method's answer for each number of users is that of count_frame on the ids spelled out."""
    run = brief(Executors({TWO_THREADS: threads}, {}))

    for size, expected in run.expected.items():
        users = pd.DataFrame({"user_id": [f"user-{number}" for number in range(size)]})
        assert expected == count_frame(users, FlagSet([HALF]))["users"][0]
        assert all(found.get(size, {expected}) == {expected} for found in run.counts.values())
    assert set(run.counts) == {"range, 2 threads", "frame, 2 threads", "slow"}


def test_a_lost_part_shows_in_the_answers(threads: ThreadPoolExecutor) -> None:
    """Where a population has several parts, a faulty executor's count is another one."""
    run = scale(
        Executors({TWO_THREADS: LosesPart(threads)}, {}),
        rows=[1_000, 1_000_000],
        seconds=0.0005,
        alternatives=ALTERNATIVES,
    )

    for name in ("range, 2 threads", "frame, 2 threads"):
        assert run.counts[name][1_000] == {run.expected[1_000]}
        assert run.expected[1_000_000] not in run.counts[name][1_000_000]
    assert run.counts["slow"] == {1_000: {run.expected[1_000]}}


def run_of(times: dict[str, dict[int, list[float]]]) -> ScaleRun:
    """A run in which so many users took so many seconds, round by round."""
    speeds = {
        name: tuple(Speed(rows, rows / np.array(spent)) for rows, spent in sizes.items())
        for name, sizes in times.items()
    }
    return ScaleRun(BulkRun(speeds, {}, 0.1), {}, {})


def test_cost_and_time_go_on_from_the_two_largest() -> None:
    """Half a second and a microsecond for each user: a user's cost falls, and 10^10 users take 10,000 seconds."""
    run = run_of({"a": {10: [7.0] * 6, 10**6: [1.5] * 6, 10**7: [10.5] * 6}})

    assert run.growth("a").value == pytest.approx(0.7)
    assert run.seconds("a").value == pytest.approx(10_000.5)
    assert run.seconds("a", 10**7).value == pytest.approx(10.5)


def test_nobody_costs_less_than_nothing() -> None:
    """Where noise makes the larger population the quicker one, more users still take no less."""
    run = run_of({"a": {10: [2.0] * 6, 20: [1.0] * 6}})

    assert run.seconds("a").value == 1.0


def test_the_extrapolation_has_an_interval() -> None:
    """It is that of the median over rounds, each of which gives a line of its own."""
    slopes = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    run = run_of({"a": {1: [slope * 1 for slope in slopes], 10: [slope * 10 for slope in slopes]}})

    found = run.seconds("a", 100)

    assert (found.value, found.low, found.high, found.n) == (300.0, 100.0, 600.0, 6)


def test_speed_is_compared_over_as_many_users() -> None:
    """The largest population that both decided; the order of rounds is kept."""
    run = run_of({"a": {10: [1.0] * 6, 20: [1.0] * 6}, "b": {10: [2.0, 2, 2, 2, 2, 3]}})

    assert run.speedup("a", "b").value == 2.0
    assert run.speedup("b", "a").value == 0.5


@pytest.mark.parametrize("changed", [{"rows": [10]}, {"rows": [10, 10]}, {"rows": [20, 10]}, {"rounds": 5}], ids=str)
def test_too_little_is_refused(threads: ThreadPoolExecutor, changed: dict[str, Any]) -> None:
    """Growth takes two sizes, intervals six rounds."""
    with pytest.raises(ValueError, match="expected two rising numbers of users and six rounds"):
        scale(Executors({TWO_THREADS: threads}, {}), **changed)
