"""The wire: what passes through the proxy, what it cuts, and that a warm cache waits for none of it."""

import socket
from collections.abc import Iterator
from itertools import count
from threading import Thread

import pytest

from ffcore import ConfigError, Evaluator
from ffcore.lab.testing.outages import Proxy
from ffcore.lab.testing.servers import Server, aws_client
from ffcore.stores import DynamoDBStore, StoreError
from tests.support.doubles import PATIENCE, switched_on, wait_until

NUMBERS = count()


@pytest.fixture
def proxy(ministack: Server) -> Iterator[Proxy]:
    """A proxy in front of a real server."""
    with Proxy(ministack.port) as made:
        yield made


def behind(proxy: Proxy, ministack: Server, read_timeout: float) -> DynamoDBStore:
    """A store whose tables are there, read through the proxy."""
    name = f"proxied-{next(NUMBERS)}"
    direct = DynamoDBStore(f"{name}-flags", f"{name}-experiments", client=ministack.client("dynamodb"))
    direct.create()
    direct.put(switched_on(*map(str, range(150))))
    client = aws_client(proxy.url, "dynamodb", read_timeout=read_timeout, max_pool_connections=2)
    return DynamoDBStore(direct.flags_table, direct.experiments_table, client=client, read_timeout=read_timeout)


def test_what_passes_through_is_whole(proxy: Proxy, ministack: Server) -> None:
    """Answers of several packets come as from the server itself, in time or late."""
    store = behind(proxy, ministack, PATIENCE)
    keys = list(map(str, range(150)))
    assert set(store.get_flags(keys)) == set(keys)
    proxy.delay, proxy.mode = 0.01, "latency"

    assert set(store.get_flags(keys)) == set(keys)


def test_a_reset_connection_is_a_failure_at_once(proxy: Proxy, ministack: Server) -> None:
    """No answer came, so after all attempts the store rests; with the wire whole and the rest over, it answers."""
    store = behind(proxy, ministack, PATIENCE)
    store.get_flags(["0"])
    proxy.mode = "reset"
    with pytest.raises(StoreError, match="no answer") as caught:
        store.get_flags(["0"])
    assert caught.value.silent
    with pytest.raises(StoreError, match="not asked, since it gave no answer"):
        store.get_flags(["0"])
    proxy.mode = "through"
    store._rests_until = 0.0

    assert list(store.get_flags(["0"])) == ["0"]


def test_a_reset_is_one(proxy: Proxy) -> None:
    """The client's socket reports a reset, not an end."""
    proxy.mode = "reset"
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as client:
        client.sendall(b"GET / HTTP/1.1")
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_a_dead_wire_is_a_time_out_and_is_asked_once(proxy: Proxy, ministack: Server) -> None:
    """The attempts that are allowed do not add up: one time-out is what a dead store costs."""
    store = behind(proxy, ministack, 0.05)
    proxy.mode = "dead"
    with pytest.raises(StoreError, match="no answer: Read timeout"):
        store.get_flags(["0"])

    assert proxy.held == 1


@pytest.mark.usefixtures("caplog")
def test_a_decision_from_a_warm_cache_never_waits_for_the_network(proxy: Proxy, ministack: Server) -> None:
    """While a load of another key hangs on a dead wire, thousands of decisions are made from the cache."""
    store = behind(proxy, ministack, PATIENCE)
    ev = Evaluator(store)
    assert ev.evaluate("u", "warm").reason == "flag_not_found"
    assert ev.evaluate("u", "0").enabled
    decide = ev.flag("0")
    proxy.mode = "dead"
    hanging = Thread(target=ev.evaluate, args=("u", "1"))
    hanging.start()
    wait_until(lambda: proxy.held == 1)

    for number in range(2_000):
        assert ev.evaluate(f"user-{number}", "0").enabled
        assert decide(f"user-{number}").enabled
        assert ev.batch_evaluate(f"user-{number}", ["0", "warm"])["0"].enabled
    assert hanging.is_alive()
    assert proxy.held == 1
    proxy.mode = "through"
    hanging.join(PATIENCE)
    assert not hanging.is_alive()


@pytest.mark.usefixtures("caplog")
def test_while_a_dead_store_rests_expired_entries_answer_at_once(proxy: Proxy, ministack: Server) -> None:
    """The look-up that found the wire dead waited; those after it do not ask, and are answered by what is there."""
    store = behind(proxy, ministack, 0.05)
    now = [0.0]
    ev = Evaluator(store, ttl=10, clock=lambda: now[0])
    warm = [ev.evaluate("u", key) for key in ("0", "1")]
    store._rest, now[0] = 1e6, 20.0
    proxy.mode = "dead"
    assert ev.evaluate("u", "0") == warm[0]
    proxy.mode = "reset"
    wait_until(lambda: proxy.held == 0)
    proxy.mode = "dead"
    for _ in range(100):
        assert [ev.evaluate("u", key) for key in ("0", "1")] == warm

    assert proxy.held == 0
    assert ev.stats().stale == 201


def test_an_unknown_mode_is_refused_with_the_nearest(proxy: Proxy) -> None:
    """A misspelt name gives one message."""
    with pytest.raises(ConfigError, match=r"'ded' is unknown; did you mean dead\?"):
        proxy.mode = "ded"
