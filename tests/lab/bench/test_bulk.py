"""What bulk decisions a second are measured of: the right work, over the right rows, by whoever decides rightly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ffcore.flagset import FlagSet
from ffcore.lab.bench import bulk as room
from ffcore.lab.bench.bulk import ALTERNATIVES, LIMIT, WORKLOADS, Alternative, bulk, ours
from ffcore.lab.bench.bulk_run import BulkRun
from ffcore.lab.bench.engines import HALF, scalar_evaluator
from ffcore.lab.bulk.kernels import LANES, WORDS, compress
from ffcore.model import Flag

USERS = [f"user-{number}" for number in range(700)]


def brief(rows: tuple[int, ...] = (1_000, 3_000), alternatives: Mapping[str, Alternative] | None = None) -> BulkRun:
    """The shortest run with intervals."""
    return bulk(USERS, rows=rows, rounds=6, seconds=0.0005, alternatives=alternatives or {})


@pytest.fixture(scope="module")
def run() -> BulkRun:
    """A brief run with a alternative that bears fewer rows than ours."""
    return brief(alternatives={"slow": Alternative(scalar_evaluator, 1_000)})


def test_one_flag_is_measured_over_every_number_of_rows(run: BulkRun) -> None:
    """On one thread and on two there is a figure for each size; the other workloads take the largest."""
    sizes = {name: [speed.rows for speed in speeds] for name, speeds in run.speeds.items()}

    every = [1_000, 3_000]
    assert {ours("one flag", 1): every, ours("one flag", 2): every} == {n: s for n, s in sizes.items() if s == every}
    assert [name for name, found in sizes.items() if found == [3_000]] == [
        *(ours(workload, threads) for workload in ("two variants", "ten flags") for threads in (1, 2)),
        LIMIT,
    ]


def test_calls_decide_the_rows_and_flags_they_stand_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is timed gets as many rows, as many flags and as many threads as its name and figure say."""
    seen: set[tuple[int, int, int]] = set()

    def look(frame: Any, flags: FlagSet, executor: Any) -> None:
        seen.add((len(frame), len(flags), executor._max_workers))

    monkeypatch.setattr(room, "evaluate_frame", look)
    found = brief()

    assert seen == {(rows, 1, threads) for rows in (1_000, 3_000) for threads in (1, 2)} | {
        (3_000, 10, 1),
        (3_000, 10, 2),
    }
    assert [found.largest(f"{name}, 1 thread").rows for name in WORKLOADS] == [3_000] * 3


def test_a_contender_takes_no_more_rows_than_it_bears(run: BulkRun) -> None:
    """A slow method is measured where it can be, and one that bears less than the smallest size at its own."""
    assert [speed.rows for speed in run.speeds["slow"]] == [1_000]
    tiny = brief((1_000,), {"tiny": Alternative(scalar_evaluator, 10)})
    assert [speed.rows for speed in tiny.speeds["tiny"]] == [10]


def test_every_line_has_its_rounds(run: BulkRun) -> None:
    """Six rounds give six figures for each size; the limit counts each compressed block, whole sets of lanes."""
    assert all(speed.rates.size == run.rounds == 6 for speeds in run.speeds.values() for speed in speeds)
    assert room._limit(3_000).decisions == 12 * LANES


def test_rates_count_decisions_not_calls() -> None:
    """A call that takes a microsecond over 1,000 rows makes a thousand million decisions a second, ten flags ten."""
    ticks = iter(range(0, 10**12, 1_000))

    found = bulk(USERS, rows=[1_000], rounds=6, seconds=1e-7, alternatives={}, clock=lambda: next(ticks))

    assert found.largest("one flag, 1 thread").rate().value == pytest.approx(1e9, rel=0.02)
    assert found.largest("ten flags, 1 thread").rate().value == pytest.approx(1e10, rel=0.02)


def test_ids_are_used_again_until_there_are_enough() -> None:
    """A population smaller than the rows is repeated in its order, as text."""
    seen: list[pa.Array] = []

    def look(ids: pa.Array, _: Flag) -> Any:
        seen.append(ids)
        return scalar_evaluator(ids, HALF)

    bulk([7, 8, 9], rows=[5], rounds=6, seconds=0.0005, alternatives={"look": Alternative(look, 5)})

    assert seen[-1].to_pylist() == ["7", "8", "9", "7", "8"]


def test_who_is_not_installed_is_named_and_not_timed() -> None:
    """An absent package leaves a name and a reason, and the run goes on."""
    found = brief((1_000,), {"nobody": Alternative(scalar_evaluator, 1_000, ("no_such_package",))})

    assert found.absent == {"nobody": "no_such_package is not installed"}
    assert "nobody" not in found.speeds


def test_who_decides_otherwise_is_named_and_not_timed() -> None:
    """Work that is not the same is not compared."""

    def careless(ids: pa.Array, flag: Flag) -> Any:
        return ~scalar_evaluator(ids, flag)

    found = brief((1_000,), {"careless": Alternative(careless, 1_000)})

    assert found.absent == {"careless": "decides otherwise"}
    assert "careless" not in found.speeds


def test_the_standard_contenders_take_part() -> None:
    """With the scale extra all four decide as we do, each on no more rows than 1,000 here."""
    found = brief((1_000,), ALTERNATIVES)

    assert found.absent == {}
    assert {name for name in found.speeds if name in ALTERNATIVES} == set(ALTERNATIVES)


@pytest.mark.parametrize(("ids", "rows"), [([], [10]), (["ann"], [])], ids=["no ids", "no rows"])
def test_nothing_to_decide_is_refused(ids: list[str], rows: list[int]) -> None:
    """Without ids or sizes there is nothing to measure."""
    with pytest.raises(ValueError, match="at least one id, one size"):
        bulk(ids, rows=rows, alternatives={})


def test_too_few_rounds_are_refused() -> None:
    """Five rounds carry no interval, and a figure without one is not for us."""
    with pytest.raises(ValueError, match="six rounds; got 5 rounds"):
        bulk(USERS, rounds=5)


def test_the_flags_are_of_the_shapes_that_they_are_called() -> None:
    """Two variants are served to everybody; each of the ten flags and the one flag stands at 50 %."""
    [split] = WORKLOADS["two variants"][0].values()
    halves = [*WORKLOADS["one flag"][0].values(), *WORKLOADS["ten flags"][0].values()]

    assert split.rollout_percentage == 100
    assert len(split.variants) == 2
    assert [flag.rollout_percentage for flag in halves] == [50] * 11
    assert all(flag.enabled for flag in (*halves, split))


def test_the_limit_compresses_blocks() -> None:
    """The loop of the limit does what it is timed for: compressing twice is two additions to the states."""
    words = np.random.default_rng(1).integers(0, 2**32, (WORDS, LANES), dtype=np.uint32)
    once, twice = np.zeros((4, LANES), dtype=np.uint32), np.zeros((4, LANES), dtype=np.uint32)

    room._compress_often(words, once, 1)
    room._compress_often(words, twice, 2)
    compress(words, once, LANES)

    np.testing.assert_array_equal(once, twice)
    assert once.any()
