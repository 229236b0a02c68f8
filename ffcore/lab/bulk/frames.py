"""evaluate_frame: a whole population decided at once, bit for bit as `Evaluator` decides each user."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown, suggestion
from ffcore.flagset import FlagSet
from ffcore.lab.bulk.deciding import Part, decide
from ffcore.lab.bulk.ids import wrong_ids
from ffcore.lab.bulk.kernels import spread
from ffcore.lab.bulk.parts import parts_of, run
from ffcore.lab.bulk.plan import Plan, plans_of
from ffcore.lab.bulk.sources import Result, read_frame


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
        executor: where parts are decided; by default a thread per core.

    Returns:
        A frame of the same kind and length: `<key>.enabled` (bool), `<key>.variant` and `<key>.reason` (categorical,
        variants in declared order). The index is kept.

    Raises:
        ConfigError: no such key or column, one key for a flag and an experiment among all, or invalid ids.

    >>> import pandas as pd
    >>> from ffcore import Flag
    >>> flags = FlagSet([Flag("dark-mode", enabled=True, rollout_percentage=50)])
    >>> evaluate_frame(pd.DataFrame({"user_id": ["ann", "bob"]}), flags)["dark-mode.enabled"].tolist()
    [False, True]
    """
    if on_invalid not in ("raise", "mark"):
        choice = suggestion(on_invalid, ("raise", "mark"))
        raise ConfigError([("on_invalid", f"{shown(on_invalid)} is no way to treat invalid ids{choice}")])
    plans = plans_of(flags, keys)
    source = read_frame(frame, [user_id])
    parts = parts_of(source, plans, user_id)
    answers = list(run(partial(_columns, plans), parts, executor))
    if on_invalid == "raise":
        wrong_ids(np.concatenate([wrong for _, wrong in answers]), len(source), user_id)
    return source.result(_joined(plans, [columns for columns, _ in answers]))


def _columns(plans: Sequence[Plan], part: Part) -> tuple[dict[str, Any], NDArray[np.int64]]:
    """The result columns of one part: truth values, and places among the categories."""
    found, wrong = decide(plans, part)
    columns: dict[str, Any] = {}
    for plan_, codes in zip(plans, found, strict=True):
        small = np.int8 if plan_.arms < 128 else np.int16
        enabled, variants = np.empty(codes.size, dtype=np.bool_), np.full(codes.size, -1, dtype=small)
        reasons = np.empty(codes.size, dtype=np.int8)
        spread(codes, plan_.arms, enabled, variants[: codes.size if plan_.variants else 0], reasons)
        columns[f"{plan_.key}.enabled"] = enabled
        columns[f"{plan_.key}.variant"] = variants
        columns[f"{plan_.key}.reason"] = reasons
    return columns, wrong


def _joined(plans: Sequence[Plan], parts: list[dict[str, Any]]) -> dict[str, Result]:
    categories: dict[str, tuple[str, ...]] = {}
    for plan_ in plans:
        categories[f"{plan_.key}.variant"] = tuple(variant.key for variant in plan_.variants)
        categories[f"{plan_.key}.reason"] = plan_.reasons
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return {name: (values, categories[name]) if name in categories else values for name, values in joined.items()}
