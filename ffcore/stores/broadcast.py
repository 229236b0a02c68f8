"""Redis's broadcast of changed keys, heard by a thread of its own: what changes there reaches every evaluator."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Event, Thread
from typing import Any

from ..backoff import Backoff
from ..log import warning

#: Seconds between looks at whether to stop, and of silence before a PING.
TICK, SILENCE = 0.1, 5.0
#: Told which keys changed; None: any may have, since some messages were missed.
Heard = Callable[[Sequence[str] | None], None]


class Listener:
    """Hears of every key with a prefix that is written, dropped or expires (RESP3 ``CLIENT TRACKING ... BCAST``).

    After each connection, the first too, ``heard`` is told that anything may have changed. A connection that is lost,
    or that answers no PING, is made again, after pauses of up to a second (see ``Backoff``).

    Args:
        url: The server.
        prefix: What the keys begin with.
        heard: Told of changes, from the thread.
        timeout: Seconds to wait for a connection or an answer.
    """

    def __init__(self, url: str, prefix: str, heard: Heard, timeout: float) -> None:
        self.connections = 0
        self._url, self._prefix, self._heard, self._timeout = url, prefix, heard, timeout
        self._closed = Event()
        self._thread = Thread(target=self._run, name="ffcore-redis", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread and its connection."""
        self._closed.set()
        self._thread.join(self._timeout + 10 * TICK)

    def _run(self) -> None:
        backoff, failing = Backoff(), False
        while not self._closed.is_set():
            before = self.connections
            try:
                self._listen()
            except Exception as error:  # noqa: BLE001 - whatever happens to a connection, another one is made
                if self.connections != before:
                    backoff, failing = Backoff(), False
                if not failing and not self._closed.is_set():
                    warning("Redis tells of no changes; entries live until their time is over: %s", error)
                failing = True
            self._closed.wait(backoff.pause())

    def _listen(self) -> None:
        connection = _connection(self._url, self._timeout)
        try:
            connection.connect()
            connection.hear(self._invalidated)
            connection.send_command("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", self._prefix)
            connection.read_response()
            self.connections += 1
            self._heard(None)
            self._read(connection)
        finally:
            connection.disconnect()

    def _read(self, connection: Any) -> None:
        last = time.monotonic()
        while not self._closed.is_set():
            if connection.can_read(timeout=TICK):
                connection.read_response(push_request=True)
                last = time.monotonic()
            elif time.monotonic() - last > SILENCE:
                connection.send_command("PING", check_health=False)
                connection.read_response()
                last = time.monotonic()

    def _invalidated(self, message: Sequence[Any]) -> None:
        keys = message[1]
        names = None if keys is None else [_text(key) for key in keys]
        self._heard(names if names is None else [name.removeprefix(self._prefix) for name in names])


def _text(key: str | bytes) -> str:
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else key


def _connection(url: str, timeout: float) -> Any:
    """A RESP3 connection whose method ``hear`` says who is told of changes."""
    from redis import ConnectionPool
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    def hear(self: Any, told: Callable[[Sequence[Any]], None]) -> None:
        self._parser.set_invalidation_push_handler(told)

    pool = ConnectionPool.from_url(
        url, protocol=3, socket_timeout=timeout, socket_connect_timeout=timeout, retry=Retry(NoBackoff(), 0)
    )
    return type("Hearing", (pool.connection_class,), {"hear": hear})(**pool.connection_kwargs)
