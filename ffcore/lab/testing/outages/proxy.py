"""A reverse proxy on loopback whose wire can be slow, dead or cut."""

from __future__ import annotations

import select
import socket
import time
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Condition, Thread
from typing import Any, Self

from ffcore.errors import ConfigError
from ffcore.lab.testing.servers import HOST

MODES = ("through", "latency", "reset", "dead")
TICK, CHUNK = 0.05, 1 << 16


class Proxy:
    """Passes bytes on to a port of loopback, in one of four modes, which hold for open connections too.

    ``through`` passes all on at once; ``latency`` holds each request back for ``delay`` seconds; ``reset`` cuts a
    connection when a request comes (RST); ``dead`` takes requests and never answers: once the mode changes, they are
    cut. ``held`` says how many wait so.

    Bytes are passed on as they come, without Nagle's algorithm, which would add 40 ms to answers in two pieces.

    Args:
        port: The port of the server behind.
    """

    def __init__(self, port: int) -> None:
        self.behind, self.delay = port, 0.0
        self.held = 0
        self._mode = "through"
        self._changed = Condition()
        proxy = self

        class Handler(BaseRequestHandler):
            """Serves one connection."""

            def handle(self) -> None:
                """Pass on what comes until either side ends."""
                with suppress(OSError):
                    proxy.serve(self.request)

        self._server = _Server((HOST, 0), Handler)
        self.port = int(self._server.server_address[1])
        self._thread = Thread(target=self._server.serve_forever, args=(TICK,), daemon=True)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.port}"

    @property
    def mode(self) -> str:
        """What becomes of requests now."""
        return self._mode

    @mode.setter
    def mode(self, name: str) -> None:
        if name not in MODES:
            raise ConfigError.unknown("mode", name, MODES)
        with self._changed:
            self._mode = name
            self._changed.notify_all()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.mode = "reset"
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def serve(self, client: socket.socket) -> None:
        """Pass on what comes from a client and from the server, until either ends or the mode cuts them."""
        with socket.create_connection((HOST, self.behind), timeout=10) as server:
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            other = {client: server, server: client}
            while True:
                for source in select.select([client, server], [], [], TICK)[0]:
                    if source is client and not self._passes(client):
                        return
                    data = source.recv(CHUNK)
                    if not data:
                        return
                    other[source].sendall(data)

    def _passes(self, client: socket.socket) -> bool:
        """Treat a request as the mode says; whether it goes on."""
        if self._mode == "latency":
            time.sleep(self.delay)
        elif self._mode == "reset":
            client.close()  # with the request unread, which makes it a reset
            return False
        elif self._mode == "dead":
            with self._changed:
                self.held += 1
                self._changed.wait_for(lambda: self._mode != "dead")
                self.held -= 1
            return False
        return True


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def shutdown_request(self, request: Any) -> None:
        """Close without the polite shutdown, which would turn a reset into an end."""
        request.close()


__all__ = ["MODES", "Proxy"]
