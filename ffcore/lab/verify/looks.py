"""Counts per arm that came in look by look: read, checked, and in the order of the expected shares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ffcore.errors import MAX_PROBLEMS, ConfigError, shown
from ffcore.lab.verify.counts import (
    MOST_USERS,
    ByArm,
    Counts,
    Problem,
    by_arm,
    count_problems,
    has_names,
    normalized,
    share_problems,
    unmatched,
)

if TYPE_CHECKING:
    import pandas as pd

#: Increments per arm: rows (a list or a 2-D array), or named columns (a mapping or a pandas, Polars or Arrow frame).
Increments: TypeAlias = "Iterable[ByArm] | Mapping[Any, Sequence[Any]] | pd.DataFrame"
#: What turns a frame of Arrow or Polars into a list of mappings.
ROWS_OF_A_FRAME = ("to_pylist", "to_dicts")
NAME_ARMS = "must name its arms as expected does"
SOURCE = "sequential sample ratio"


@dataclass(frozen=True, slots=True)
class Looks:
    """New users of each arm at each look, an array of shape (looks, arms), and each arm's expected share."""

    arms: tuple[str, ...]
    shares: tuple[float, ...]
    increments: NDArray[np.int64]

    @property
    def cumulative(self) -> NDArray[np.int64]:
        """Users of each arm up to and including each look."""
        return np.asarray(self.increments.cumsum(axis=0))

    @property
    def totals(self) -> Counts:
        """The counts of all looks together."""
        return Counts(self.arms, tuple(self.increments.sum(axis=0).tolist()), self.shares)


def read_looks(counts: Increments, expected: ByArm) -> Looks:
    """Checks increments against shares and puts both in one order; a ConfigError lists what is wrong with them.

    >>> read_looks([{"b": 30, "a": 70}, {"b": 28, "a": 71}], {"a": 0.7, "b": 0.3}).increments.tolist()
    [[70, 30], [71, 28]]
    >>> read_looks([[5, 5], [5, 5.5]], [0.5, 0.5])
    Traceback (most recent call last):
    ffcore.errors.ConfigError: sequential sample ratio: 1 problem
      counts[1][1]: 5.5 is not a whole number of users
    """
    shares = by_arm(expected, "expected")
    refuse(share_problems(shares))
    rows = as_rows(counts)
    refuse(row_problems(rows, expected))
    named = [by_arm(row, f"counts[{look}]") for look, row in enumerate(rows)]
    refuse(arm_problems(named, shares))
    values = [[int(row[arm]) for arm in shares] for row in named]
    if sum(map(sum, values)) > MOST_USERS:
        refuse([("counts", f"more than 2**53 users ({MOST_USERS:,})")])
    increments = np.array(values, dtype=np.int64).reshape(len(values), len(shares))
    return Looks(tuple(shares), normalized(shares), increments)


def as_rows(counts: Any) -> list[Any]:
    """Counts of any form as one entry a look.

    >>> as_rows({"a": [1, 2], "b": [3, 4]})
    [{'a': 1, 'b': 3}, {'a': 2, 'b': 4}]
    """
    for method in ROWS_OF_A_FRAME:
        if hasattr(counts, method):
            return list(getattr(counts, method)())
    if hasattr(counts, "items"):
        columns = {arm: list(values) for arm, values in by_arm(counts, "counts").items() if is_row(values)}
        if len(columns) < len(counts.keys()) or len(set(map(len, columns.values()))) > 1:
            refuse(
                [
                    (
                        "counts",
                        "needs a column for each arm, one value a look, all of one length; a look alone is [{...}]",
                    )
                ]
            )
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    if isinstance(counts, np.ndarray):
        counts = counts.tolist()
    if isinstance(counts, str | bytes) or not isinstance(counts, Iterable):
        refuse([("counts", f"{shown(counts)} is no table: expected one row a look, in each the new users of each arm")])
    return list(counts)


def is_row(row: object) -> bool:
    """Whether a value can be a row of counts: a mapping or a sequence, no text.

    >>> is_row([1, 2]), is_row({"a": 1}), is_row(3), is_row("12")
    (True, True, False, False)
    """
    return isinstance(row, Iterable) and not isinstance(row, str | bytes)


def row_problems(rows: list[Any], expected: ByArm) -> Iterator[Problem]:
    """Problems of the first row that is none, or that does not name its arms as the expectation does."""
    for look, row in enumerate(rows):
        place = f"counts[{look}]"
        if not is_row(row):
            yield place, f"{shown(row)} is no row: expected the new users of each arm at this look"
            return
        if has_names(row) != has_names(expected):
            yield (place, NAME_ARMS) if has_names(expected) else ("expected", NAME_ARMS.replace("expected", place))
            return


def arm_problems(rows: list[dict[str, Any]], shares: Mapping[str, Any]) -> Iterator[Problem]:
    """The arms that only one side has, at the first look where there are any, and each count that is none."""
    for look, row in enumerate(rows):
        wrong = [(place.replace("observed", f"counts[{look}]", 1), text) for place, text in unmatched(row, shares)]
        if wrong:
            yield from wrong
            return
        for arm, count in row.items():
            yield from count_problems(f"counts[{look}][{arm}]", count)


def refuse(problems: Iterable[Problem]) -> None:
    """Raises for the problems found, if any."""
    found = list(islice(problems, MAX_PROBLEMS + 1))
    if found:
        raise ConfigError(found, source=SOURCE)
