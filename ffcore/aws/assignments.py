"""Assignments kept in a DynamoDB table: each written once, and read back from then on."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from ..errors import StoreError
from ..model import Experiment
from ..stores.dynamodb_table import Table

REMEMBERED, REMEMBERED_FOR = 10_000, 300.0
KEYS = ("user_id", "experiment_key")
HINT = "make it with the partition key user_id and the sort key experiment_key, both strings"
EXISTS = "ConditionalCheckFailedException"


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
        clock: Seconds, monotonic.

    Attributes:
        errors: Calls that failed for good.
    """

    def __init__(self, table: str, client: Any, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.table, self.errors, self._clock = table, 0, clock
        self._items = Table(table, KEYS, client, HINT)
        self._known: OrderedDict[tuple[str, str], tuple[float, Assignment | None]] = OrderedDict()

    def create(self) -> None:
        """Make the table if it is not there, paid by request, and wait until it can be used."""
        self._items.create()

    def find(self, user_id: str, keys: Iterable[str]) -> dict[str, Assignment]:
        """The assignments that a user has in experiments, where they can be read; raises ``StoreError``."""
        found, asked = {}, []
        for key in keys:
            until, known = self._known.get((user_id, key), (0.0, None))
            if self._clock() >= until:
                asked.append(key)
            elif known:
                found[key] = known
        with self._counting():
            items = self._items.read(_key(user_id, key) for key in asked)
        for item in items:
            if (kept := _assignment(item)) is not None:
                found[item["experiment_key"]["S"]] = kept
        for key in asked:
            self._remember((user_id, key), found.get(key))
        return found

    def keep(self, user_id: str, experiment: Experiment, variant: str) -> Assignment:
        """Write an assignment unless there is one, and return the one that is there; raises ``StoreError``."""
        item = _key(user_id, experiment.key) | {
            "experiment_id": {"S": experiment.experiment_id},
            "variant": {"S": variant},
            "assignment_id": {"S": assignment_id(user_id, experiment)},
            "assigned_at": {"N": str(int(time.time()))},
        }
        with self._counting():
            kept = _assignment(self._written(item))
            if kept is None:
                expected = "expected the texts variant and assignment_id"
                raise StoreError(f"{self._items.where}: the user's item of experiment {experiment.key}: {expected}")
        self._remember((user_id, experiment.key), kept)
        return kept

    def _written(self, item: dict[str, Any]) -> dict[str, Any]:
        """Write an item unless there is one; the item that is there."""
        try:
            self._items.call(
                "PutItem",
                Item=item,
                ConditionExpression="attribute_not_exists(user_id)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except StoreError as error:
            if error.code != EXISTS:
                raise
            return self._earlier(error, {name: item[name] for name in KEYS})
        return item

    def _earlier(self, error: StoreError, key: Mapping[str, Any]) -> dict[str, Any]:
        """The item that was there first: it comes with the refusal, or is read again where a server leaves it out."""
        earlier = getattr(error.__cause__, "response", {}).get("Item")
        return dict(earlier or self._items.call("GetItem", Key=key, ConsistentRead=True)["Item"])

    @contextmanager
    def _counting(self) -> Iterator[None]:
        try:
            yield
        except StoreError:
            self.errors += 1
            raise

    def _remember(self, pair: tuple[str, str], assignment: Assignment | None) -> None:
        self._known[pair] = self._clock() + REMEMBERED_FOR, assignment
        self._known.move_to_end(pair)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _assignment(item: Mapping[str, Any]) -> Assignment | None:
    """What an item says; None where another program wrote one that has no variant or no id."""
    variant, identifier = (item.get(name, {}).get("S") for name in ("variant", "assignment_id"))
    return Assignment(variant, identifier) if variant and identifier else None


def _key(user_id: str, experiment_key: str) -> dict[str, Any]:
    return {"user_id": {"S": user_id}, "experiment_key": {"S": experiment_key}}
