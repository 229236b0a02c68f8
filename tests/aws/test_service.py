"""One invocation from event to answer while the platform fails: clear answers, log lines that say why, warm flags."""

import json
import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from ffcore import ConfigError, FlagSet
from ffcore.aws import assignment_handler, flag_handler
from ffcore.lab.testing.lambda_tables import LambdaTables
from ffcore.lab.testing.outages.injector import Injector
from ffcore.stores.wire import encode, size_of

MEANINGS = {
    "access denied": "the role or user lacks a permission",
    "expired credentials": "the credentials have expired",
    "throttling": "configured throughput was exceeded",
    "500": "Internal server error",
}


def ask(key: str) -> tuple[int, dict[str, Any]]:
    """Status and body for one flag."""
    answer = flag_handler.handler({"user_id": "user-1", "flag_key": key}, None)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(("fault", "meaning"), MEANINGS.items(), ids=MEANINGS)
def test_a_store_that_refuses_is_explained_in_the_log_alone(
    fault: str, meaning: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A cold flag is 500 without the reason, the log has the reason, and a warm flag is decided all the same."""
    warm = ask("dark-mode")
    store: Any = flag_handler.service().evaluator._store
    Injector(store.client).fault = fault

    status, body = ask("banner")
    assert (status, body) == (500, {"error": "flags cannot be read now; try again"})
    assert meaning in caplog.text
    assert ask("dark-mode") == warm


def test_assignments_that_cannot_be_kept_are_not_given(tables: LambdaTables, caplog: pytest.LogCaptureFixture) -> None:
    """A table that may be read but not written gives nobody a variant that could change later."""
    event = {"user_id": "user-1", "experiment_key": "pricing"}
    service = assignment_handler.service()
    service.evaluator.assign("user-1", "pricing")
    store: Any = service.evaluator._store
    Injector(store.client).fault = "access denied"
    answer = assignment_handler.handler(event, None)

    assert answer["statusCode"] == 500
    assert json.loads(answer["body"]) == {"error": "assignments cannot be read or kept now; try again"}
    assert "lacks a permission" in caplog.text
    assert tables.store.client.scan(TableName=tables.assignments.table)["Items"] == []


@pytest.mark.usefixtures("tables")
def test_a_mistake_of_our_own_stays_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is raised, the caller sees two words, the log the traceback, the metrics a fault."""

    def broken(*_: object) -> None:
        raise RuntimeError("secret table name")

    monkeypatch.setattr(flag_handler.service().evaluator, "evaluate", broken)
    assert ask("dark-mode") == (500, {"error": "internal error"})
    assert "secret table name" in caplog.text
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["Faults"] == 1


def wrongly_keyed(tables: LambdaTables) -> str:
    """A new table whose partition key is a number by another name."""
    name = f"wrong-{tables.store.flags_table}"
    tables.store.client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


#: The handler, the variable that names the table, what the caller is told, and the key that is expected.
WRONG_KEYS = {
    "flag": ("FLAGS_TABLE", "flags cannot be read now", "partition key key (S), a string, and no sort key"),
    "experiment": (
        "ASSIGNMENTS_TABLE",
        "assignments cannot be read or kept now",
        "partition key user_id (S), a string, and the sort key experiment_key (S)",
    ),
}


@pytest.mark.parametrize("kind", WRONG_KEYS)
def test_a_table_with_a_wrong_key_is_named_in_the_log_alone(
    kind: str,
    tables: LambdaTables,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The caller is answered 500 and asked to try again; the log says which table, and which key it should have."""
    variable, said, expected = WRONG_KEYS[kind]
    name = wrongly_keyed(tables)
    monkeypatch.setenv(variable, name)
    handler = flag_handler.handler if kind == "flag" else assignment_handler.handler
    answer = handler({"user_id": "user-1", f"{kind}_key": "dark-mode" if kind == "flag" else "pricing"}, None)
    document = json.loads(capsys.readouterr().out.splitlines()[-1])

    assert (answer["statusCode"], json.loads(answer["body"])) == (500, {"error": f"{said}; try again"})
    assert f"DynamoDB table {name}: wrong key schema: expected the {expected}" in caplog.text
    assert (document["Faults"], document["StoreErrors"]) == (1, 1)


def flag_of(key: str, size: int) -> FlagSet:
    """A flag for everybody, whose item has so many bytes as DynamoDB counts them."""
    arms = [{"key": "v", "allocation": 1, "payload": ""}]
    item = {"key": key, "enabled": True, "rollout_percentage": 100, "variants": arms}
    [empty] = FlagSet.from_items([item]).to_items()["flags"]
    arms[0]["payload"] = "x" * (size - size_of(encode(empty)))
    return FlagSet.from_items([item])


def test_an_item_of_almost_400_kb_is_decided_and_a_larger_one_never_gets_there(tables: LambdaTables) -> None:
    """DynamoDB's limit is refused by name when it is written; a Lambda then knows no such flag."""
    tables.store.put(flag_of("large", 400 * 1_024))
    with pytest.raises(ConfigError, match=r"flags\[0\]: larger: DynamoDB takes items of up to 400 KB"):
        tables.store.put(flag_of("larger", 400 * 1_024 + 1))

    status, body = ask("large")
    assert (status, body["reason"], body["variant"]) == (200, "enabled", "v")
    assert ask("larger") == (404, {"error": "no flag has this key: larger"})


def test_a_context_too_large_for_an_event_costs_the_event_alone(
    delivered: Callable[[], list[dict[str, Any]]],
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Invoked directly with more than the 1 MiB of a Kinesis record, the decision stands; the lost event is counted."""
    context = {"country": "NO", "note": "x" * 1_024**2}
    answer = flag_handler.handler({"user_id": "user-1", "flag_key": "banner", "context": context}, None)
    ask("dark-mode")
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())

    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["reason"] in {"enabled", "not_in_rollout"}
    assert (first["EventsDropped"], second["EventsDropped"]) == (1, 0)
    assert "1 events were dropped: they are too large" in caplog.text
    assert [event["flag_key"] for event in delivered()] == ["dark-mode"]


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("encoded", [False, True])
def test_a_body_too_large_is_refused_by_both_handlers(encoded: bool) -> None:
    """Over API Gateway more than 256 KiB is a bad request, with its size and the limit, whatever the body holds."""
    whole = {"user_id": "user-1", "flag_key": "dark-mode", "experiment_key": "pricing", "context": {"x": "x" * 262_144}}
    body = json.dumps(whole)
    event = {"httpMethod": "POST", "body": b64encode(body.encode()).decode() if encoded else body}
    for handler in (flag_handler.handler, assignment_handler.handler):
        answer = handler({**event, "isBase64Encoded": encoded}, None)

        assert answer["statusCode"] == 400
        assert re.fullmatch(r"body: 262,\d+ bytes, expected at most 262,144", json.loads(answer["body"])["error"])
