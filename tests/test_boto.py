"""AWS's errors as sentences, and which of them are tried again how often."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from ffcore import boto
from ffcore.boto import Connection, Pauses, call
from ffcore.errors import StoreError
from tests.support.doubles import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock on which pauses take their time and nothing else does."""
    clock = Clock()
    monkeypatch.setattr(boto, "monotonic", clock)
    monkeypatch.setattr(boto, "sleep", lambda seconds: setattr(clock, "now", clock.now + seconds))
    return clock


def failing(*codes: str | None, status: int = 400) -> Callable[[], dict[str, Any]]:
    """A call that fails with one code after the other, and then answers."""
    from botocore.exceptions import ClientError

    left = iter(codes)

    def run() -> dict[str, Any]:
        code = next(left, None)
        if code is None:
            return {"done": True}
        response = {"Error": {"Code": code, "Message": "why"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        raise ClientError(response, "Operation")

    return run


THROTTLED = "ProvisionedThroughputExceededException"


@pytest.mark.usefixtures("clock")
def test_transient_failures_are_tried_again() -> None:
    """Throttling and a 5xx are; the last answer counts, and the attempts are bounded."""
    assert call("here", failing(THROTTLED, "ThrottlingException"), attempts=3)["done"]
    assert call("here", failing("InternalServerError", status=500), attempts=2)["done"]
    with pytest.raises(StoreError, match=r"here: why \(ProvisionedThroughputExceededException\)") as caught:
        call("here", failing(*[THROTTLED] * 3), attempts=3)
    assert (caught.value.transient, caught.value.silent) == (True, False)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("AccessDeniedException", "access denied: the role or user lacks a permission: why"),
        ("ExpiredTokenException", "the credentials have expired: renew them"),
        ("ValidationException", r"why \(ValidationException\)"),
    ],
)
def test_what_only_people_can_mend_is_not_tried_again(code: str, words: str) -> None:
    """The sentence says what to mend."""
    run = failing(code, None)
    with pytest.raises(StoreError, match=f"here: {words}") as caught:
        call("here", run, attempts=3)
    assert (caught.value.code, caught.value.transient) == (code, False)


def test_the_programs_own_errors_stay_what_they_are() -> None:
    """A mistake in the code is no outage."""

    def broken() -> dict[str, Any]:
        raise KeyError("no")

    with pytest.raises(KeyError):
        call("here", broken, attempts=3)


def test_no_attempt_begins_after_the_patience_is_over(clock: Clock) -> None:
    """A server that hangs is asked once, however many attempts are allowed."""
    pauses = Pauses(10, patience=1.0)
    assert pauses.again()
    clock.now = 1.5

    assert not pauses.again()


def test_every_attempt_but_the_first_waits(clock: Clock) -> None:
    """Of four attempts three wait, each for some time; a fifth there is not."""
    pauses, starts = Pauses(4), [clock.now]
    while pauses.again():
        starts.append(clock.now)

    assert len(starts) == 4
    assert all(a < b for a, b in pairwise(starts))


def test_a_client_never_retries_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time-outs and its one attempt are what the connection says, whatever botocore's defaults are."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "7")
    client = Connection("http://127.0.0.1:1", "us-east-1", connect_timeout=0.5, read_timeout=0.7).client("dynamodb")
    config = client.meta.config

    assert (config.connect_timeout, config.read_timeout) == (0.5, 0.7)
    assert config.retries["total_max_attempts"] == 1
