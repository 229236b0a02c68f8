"""A small production site: a DynamoDB and Kinesis server behind a proxy, an evaluator, a tracker, clocks that jump."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Self

from ffcore.evaluator import Evaluator
from ffcore.flagset import FlagSet
from ffcore.lab.testing.outages.injector import Injector
from ffcore.lab.testing.outages.proxy import Proxy
from ffcore.lab.testing.servers import Server, aws_client
from ffcore.sinks import KinesisSink
from ffcore.stores.dynamodb import DynamoDBStore
from ffcore.tracking import EventTracker

BEFORE = FlagSet.from_items([{"key": f"flag-{i}", "enabled": True, "rollout_percentage": 30} for i in range(20)])
AFTER = FlagSet.from_items([{"key": key, "enabled": True, "rollout_percentage": 60} for key in BEFORE])
SPOILT = "flag-0"
#: Seconds: of an entry's life, of waiting for the server, of rest after it gave no answer.
TTL, TIMEOUT, REST = 0.05, 0.5, 0.25


class JumpingClock:
    """A clock that can be set forward and back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._offset = clock, 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self._clock() + self._offset

    def jump(self, seconds: float) -> None:
        """Go on from another time."""
        self._offset += seconds


class Site:
    """All parts, for one fault: ``evaluator`` decides by flags read through ``proxy``, its events go the same way.

    Args:
        server: A running server of the kind ministack.
        name: What its tables and its stream are called.
        max_stale: Seconds past its expiry that an entry still answers; 0 for an evaluator that fails with its store.
    """

    def __init__(self, server: Server, name: str, max_stale: float = 3_600.0) -> None:
        self._server, self._name = server, name
        self._direct = DynamoDBStore(f"{name}-flags", f"{name}-experiments", client=server.client("dynamodb"))
        self._stream = server.client("kinesis")
        self.proxy = Proxy(server.port)
        impatient = {"connect_timeout": TIMEOUT, "read_timeout": TIMEOUT}
        clients = [aws_client(self.proxy.url, service, **impatient) for service in ("dynamodb", "kinesis")]
        self.injector = Injector(*clients)
        self.clock, self.wall_clock = JumpingClock(time.monotonic), JumpingClock(time.time)
        self.tracker = EventTracker(
            KinesisSink(name, client=clients[1]), capacity=100_000, interval=0.02, clock=self.wall_clock
        )
        store = DynamoDBStore(
            self._direct.flags_table,
            self._direct.experiments_table,
            client=clients[0],
            read_timeout=TIMEOUT,
            rest=REST,
        )
        self.evaluator = Evaluator(
            store, ttl=TTL, negative_ttl=TTL, max_stale=max_stale, clock=self.clock, tracker=self.tracker
        )
        self._found: set[tuple[str, str]] = set()
        self._build(BEFORE)

    def __enter__(self) -> Self:
        self.proxy.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.tracker.close(timeout=0.0)
        self.proxy.__exit__(*error)

    def change(self) -> None:
        """Put other flags into the store, past all that is broken."""
        self._direct.put(AFTER)

    def spoil(self) -> None:
        """Make one item one that cannot be read."""
        item = {"key": {"S": SPOILT}, "enabled": {"S": "perhaps"}}
        self._direct.client.put_item(TableName=self._direct.flags_table, Item=item)

    def mend(self) -> None:
        """Make that item one that can be read."""
        self._direct.put(FlagSet([AFTER[SPOILT]]))

    def kill(self) -> None:
        """End the server, after noting which events have arrived: it forgets them."""
        self._collect()
        self._server.kill()

    def restart(self) -> None:
        """Start the server again where it was, with the flags as they are after the change."""
        self._server.start()
        self._build(AFTER)

    def found(self) -> int:
        """How many different events have arrived in the stream."""
        self._collect()
        return len(self._found)

    def _build(self, flags: FlagSet) -> None:
        self._direct.create()
        self._direct.put(flags)
        self._stream.create_stream(StreamName=self._name, ShardCount=1)

    def _collect(self) -> None:
        self.tracker.flush()
        for shard in self._stream.list_shards(StreamName=self._name)["Shards"]:
            place = {"StreamName": self._name, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            start: Any = self._stream.get_shard_iterator(**place)["ShardIterator"]
            while records := (answer := self._stream.get_records(ShardIterator=start))["Records"]:
                events = [json.loads(record["Data"]) for record in records]
                self._found |= {(event["user_id"], event["flag_key"]) for event in events}
                start = answer["NextShardIterator"]
