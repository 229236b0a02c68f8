"""The tables of the Lambdas on a real server, and their environment."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from ffcore import FlagSet
from ffcore.aws import assignment_handler, flag_handler
from ffcore.lab.testing.lambda_tables import LambdaTables, lambda_tables
from ffcore.lab.testing.servers import Server

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


@pytest.fixture
def tables(ministack: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[LambdaTables]:
    """Tables of this test alone, named by the environment; no warm state of another test is left."""
    made = lambda_tables(ministack, FLAGS, f"-of-{next(NUMBERS)}")
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    _forget()
    yield made
    _forget()


@pytest.fixture
def delivered(
    ministack: Server, tables: LambdaTables, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], list[dict[str, Any]]]:
    """The events in the stream that the environment names."""
    client, stream = ministack.client("kinesis"), f"stream-of-{tables.store.flags_table}"
    client.create_stream(StreamName=stream, ShardCount=1)
    client.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig={"Delay": 1})
    monkeypatch.setenv("KINESIS_STREAM_NAME", stream)

    def read() -> list[dict[str, Any]]:
        shard = client.list_shards(StreamName=stream)["Shards"][0]["ShardId"]
        place = {"StreamName": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
        records = client.get_records(ShardIterator=client.get_shard_iterator(**place)["ShardIterator"])["Records"]
        return [json.loads(record["Data"]) for record in records]

    return read


def _forget() -> None:
    flag_handler.service.cache_clear()
    assignment_handler.service.cache_clear()
