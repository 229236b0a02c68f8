"""The command `ffcore flags load`: a flag file into DynamoDB's tables, made where none are, or into SQLite."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import ConfigError, StoreError, shown, suggestion
from .flagset import FlagSet
from .loading import load

DYNAMODB = "dynamodb"
SQLITE_SUFFIXES = (".db", ".sqlite", ".sqlite3")
#: Options that go with DynamoDB alone, and what they are where they are not given.
OPTIONS = {"create": False, "flags_table": None, "experiments_table": None, "endpoint": None, "region": None}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded where, and which tables were made for it."""

    file: str
    flags: int
    experiments: int
    where: str
    made: tuple[str, ...] = ()

    def __str__(self) -> str:
        made = f"; made {' and '.join(self.made)}" if self.made else ""
        return f"{self.file}: {self.flags} flags and {self.experiments} experiments loaded into {self.where}{made}"

    def to_dict(self) -> dict[str, Any]:
        """The same as data."""
        counts = {"flags": self.flags, "experiments": self.experiments}
        return {"file": self.file, "loaded": counts, "to": self.where, "made": list(self.made)}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command beside its file."""
    target = f"{DYNAMODB}, or a SQLite file ({', '.join(SQLITE_SUFFIXES)})"
    parser.add_argument("--to", required=True, metavar="TARGET", help=target)
    group = parser.add_argument_group(f"with --to {DYNAMODB}")
    group.add_argument("--create", action="store_true", help="make the tables that are not there, paid by request")
    group.add_argument("--flags-table", metavar="NAME", help="the table of flags (flags)")
    group.add_argument("--experiments-table", metavar="NAME", help="the table of experiments (experiments)")
    group.add_argument("--endpoint", metavar="URL", help="the service's address (AWS's own, or AWS_ENDPOINT_URL)")
    group.add_argument("--region", metavar="NAME", help="the region (as AWS's configuration says)")


def run(options: argparse.Namespace) -> Loaded:
    """Read the file, then write all of it; entries of other keys stay as they are.

    Raises ``ConfigError``: a file with mistakes, a target that is none, a store that refuses, with what to do about it.
    """
    _check(options)
    flags = load(options.file, options.buckets)
    try:
        where, made = _into_dynamodb(options, flags) if options.to == DYNAMODB else _into_sqlite(options.to, flags)
    except (StoreError, ImportError) as error:
        raise ConfigError([("--to", str(error))]) from error
    return Loaded(options.file, len(flags), len(flags.experiments), where, tuple(made))


def _check(options: argparse.Namespace) -> None:
    if options.to == DYNAMODB:
        return
    misplaced = [name for name, default in OPTIONS.items() if getattr(options, name) != default]
    problems = [(f"--{name.replace('_', '-')}", f"goes with --to {DYNAMODB} alone") for name in misplaced]
    if Path(options.to).suffix not in SQLITE_SUFFIXES:
        hint = suggestion(options.to, [DYNAMODB]) or f"; expected {DYNAMODB} or a file"
        problems.append(("--to", f"{shown(options.to)} ends in none of {', '.join(SQLITE_SUFFIXES)}{hint}"))
    if problems:
        raise ConfigError(problems)


def _into_dynamodb(options: argparse.Namespace, flags: FlagSet) -> tuple[str, list[str]]:
    from .stores.dynamodb import DynamoDBStore

    names = (options.flags_table or "flags", options.experiments_table or "experiments")
    store = DynamoDBStore(*names, endpoint=options.endpoint, region=options.region, read_timeout=10.0)
    made = store.create() if options.create else []
    store.check()
    store.put(flags)
    return f"DynamoDB's tables {names[0]} and {names[1]}", made


def _into_sqlite(path: str, flags: FlagSet) -> tuple[str, list[str]]:
    import sqlite3

    from .stores.sqlite import SQLiteStore

    new = not Path(path).exists()
    try:
        store = SQLiteStore(path)
        store.put(flags)
        store.close()
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from error
    return f"SQLite's file {path}", [path] if new else []
