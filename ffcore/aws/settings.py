"""A Lambda's settings, from its environment: every mistake at once, at the cold start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import ConfigError, shown, suggestion
from ..hashing import HASH_SPACE
from ..model import DEFAULT_BUCKETS

TABLES = {
    "flag": ("FLAGS_TABLE",),
    "experiment": ("EXPERIMENTS_TABLE", "ASSIGNMENTS_TABLE"),
}
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
#: What AWS takes as the name of a table, and of a stream.
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
TABLE_LENGTH, STREAM_LENGTH = (3, 255), (1, 128)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a handler runs with.

    Attributes:
        flags_table: ``FLAGS_TABLE``, which the flag handler needs.
        experiments_table: ``EXPERIMENTS_TABLE``, which the assignment handler needs.
        assignments_table: ``ASSIGNMENTS_TABLE``, which the assignment handler needs.
        stream: ``KINESIS_STREAM_NAME``; without it no events are sent.
        log_level: ``LOG_LEVEL``, INFO by default.
        buckets: ``FLAG_BUCKETS``, the resolution of flags that name none; the platform's tables are read with 100.
        function: The function's name, under which its metrics stand.
    """

    flags_table: str = ""
    experiments_table: str = ""
    assignments_table: str = ""
    stream: str = ""
    log_level: str = "INFO"
    buckets: int = DEFAULT_BUCKETS
    function: str = ""


def read_settings(kind: str, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the flag or the experiment handler; ``ConfigError`` lists every variable that is wrong.

    >>> read_settings("flag", {"FLAGS_TABLE": "flags"}).log_level
    'INFO'
    >>> read_settings("flag", {"LOG_LEVEL": "DEBUGG"})
    Traceback (most recent call last):
    ffcore.errors.ConfigError: environment: 2 problems
      FLAGS_TABLE: required, but missing: the name of a DynamoDB table
      LOG_LEVEL: 'DEBUGG' is unknown; did you mean DEBUG?
    """
    missing = "required, but missing: the name of a DynamoDB table"
    problems = [(name, missing) for name in TABLES[kind] if not environment.get(name)]
    for name in ("FLAGS_TABLE", "EXPERIMENTS_TABLE", "ASSIGNMENTS_TABLE"):
        problems += _misnamed(name, environment.get(name, ""), TABLE_LENGTH)
    problems += _misnamed("KINESIS_STREAM_NAME", environment.get("KINESIS_STREAM_NAME", ""), STREAM_LENGTH)
    level = environment.get("LOG_LEVEL", "").upper() or "INFO"
    if level not in LEVELS:
        problems.append(("LOG_LEVEL", f"{shown(level)} is unknown{suggestion(level, LEVELS)}"))
    buckets = environment.get("FLAG_BUCKETS") or str(DEFAULT_BUCKETS)
    whole = buckets.isascii() and buckets.isdigit() and len(buckets) <= 10
    if not whole or not 1 <= int(buckets) <= HASH_SPACE:
        problems.append(("FLAG_BUCKETS", f"expected a whole number from 1 to {HASH_SPACE}, got {shown(buckets)}"))
    if problems:
        raise ConfigError(problems, "environment")
    return Settings(
        environment.get("FLAGS_TABLE", ""),
        environment.get("EXPERIMENTS_TABLE", ""),
        environment.get("ASSIGNMENTS_TABLE", ""),
        environment.get("KINESIS_STREAM_NAME", ""),
        level,
        int(buckets),
        environment.get("AWS_LAMBDA_FUNCTION_NAME", "") or f"ffcore-{kind}",
    )


def _misnamed(name: str, value: str, length: tuple[int, int]) -> list[tuple[str, str]]:
    if not value or (length[0] <= len(value) <= length[1] and set(value) <= LETTERS):
        return []
    allowed = "letters, digits, underscore, dot and hyphen"
    return [(name, f"expected {length[0]} to {length[1]} characters ({allowed}), got {shown(value)}")]
