"""The table of assignments: written once, read back, remembered for a while, read in batches."""

from typing import Any

import pytest

from ffcore import Experiment
from ffcore.aws.assignments import REMEMBERED_FOR, AssignmentTable
from ffcore.lab.testing.lambda_tables import LambdaTables
from ffcore.stores import StoreError

ARMS = [{"key": "a", "allocation": 0.5}, {"key": "b", "allocation": 0.5}]


def experiment(key: str) -> Experiment:
    """An experiment of two arms."""
    return Experiment(key, "active", ARMS)  # type: ignore[arg-type]


def test_the_first_to_write_decides(tables: LambdaTables) -> None:
    """A second container that would give another variant gets the first one's, with its id."""
    other = AssignmentTable(tables.assignments.table, tables.store.client)
    first = tables.assignments.keep("user-1", experiment("e"), "a")

    assert other.keep("user-1", experiment("e"), "b") == first
    assert other.find("user-1", ["e", "unknown"]) == {"e": first}
    assert other.errors == 0


def test_many_experiments_are_read_in_batches(tables: LambdaTables) -> None:
    """More keys than one call takes, of which some are kept."""
    keys = [f"e-{number}" for number in range(230)]
    kept = {key: tables.assignments.keep("user-1", experiment(key), "a") for key in keys[::40]}

    assert AssignmentTable(tables.assignments.table, tables.store.client).find("user-1", keys) == kept


def test_what_is_known_is_not_asked_for_until_its_time_is_over(tables: LambdaTables) -> None:
    """An assignment that is deleted, as a user may demand, is forgotten by every container within its time."""
    now = [0.0]
    table = AssignmentTable(tables.assignments.table, tables.store.client, clock=lambda: now[0])
    kept = table.keep("user-1", experiment("e"), "a")
    key = {"user_id": {"S": "user-1"}, "experiment_key": {"S": "e"}}
    tables.store.client.delete_item(TableName=table.table, Key=key)

    assert table.find("user-1", ["e"]) == {"e": kept}
    now[0] = REMEMBERED_FOR
    assert table.find("user-1", ["e"]) == {}


def test_a_refusal_without_the_item_is_followed_by_a_read(
    tables: LambdaTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Servers that leave the old item out of their refusal are asked for it."""
    first = tables.assignments.keep("user-1", experiment("e"), "a")
    put = tables.store.client.put_item

    def old(**arguments: Any) -> Any:
        arguments.pop("ReturnValuesOnConditionCheckFailure")
        return put(**arguments)

    monkeypatch.setattr(tables.store.client, "put_item", old)
    assert tables.assignments.keep("user-1", experiment("e"), "b") == first


def test_a_missing_table_is_an_error_that_counts(tables: LambdaTables) -> None:
    """Both reading and writing fail with a sentence that names it."""
    table = AssignmentTable("nowhere", tables.store.client)

    with pytest.raises(StoreError, match="DynamoDB table nowhere"):
        table.find("user-1", ["e"])
    with pytest.raises(StoreError, match="DynamoDB table nowhere"):
        table.keep("user-1", experiment("e"), "a")
    assert table.errors == 2


def test_that_nothing_is_there_is_remembered_too(tables: LambdaTables, monkeypatch: pytest.MonkeyPatch) -> None:
    """Users outside the traffic cost one read, not one for each question; what another container wrote still holds."""
    table, other = AssignmentTable(tables.assignments.table, tables.store.client), tables.assignments
    assert table.find("user-1", ["e"]) == {}
    first = other.keep("user-1", experiment("e"), "a")

    with monkeypatch.context() as patch:
        patch.setattr(tables.store.client, "batch_get_item", None)
        assert table.find("user-1", ["e"]) == {}
    assert table.keep("user-1", experiment("e"), "b") == first
    assert table.find("user-1", ["e"]) == {"e": first}
