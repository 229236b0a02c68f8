"""The Lambdas' three tables on a server, filled with flags and experiments, and the environment that names them."""

from __future__ import annotations

from dataclasses import dataclass

from ffcore.aws.assignments import AssignmentTable
from ffcore.flagset import FlagSet
from ffcore.lab.testing.servers import Server
from ffcore.stores import DynamoDBStore


@dataclass(frozen=True, slots=True)
class LambdaTables:
    """Tables of flags and experiments, that of assignments, and the environment of functions that use them."""

    store: DynamoDBStore
    assignments: AssignmentTable
    environment: dict[str, str]


def lambda_tables(server: Server, flags: FlagSet, suffix: str = "") -> LambdaTables:
    """Make the tables, whose names end in ``suffix``, and put the flags and experiments into them."""
    client = server.client("dynamodb")
    store = DynamoDBStore(f"flags{suffix}", f"experiments{suffix}", client=client)
    assignments = AssignmentTable(f"assignments{suffix}", client)
    store.create()
    assignments.create()
    store.put(flags)
    names = {
        "FLAGS_TABLE": store.flags_table,
        "EXPERIMENTS_TABLE": store.experiments_table,
        "ASSIGNMENTS_TABLE": assignments.table,
    }
    return LambdaTables(store, assignments, server.environment | names)
