"""AWS clients with settings of their own, and their errors as sentences; boto3 is imported with the first client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any

from .backoff import Backoff
from .errors import StoreError

THROTTLED = frozenset(
    (
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    )
)
#: What an error's code means for whoever runs the program.
MEANINGS = {
    "AccessDeniedException": "access denied: the role or user lacks a permission: {message}",
    "ExpiredTokenException": "the credentials have expired: renew them",
    "ExpiredToken": "the credentials have expired: renew them",
    "RequestExpired": "the credentials have expired, or this machine's clock is wrong",
    "UnrecognizedClientException": "the credentials are not valid here: {message}",
    "InvalidSignatureException": "the credentials are not valid here: {message}",
    "NoCredentialsError": "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    "NoRegionError": "no region: name one, or set AWS_DEFAULT_REGION",
    "ProfileNotFound": "{message}",
}


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a service is and how long to wait for it.

    Attributes:
        endpoint: The address of the service; None: AWS's own, or ``AWS_ENDPOINT_URL``.
        region: The region; None: as AWS's configuration says.
        connect_timeout: Seconds to wait for a connection.
        read_timeout: Seconds to wait for an answer.
        attempts: How often a call is tried in all, where throttling, a 5xx or the network made it fail.
        connections: Connections kept open, for as many threads.
    """

    endpoint: str | None = None
    region: str | None = None
    connect_timeout: float = 1.0
    read_timeout: float = 1.0
    attempts: int = 3
    connections: int = 10

    def client(self, service: str) -> Any:
        """A client that never retries by itself: botocore's pauses (1.9 s for two throttles) are too long for us."""
        try:
            import boto3
            from botocore.config import Config
            from botocore.exceptions import BotoCoreError
        except ImportError:
            raise ImportError(f"{service} needs boto3: pip install 'ffcore[aws]'") from None
        config = Config(
            connect_timeout=self.connect_timeout,
            read_timeout=self.read_timeout,
            retries={"mode": "standard", "total_max_attempts": 1},
            max_pool_connections=self.connections,
        )
        try:
            return boto3.client(service, endpoint_url=self.endpoint, region_name=self.region, config=config)
        except (BotoCoreError, ValueError) as error:
            raise as_store_error(service, error) from error


def call(
    where: str, run: Callable[[], Mapping[str, Any]], attempts: int = 1, patience: float = 1.0
) -> Mapping[str, Any]:
    """The answer of an AWS call, tried again after transient failures; raises ``StoreError``, which says where.

    No attempt begins more than ``patience`` seconds after the first, so that a server that hangs is asked once.
    """
    pauses = Pauses(attempts, patience)
    while True:
        try:
            return run()
        except Exception as error:  # botocore's errors share no base class
            failure = as_store_error(where, error)
            if failure is error or not failure.transient or not pauses.again():
                raise failure from error


class Pauses:
    """Pauses between so many attempts, of which none begins after ``patience`` seconds."""

    def __init__(self, attempts: int, patience: float = float("inf")) -> None:
        self._left, self._backoff = attempts - 1, Backoff()
        self._deadline = monotonic() + patience

    def again(self) -> bool:
        """Wait before the next attempt; False, at once, where none is left, or no time."""
        if self._left < 1 or monotonic() >= self._deadline:
            return False
        self._left -= 1
        sleep(self._backoff.pause())
        return True


def as_store_error(where: str, error: Exception) -> StoreError:
    """An error of botocore as a sentence; an error of the program itself is raised as it is."""
    if isinstance(error, StoreError):
        return error
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
    from botocore.exceptions import ConnectionError as NoConnection

    if isinstance(error, ClientError):
        return _answered(where, error)
    if not isinstance(error, (BotoCoreError, ValueError)):
        raise error
    name = type(error).__name__
    transient = isinstance(error, (NoConnection, HTTPClientError))
    message = MEANINGS.get(name, "no answer: {message}" if transient else "{message}").format(message=error)
    return StoreError(f"{where}: {message}", name, transient=transient, silent=transient)


def _answered(where: str, error: Any) -> StoreError:
    details = error.response.get("Error", {})
    code, message = details.get("Code", "Unknown"), details.get("Message", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    transient = code in THROTTLED or status >= 500
    text = MEANINGS.get(code, "{message} ({code})").format(message=message, code=code)
    return StoreError(f"{where}: {text}", code, transient=transient)
