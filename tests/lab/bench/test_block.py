"""The timed loop, and the process that times it on request."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ffcore.lab.bench import block as module
from ffcore.lab.bench.block import Bench, Block, repeated
from ffcore.lab.bench.gate.races import instructions

if TYPE_CHECKING:
    from tests.lab.bench.conftest import FakeClock

IDS = [f"user-{number}" for number in range(50)]


def test_blocks_last_as_long_as_asked(clock: FakeClock) -> None:
    """A block that comes out short is thrown away: calls that speed up tenfold still fill the time."""
    pace = [1_000]
    block = Block("spend(pace[0])", {"spend": clock.spend, "pace": pace, "users": IDS}, clock)
    assert block.fill(1e-4) == pytest.approx(1_000, rel=0.01)
    pace[0] = 100
    before = block.calls

    assert block.fill(1e-4) == pytest.approx(100, rel=0.01)
    assert block.calls * 100 >= 100_000 > before * 100


def test_short_blocks_go_through_all_ids(clock: FakeClock) -> None:
    """Blocks shorter than the ids begin where the last one ended, and wrap around."""
    seen: list[object] = []
    block = Block("note(user)", {"note": seen.append, "users": ["a", "b", "c"]}, clock)

    for _ in range(3):
        block.time(2)

    assert seen == ["a", "b", "c", "a", "b", "c"]


def test_long_blocks_repeat_the_ids_whole(clock: FakeClock) -> None:
    """A block longer than the ids counts every call it made."""
    seen: list[object] = []
    block = Block("note(user)", {"note": seen.append, "users": ["a", "b", "c"]}, clock)

    assert block.time(7)[1] == len(seen) == 9


def test_the_collector_stays_on(clock: FakeClock) -> None:
    """Garbage is collected inside a block, as it is in production."""
    states: list[bool] = []
    block = Block("note(enabled())", {"note": states.append, "enabled": gc.isenabled, "users": IDS}, clock)

    block.time(1)

    assert all(states)


def test_a_seeded_slow_down_costs_its_share_of_the_call(clock: FakeClock) -> None:
    """With 5 % of the calls made twice a call of 200 ns takes 210, and the second ones are not counted as calls."""
    names = {"call": clock.taking(200), "users": [str(number) for number in range(1_000)]}

    spent, made = Block("call(user)", names, clock, slow=0.05).time(1_000)

    assert made == 1_000
    assert spent / made == pytest.approx(210, rel=0.001)


@pytest.mark.parametrize(("share", "times"), [(0.0, 100), (0.05, 105), (0.5, 150), (1.0, 200), (2.5, 350)])
def test_repeats_are_spread_evenly(share: float, times: int) -> None:
    """Each user comes at least once, and every half of the users has its half of the repeats."""
    found = list(repeated(range(100), share))

    assert len(found) == times
    assert set(found) == set(range(100))
    assert sum(user in range(50) for user in found) == pytest.approx(times / 2, abs=1)


def test_a_bench_decides_and_times() -> None:
    """It says which package it times, decides the ten flags, slows its own calls alone, and thaws nothing it froze."""
    bench = Bench({**instructions(), "slow": 0.5})
    gc.unfreeze()
    decided = bench.decide(3)

    assert set(bench.about()) == {"version", "file", "python", "implementation"}
    assert decided["50 % rollout"][0].startswith(("[(True, 'enabled'", "[(False, 'not_in_rollout'"))
    assert all(len(rows) == 3 for rows in decided.values())
    assert bench.time("floor", 0.0001) > 0
    assert (bench._blocks["two rules"]._slow, bench._blocks["floor"]._slow) == (0.5, 0.0)


@pytest.mark.slow
def test_the_process_answers_line_by_line() -> None:
    """The script needs no package but ffcore, answers each question with one line, and ends with its input."""
    questions: list[Any] = [{**instructions(), "slow": 0.0}, ["decide", 2], ["time", "two variants", 0.0001]]
    asked = "\n".join(map(json.dumps, questions))
    command = [sys.executable, "-P", module.__file__]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
    about, decided, nanoseconds = map(json.loads, done.stdout.splitlines())

    assert about["implementation"]
    assert len(decided) == 5
    assert nanoseconds > 0
