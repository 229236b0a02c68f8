"""Servers for tests: on loopback alone, stopped always, at the same address after a restart."""

import psutil
import pytest

from ffcore import ConfigError
from ffcore.lab.testing.servers import HOST, Server, free_port, listens


def test_a_server_listens_on_loopback_alone(ministack: Server, moto: Server, valkey: Server) -> None:
    """Nobody else on the network reaches any of its ports."""
    for server in (ministack, moto, valkey):
        assert server._process is not None
        found = psutil.Process(server._process.pid).net_connections("tcp")
        assert {each.laddr for each in found if each.status == psutil.CONN_LISTEN} == {(HOST, server.port)}


def test_a_server_is_stopped_with_its_block_and_starts_again_where_it_was() -> None:
    """After the block nothing listens; killed and started, it has its port again."""
    with Server("valkey") as server:
        process, url = server._process, server.url
        assert process is not None
        server.kill()
        assert process.poll() is not None
        assert server.start().url == url
        again = server._process
        assert again is not None
        assert listens(again.pid, server.port)
        server.stop()
        server.stop()
    assert again.poll() is not None
    assert server._process is None


def test_a_port_that_is_taken_is_an_error(valkey: Server) -> None:
    """A server never takes another's port for its own."""
    other = Server("valkey")
    other.port = valkey.port

    with pytest.raises(OSError, match=f"valkey did not start on 127.0.0.1, port {valkey.port}"):
        other.start()


def test_an_unknown_server_is_refused_with_the_nearest() -> None:
    """A misspelt name gives one message."""
    with pytest.raises(ConfigError, match=r"no server 'minstack'; did you mean ministack\?"):
        Server("minstack")
    assert free_port() > 0
