"""Structured logs: one JSON object a line, with the request that it belongs to."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from contextvars import ContextVar
from typing import Any

#: The invocation that the process works on; log lines carry it.
REQUEST: ContextVar[str] = ContextVar("request", default="")


class JsonFormatter(logging.Formatter):
    """A log record as one line of JSON; an exception's traceback stays here and never reaches an answer.

    >>> record = logging.LogRecord("ffcore", logging.WARNING, "", 0, "table %s is missing", ("flags",), None)
    >>> json.loads(JsonFormatter().format(record))["message"]
    'table flags is missing'
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "timestamp": f"{stamp}.{int(record.msecs):03}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if REQUEST.get():
            line["request_id"] = REQUEST.get()
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True, default=str)


def in_lambda() -> bool:
    """Whether this process was started by Lambda's runtime."""
    return "AWS_LAMBDA_RUNTIME_API" in os.environ


def configure(level: str) -> None:
    """In a Lambda, log in JSON from this level on; anywhere else logging belongs to the program around us."""
    if in_lambda():
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(JsonFormatter())
        root = logging.getLogger()
        root.handlers[:] = [handler]
        root.setLevel(logging.WARNING)
        logging.getLogger("ffcore").setLevel(level)
