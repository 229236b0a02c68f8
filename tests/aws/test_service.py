"""One invocation from event to answer while the platform fails: clear answers, log lines that say why, warm flags."""

import json
from typing import Any

import pytest

from ffcore.aws import assignment_handler, flag_handler
from ffcore.lab.testing.outages.injector import Injector
from tests.aws.conftest import Tables

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


def test_assignments_that_cannot_be_kept_are_not_given(tables: Tables, caplog: pytest.LogCaptureFixture) -> None:
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
