"""One DynamoDB table: calls in batches, the table made where there is none, and errors that say what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from ..boto import Pauses, call
from ..errors import StoreError

READ_AT_ONCE, WRITTEN_AT_ONCE = 100, 25
#: An item, or a key, in DynamoDB's notation.
Wire = Mapping[str, Any]


class Table:
    """A table whose keys are strings.

    Args:
        name: The table's name.
        keys: The names of its partition key and, where it has one, of its sort key.
        client: A boto3 client of DynamoDB.
        hint: How to come by the table where there is none.
        attempts: How often a call is tried in all.
        patience: Seconds after which no further attempt begins.

    Attributes:
        where: The table, as messages name it.
    """

    def __init__(
        self, name: str, keys: tuple[str, ...], client: Any, hint: str, *, attempts: int = 3, patience: float = 1.0
    ) -> None:
        self.name, self.where, self._client, self._hint = name, f"DynamoDB table {name}", client, hint
        self._keys, self._attempts, self._patience = keys, attempts, patience

    def read(self, keys: Iterable[Wire]) -> list[Wire]:
        """The items that have these keys."""
        items: list[Wire] = []
        for some in _batches(keys, READ_AT_ONCE):
            for answer in self._processed("BatchGetItem", {"Keys": some}, "UnprocessedKeys"):
                items += answer["Responses"].get(self.name, [])
        return items

    def write(self, items: Iterable[Wire]) -> None:
        """Put items, in place of those with the same keys."""
        for some in _batches(items, WRITTEN_AT_ONCE):
            requests = [{"PutRequest": {"Item": item}} for item in some]
            for _ in self._processed("BatchWriteItem", requests, "UnprocessedItems"):
                pass

    def call(self, operation: str, **arguments: Any) -> Mapping[str, Any]:
        """The answer of an operation on the table; raises ``StoreError``."""
        from botocore import xform_name

        method = getattr(self._client, xform_name(operation))
        given = arguments if "RequestItems" in arguments else {"TableName": self.name, **arguments}
        try:
            return call(self.where, lambda: method(**given), self._attempts, self._patience)
        except StoreError as error:
            raise self._explained(error, operation) from error.__cause__

    def check(self) -> None:
        """Raise ``StoreError`` unless the table is there and has the keys, of type string, and no others."""
        found = self.call("DescribeTable")["Table"]
        types = {each["AttributeName"]: each["AttributeType"] for each in found["AttributeDefinitions"]}
        keys = [(each["AttributeName"], types.get(each["AttributeName"])) for each in found["KeySchema"]]
        if keys != [(name, "S") for name in self._keys]:
            raise self._wrong_schema(f"its key is {', '.join(f'{name} ({kind})' for name, kind in keys)}")

    def create(self) -> bool:
        """Make the table, paid by request, and wait until it can be used; False where it is there already."""
        kinds = zip(self._keys, ("HASH", "RANGE"), strict=False)
        try:
            self.call(
                "CreateTable",
                KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in kinds],
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in self._keys],
                BillingMode="PAY_PER_REQUEST",
            )
        except StoreError as error:
            if error.code != "ResourceInUseException":
                raise
            return False
        waiter = self._client.get_waiter("table_exists")
        waiter.wait(TableName=self.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        return True

    def _processed(self, operation: str, request: Any, unprocessed: str) -> Iterator[Mapping[str, Any]]:
        """The answers of a batch call, which is repeated with what each of them leaves unprocessed."""
        pauses, left = Pauses(self._attempts), {self.name: request}
        while left:
            answer = self.call(operation, RequestItems=left)
            yield answer
            left = answer.get(unprocessed) or {}
            if left and not pauses.again():
                count = len(left[self.name]["Keys"] if unprocessed == "UnprocessedKeys" else left[self.name])
                text = f"{self.where}: {count} keys were left unprocessed by every attempt: it is throttled"
                raise StoreError(text, "ProvisionedThroughputExceededException", transient=True)

    def _explained(self, error: StoreError, operation: str) -> StoreError:
        if error.code == "ResourceNotFoundException":
            text = f"{self.where}: there is no such table in this region and account; {self._hint}"
            return StoreError(text, error.code)
        if error.code == "AccessDeniedException":
            return StoreError(f"{error}; it needs dynamodb:{operation} on this table", error.code)
        if error.code == "ValidationException" and "schema" in str(error):
            return self._wrong_schema("the key that was asked for does not match it")
        return error

    def _wrong_schema(self, found: str) -> StoreError:
        partition, *sort = (f"{name} (S)" for name in self._keys)
        expected = (
            f"the partition key {partition}, a string, and {f'the sort key {sort[0]}' if sort else 'no sort key'}"
        )
        return StoreError(f"{self.where}: wrong key schema: expected {expected}; {found}", "WrongKeySchema")


def _batches(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    left = iter(values)
    while some := list(islice(left, size)):
        yield some
