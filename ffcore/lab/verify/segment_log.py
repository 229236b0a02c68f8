"""A log of exposures as distinct users, counted by arm and by the values of some of its columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.types as kinds
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown, suggestion
from ffcore.lab.bulk.sources import PandasSource, Source, read_frame
from ffcore.lab.verify.attributes import Attribute, arrow, read_attribute, read_attributes
from ffcore.lab.verify.cells import Cells, count_cells
from ffcore.lab.verify.counts import ByArm, Counts, normalized, read_shares
from ffcore.lab.verify.users import ID_COLUMN, Mask, Population, read_ids

SOURCE = "explain"
ARM_COLUMNS = ("variant", "enabled")
TIME_COLUMN, FLAG_COLUMN = "timestamp", "flag_key"
#: What the two arms of the column ``enabled`` may be called.
TRUTH = {"true": True, "enabled": True, "on": True, "false": False, "not enabled": False, "off": False}


@dataclass(frozen=True, slots=True, eq=False)
class Segmented:
    """Distinct users by arm and attributes.

    Attributes:
        cells: Users of each arm for each combination of values; a column for each arm of ``counts``.
        counts: All users of each arm, beside the expected shares; arms that nobody expected have share 0.
        notes: What the counting left out.
    """

    cells: Cells
    counts: Counts
    notes: dict[str, Any]


def read_log(exposures: Any, expected: ByArm, by: str | Sequence[str]) -> Segmented:
    """Counts a log's users by arm and by the columns ``by``; a ConfigError says what cannot be read.

    >>> import pandas as pd
    >>> log = pd.DataFrame({"user_id": ["a", "b", "a"], "variant": ["x", "y", "x"], "os": ["ios", None, "ios"]})
    >>> read_log(log, {"x": 0.5, "y": 0.5}, by="os").counts.observed
    (1, 1)
    """
    try:
        source = read_frame(exposures, [])
        targets, names = read_shares(expected, SOURCE), read_names(by, source)
        arms = read_arms(source, targets)
        check_rows(source, arms)
        kept, notes = distinct(source, arms)
        attributes = tuple(attribute.of(kept) for attribute in read_attributes(source, names))
    except ConfigError as error:
        raise ConfigError(error.problems, source=SOURCE) from None
    seen = arms.labels[: arms.known]
    columns = [*targets, *(arm for arm in seen if arm not in targets)]
    places = np.array([columns.index(arm) for arm in seen])
    cells = count_cells(attributes, places[arms.codes[kept]], len(columns))
    shares = (*normalized(targets), *[0.0] * (len(columns) - len(targets)))
    counts = Counts(tuple(columns), tuple(cells.totals.tolist()), shares)
    return Segmented(cells, counts, {"arm_column": arms.name, **notes})


def read_names(by: object, source: Source) -> list[str]:
    """The columns whose values make the segments."""
    names: list[Any] = [by] if isinstance(by, str) else list(by) if isinstance(by, Iterable) else []
    problems = [] if names else [("by", f"expected columns to look for segments in, got {shown(by)}")]
    for name in names:
        if not isinstance(name, str) or name not in source.names:
            problems.append(("by", f"the log has no column {shown(name)}{suggestion(name, source.names)}"))
        elif name in (ID_COLUMN, *ARM_COLUMNS):
            problems.append(("by", f"{name} is what is counted, not an attribute"))
        elif names.count(name) > 1 or source.names.count(name) > 1:
            problems.append(("by", f"{name} stands more than once"))
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))
    return names


def read_arms(source: Source, targets: Mapping[str, Any]) -> Attribute:
    """The column that says each row's arm: ``enabled`` if the expected arms are truth values, else ``variant``."""
    truths = {TRUTH[arm.lower()]: arm for arm in targets if arm.lower() in TRUTH}
    wanted = ARM_COLUMNS[::-1] if len(truths) == len(targets) else ARM_COLUMNS
    column = next((name for name in wanted if name in source.names), None)
    if column is None:
        near = suggestion(wanted[0], source.names)
        raise ConfigError([("exposures", f"the log has no column {wanted[0]}{near}")])
    arms = read_attribute(source, column)
    labels = arms.labels
    if column == "enabled":
        named = {text: truths.get(truth) for text, truth in TRUTH.items()}
        labels = tuple(named.get(label.lower()) or label for label in labels)
    if arms.known and not set(labels[: arms.known]) & set(targets):
        found = ", ".join(labels[: min(arms.known, 10)])
        raise ConfigError([("expected", f"none of its arms stands in the column {column}, which holds {found}")])
    return replace(arms, labels=labels)


def check_rows(source: Source, arms: Attribute) -> None:
    """Refuses a log without rows or without arms, and one of several flags."""
    if not len(source):
        raise ConfigError([("exposures", "the log has no rows")])
    if not arms.known:
        raise ConfigError([("exposures", f"no row of the log has an arm: {arms.name} is null everywhere")])
    if FLAG_COLUMN in source.names:
        flags = read_attribute(source, FLAG_COLUMN)
        if flags.known > 1:
            found = f"{flags.known} flags, such as {flags.labels[0]} and {flags.labels[1]}"
            raise ConfigError([(FLAG_COLUMN, f"the log holds {found}: explain one at a time")])


def distinct(source: Source, arms: Attribute) -> tuple[Mask, dict[str, Any]]:
    """The first row of each user that has an arm, and what was left out.

    First is the earliest where the log has times, else the first in the log. Without ids every row is a user.
    """
    known = arms.codes < arms.known
    notes: dict[str, Any] = {"unassigned": int(known.size - np.count_nonzero(known)), "repeated": 0, "several_arms": 0}
    if ID_COLUMN not in source.names:
        near = suggestion(ID_COLUMN, source.names)
        if "did you mean" in near:
            raise ConfigError([("exposures", f"the log has no column {ID_COLUMN}{near}")])
        return known, {**notes, "users_are": "rows"}
    column = source.frame[ID_COLUMN] if isinstance(source, PandasSource) else source.table[ID_COLUMN]
    rows, users = Population(read_ids(column)).repeats
    rows, users = rows[known[rows]], users[known[rows]]
    if TIME_COLUMN in source.names:
        order = np.argsort(times(source)[rows], kind="stable")
        rows, users = rows[order], users[order]
    numbers, first, back = np.unique(users, return_index=True, return_inverse=True)
    kept = known.copy()
    kept[rows] = False
    kept[rows[first]] = True
    moved = np.unique(users[arms.codes[rows] != arms.codes[rows[first]][back]])
    return kept, {**notes, "repeated": int(rows.size - numbers.size), "several_arms": int(moved.size)}


def times(source: Source) -> NDArray[np.int64]:
    """The times of the rows, for their order, null last; all the same where the column holds no times."""
    array = arrow(source.column(TIME_COLUMN), TIME_COLUMN)
    if kinds.is_date32(array.type):
        array = array.cast(pa.int32())
    elif not (kinds.is_timestamp(array.type) or kinds.is_date64(array.type)):
        return np.zeros(len(array), dtype=np.int64)
    found: NDArray[np.int64] = np.asarray(array.cast(pa.int64()).fill_null(2**63 - 1))
    return found
