"""Lambda's Runtime API on loopback: it drives the unmodified awslambdaric, which runs a handler in its own process.

The runtime client asks for the next event and posts each answer, over one kept connection and one at a time, so this
serves it from the caller's own thread: nothing stands between a caller and the runtime but their socket. What is not
here: the micro-VM, its image, the network in front, the throttled processor of a small function.

Source: AWS Lambda's developer guide, "Using the Lambda runtime API for custom runtimes" (version 2018-06-01).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from socket import IPPROTO_TCP, TCP_NODELAY, create_server, socket
from typing import Any, Self

from ffcore.errors import ConfigError

VERSION = "/2018-06-01/runtime"
PATIENCE = 60.0
POLL = 0.05
LIMIT_SECONDS = 30


class RuntimeFailure(Exception):  # noqa: N818 - a failure of the runtime, reported as it reports it
    """The runtime could not start the handler, or ended; ``envelope`` is what it reported, if anything."""

    def __init__(self, message: str, envelope: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.envelope = dict(envelope or {})


@dataclass(frozen=True, slots=True)
class Invocation:
    """One invocation: the handler's answer, or the error envelope; seconds from sending the event to its answer."""

    answer: Any
    error: Mapping[str, Any] | None
    seconds: float

    @property
    def body(self) -> Any:
        """The parsed body of an answer in API Gateway's envelope."""
        return json.loads(self.answer["body"])


class LambdaRuntime:
    """A handler under awslambdaric; as a context manager it is started, and in the end stopped.

    Args:
        handler: The handler as Lambda names it: ``package.module.function``.
        environment: Variables of the function.
        folder: The function's folder, first on its import path; None: wherever this process is.

    Raises:
        ConfigError: awslambdaric is not installed.
        RuntimeFailure: On entering, where the handler cannot be imported.

    Attributes:
        init_seconds: From the start of the process to its first request for an event.
    """

    def __init__(
        self, handler: str, environment: Mapping[str, str] | None = None, folder: Path | str | None = None
    ) -> None:
        if not installed():
            raise ConfigError([("runtime", "awslambdaric is not installed: pip install awslambdaric")])
        self.handler, self.environment, self.folder = handler, dict(environment or {}), folder
        self.init_seconds = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket | None = None
        self._buffer = b""
        self._count = 0

    def __enter__(self) -> Self:
        self._listener = create_server(("127.0.0.1", 0))
        self._listener.settimeout(POLL)
        self._output = tempfile.TemporaryFile()
        try:
            started = time.perf_counter()
            self._process = self._spawn()
            self._await_next()
            self.init_seconds = time.perf_counter() - started
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def invoke(self, event: Any) -> Invocation:
        """Send one event and wait for its answer."""
        return self.invoke_text(json.dumps(event).encode())

    def invoke_text(self, event: bytes) -> Invocation:
        """``invoke`` with an event that is JSON already, so that only the runtime is timed."""
        self._count += 1
        request = f"request-{self._count}"
        deadline = int((time.time() + LIMIT_SECONDS) * 1000)
        headers = f"Lambda-Runtime-Aws-Request-Id: {request}\r\nLambda-Runtime-Deadline-Ms: {deadline}\r\n"
        started = time.perf_counter()
        self._send("200 OK", event, f"{headers}Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:local\r\n")
        path, body = self._receive()
        seconds = time.perf_counter() - started
        self._send("202 Accepted", b'{"status":"OK"}')
        self._await_next()
        if path == f"{VERSION}/invocation/{request}/response":
            return Invocation(json.loads(body), None, seconds)
        return Invocation(None, json.loads(body), seconds)

    def lines(self) -> list[str]:
        """What the function has printed so far."""
        output = self._output.fileno()
        return os.pread(output, os.fstat(output).st_size, 0).decode(errors="replace").splitlines()

    def documents(self) -> list[dict[str, Any]]:
        """The lines that are JSON objects: structured logs and embedded metrics."""
        found = []
        for line in self.lines():
            with suppress(ValueError):
                parsed = json.loads(line)
                if isinstance(parsed, dict):
                    found.append(parsed)
        return found

    def stop(self) -> None:
        """End the process and close the sockets."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._listener.close()
        self._output.close()

    def _spawn(self) -> subprocess.Popen[bytes]:
        host, port = self._listener.getsockname()[:2]
        own = {
            "AWS_LAMBDA_RUNTIME_API": f"{host}:{port}",
            "AWS_LAMBDA_FUNCTION_NAME": "local",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "_HANDLER": self.handler,
        }
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return subprocess.Popen(  # noqa: S603 - the handler that the caller names
            [sys.executable, "-m", "awslambdaric", self.handler],
            env={**inherited, **own, **self.environment},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    def _await_next(self) -> None:
        path, body = self._receive()
        if path == f"{VERSION}/init/error":
            self._send("202 Accepted", b'{"status":"OK"}')
            envelope = json.loads(body)
            message = f"{envelope.get('errorType')}: {envelope.get('errorMessage')}"
            raise RuntimeFailure(f"the runtime could not start {self.handler}: {message}", envelope)
        if path != f"{VERSION}/invocation/next":
            raise RuntimeFailure(f"the runtime asked for {path}, expected the next event")

    def _send(self, status: str, body: bytes, headers: str = "") -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        if self._connection is None:
            raise RuntimeFailure("the runtime has hung up")
        self._connection.sendall(head.encode() + body)

    def _receive(self) -> tuple[str, bytes]:
        """The path and the body of the runtime's next request."""
        head = self._read_to(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        if fields.get("expect") == "100-continue" and self._connection is not None:
            self._connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self._body(fields)
        return lines[0].split(" ")[1], body

    def _body(self, fields: Mapping[str, str]) -> bytes:
        if fields.get("transfer-encoding") != "chunked":
            return self._read(int(fields.get("content-length", 0)))
        parts: list[bytes] = []
        while size := int(self._read_to(b"\r\n"), 16):
            parts.append(self._read(size))
            self._read_to(b"\r\n")
        self._read_to(b"\r\n")
        return b"".join(parts)

    def _read_to(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._more()
        found, _, self._buffer = self._buffer.partition(mark)
        return found

    def _read(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._more()
        found, self._buffer = self._buffer[:size], self._buffer[size:]
        return found

    def _more(self) -> None:
        """Read on; a connection that ended is followed by the runtime's next one, or by its end."""
        deadline = time.monotonic() + PATIENCE
        while True:
            with suppress(TimeoutError, ConnectionResetError):
                if self._connection is None:
                    self._connection, _ = self._listener.accept()
                    self._connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
                    self._connection.settimeout(PATIENCE)
                if data := self._connection.recv(65_536):
                    self._buffer += data
                    return
                self._connection.close()
                self._connection = None
            if self._process is not None and self._process.poll() is not None:
                raise RuntimeFailure(f"the runtime of {self.handler} ended: {_tail(self.lines())}")
            if time.monotonic() > deadline:
                raise RuntimeFailure(f"the runtime of {self.handler} did not answer for {PATIENCE:g} s")


def installed() -> bool:
    """Whether awslambdaric is here."""
    return find_spec("awslambdaric") is not None


def _tail(lines: Sequence[str]) -> str:
    return " | ".join(lines[-3:]) or "it printed nothing"
