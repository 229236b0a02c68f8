"""Contenders side by side, on a clock that only the calls move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ffcore.lab.bench import side_by_side as module
from ffcore.lab.bench.comparison import Comparison, Profile
from ffcore.lab.bench.contender import BATCH, NAMES, ROLLOUT, SIMPLE, Call, Contender
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.bench.ourselves import ourselves
from ffcore.lab.bench.peers import PEERS
from ffcore.lab.bench.side_by_side import SIZES, SideBySide, Size, described, side_by_side, single_calls

if TYPE_CHECKING:
    from tests.lab.bench.conftest import FakeClock

IDS = [f"user-{number}" for number in range(50)]
SIZE = Size(Profile(6, 1e-6), calls=20, imports=6)


def taking(clock: FakeClock, name: str, nanoseconds: int) -> Contender:
    """A contender whose calls all take so long, but for the batch, which it lacks."""
    calls: dict[str, Call | str] = dict.fromkeys(NAMES, Call("call(user)"))
    return Contender(name, "1.0", calls | {BATCH: "no batch"}, {"call": clock.taking(nanoseconds)})


def test_single_calls_are_each_recorded(clock: FakeClock) -> None:
    """Each round keeps every call's own time and one reading's; the first round and missing calls are left out."""
    found = single_calls([taking(clock, "quick", 200), taking(clock, "slow", 700)], IDS, SIZE, clock)

    assert found[SIMPLE]["quick"].shape == found[SIMPLE]["slow"].shape == (6, 20)
    assert (set(found[SIMPLE]["quick"].flat), set(found[SIMPLE]["slow"].flat)) == ({240.0}, {740.0})
    assert found[BATCH] == {}


def made_up(absent: dict[str, str]) -> SideBySide:
    """A run of ourselves and Eppo, who takes twice our 100 ns and has no batch."""
    row = {"ffcore": np.full(6, 100.0), "Eppo": np.full(6, 200.0)}
    times = dict.fromkeys(NAMES, row) | {BATCH: {"ffcore": np.full(6, 100.0)}}
    calls = {name: {who: np.full((6, 100), 90.0) for who in times[name]} for name in NAMES}
    blocks = Comparison(times, np.full(6, 4.0), {name: {} for name in NAMES}, 0)
    imports = {"ffcore": Estimate(20.0, 19.0, 21.0, 6)}
    contenders = (Contender("ffcore", "1.0", {}), Contender("Eppo", "4.4", {}))
    return SideBySide(contenders, absent, blocks, calls, imports, 40.0)


def test_rates_ratios_and_percentiles() -> None:
    """200 ns a call are 5 million a second and twice our time; P99 is of single calls."""
    run = made_up({})

    assert run.rate(ROLLOUT, "Eppo").value == pytest.approx(5e6)
    assert run.ratio(ROLLOUT, "Eppo").value == 2.0
    assert run.percentile(ROLLOUT, "Eppo", 0.99).value == 90.0


def test_an_absent_peer_is_a_grey_row() -> None:
    """The table has everybody: times, a dash for a missing call, and in grey the reason of who is not there."""
    html = made_up({"flagd": "not installed <here>"})._repr_html_()

    assert '<tr style="color:#767676"><th scope="row">flagd</th><td colspan="9">not installed &lt;here&gt;</td>' in html
    assert "Eppo 4.4" in html
    assert "<td>200 ns</td><td>–</td><td>5.00 M/s</td><td>90.0 ns</td><td>90.0 ns</td><td></td>" in html


def test_every_peer_is_described() -> None:
    """What each call does besides deciding is said, installed or not."""
    html = described()

    assert all(peer.title in html and len(peer.besides) > 80 for peer in PEERS.values())


def test_sizes_carry_intervals() -> None:
    """Six rounds are the least; the smoke profile's single calls carry a P99."""
    assert all(size.blocks.rounds >= 6 and size.imports >= 6 for size in SIZES.values())
    assert all(size.blocks.rounds * size.calls >= 368 for size in SIZES.values())


@pytest.mark.slow
def test_a_real_run_measures_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every contender has blocks, single calls and, where it has a package of its own, an import."""
    monkeypatch.setattr(module, "import_times", dict.fromkeys)
    found = side_by_side(ourselves(), {}, IDS, Size(Profile(6, 1e-4), 100, 6))

    assert set(found.imports) == {"ffcore"}
    assert all(found.ratio(name, "floor").value for name in NAMES)
    assert all((row >= 0).all() for rows in found.calls.values() for row in rows.values())
