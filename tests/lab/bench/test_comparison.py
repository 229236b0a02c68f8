"""The comparison, on a clock that only the calls move."""

from __future__ import annotations

import gc
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from ffcore.lab.bench.block import Block
from ffcore.lab.bench.comparison import LOOP, Profile, compare, turns
from ffcore.lab.bench.contender import BATCH, NAMES, SIMPLE, Call, Contender

if TYPE_CHECKING:
    from tests.lab.bench.conftest import FakeClock

IDS = [f"user-{number}" for number in range(50)]
PROFILE = Profile(rounds=7, seconds=1e-5)


def taking(clock: FakeClock, name: str, nanoseconds: int) -> Contender:
    """A contender whose calls all take so long, but for the batch, which it lacks."""
    calls: dict[str, Call | str] = dict.fromkeys(NAMES, Call("call(user)"))
    return Contender(name, "1.0", calls | {BATCH: "no batch"}, {"call": clock.taking(nanoseconds)})


@pytest.fixture
def looping(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The empty loop takes 5 ns of the false clock as well, or it would never fill a block."""
    plain = Block.__init__

    def costly(self: Block, expression: str, names: dict[str, Any], timer: FakeClock) -> None:
        spending = {**names, "spend": clock.spend}
        plain(self, "spend(5)" if expression == "pass" else expression, spending, timer)

    monkeypatch.setattr(Block, "__init__", costly)


@pytest.mark.usefixtures("looping")
def test_times_and_ratios_are_those_of_the_calls(clock: FakeClock) -> None:
    """Calls of 200 and 300 ns are shown as such, to a clock reading a block, with a ratio of 1.5."""
    contenders = [taking(clock, "quick", 200), taking(clock, "slow", 300)]

    found = compare(contenders, IDS, PROFILE, clock=clock)

    assert found.cost(SIMPLE, "quick").value == pytest.approx(200, rel=0.02)
    assert found.ratio(SIMPLE, "slow", "quick").value == pytest.approx(1.5, rel=0.02)
    assert found.times[SIMPLE]["slow"].size == found.loop.size == PROFILE.rounds
    assert found.loop == pytest.approx(5, rel=0.02)


@pytest.mark.usefixtures("looping")
def test_a_missing_call_keeps_its_reason(clock: FakeClock) -> None:
    """Where a contender has no call there is a reason and no figure."""
    found = compare([taking(clock, "only", 200)], IDS, PROFILE, clock=clock)

    assert found.absent[BATCH] == {"only": "no batch"}
    assert found.times[BATCH] == {}
    assert found.absent[SIMPLE] == {}


@pytest.mark.usefixtures("looping")
def test_the_heap_thaws_again(clock: FakeClock) -> None:
    """What was frozen for the measurement is collected again afterwards."""
    compare([taking(clock, "only", 200)], IDS, PROFILE, clock=clock)

    assert gc.get_freeze_count() == 0


def test_turns_are_complete_and_shuffled() -> None:
    """Each round has every name of every row once, rows together, in an order that changes."""
    rows = {"a": dict.fromkeys("xyz"), "b": dict.fromkeys("xy")}

    found = list(turns(rows, rounds=20, seed=3))

    assert Counter((row, name) for _, row, name in found) == {(row, n): 20 for row in rows for n in rows[row]}
    assert len({tuple(turn[1:] for turn in found[5 * n : 5 * n + 5]) for n in range(20)}) > 5
    for number in range(20):
        order = [row for _, row, _ in found[5 * number : 5 * number + 5]]
        assert order in (["a"] * 3 + ["b"] * 2, ["b"] * 2 + ["a"] * 3)


@pytest.mark.parametrize(("ids", "profile"), [([], PROFILE), (IDS, Profile(0, 1.0)), (IDS, Profile(7, 0.0))])
def test_nothing_to_measure_is_refused(clock: FakeClock, ids: list[str], profile: Profile) -> None:
    """No id, no round and a block without length are each refused."""
    with pytest.raises(ValueError, match="expected at least one contender"):
        compare([taking(clock, "only", 200)], ids, profile, clock=clock)


def test_the_loop_is_no_workload() -> None:
    """The empty loop's row can't be taken for a workload."""
    assert LOOP not in NAMES
