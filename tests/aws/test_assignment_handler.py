"""The Assignment Lambda over real tables: an assignment is kept, and served whatever becomes of the shares."""

import json
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

from ffcore import Evaluator, FlagSet
from ffcore.aws import assignment_handler
from ffcore.aws.assignment_handler import handler
from ffcore.lab.testing.lambda_tables import LambdaTables
from tests.aws.conftest import FLAGS


def ask(user: str, key: str = "pricing", **more: Any) -> tuple[int, dict[str, Any]]:
    """Status and body for one user."""
    answer = handler({"user_id": user, "experiment_key": key, **more}, None)
    return answer["statusCode"], json.loads(answer["body"])


def change(tables: LambdaTables, **fields: Any) -> None:
    """Change the experiment, and start another container."""
    item = {**FLAGS.experiments["pricing"].to_item(), **fields}
    tables.store.put(FlagSet.from_items(experiments=[item]))
    assignment_handler.service.cache_clear()


def shares(control: float) -> list[dict[str, Any]]:
    """The two arms with other shares."""
    return [{"key": "control", "allocation": control}, {"key": "treatment", "allocation": 1 - control}]


@pytest.mark.usefixtures("tables")
def test_new_users_get_what_the_evaluator_decides() -> None:
    """All fields of an answer, and the same answer a second time."""
    evaluator = Evaluator(FLAGS)
    for number in range(20):
        user = f"user-{number}"
        status, body = ask(user)

        assert status == 200
        assert list(body) == ["user_id", "experiment_key", "experiment_id", "variant", "assignment_id", "excluded"]
        assert body["variant"] == evaluator.assign(user, "pricing").variant
        assert (body["experiment_id"], body["excluded"]) == ("e-7", False)
        assert ask(user) == (status, body)


def test_an_assignment_survives_a_change_of_shares(tables: LambdaTables) -> None:
    """Users of an arm that shrinks to nothing, or of no traffic any more, keep variant and id; new users do not."""
    before = {f"user-{number}": ask(f"user-{number}")[1] for number in range(20)}
    assert {body["variant"] for body in before.values()} == {"control", "treatment"}

    change(tables, variants=shares(1))
    assert {user: ask(user)[1] for user in before} == before
    assert {ask(f"later-{number}")[1]["variant"] for number in range(20)} == {"control"}

    change(tables, traffic_allocation=0)
    assert {user: ask(user)[1] for user in before} == before
    assert ask("latest")[1] == {
        "user_id": "latest",
        "experiment_key": "pricing",
        "experiment_id": "e-7",
        "variant": None,
        "assignment_id": None,
        "excluded": True,
    }


def test_rules_and_status_still_hold(tables: LambdaTables) -> None:
    """Who no longer meets the rules is excluded, and so is everybody while the experiment rests; both come back."""
    kept = ask("user-1")[1]
    change(tables, targeting_rules=[{"attribute": "country", "operator": "equals", "value": "NO"}], variants=shares(0))

    assert ask("user-1")[1]["excluded"]
    assert ask("user-1", context={"country": "NO"})[1] == kept
    change(tables, status="paused")
    assert ask("user-1")[1]["excluded"]
    change(tables)
    assert ask("user-1")[1] == kept


def test_a_variant_that_is_gone_is_decided_anew(tables: LambdaTables, caplog: pytest.LogCaptureFixture) -> None:
    """It cannot be served; the log says so."""
    ask("user-1")
    change(tables, variants=[{"key": "x", "allocation": 0.5}, {"key": "y", "allocation": 0.5}])

    assert ask("user-1")[1]["variant"] in {"x", "y"}
    assert "has no variant" in caplog.text


def test_two_containers_that_decide_at_once_agree(tables: LambdaTables) -> None:
    """The one that writes second, with other shares, serves what the first has written."""
    ask("user-1")
    other = Evaluator(FlagSet.from_items(experiments=[{**FLAGS.experiments["pricing"].to_item()}]))
    other.assign("user-1", "pricing")
    experiment = other.cached(("experiment", "pricing"))
    kept: list[str] = []
    tables.assignments._known.clear()
    wanted = [f"v{number}" for number in range(8)]

    def keep(variant: str) -> None:
        kept.append(tables.assignments.keep("user-2", experiment, variant).variant)  # type: ignore[arg-type]

    threads = [Thread(target=keep, args=(variant,)) for variant in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(kept) == len(wanted)
    assert len(set(kept)) == 1


def test_a_table_that_fails_decides_nothing_anew(
    tables: LambdaTables, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without the table nobody knows what the user had: 500, and in a batch an error beside the other answers."""
    monkeypatch.setenv("ASSIGNMENTS_TABLE", "nowhere")
    status, body = ask("user-1")
    answer = handler({"user_id": "user-1", "experiment_keys": ["pricing", "paused", "unknown"]}, None)
    batch = json.loads(answer["body"])["assignments"]

    assert (status, body) == (500, {"error": "assignments cannot be read or kept now; try again"})
    assert "DynamoDB table nowhere" in caplog.text
    assert batch["pricing"] == body
    assert batch["paused"]["excluded"]
    assert batch["unknown"] == {"error": "no experiment has this key: unknown"}
    assert tables.assignments.table not in str(batch)


def test_an_assignment_that_cannot_be_read_spoils_no_other(
    tables: LambdaTables, caplog: pytest.LogCaptureFixture
) -> None:
    """What another program wrote without a variant is an error in its place, and the log says what is expected."""
    pair = {"user_id": {"S": "user-1"}, "experiment_key": {"S": "pricing"}}
    tables.store.client.put_item(TableName=tables.assignments.table, Item={**pair, "arm": {"S": "control"}})
    answer = handler({"user_id": "user-1", "experiment_keys": ["pricing", "paused"]}, None)
    batch = json.loads(answer["body"])["assignments"]

    assert batch["pricing"] == {"error": "assignments cannot be read or kept now; try again"}
    assert batch["paused"]["excluded"]
    assert "item of experiment pricing: expected the texts variant and assignment_id" in caplog.text


@pytest.mark.usefixtures("tables")
def test_an_unknown_experiment_is_404() -> None:
    """A flag's key is no experiment's."""
    assert ask("user-1", "dark-mode") == (404, {"error": "no experiment has this key: dark-mode"})


def test_an_assignment_is_written_once(tables: LambdaTables) -> None:
    """One item a user and experiment, with what the answer said."""
    body = ask("user-1")[1]
    ask("user-1")
    [item] = tables.store.client.scan(TableName=tables.assignments.table)["Items"]

    assert item["variant"]["S"] == body["variant"]
    assert item["assignment_id"]["S"] == body["assignment_id"]
    assert item["experiment_id"]["S"] == "e-7"


def test_events_name_experiments_by_their_ids(delivered: Callable[[], list[dict[str, Any]]]) -> None:
    """One that there is not has no id, as with flags."""
    handler({"user_id": "user-1", "experiment_keys": ["pricing", "unknown"]}, None)

    assert [(each["event_type"], each["flag_key"], each["flag_id"], each["reason"]) for each in delivered()] == [
        ("experiment_assignment", "pricing", "e-7", "assigned"),
        ("experiment_assignment", "unknown", None, "experiment_not_found"),
    ]
