"""The tables of the Lambdas on a real server, and their environment."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import pytest

from ffcore import FlagSet
from ffcore.aws import assignment_handler, flag_handler
from ffcore.aws.assignments import AssignmentTable
from ffcore.lab.testing.servers import Server
from ffcore.stores import DynamoDBStore

NUMBERS = count()
FLAGS = FlagSet.from_items(
    flags=[
        {"key": "dark-mode", "enabled": True, "rollout_percentage": 100, "flag_id": "f-7"},
        {"key": "old-search", "enabled": False},
        {
            "key": "banner",
            "enabled": True,
            "rollout_percentage": 50,
            "targeting_rules": [{"attribute": "country", "operator": "equals", "value": "NO"}],
            "variants": [{"key": "red", "allocation": 0.5}, {"key": "blue", "allocation": 0.5}],
        },
    ],
    experiments=[
        {
            "key": "pricing",
            "experiment_id": "e-7",
            "status": "active",
            "variants": [{"key": "control", "allocation": 0.5}, {"key": "treatment", "allocation": 0.5}],
        },
        {
            "key": "paused",
            "status": "paused",
            "variants": [{"key": "a", "allocation": 0.5}, {"key": "b", "allocation": 0.5}],
        },
    ],
)


@dataclass(frozen=True, slots=True)
class Tables:
    """Tables filled with flags and experiments, and the one of assignments."""

    store: DynamoDBStore
    assignments: AssignmentTable
    environment: dict[str, str]


@pytest.fixture
def tables(ministack: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tables]:
    """Tables of this test alone, named by the environment; no warm state of another test is left."""
    number, client = next(NUMBERS), ministack.client("dynamodb")
    store = DynamoDBStore(f"flags-of-{number}", f"experiments-of-{number}", client=client)
    assignments = AssignmentTable(f"assignments-of-{number}", client)
    store.create()
    assignments.create()
    store.put(FLAGS)
    environment = {
        **ministack.environment,
        "FLAGS_TABLE": store.flags_table,
        "EXPERIMENTS_TABLE": store.experiments_table,
        "ASSIGNMENTS_TABLE": assignments.table,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    _forget()
    yield Tables(store, assignments, environment)
    _forget()


def _forget() -> None:
    flag_handler.service.cache_clear()
    assignment_handler.service.cache_clear()
