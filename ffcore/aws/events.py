"""What a Lambda is asked: API Gateway's events (REST and HTTP) and direct invocations as one checked question."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isinf
from typing import Any, NoReturn

from ..errors import shown

MAX_BODY_BYTES = 256 * 1024
MAX_KEYS = 1_000
#: What DynamoDB takes as a partition key; a longer one would fail the whole batch that it stands in.
MAX_TEXT_BYTES = 2_048
METHODS = ("GET", "POST")


class BadRequest(ValueError):  # noqa: N818 - the name of the answer that it becomes
    """A question that cannot be answered; its text says which part, what was found and what was expected."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for one user.

    Attributes:
        user_id: Who is asked about.
        keys: The flags or experiments, each once.
        context: The user's attributes.
        batch: Whether several were asked for, so that the answer is a mapping, even where it has one entry.
    """

    user_id: str
    keys: tuple[str, ...]
    context: Mapping[str, Any]
    batch: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """What a handler's keys are called in questions and answers, as in ``Names("flag")``."""

    kind: str

    @property
    def one(self) -> str:
        """The name of a single key: ``flag_key``."""
        return f"{self.kind}_key"

    @property
    def many(self) -> str:
        """The name of a batch of keys: ``flag_keys``."""
        return f"{self.kind}_keys"


def question(event: Any, names: Names) -> Question:
    """Read an event of any kind; raises ``BadRequest`` with one clear message.

    >>> question({"user_id": "user-1", "flag_key": "dark-mode"}, Names("flag")).keys
    ('dark-mode',)
    >>> query = {"user_id": "user-1", "flag_key": "dark-mode"}
    >>> question({"httpMethod": "GET", "queryStringParameters": query}, Names("flag")).user_id
    'user-1'
    """
    if not isinstance(event, Mapping):
        raise BadRequest(f"event: expected an object, got {shown(event)}")
    method = _method(event)
    fields = _fields(event, method, names) if method else event
    return Question(
        _text(fields.get("user_id"), "user_id", fields), *_keys(fields, names), batch=fields.get(names.many) is not None
    )


def _method(event: Mapping[str, Any]) -> str | None:
    """The HTTP method of an API Gateway event of either version; None where the function was invoked directly."""
    method = event.get("httpMethod")
    if method is None and "requestContext" in event:
        context = event["requestContext"]
        http = context.get("http") if isinstance(context, Mapping) else None
        method = http.get("method") if isinstance(http, Mapping) else None
        if method is None:
            raise BadRequest("requestContext: expected http.method, as API Gateway sends it")
    if method is not None and method not in METHODS:
        raise BadRequest(f"method: expected GET or POST, got {shown(method)}")
    return method


def _fields(event: Mapping[str, Any], method: str, names: Names) -> Mapping[str, Any]:
    body = _body(event)
    if method == "POST":
        return body
    query = event.get("queryStringParameters")
    if query is not None and not isinstance(query, Mapping):
        raise BadRequest(f"queryStringParameters: expected an object, got {shown(query)}")
    _check_repeated(event, names)
    if query and names.many in query:
        raise BadRequest(f"{names.many}: a batch is asked for by POST, in the body")
    return {**(query or {}), "context": body.get("context")}


def _check_repeated(event: Mapping[str, Any], names: Names) -> None:
    """REST events keep the last of several values: one user or flag must not silently stand for two."""
    repeated = event.get("multiValueQueryStringParameters")
    for name in ("user_id", names.one):
        values = repeated.get(name) if isinstance(repeated, Mapping) else None
        if isinstance(values, list) and len(values) > 1:
            raise BadRequest(f"{name}: expected once in the query, got {len(values)} values")


def _body(event: Mapping[str, Any]) -> Mapping[str, Any]:
    body = event.get("body")
    if body is None or body == "":
        return {}
    if not isinstance(body, str):
        raise BadRequest(f"body: expected text, got {shown(body)}")
    encoded = event.get("isBase64Encoded", False)
    if not isinstance(encoded, bool):
        raise BadRequest(f"isBase64Encoded: expected true or false, got {shown(encoded)}")
    _check_size(len(body) * 3 // 4 if encoded else len(body))
    parsed = _parsed(_decoded(body) if encoded else body)
    if not isinstance(parsed, dict):
        raise BadRequest(f"body: expected a JSON object, got {shown(parsed)}")
    return parsed


def _check_size(size: int) -> None:
    if size > MAX_BODY_BYTES:
        raise BadRequest(f"body: {size:,} bytes, expected at most {MAX_BODY_BYTES:,}")


def _decoded(body: str) -> str:
    try:
        return b64decode(body, validate=True).decode()
    except UnicodeDecodeError as error:
        raise BadRequest(f"body: byte {error.start:,} is not UTF-8") from None
    except ValueError:
        raise BadRequest("body: not base64, though isBase64Encoded says so") from None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refused, parse_float=_number)
    except RecursionError:
        raise BadRequest("body: not JSON: nested too deeply") from None
    except ValueError as error:
        raise BadRequest(f"body: not JSON: {error}") from None


def _refused(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _number(text: str) -> float:
    number = float(text)
    if isinf(number):
        raise ValueError(f"{shown(text)} is too large")
    return number


def _keys(fields: Mapping[str, Any], names: Names) -> tuple[tuple[str, ...], Mapping[str, Any]]:
    """The keys that are asked for, and the context."""
    one, many = fields.get(names.one), fields.get(names.many)
    if one is not None and many is not None:
        raise BadRequest(f"{names.one}: expected either this or {names.many}, got both")
    context = fields.get("context")
    if context is not None and not isinstance(context, Mapping):
        raise BadRequest(f"context: expected an object, got {shown(context)}")
    if many is None:
        return (_text(one, names.one, fields),), context or {}
    return tuple(_batch(many, names)), context or {}


def _batch(keys: Any, names: Names) -> Iterator[str]:
    if not isinstance(keys, list | tuple):
        raise BadRequest(f"{names.many}: expected a list of keys, got {shown(keys)}")
    if len(keys) > MAX_KEYS:
        raise BadRequest(f"{names.many}: {len(keys):,} keys, expected at most {MAX_KEYS:,}")
    checked = [_text(key, f"{names.many}[{place}]") for place, key in enumerate(keys)]
    yield from dict.fromkeys(checked)


def _text(value: Any, name: str, given: Mapping[str, Any] | None = None) -> str:
    if value is None:
        raise BadRequest(f"{name}: required, but missing{_near(name, given or {})}")
    if not isinstance(value, str):
        raise BadRequest(f"{name}: expected text, got {shown(value)}")
    if not value.strip():
        raise BadRequest(f"{name}: expected text that is not blank, got {shown(value)}")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise BadRequest(f"{name}: expected text that UTF-8 can hold, got {shown(value)}") from None
    if size > MAX_TEXT_BYTES:
        raise BadRequest(f"{name}: {size:,} bytes, expected at most {MAX_TEXT_BYTES:,}")
    return value


def _near(name: str, given: Mapping[str, Any]) -> str:
    from difflib import get_close_matches  # 4 ms that only a mistake needs

    near = get_close_matches(name, [str(other) for other in given if other != name], n=1)
    return f"; is {shown(near[0])} meant for it?" if near else ""
