"""Files of test vectors: what each row says of a scheme, held against the scheme one by one and in bulk.

A file is CSV with the columns ``n,op,unit_id,key,salt,seed,params,hash,bucket,variant``; its name is the scheme's.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ffcore.errors import ConfigError, shown, suggestion
from ffcore.lab.bulk.ids import Ids
from ffcore.lab.schemes.draws import Draw, Hashed, present
from ffcore.lab.schemes.scheme import Scheme

COLUMNS = ("n", "op", "unit_id", "key", "salt", "seed", "params", "hash", "bucket", "variant")
NOBODY = "<none>"
Result = dict[str, dict[str, int]]


class Claim(NamedTuple):
    """What an id gets, by one function for one id and for many, and what the file says that it gets."""

    one: Callable[[str], Any]
    many: Callable[[Ids], list[Any]]
    expected: Any


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file of vectors, its parameters read."""

    op: str
    unit_id: str
    key: str
    salt: str
    seed: str
    params: dict[str, Any]
    hash: str
    bucket: str
    variant: str

    def numbered(self, name: str, prefix: str = "v") -> list[tuple[str, Any]]:
        """The values of a list parameter with the names that the files give its arms: v0, v1 and so on."""
        return [(f"{prefix}{arm}", value) for arm, value in enumerate(self.params[name])]

    def states(self, draw: Draw | None = None, assign: Any = None, nobody: str = NOBODY) -> Iterator[Claim]:
        """The claims of the columns: the hash and the bucket of a draw, the variant of an assignment."""
        if isinstance(draw, Hashed) and self.hash:
            yield hash_claim(draw, int(self.hash))
        if draw is not None and self.bucket:
            yield bucket_claim(draw, float(self.bucket))
        if assign is not None:
            yield Claim(
                lambda user: written(assign(user), nobody),
                lambda ids: [written(answer, nobody) for answer in list(assign(ids))],
                self.variant,
            )


def hash_claim(draw: Draw, expected: int, read: Callable[[Any], Any] = lambda hashed: hashed) -> Claim:
    """The claim that a draw's hash, as ``read`` makes it of an integer or of an array, is a number."""
    if not isinstance(draw, Hashed):
        raise TypeError("expected a draw by one hash")
    return Claim(lambda user: read(draw.raw(user)), lambda ids: list(read(draw.raws(ids)).tolist()), expected)


def bucket_claim(draw: Draw, expected: float) -> Claim:
    """The claim that a draw gives a bucket."""
    return Claim(draw, lambda ids: list(draw(ids).tolist()), expected)


def written(answer: Any, nobody: str) -> str:
    """An answer as files write it."""
    if isinstance(answer, bool | np.bool_):
        return "true" if answer else "false"
    return nobody if pd.isna(answer) else str(answer)


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a file, every column as text.

    Raises:
        ConfigError: the file is not there, is no UTF-8, or lacks a column.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigError([(str(path), f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([(str(path), f"is no UTF-8: {error.reason} at byte {error.start:,}")]) from None
    reader = csv.DictReader(StringIO(text, newline=""))
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise ConfigError([(str(path), f"lacks the columns {', '.join(missing)}; expected {','.join(COLUMNS)}")])
    return list(reader)


def read_row(row: dict[str, str], place: str) -> Row:
    """One row with its parameters; ConfigError for a row of another length and for params that are no object."""
    if None in row or None in row.values():
        raise ConfigError([(place, f"has another number of columns than the {len(COLUMNS)} of the first row")])
    try:
        params = json.loads(row["params"] or "{}")
    except (ValueError, RecursionError):
        params = None
    if not isinstance(params, dict):
        raise ConfigError([(place, f"params is no JSON object: {shown(row['params'])}")])
    return Row(**{name: row[name] for name in COLUMNS[1:] if name != "params"}, params=params)


def reproduced(scheme: type[Scheme], path: Path) -> Result:
    """How many rows of each operation the scheme reproduces, one by one and in bulk."""
    result: Result = defaultdict(lambda: {"total": 0, "scalar": 0, "bulk": 0})
    for line, raw in enumerate(read_rows(path), start=2):
        row = read_row(raw, f"{path.name}, row {line}")
        try:
            claims = list(scheme.claims(row))
            one, many = _kept(claims, row.unit_id)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise ConfigError([(f"{path.name}, row {line}", f"cannot be read as {row.op}: {error}")]) from None
        if not claims:
            raise ConfigError([(f"{path.name}, row {line}", f"operation {shown(row.op)} is unknown to {scheme.name}")])
        counts = result[row.op]
        counts["total"] += 1
        counts["scalar"] += one
        counts["bulk"] += many
    return dict(sorted(result.items()))


def _kept(claims: list[Claim], unit_id: str) -> tuple[bool, bool]:
    """Whether a scheme keeps all claims of a row, one by one and in bulk."""
    ids = present([unit_id])
    one = all(claim.one(unit_id) == claim.expected for claim in claims)
    return one, all(claim.many(ids) == [claim.expected] for claim in claims)


def scheme_of(path: Path, names: dict[str, str]) -> str:
    """The scheme that a file's name says."""
    if path.stem not in names:
        raise ConfigError([(path.name, f"the file's name says no scheme{suggestion(path.stem, names)}")])
    return path.stem
