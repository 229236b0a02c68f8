"""Flags and experiments in a SQLite file: the embedded default store, without a server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from threading import Lock
from typing import TYPE_CHECKING

from ..errors import printable
from ..flagset import FlagSet
from ..model import DEFAULT_BUCKETS, Experiment, Flag
from .base import Item, Malformed, read_items
from .text import parsed

if TYPE_CHECKING:
    from os import PathLike

TABLES = ("flags", "experiments")


class SQLiteStore:
    """A store in one file, shared by any number of processes; items are JSON, one row a key.

    Args:
        path: The file; it is made with its tables if it is not there. ``":memory:"`` keeps it in memory.
        buckets: The resolution of flags whose items name none.

    Raises ``sqlite3.Error`` where the file cannot be opened or is no database.

    >>> store = SQLiteStore(":memory:")
    >>> store.put(FlagSet([Flag("dark-mode", enabled=True)]))
    >>> store.get_flags(["dark-mode", "unknown"])["dark-mode"].enabled
    True
    """

    def __init__(self, path: str | PathLike[str], *, buckets: int = DEFAULT_BUCKETS) -> None:
        import sqlite3

        self._buckets = buckets
        self._lock = Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._at_once = self._connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        self._connection.execute("PRAGMA journal_mode=WAL")
        for table in TABLES:
            self._connection.execute(
                f"CREATE TABLE IF NOT EXISTS {table} (key TEXT PRIMARY KEY, item TEXT NOT NULL) WITHOUT ROWID"
            )

    def get_flags(self, keys: Iterable[str]) -> dict[str, Flag | Malformed]:
        """The flags with these keys."""
        return self._get("flags", keys, lambda text: Flag.from_item(parsed(text), buckets=self._buckets))

    def get_experiments(self, keys: Iterable[str]) -> dict[str, Experiment | Malformed]:
        """The experiments with these keys."""
        return self._get("experiments", keys, lambda text: Experiment.from_item(parsed(text)))

    def put(self, flag_set: FlagSet) -> None:
        """Add a set's flags and experiments in one transaction, in place of those with the same keys."""
        items = flag_set.to_items()
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            for table in TABLES:
                rows = [(item["key"], json.dumps(item)) for item in items[table]]
                self._connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", rows)  # noqa: S608

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _get(self, table: str, keys: Iterable[str], read: Callable[[str], Item]) -> dict[str, Item | Malformed]:
        asked = [key for key in keys if printable(key) == key]  # others no store can hold
        rows: list[tuple[str, str]] = []
        with self._lock:
            for start in range(0, len(asked), self._at_once):
                some = asked[start : start + self._at_once]
                query = f"SELECT key, item FROM {table} WHERE key IN ({', '.join('?' * len(some))})"  # noqa: S608
                rows += self._connection.execute(query, some).fetchall()
        return read_items(rows, read)
