"""Faults below boto3, seen by the store and the sink as those of the real service."""

from itertools import count
from typing import Any

import pytest

from ffcore import ConfigError, Decision, Evaluator
from ffcore.lab.testing.outages import Injector
from ffcore.lab.testing.servers import Server
from ffcore.sinks import KinesisSink
from ffcore.stores import DynamoDBStore, StoreError
from ffcore.tracking import EventTracker
from tests.support.doubles import PATIENCE, switched_on

NUMBERS = count()


@pytest.fixture
def store(ministack: Server) -> DynamoDBStore:
    """A store of some flags."""
    name = f"injected-{next(NUMBERS)}"
    made = DynamoDBStore(f"{name}-flags", f"{name}-experiments", client=ministack.client("dynamodb"))
    made.create()
    made.put(switched_on(*map(str, range(30))))
    return made


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("throttling", "throughput was exceeded"),
        ("500", "Internal server error"),
        ("access denied", r"access denied: .* it needs dynamodb:BatchGetItem on this table"),
        ("expired credentials", "the credentials have expired: renew them"),
    ],
)
@pytest.mark.usefixtures("caplog")
def test_an_error_of_the_service_is_told_and_a_stale_entry_answers(
    store: DynamoDBStore, fault: str, words: str
) -> None:
    """The error names the table and what to do; decisions on what was cached go on, and later all is well again."""
    injector, now = Injector(store.client), [0.0]
    ev = Evaluator(store, ttl=10, clock=lambda: now[0])
    assert ev.evaluate("u", "0").enabled
    injector.fault = fault
    now[0] = 20.0

    with pytest.raises(StoreError, match=f"DynamoDB table {store.flags_table}: .*{words}"):
        store.get_flags(["0"])
    assert [ev.evaluate("u", "0").reason, ev.evaluate("u", "1").reason] == ["enabled", "store_unavailable"]
    injector.fault = None
    assert ev.evaluate("u", "1").enabled


def test_transient_errors_are_tried_again_three_times_in_all(store: DynamoDBStore) -> None:
    """Throttling is; an error that only people can mend is asked about once."""
    injector = Injector(store.client)
    store.get_flags(["0"])
    for fault, attempts in (("throttling", 3), ("500", 3), ("access denied", 1)):
        injector.fault, injector.injected = fault, 0
        with pytest.raises(StoreError):
            store.get_flags(["0"])
        assert injector.injected == attempts


def test_unprocessed_keys_are_asked_for_again(store: DynamoDBStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer leaves half of the keys out, and all come in the end; where they never do, that is an error."""
    monkeypatch.setattr("ffcore.backoff.FIRST", 0.0)
    injector = Injector(store.client)
    injector.fault = "partial"
    patient, hasty = (DynamoDBStore(store.flags_table, attempts=count, client=store.client) for count in (6, 2))
    keys = list(map(str, range(30)))

    assert set(patient.get_flags(keys)) == set(keys)
    assert injector.injected == 4
    with pytest.raises(StoreError, match="7 keys were left unprocessed by every attempt"):
        hasty.get_flags(keys)


def test_failed_records_are_put_again(ministack: Server) -> None:
    """Each call leaves half of the records out, and all arrive in the end, none twice."""
    client = ministack.client("kinesis")
    name = f"injected-{next(NUMBERS)}"
    client.create_stream(StreamName=name, ShardCount=1)
    injector = Injector(client)
    injector.fault = "partial"
    tracker = EventTracker(KinesisSink(name, client=client), background=False)
    for number in range(40):
        tracker(f"user-{number}", "a", "a", Decision(True, "enabled"), None)
    tracker.flush(PATIENCE)

    assert injector.injected > 1
    assert tracker.stats().delivered == 40
    assert sorted(users_in(client, name)) == sorted(f"user-{number}" for number in range(40))


def users_in(client: Any, stream: str) -> list[str]:
    """The partition keys of all records of a stream."""
    place = {"StreamName": stream, "ShardIteratorType": "TRIM_HORIZON"}
    [shard] = client.list_shards(StreamName=stream)["Shards"]
    start = client.get_shard_iterator(**place, ShardId=shard["ShardId"])["ShardIterator"]
    return [record["PartitionKey"] for record in client.get_records(ShardIterator=start)["Records"]]


def test_an_unknown_fault_is_refused_with_the_nearest(store: DynamoDBStore) -> None:
    """A misspelt name gives one message."""
    with pytest.raises(ConfigError, match=r"'throtling' is unknown; did you mean throttling\?"):
        Injector(store.client).fault = "throtling"
