"""The peers notebook without a clock: wrong deciders are found, absent ones are no failure."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pytest

from ffcore.errors import ConfigError
from ffcore.lab.bench import peers
from ffcore.lab.bench.comparison import Comparison
from ffcore.lab.bench.contender import NAMES, ROLLOUT, Call, Contender
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.bench.ourselves import ourselves
from ffcore.lab.bench.peers import MISSING, PEERS
from ffcore.lab.bench.side_by_side import SideBySide
from ffcore.lab.report.peer_checks import Gathered, gather, peer_checks, peer_measures

TITLES = [peer.title for peer in PEERS.values()]


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No peer is installed."""
    monkeypatch.setattr(peers, "load", lambda name: MISSING)


def gathered(fault: str = "") -> Gathered:
    """Who is there."""
    with ExitStack() as exits:
        return gather(exits, fault)


@pytest.mark.usefixtures("nobody")
def test_absent_peers_are_no_failure() -> None:
    """Without a peer all checks pass, and each peer has its reason."""
    found = gathered()

    assert [who.name for who in found.contenders] == ["ffcore", "ffcore handle", "floor"]
    assert found.absent == dict.fromkeys(TITLES, MISSING)
    assert {check.verdict for check in peer_checks(found).values()} == {"pass"}


@pytest.mark.usefixtures("nobody")
def test_the_seeded_fault_is_found() -> None:
    """A rollout that is on for everybody fails its row alone."""
    found = peer_checks(gathered("always_on"))

    assert [name for name, check in found.items() if check.verdict == "fail"] == [f"ffcore, {ROLLOUT}"]


def test_an_unknown_fault_is_refused() -> None:
    """A wrong name is one message."""
    with pytest.raises(ConfigError, match="did you mean always_on"):
        gathered("always_off")


def peer(title: str, **calls: Call) -> Contender:
    """A peer that decides as we do, but for these calls."""
    ours = ourselves()[0]
    return replace(ours, name=title, calls={**ours.calls, **calls})


def test_a_peer_that_decides_wrongly_fails() -> None:
    """One wrong workload of a peer, and one that was left out for breaking, are two mismatches; the text stays."""
    broken = {"flagd": "ValueError: flagd: 50 % rollout is on for 100 % of users"}
    wrong = peer("Eppo", **{ROLLOUT: Call("True or ev")})
    right = peer_checks(Gathered((*ourselves(), peer("Eppo")), {"flagd": MISSING}))
    found = peer_checks(Gathered((*ourselves(), wrong), broken))

    assert (right["peers that are installed"].verdict, found["peers that are installed"].verdict) == ("pass", "fail")
    assert found["peers that are installed"].details["mismatches"] == 2
    assert list(right) == list(found)


def test_measures_name_everybody() -> None:
    """A peer's ratio to ours comes with its rate, P99 and import; an absent one has the reason; none is judged."""
    row = {name: np.full(6, 100.0 * place) for place, name in enumerate(("ffcore", "floor", "Eppo"), 1)}
    blocks = Comparison(dict.fromkeys(NAMES, row), np.full(6, 4.0), {name: {} for name in NAMES}, 0)
    calls = {workload: {name: np.full((6, 100), 100.0) for name in row} for workload in NAMES}
    contenders = tuple(Contender(name, "1", {}) for name in row)
    run = SideBySide(contenders, {"flagd": MISSING}, blocks, calls, {"Eppo": Estimate(20.0, 19.0, 21.0, 6)}, 40.0)
    found = {measure.name: measure for measure in peer_measures(run)}

    assert found["peer_eppo"].value == pytest.approx(3.0)
    assert "3.33 M/s" in found["peer_eppo"].note
    assert "P99 100 ns" in found["peer_eppo"].note
    assert "import 20.0 ms" in found["peer_eppo"].note
    assert (found["peer_flagd"].value, found["peer_flagd"].note) == (None, MISSING)
    assert {measure.verdict for measure in found.values()} == {None}
