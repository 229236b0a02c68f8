"""Flags and experiments in DynamoDB tables, at AWS or at any endpoint that speaks its protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from time import monotonic
from typing import Any

from ..boto import Connection, Pauses, call
from ..errors import ConfigError, StoreError, printable, shown
from ..flagset import FlagSet
from ..model import DEFAULT_BUCKETS, Experiment, Flag
from .base import Item, Malformed, read_items
from .wire import decode, encode, size_of

READ_AT_ONCE, WRITTEN_AT_ONCE = 100, 25
MAX_KEY_BYTES, MAX_ITEM_BYTES = 2_048, 400 * 1_024
KEY_SCHEMA = [{"AttributeName": "key", "KeyType": "HASH"}]
KEY_TYPES = [{"AttributeName": "key", "AttributeType": "S"}]
Wire = Mapping[str, Any]


class DynamoDBStore:
    """A store in two DynamoDB tables, one of flags and one of experiments, as the platform keeps them.

    Design of both tables: the partition key is ``key``, a string, the flag's or experiment's key; there is no sort key
    and no index, since every read is by key. An item's attributes are the fields of a flag file's item, with numbers as
    numbers and lists and maps as such. ``put`` writes whole items; what DynamoDB cannot hold, such as a number
    of 39 digits in a payload, stands as a map ``{"$json": "..."}``. Reads are eventually consistent: half the price,
    and a cache in front is later still. A read costs half a unit for every 4 KB of an item.

    One read takes 100 keys; what DynamoDB leaves unprocessed, throttling, a 5xx and a lost connection are tried again
    after pauses of 50 ms and twice that at most, drawn at random. A call that fails for good raises ``StoreError``.
    A set is written 25 items at a time, so readers see each item whole but may see one part of a set before the other.

    Args:
        flags_table: The name of the table of flags.
        experiments_table: The name of the table of experiments.
        endpoint: The service's address; None: AWS's own, or what ``AWS_ENDPOINT_URL`` says.
        region: The region; None: as AWS's configuration says.
        connect_timeout: Seconds to wait for a connection.
        read_timeout: Seconds to wait for an answer.
        attempts: How often a call is tried in all; none begins once ``read_timeout`` is over.
        rest: Seconds during which reads fail at once after one that got no answer. An evaluator serves what it has in
            the meantime, so that its look-ups wait for the network once in ``read_timeout + rest`` seconds at most.
        buckets: The resolution of flags whose items name none; the platform's own tables are read with 100.
        client: A boto3 client in place of one made here; its own time-outs and retries hold too.
    """

    def __init__(  # noqa: PLR0913 - each is a setting of its own
        self,
        flags_table: str = "flags",
        experiments_table: str = "experiments",
        *,
        endpoint: str | None = None,
        region: str | None = None,
        connect_timeout: float = 1.0,
        read_timeout: float = 1.0,
        attempts: int = 3,
        rest: float = 1.0,
        buckets: int = DEFAULT_BUCKETS,
        client: Any = None,
    ) -> None:
        self.flags_table, self.experiments_table = flags_table, experiments_table
        self._attempts, self._patience, self._buckets = attempts, read_timeout, buckets
        self._rest, self._rests_until = rest, float("-inf")
        connection = Connection(endpoint, region, connect_timeout, read_timeout, attempts)
        self.client = connection.client("dynamodb") if client is None else client

    def get_flags(self, keys: Iterable[str]) -> dict[str, Flag | Malformed]:
        """The flags with these keys."""
        return self._get(self.flags_table, keys, lambda item: Flag.from_item(_decoded(item), buckets=self._buckets))

    def get_experiments(self, keys: Iterable[str]) -> dict[str, Experiment | Malformed]:
        """The experiments with these keys."""
        return self._get(self.experiments_table, keys, lambda item: Experiment.from_item(_decoded(item)))

    def put(self, flag_set: FlagSet) -> None:
        """Add a set's flags and experiments, in place of those with the same keys.

        Raises ``ConfigError``, before anything is written, for keys and items that are too large for DynamoDB.
        """
        items = flag_set.to_items()
        problems: list[tuple[str, str]] = []
        encoded = {section: [encode(item)["M"] for item in items[section]] for section in items}
        for section, wires in encoded.items():
            problems += [(f"{section}[{i}]", text) for i, wire in enumerate(wires) if (text := _too_large(wire))]
        if problems:
            raise ConfigError(problems)
        self._put(self.flags_table, encoded["flags"])
        self._put(self.experiments_table, encoded["experiments"])

    def check(self) -> None:
        """Raise ``StoreError`` unless both tables are there, with the partition key ``key`` of type string alone."""
        for table in (self.flags_table, self.experiments_table):
            self._check_table(table)

    def create(self) -> list[str]:
        """Make the tables that are not there, paid by request, and wait until they can be used; their names."""
        made = [table for table in (self.flags_table, self.experiments_table) if self._create_table(table)]
        self.check()
        return made

    def _get(self, table: str, keys: Iterable[str], read: Callable[[Wire], Item]) -> dict[str, Item | Malformed]:
        asked = dict.fromkeys(key for key in keys if _possible(key))
        if asked and monotonic() < self._rests_until:
            text = f"DynamoDB table {table}: not asked, since it gave no answer less than {self._rest:g} s ago"
            raise StoreError(text, transient=True, resting=True)
        found: list[tuple[str, Wire]] = []
        try:
            for some in _batches(asked, READ_AT_ONCE):
                found += [(item["key"]["S"], item) for item in self._read(table, some)]
        except StoreError as error:
            if error.silent:
                self._rests_until = monotonic() + self._rest
            raise
        return read_items(found, read)

    def _read(self, table: str, keys: Sequence[str]) -> list[Wire]:
        request: Any = {table: {"Keys": [{"key": {"S": key}} for key in keys]}}
        items: list[Wire] = []
        pauses = Pauses(self._attempts)
        while request:
            answer = self._call("BatchGetItem", table, RequestItems=request)
            items += answer["Responses"].get(table, [])
            request = answer.get("UnprocessedKeys")
            if request and not pauses.again():
                raise _unprocessed(table, len(request[table]["Keys"]))
        return items

    def _put(self, table: str, items: Sequence[Wire]) -> None:
        for some in _batches(items, WRITTEN_AT_ONCE):
            request: Any = {table: [{"PutRequest": {"Item": item}} for item in some]}
            pauses = Pauses(self._attempts)
            while request:
                request = self._call("BatchWriteItem", table, RequestItems=request).get("UnprocessedItems")
                if request and not pauses.again():
                    raise _unprocessed(table, len(request[table]))

    def _call(self, operation: str, table: str, **arguments: Any) -> Mapping[str, Any]:
        from botocore import xform_name

        method = getattr(self.client, xform_name(operation))
        try:
            return call(f"DynamoDB table {table}", lambda: method(**arguments), self._attempts, self._patience)
        except StoreError as error:
            raise _explained(error, operation, table) from error

    def _check_table(self, table: str) -> None:
        found = self._call("DescribeTable", table, TableName=table)["Table"]
        types = {each["AttributeName"]: each["AttributeType"] for each in found["AttributeDefinitions"]}
        schema = found["KeySchema"]
        if schema != KEY_SCHEMA or types.get("key") != "S":
            keys = ", ".join(f"{each['AttributeName']} ({types.get(each['AttributeName'])})" for each in schema)
            raise _wrong_schema(table, f"its key is {keys}")

    def _create_table(self, table: str) -> bool:
        try:
            self._call(
                "CreateTable",
                table,
                TableName=table,
                KeySchema=KEY_SCHEMA,
                AttributeDefinitions=KEY_TYPES,
                BillingMode="PAY_PER_REQUEST",
            )
        except StoreError as error:
            if error.code != "ResourceInUseException":
                raise
            return False
        waiter = self.client.get_waiter("table_exists")
        waiter.wait(TableName=table, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        return True


def _decoded(item: Wire) -> dict[str, Any]:
    try:
        return {name: decode(value) for name, value in item.items()}
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise ConfigError([("", f"cannot be read: {error}")]) from None


def _possible(key: str) -> bool:
    """Whether a table can hold the key: not blank, text that UTF-8 holds, of at most 2 KB."""
    return key != "" and printable(key) == key and len(key.encode()) <= MAX_KEY_BYTES


def _too_large(item: Wire) -> str:
    key, size = item["key"]["S"], size_of({"M": item})
    if not _possible(key):
        return f"key {shown(key)}: DynamoDB takes keys of up to {MAX_KEY_BYTES:,} bytes, got {len(key.encode()):,}"
    if size > MAX_ITEM_BYTES:
        return f"{key}: DynamoDB takes items of up to {MAX_ITEM_BYTES // 1_024} KB, got {size // 1_024:,} KB"
    return ""


def _explained(error: StoreError, operation: str, table: str) -> StoreError:
    if error.code == "ResourceNotFoundException":
        hint = "ffcore flags load --create makes it"
        text = f"DynamoDB table {table}: there is no such table in this region and account; {hint}"
        return StoreError(text, error.code)
    if error.code == "AccessDeniedException":
        return StoreError(f"{error}; it needs dynamodb:{operation} on this table", error.code)
    if error.code == "ValidationException" and "schema" in str(error):
        return _wrong_schema(table, "the key that was asked for does not match it")
    return error


def _unprocessed(table: str, count: int) -> StoreError:
    text = f"DynamoDB table {table}: {count} keys were left unprocessed by every attempt: it is throttled"
    return StoreError(text, "ProvisionedThroughputExceededException", transient=True)


def _wrong_schema(table: str, found: str) -> StoreError:
    expected = "expected the partition key key (S), a string, and no sort key"
    return StoreError(f"DynamoDB table {table}: wrong key schema: {expected}; {found}", "WrongKeySchema")


def _batches(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    left = iter(values)
    while some := list(islice(left, size)):
        yield some
