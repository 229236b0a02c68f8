"""Questions to the Lambdas: all kinds of events are read the same; a malformed one is refused with its reason."""

import json
from base64 import b64encode
from typing import Any

import pytest

from ffcore.aws.events import MAX_BODY_BYTES, MAX_KEYS, BadRequest, Names, Question, question

FLAG = Names("flag")
QUERY = {"user_id": "user-1", "flag_key": "dark-mode"}
CONTEXT = {"country": "NO", "age": 30, "score": 1.5}
ONE = Question("user-1", ("dark-mode",), CONTEXT)
BATCH = Question("user-1", ("dark-mode", "new-search"), CONTEXT, batch=True)
BATCH_BODY = {"user_id": "user-1", "flag_keys": ["dark-mode", "new-search", "dark-mode"], "context": CONTEXT}


def rest(method: str = "GET", query: Any = None, body: Any = None, **more: Any) -> dict[str, Any]:
    """An event of a REST API (payload version 1.0)."""
    return {"httpMethod": method, "path": "/", "queryStringParameters": query, "body": body, **more}


def http(method: str = "GET", query: Any = None, body: Any = None, **more: Any) -> dict[str, Any]:
    """An event of an HTTP API (payload version 2.0), which leaves out what is empty."""
    event = {"version": "2.0", "requestContext": {"http": {"method": method, "path": "/"}}, **more}
    given = {"queryStringParameters": query, "body": body}
    return {**event, **{name: value for name, value in given.items() if value is not None}}


def base64(body: str) -> str:
    """A body as API Gateway encodes binary ones."""
    return b64encode(body.encode()).decode()


@pytest.mark.parametrize("api", [rest, http])
def test_a_get_takes_its_keys_from_the_query_and_its_context_from_the_body(api: Any) -> None:
    """Both versions of API Gateway's events ask the same question."""
    body = json.dumps({"context": CONTEXT})

    assert question(api("GET", QUERY, body), FLAG) == ONE
    assert question(api("GET", QUERY), FLAG) == Question("user-1", ("dark-mode",), {})


@pytest.mark.parametrize("api", [rest, http])
def test_a_post_takes_everything_from_the_body(api: Any) -> None:
    """A batch asks for each key once, in the order given; a single key is no batch; base64 bodies are decoded."""
    text = json.dumps(BATCH_BODY)

    assert question(api("POST", None, text), FLAG) == BATCH
    assert question(api("POST", None, base64(text), isBase64Encoded=True), FLAG) == BATCH
    assert question(api("POST", None, json.dumps({**QUERY, "context": CONTEXT})), FLAG) == ONE


def test_a_direct_invocation_is_the_body_itself() -> None:
    """Without API Gateway the event holds the fields."""
    assert question(BATCH_BODY, FLAG) == BATCH
    assert question({**QUERY, "context": CONTEXT}, FLAG) == ONE
    assert question({**QUERY, "context": None}, FLAG) == Question("user-1", ("dark-mode",), {})


def test_the_assignment_handler_asks_by_its_own_names() -> None:
    """Experiments go by experiment_key and experiment_keys."""
    names = Names("experiment")

    assert question(rest("GET", {"user_id": "u", "experiment_key": "e"}), names) == Question("u", ("e",), {})
    assert question({"user_id": "u", "experiment_keys": ["e"]}, names) == Question("u", ("e",), {}, batch=True)


def test_an_empty_batch_is_a_question_about_nothing() -> None:
    """No keys, no decisions."""
    assert question({"user_id": "u", "flag_keys": []}, FLAG) == Question("u", (), {}, batch=True)


MALFORMED: dict[str, tuple[Any, str]] = {
    "none": (None, "event: expected an object, got None"),
    "list": ([QUERY], "event: expected an object, got"),
    "text": ("{}", "event: expected an object, got"),
    "nothing": ({}, "user_id: required, but missing"),
    "method": (rest("DELETE", QUERY), "method: expected GET or POST, got 'DELETE'"),
    "number as method": (rest(7, QUERY), "method: expected GET or POST, got 7"),  # type: ignore[arg-type]
    "half an HTTP event": ({"requestContext": {}}, "requestContext: expected http.method"),
    "text as request context": ({"requestContext": "x"}, "requestContext: expected http.method"),
    "no query": (rest("GET"), "user_id: required, but missing"),
    "list as query": (rest("GET", []), "queryStringParameters: expected an object, got []"),
    "misspelt": (rest("GET", {"userid": "u", "flag_key": "f"}), "user_id: required, but missing; is 'userid' meant"),
    "no key": (rest("GET", {"user_id": "u"}), "flag_key: required, but missing"),
    "batch by GET": (rest("GET", {"user_id": "u", "flag_keys": "f,g"}), "flag_keys: a batch is asked for by POST"),
    "repeated": (
        rest("GET", QUERY, multiValueQueryStringParameters={"user_id": ["user-1", "user-2"]}),
        "user_id: expected once in the query, got 2 values",
    ),
    "bytes": (rest("POST", None, 7), "body: expected text, got 7"),
    "no JSON": (rest("POST", None, "user_id=u"), "body: not JSON"),
    "half JSON": (rest("POST", None, '{"user_id": "u"'), "body: not JSON"),
    "JSON list": (rest("POST", None, "[]"), "body: expected a JSON object, got []"),
    "NaN": (rest("POST", None, '{"user_id": "u", "flag_key": "f", "context": {"x": NaN}}'), "NaN is no number of JSON"),
    "huge number": (rest("POST", None, '{"x": 1e999}'), "'1e999' is too large"),
    "huge integer": (rest("POST", None, f'{{"x": {"9" * 5_000}}}'), "body: not JSON"),
    "deep": (rest("POST", None, "[" * 100_000), "body: not JSON: nested too deeply"),
    "no base64": (rest("POST", None, "{}", isBase64Encoded=True), "body: not base64, though isBase64Encoded says so"),
    "base64 of no text": (rest("POST", None, b64encode(b"{\xff}").decode(), isBase64Encoded=True), "byte 1 is not UTF"),
    "base64 as text": (rest("POST", None, "e30=", isBase64Encoded="yes"), "isBase64Encoded: expected true or false"),
    "10 MB": (rest("POST", None, "x" * 10_485_760), f"body: 10,485,760 bytes, expected at most {MAX_BODY_BYTES:,}"),
    "10 MB in base64": (rest("POST", None, "e30=" * 3_495_254, isBase64Encoded=True), "body: 10,485,762 bytes"),
    "number as user": ({"user_id": 7, "flag_key": "f"}, "user_id: expected text, got 7"),
    "blank user": ({"user_id": " ", "flag_key": "f"}, "user_id: expected text that is not blank, got ' '"),
    "half a letter": ({"user_id": "\ud800", "flag_key": "f"}, "user_id: expected text that UTF-8 can hold"),
    "long user": ({"user_id": "é" * 1_025, "flag_key": "f"}, "user_id: 2,050 bytes, expected at most 2,048"),
    "text as context": ({**QUERY, "context": "x"}, "context: expected an object, got 'x'"),
    "list as context": ({**QUERY, "context": []}, "context: expected an object, got []"),
    "text as keys": ({"user_id": "u", "flag_keys": "f"}, "flag_keys: expected a list of keys, got 'f'"),
    "number among keys": ({"user_id": "u", "flag_keys": ["f", 7]}, "flag_keys[1]: expected text, got 7"),
    "null among keys": ({"user_id": "u", "flag_keys": [None]}, "flag_keys[0]: required, but missing"),
    "too many": (
        {"user_id": "u", "flag_keys": ["f"] * (MAX_KEYS + 1)},
        "flag_keys: 1,001 keys, expected at most 1,000",
    ),
    "both": ({**QUERY, "flag_keys": ["f"]}, "flag_key: expected either this or flag_keys, got both"),
}


@pytest.mark.parametrize(("event", "message"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_event_is_refused_with_its_reason(event: Any, message: str) -> None:
    """One short message names the part, what it holds and what was expected."""
    with pytest.raises(BadRequest) as refused:
        question(event, FLAG)

    assert message in str(refused.value)
    assert len(str(refused.value)) < 300
