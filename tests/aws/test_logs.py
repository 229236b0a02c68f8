"""Structured logs: each record is one line of JSON that names its request and keeps its traceback."""

import json
import logging
import sys

import pytest

from ffcore.aws import logs


def record(message: str, *values: object, error: bool = False) -> logging.LogRecord:
    """A log record of the package."""
    return logging.LogRecord("ffcore", logging.WARNING, "", 0, message, values, sys.exc_info() if error else None)


def test_a_record_is_one_line_of_json() -> None:
    """Newlines and letters of other alphabets stay inside the line."""
    line = logs.JsonFormatter().format(record("table %s\nis missing", "Åsa"))
    read = json.loads(line)

    assert "\n" not in line
    assert (read["level"], read["logger"], read["message"]) == ("WARNING", "ffcore", "table Åsa\nis missing")
    assert "request_id" not in read


def test_an_error_keeps_its_traceback_and_its_request() -> None:
    """Whoever reads the log finds the invocation and the line that failed."""
    token = logs.REQUEST.set("r-1")
    try:
        int("x")
    except ValueError:
        read = json.loads(logs.JsonFormatter().format(record("failed", error=True)))
    finally:
        logs.REQUEST.reset(token)

    assert (read["request_id"], read["error"]) == ("r-1", "ValueError")
    assert "Traceback" in read["traceback"]


def test_outside_lambda_logging_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The handlers of a program that imports us stay its own."""
    monkeypatch.delenv("AWS_LAMBDA_RUNTIME_API", raising=False)
    before = list(logging.getLogger().handlers), logging.getLogger("ffcore").level

    logs.configure("DEBUG")

    assert (list(logging.getLogger().handlers), logging.getLogger("ffcore").level) == before
