"""evaluate_frame: a whole population decided at once, bit for bit as `Evaluator` decides each user."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ffcore.flagset import FlagSet
from ffcore.lab.bulk.deciding import Part, decide, spread
from ffcore.lab.bulk.ids import check_on_invalid, refuse_invalid
from ffcore.lab.bulk.parts import parts_of, run
from ffcore.lab.bulk.plan import Plan, plans_of
from ffcore.lab.bulk.sources import Result, read_frame

#: Result columns by name, and which rows have null or blank ids.
Answer = tuple[dict[str, NDArray[Any]], NDArray[np.int64]]


def evaluate_frame(
    frame: Any,
    flags: FlagSet,
    keys: Iterable[str] | None = None,
    user_id: str = "user_id",
    on_invalid: str = "raise",
    *,
    executor: Executor | None = None,
) -> Any:
    """Every user of a frame decided by flags and experiments.

    Args:
        frame: a pandas, Polars or Arrow frame, or any with `__arrow_c_stream__`; columns are context, null is missing.
        flags: where the keys are looked up.
        keys: flags, or experiments (a key that is both means the flag); None for all of both.
        user_id: the column of ids: text, whole numbers (decided as `str(id)`) or categories.
        on_invalid: "raise", or "mark" to give null and blank ids the reason `invalid_user_id`.
        executor: where parts are decided; by default a thread per core, for Dask `client.get_executor(pure=False)`.

    Returns:
        A frame of the same kind and length with `<key>.enabled` (bool), `<key>.variant` and `<key>.reason`
        (categorical, variants in declared order). The index is kept.

    Raises:
        ConfigError: no such key or column, one key for a flag and an experiment among all, or invalid ids.

    >>> import pandas as pd
    >>> from ffcore import Flag
    >>> flags = FlagSet([Flag("dark-mode", enabled=True, rollout_percentage=50)])
    >>> evaluate_frame(pd.DataFrame({"user_id": ["ann", "bob"]}), flags)["dark-mode.enabled"].tolist()
    [False, True]
    """
    check_on_invalid(on_invalid)
    plans = plans_of(flags, keys)
    source = read_frame(frame, [user_id])
    parts = parts_of(source, plans, user_id)
    columns, wrong = _joined(plans, len(source), run(partial(_columns, plans), parts, executor))
    if on_invalid == "raise":
        refuse_invalid(wrong, len(source), user_id)
    return source.result(_with_categories(plans, columns))


def _columns(plans: Sequence[Plan], part: Part) -> Answer:
    """The result columns of one part, and which rows of the frame have null or blank ids."""
    found, wrong = decide(plans, part)
    columns = _empty(plans, len(part))
    for plan, codes in zip(plans, found, strict=True):
        enabled, variants, reasons = (columns[name] for name in _names(plan))
        spread(codes, plan.arms, bool(plan.variants), enabled, variants, reasons)
    return columns, wrong


def _joined(plans: Sequence[Plan], rows: int, answers: Iterable[Answer]) -> Answer:
    """The columns of all parts, each copied to its place as it comes, and all rows with null or blank ids."""
    columns, wrong = _empty(plans, rows), [np.empty(0, dtype=np.int64)]
    stop = 0
    for found, some in answers:
        wrong.append(some)
        start, stop = stop, stop + max(map(len, found.values()), default=0)
        for name, values in found.items():
            columns[name][start:stop] = values
    return columns, np.concatenate(wrong)


def _empty(plans: Sequence[Plan], rows: int) -> dict[str, NDArray[Any]]:
    """Room for results: truth values, the place of the variant (-1: none), the place of the reason."""
    columns: dict[str, NDArray[Any]] = {}
    for plan in plans:
        kinds = (np.bool_, np.int8 if plan.arms < 128 else np.int16, np.int8)
        for name, kind in zip(_names(plan), kinds, strict=True):
            columns[name] = np.empty(rows, dtype=kind)
    return columns


def _names(plan: Plan) -> tuple[str, str, str]:
    return f"{plan.key}.enabled", f"{plan.key}.variant", f"{plan.key}.reason"


def _with_categories(plans: Sequence[Plan], columns: dict[str, NDArray[Any]]) -> dict[str, Result]:
    categories: dict[str, tuple[str, ...]] = {}
    for plan in plans:
        _, variant, reason = _names(plan)
        categories |= {variant: tuple(one.key for one in plan.variants), reason: plan.reasons}
    return {name: (values, categories[name]) if name in categories else values for name, values in columns.items()}
