"""count_frame: how many users get what, by segments if asked, without a column of results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown
from ffcore.flagset import FlagSet
from ffcore.lab.bulk.deciding import Part, decide
from ffcore.lab.bulk.ids import refuse_invalid
from ffcore.lab.bulk.kernels import Codes
from ffcore.lab.bulk.parts import parts_of, run
from ffcore.lab.bulk.plan import Plan, plans_of
from ffcore.lab.bulk.sources import Source, read_frame

COUNT_COLUMNS = ("key", "enabled", "reason", "variant", "users")
#: The segment of each row; None: all are one segment.
Groups = NDArray[np.int64] | None
#: Users by segment and numbered decision.
Matrix = NDArray[np.int64]
#: For each plan a matrix; the rows with null or blank ids.
Counted = tuple[list[Matrix], NDArray[np.int64]]


def count_frame(
    frame: Any,
    flags: FlagSet,
    keys: Iterable[str] | None = None,
    user_id: str = "user_id",
    by: Sequence[str] = (),
    *,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """How many users of a frame get what, without a column of results.

    Args:
        frame: as `evaluate_frame` takes it.
        flags: where the keys are looked up.
        keys: flags or experiments; None for all of both.
        user_id: the column of ids, all valid.
        by: columns whose values make segments, each counted by itself.
        executor: where parts are decided; by default a thread per core, for Dask `client.get_executor(pure=False)`.

    Returns:
        One row for each segment, key and possible decision, with the columns of `by` and `key, enabled, reason,
        variant, users`. A variant that nobody got counts 0; reasons that nobody got are left out.

    Raises:
        ConfigError: as `evaluate_frame`.

    >>> from ffcore import Flag
    >>> flags = FlagSet([Flag("dark-mode", enabled=True, rollout_percentage=50)])
    >>> count_frame(pd.DataFrame({"user_id": ["ann", "bob"]}), flags)[["reason", "users"]].values.tolist()
    [['enabled', 1], ['not_in_rollout', 1]]
    """
    names = _segment_names(by)
    plans = plans_of(flags, keys)
    source = read_frame(frame, [user_id, *names])
    segments, groups = _segments(source, names)
    parts = (
        (part, None if groups is None else groups[part.start : part.start + len(part)])
        for part in parts_of(source, plans, user_id)
    )
    totals, wrong = summed(plans, len(segments), run(partial(_counts, plans, len(segments)), parts, executor))
    refuse_invalid(wrong, len(source), user_id)
    return listed(plans, totals, segments, names)


def _counts(plans: Sequence[Plan], size: int, task: tuple[Part, Groups]) -> Counted:
    """Users of one part by segment and numbered decision, and which rows have invalid ids."""
    part, groups = task
    found, wrong = decide(plans, part)
    return [matrix(plan, codes, groups, size) for plan, codes in zip(plans, found, strict=True)], wrong


def matrix(plan: Plan, codes: Codes, groups: Groups = None, size: int = 1) -> Matrix:
    """Users by segment and numbered decision of one plan: segments x decisions."""
    width = len(plan.decisions)
    cells = codes if groups is None else groups * width + codes
    return np.bincount(cells, minlength=size * width).reshape(size, width)


def summed(plans: Sequence[Plan], size: int, answers: Iterable[Counted]) -> Counted:
    """The counts of all parts together, and all rows with invalid ids."""
    totals = [np.zeros((size, len(plan.decisions)), dtype=np.int64) for plan in plans]
    wrong = [np.empty(0, dtype=np.int64)]
    for matrices, rows in answers:
        wrong.append(rows)
        for total, some in zip(totals, matrices, strict=True):
            np.add(total, some, out=total)
    return totals, np.concatenate(wrong)


def listed(
    plans: Sequence[Plan],
    totals: Sequence[Matrix],
    segments: Sequence[tuple[Any, ...]] = ((),),
    names: Sequence[str] = (),
) -> pd.DataFrame:
    """The frame that `count_frame` returns, out of one matrix for each plan."""
    rows = [row for plan, total in zip(plans, totals, strict=True) for row in _rows(plan, total, segments)]
    return pd.DataFrame(rows, columns=[*names, *COUNT_COLUMNS])


def _segment_names(by: Sequence[str]) -> list[str]:
    if isinstance(by, str):
        raise ConfigError([("by", f"expected several columns, got the text {shown(by)}")])
    taken = [name for name in by if name in COUNT_COLUMNS]
    if taken:
        raise ConfigError([("by", f"a column of the counts is called {name} already") for name in taken])
    return list(by)


def _segments(source: Source, names: list[str]) -> tuple[list[tuple[Any, ...]], Groups]:
    """The values of each segment, and the segment's number for each row; a null is a value."""
    if not names:
        return [()], None
    frame = source.pandas(names)
    groups = frame.groupby(names, dropna=False, observed=True).ngroup().to_numpy().astype(np.int64)
    first = np.zeros(groups.max() + 1 if len(groups) else 0, dtype=np.int64)
    first[groups[::-1]] = np.arange(len(groups))[::-1]
    return list(frame.iloc[first].itertuples(index=False, name=None)), groups


def _rows(plan: Plan, total: Matrix, segments: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    for segment, counts in zip(segments, total.tolist(), strict=True):
        for decision, users in zip(plan.decisions, counts, strict=True):
            if users or decision.enabled:
                yield *segment, plan.key, decision.enabled, decision.reason, decision.variant, users
