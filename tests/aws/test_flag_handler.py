"""The Feature Flag Lambda over a real table: answers, statuses, log lines and metrics."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ffcore import Evaluator
from ffcore.aws.flag_handler import handler
from ffcore.lab.testing.lambda_tables import LambdaTables
from tests.aws.conftest import FLAGS

NORWEGIAN = {"country": "NO"}


def get(key: str, user: str = "user-1", context: Any = None) -> dict[str, Any]:
    """A GET of a REST API."""
    query = {"user_id": user, "flag_key": key}
    return {"httpMethod": "GET", "queryStringParameters": query, "body": json.dumps({"context": context})}


def metrics_of(printed: str) -> dict[str, Any]:
    """The last document that was printed."""
    document: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return document


@pytest.mark.usefixtures("tables")
def test_answers_are_the_evaluators() -> None:
    """Each user gets from the Lambda what an evaluator over the same flags decides."""
    evaluator = Evaluator(FLAGS)
    for number in range(50):
        user = f"user-{number}"
        expected = evaluator.evaluate(user, "banner", NORWEGIAN)
        answer = handler(get("banner", user, NORWEGIAN), None)
        body = json.loads(answer["body"])

        assert answer["statusCode"] == 200
        assert (body["enabled"], body["reason"], body.get("variant")) == (
            expected.enabled,
            expected.reason,
            expected.variant,
        )
        assert (body["user_id"], body["flag_key"], body["flag_id"]) == (user, "banner", "banner")


@pytest.mark.usefixtures("tables")
def test_every_kind_of_event_gets_the_same_answer() -> None:
    """REST, HTTP and direct invocation differ in the question's clothes alone."""
    query = {"user_id": "user-1", "flag_key": "dark-mode"}
    http = {"version": "2.0", "requestContext": {"http": {"method": "GET"}}, "queryStringParameters": query}

    assert handler(get("dark-mode"), None) == handler(http, None) == handler(query, None)
    assert json.loads(handler(query, None)["body"]) == {
        "user_id": "user-1",
        "flag_key": "dark-mode",
        "flag_id": "f-7",
        "enabled": True,
        "reason": "enabled",
    }


def test_a_batch_answers_for_each_key(tables: LambdaTables) -> None:
    """An unknown flag and a malformed item have their reasons and spoil no other."""
    client = tables.store.client
    client.put_item(TableName=tables.store.flags_table, Item={"key": {"S": "bad"}, "enabled": {"S": "perhaps"}})
    asked = {"user_id": "user-1", "flag_keys": ["dark-mode", "unknown", "bad", "old-search"]}
    answer = handler({"httpMethod": "POST", "body": json.dumps(asked)}, None)
    body = json.loads(answer["body"])

    assert answer["statusCode"] == 200
    assert {key: flag["reason"] for key, flag in body["flags"].items()} == {
        "dark-mode": "enabled",
        "unknown": "flag_not_found",
        "bad": "flag_malformed",
        "old-search": "flag_disabled",
    }


@pytest.mark.usefixtures("tables")
def test_an_unknown_flag_is_404(caplog: pytest.LogCaptureFixture) -> None:
    """The message names the key, and so does the log."""
    answer = handler(get("dark-mod"), None)

    assert (answer["statusCode"], json.loads(answer["body"])) == (404, {"error": "no flag has this key: dark-mod"})
    assert "answered 404" in caplog.text


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("event", [None, [], {"httpMethod": "POST", "body": "x" * 10_485_760}, {"user_id": 7}])
def test_a_malformed_event_is_400(
    event: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """The caller is told what is wrong, the log has a line, and the metrics count it."""
    answer = handler(event, None)
    error = json.loads(answer["body"])["error"]

    assert answer["statusCode"] == 400
    assert f"refused: {error}" in caplog.text
    assert metrics_of(capsys.readouterr().out)["BadRequests"] == 1


def test_a_table_that_is_missing_is_500_with_nothing_of_the_inside(
    tables: LambdaTables,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The caller learns that flags cannot be read; the log says which table is missing; the metrics count both."""
    monkeypatch.setenv("FLAGS_TABLE", "nowhere")
    answer = handler(get("dark-mode"), None)
    document = metrics_of(capsys.readouterr().out)

    assert answer["statusCode"] == 500
    assert json.loads(answer["body"]) == {"error": "flags cannot be read now; try again"}
    assert "there is no such table" in caplog.text
    assert (document["Faults"], document["StoreErrors"]) == (1, 1)
    assert tables.store.flags_table not in answer["body"]


def test_a_wrong_environment_is_one_message(
    monkeypatch: pytest.MonkeyPatch, tables: LambdaTables, caplog: pytest.LogCaptureFixture
) -> None:
    """All variables that are wrong stand in one log line, none of them in the answer."""
    monkeypatch.delenv("FLAGS_TABLE")
    monkeypatch.setenv("LOG_LEVEL", "LOUD")
    answer = handler(get("dark-mode"), None)

    assert answer["statusCode"] == 500
    assert json.loads(answer["body"]) == {"error": "the function is not configured; its log says why"}
    assert len(caplog.records) == 1
    assert "FLAGS_TABLE" in caplog.text
    assert "LOG_LEVEL" in caplog.text
    assert tables.store.flags_table not in caplog.text


@pytest.mark.usefixtures("tables")
def test_the_warm_start_reads_a_flag_once(capsys: pytest.CaptureFixture[str]) -> None:
    """The first invocation is cold and misses, the second hits; each prints one document."""
    handler(get("dark-mode"), None)
    handler(get("dark-mode", "user-2"), None)
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())

    assert (first["cold_start"], first["CacheMisses"], first["CacheHits"]) == (True, 1, 0)
    assert (second["cold_start"], second["CacheMisses"], second["CacheHits"]) == (False, 0, 1)
    assert second["FunctionName"] == "ffcore-flag"
    assert second["Latency"] > 0


def test_events_are_in_the_stream_when_the_answer_is(delivered: Callable[[], list[dict[str, Any]]]) -> None:
    """A container may be frozen with its answer, so each invocation delivers its own events."""
    handler({"user_id": "user-1", "flag_keys": ["dark-mode", "unknown"]}, None)

    assert [(each["user_id"], each["flag_key"], each["flag_id"], each["reason"]) for each in delivered()] == [
        ("user-1", "dark-mode", "f-7", "enabled"),
        ("user-1", "unknown", None, "flag_not_found"),
    ]


def test_a_stream_that_is_missing_breaks_no_decision(
    tables: LambdaTables, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The decision stands; the log says what became of the event."""
    monkeypatch.setenv("KINESIS_STREAM_NAME", f"no-{tables.store.flags_table}")
    monkeypatch.setattr("ffcore.aws.service.FLUSH_SECONDS", 0.01)

    assert handler(get("dark-mode"), None)["statusCode"] == 200
    assert "Kinesis stream no-flags" in caplog.text
