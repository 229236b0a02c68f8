"""Flags and experiments in DynamoDB tables, at AWS or at any endpoint that speaks its protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

from ..boto import Connection
from ..errors import ConfigError, StoreError, printable, shown
from ..flagset import FlagSet
from ..model import DEFAULT_BUCKETS, Experiment, Flag
from .base import Item, Malformed, read_items
from .dynamodb_table import Table, Wire
from .wire import decode, encode, size_of

MAX_KEY_BYTES, MAX_ITEM_BYTES = 2_048, 400 * 1_024
HINT = "ffcore flags load --create makes it"


class DynamoDBStore:
    """A store in two DynamoDB tables, one of flags and one of experiments, as the platform keeps them.

    Design of both tables: the partition key is ``key``, a string, the flag's or experiment's key; there is no sort key
    and no index, since every read is by key. An item's attributes are the fields of a flag file's item, with numbers as
    numbers and lists and maps as such. ``put`` writes whole items; what DynamoDB cannot hold, such as a number
    of 39 digits in a payload, stands as a map ``{"$json": "..."}``. Reads are eventually consistent, at half the price:
    the evaluator's cache lags further behind anyway. A read costs half a unit for every 4 KB of an item.

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
        self._buckets, self._rest, self._rests_until = buckets, rest, float("-inf")
        connection = Connection(endpoint, region, connect_timeout, read_timeout, attempts)
        self.client = connection.client("dynamodb") if client is None else client
        self._flags, self._experiments = (
            Table(name, ("key",), self.client, HINT, attempts=attempts, patience=read_timeout)
            for name in (flags_table, experiments_table)
        )

    def get_flags(self, keys: Iterable[str]) -> dict[str, Flag | Malformed]:
        """The flags with these keys."""
        return self._get(self._flags, keys, lambda item: Flag.from_item(_decoded(item), buckets=self._buckets))

    def get_experiments(self, keys: Iterable[str]) -> dict[str, Experiment | Malformed]:
        """The experiments with these keys."""
        return self._get(self._experiments, keys, lambda item: Experiment.from_item(_decoded(item)))

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
        self._flags.write(encoded["flags"])
        self._experiments.write(encoded["experiments"])

    def check(self) -> None:
        """Raise ``StoreError`` unless both tables are there, with the partition key ``key`` of type string alone."""
        self._flags.check()
        self._experiments.check()

    def create(self) -> list[str]:
        """Make the tables that are not there, paid by request, and wait until they can be used; their names."""
        made = [table.name for table in (self._flags, self._experiments) if table.create()]
        self.check()
        return made

    def _get(self, table: Table, keys: Iterable[str], read: Callable[[Wire], Item]) -> dict[str, Item | Malformed]:
        asked = dict.fromkeys(key for key in keys if _possible(key))
        if asked and monotonic() < self._rests_until:
            text = f"{table.where}: not asked, since it gave no answer less than {self._rest:g} s ago"
            raise StoreError(text, transient=True, resting=True)
        try:
            found = table.read({"key": {"S": key}} for key in asked)
        except StoreError as error:
            if error.silent:
                self._rests_until = monotonic() + self._rest
            raise
        return read_items([(item["key"]["S"], item) for item in found], read)


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
