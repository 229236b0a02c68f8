"""Assignments kept in a DynamoDB table: each written once, and read back from then on."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from ..boto import Pauses, StoreError, call
from ..model import Experiment

READ_AT_ONCE = 100
REMEMBERED, REMEMBERED_FOR = 10_000, 300.0
KEYS = ("user_id", "experiment_key")
KEY_SCHEMA = [{"AttributeName": KEYS[0], "KeyType": "HASH"}, {"AttributeName": KEYS[1], "KeyType": "RANGE"}]


@dataclass(frozen=True, slots=True)
class Assignment:
    """A kept assignment."""

    variant: str
    assignment_id: str


def assignment_id(user_id: str, experiment: Experiment) -> str:
    """The id of a user's assignment in an experiment; the same for every container that might write it.

    >>> arms = [{"key": "control", "allocation": 0.5}, {"key": "treatment", "allocation": 0.5}]
    >>> assignment_id("user-1", Experiment("pricing", variants=arms))
    'ab491f44-c700-542d-920f-3ef1c3ccdeee'
    """
    return str(uuid5(NAMESPACE_URL, f"ffcore:{experiment.experiment_id}:{user_id}"))


class AssignmentTable:
    """The table of assignments: partition key ``user_id``, sort key ``experiment_key``, both strings.

    An item holds ``variant``, ``assignment_id``, ``experiment_id`` and ``assigned_at`` (seconds since 1970) besides. It
    is written on the condition that there is none, so of two containers that decide at once one writes and the other
    reads. Reads are eventually consistent: a read that comes too early is put right by the condition.
    What was read or written is remembered for 300 s, of the 10,000 latest, and so is that nothing was there.

    Args:
        table: The table's name.
        client: A boto3 client of DynamoDB.
        attempts: How often a call is tried in all.
        clock: Seconds, monotonic.

    Attributes:
        errors: Calls that failed for good.
    """

    def __init__(
        self, table: str, client: Any, *, attempts: int = 3, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.table, self.client, self.errors = table, client, 0
        self._attempts, self._clock = attempts, clock
        self._known: OrderedDict[tuple[str, str], tuple[float, Assignment | None]] = OrderedDict()

    def create(self) -> None:
        """Make the table, paid by request, and wait until it can be used."""
        types = [{"AttributeName": name, "AttributeType": "S"} for name in KEYS]
        self.client.create_table(
            TableName=self.table, KeySchema=KEY_SCHEMA, AttributeDefinitions=types, BillingMode="PAY_PER_REQUEST"
        )
        self.client.get_waiter("table_exists").wait(TableName=self.table, WaiterConfig={"Delay": 1, "MaxAttempts": 60})

    def find(self, user_id: str, keys: Iterable[str]) -> dict[str, Assignment]:
        """The assignments that a user has in experiments; raises ``StoreError``."""
        found, asked = {}, []
        for key in keys:
            until, known = self._known.get((user_id, key), (0.0, None))
            if self._clock() >= until:
                asked.append(key)
            elif known:
                found[key] = known
        for start in range(0, len(asked), READ_AT_ONCE):
            some = asked[start : start + READ_AT_ONCE]
            read = {item["experiment_key"]["S"]: _assignment(item) for item in self._read(user_id, some)}
            for key in some:
                self._remember((user_id, key), read.get(key))
            found |= read
        return found

    def keep(self, user_id: str, experiment: Experiment, variant: str) -> Assignment:
        """Write an assignment unless there is one, and return the one that is there; raises ``StoreError``."""
        item = {
            "user_id": {"S": user_id},
            "experiment_key": {"S": experiment.key},
            "experiment_id": {"S": experiment.experiment_id},
            "variant": {"S": variant},
            "assignment_id": {"S": assignment_id(user_id, experiment)},
            "assigned_at": {"N": str(int(time.time()))},
        }
        try:
            self._call(
                self.client.put_item,
                Item=item,
                ConditionExpression="attribute_not_exists(user_id)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except StoreError as error:
            if error.code != "ConditionalCheckFailedException":
                raise
            item = self._earlier(error, item)
        kept = _assignment(item)
        self._remember((user_id, experiment.key), kept)
        return kept

    def _read(self, user_id: str, keys: list[str]) -> list[Mapping[str, Any]]:
        asked: Any = {self.table: {"Keys": [{"user_id": {"S": user_id}, "experiment_key": {"S": key}} for key in keys]}}
        items: list[Mapping[str, Any]] = []
        pauses = Pauses(self._attempts)
        while asked:
            answer = self._call(self.client.batch_get_item, RequestItems=asked)
            items += answer["Responses"].get(self.table, [])
            asked = answer.get("UnprocessedKeys")
            if asked and not pauses.again():
                self.errors += 1
                raise StoreError(f"DynamoDB table {self.table}: keys were left unprocessed by every attempt")
        return items

    def _earlier(self, error: StoreError, item: Mapping[str, Any]) -> dict[str, Any]:
        """The item that was there first: it comes with the refusal, or is read again where a server leaves it out."""
        earlier = getattr(error.__cause__, "response", {}).get("Item")
        if earlier is None:
            key = {name: item[name] for name in KEYS}
            earlier = self._call(self.client.get_item, Key=key, ConsistentRead=True)["Item"]
        return dict(earlier)

    def _call(self, method: Callable[..., Any], **arguments: Any) -> Mapping[str, Any]:
        table = {} if "RequestItems" in arguments else {"TableName": self.table}
        try:
            where = f"DynamoDB table {self.table}"
            return call(where, lambda: method(**table, **arguments), self._attempts)
        except StoreError as error:
            self.errors += error.code != "ConditionalCheckFailedException"
            raise

    def _remember(self, pair: tuple[str, str], assignment: Assignment | None) -> None:
        self._known[pair] = self._clock() + REMEMBERED_FOR, assignment
        self._known.move_to_end(pair)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _assignment(item: Mapping[str, Any]) -> Assignment:
    return Assignment(item["variant"]["S"], item["assignment_id"]["S"])
