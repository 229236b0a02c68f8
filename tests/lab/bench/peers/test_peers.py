"""The peers: who there is, what happens where one is missing, and that each decides rightly and offline."""

from __future__ import annotations

import socket
import sys
from typing import Any

import pytest

from ffcore.errors import ConfigError
from ffcore.lab.bench import peers
from ffcore.lab.bench.contender import NAMES, check

IDS = [f"user-{number}" for number in range(2_000)]


def test_all_stands_for_every_peer() -> None:
    """Names come back once each, in the order they were asked for."""
    assert peers.chosen(["eppo", "all"]) == list(peers.PEERS)
    assert peers.chosen([]) == []


def test_unknown_names_are_refused() -> None:
    """Every wrong name is a problem of its own, with the nearest right one."""
    with pytest.raises(ConfigError) as caught:
        peers.chosen(["epo", "eppo", "flagt"])

    assert [message for _, message in caught.value.problems] == [
        "no peer 'epo'; did you mean eppo?",
        "no peer 'flagt'; did you mean flagd?",
    ]


@pytest.mark.parametrize("name", peers.PEERS)
def test_a_missing_package_is_said(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its package a peer is a reason that says how to get it."""
    for module in ("eppo_client", "statsig_python_core", "growthbook", "ldclient", "openfeature", "UnleashClient"):
        for loaded in [other for other in sys.modules if other.partition(".")[0] == module]:
            monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setattr(sys, "meta_path", [_NoPeers, *sys.meta_path])

    assert peers.load(name) == "not installed (pip install 'ffcore[peers]')"


class _NoPeers:
    """An importer that knows none of the peers' packages."""

    @staticmethod
    def find_spec(name: str, *_: Any) -> None:
        if name.partition(".")[0] in {
            "eppo_client",
            "statsig_python_core",
            "growthbook",
            "ldclient",
            "openfeature",
            "UnleashClient",
        }:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def test_a_mistake_of_ours_is_no_missing_package() -> None:
    """A module of our own that can't be found is an error, not a peer that is absent."""
    with pytest.raises(ModuleNotFoundError):
        peers.load("nobody")


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", peers.PEERS)
def test_peers_decide_rightly_and_offline(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is installed, a peer passes the check on all five workloads and opens no connection elsewhere."""
    asked: list[Any] = []

    def refuse(_: socket.socket, address: Any) -> None:
        asked.append(address)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    peer = peers.load(name)
    if isinstance(peer, str):
        pytest.skip(peer)
    try:
        check(peer, IDS)
        assert set(peer.calls) == set(NAMES)
        assert peer.version
    finally:
        peer.close()
    assert asked == []
