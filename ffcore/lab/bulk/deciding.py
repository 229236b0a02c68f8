"""A part of a population decided by several plans: ids packed once, then one number per row and plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from ffcore.hashing import HASH_SPACE
from ffcore.lab.bulk.columns import Columns, Values
from ffcore.lab.bulk.executors import detached
from ffcore.lab.bulk.hashing import suffixes_of
from ffcore.lab.bulk.ids import id_array
from ffcore.lab.bulk.kernels import Codes, Draws, Offsets, decide_all
from ffcore.lab.bulk.plan import Plan


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that are decided together; `start` is the place of the first one in its frame."""

    start: int
    ids: pa.Array | pa.ChunkedArray
    columns: Mapping[str, Values]

    def __len__(self) -> int:
        return len(self.ids)

    def __reduce__(self) -> tuple[Any, ...]:
        return Part, (self.start, detached(self.ids), {name: detached(values) for name, values in self.columns.items()})


def decide(plans: Sequence[Plan], part: Part) -> tuple[Sequence[Codes], NDArray[np.int64]]:
    """For each plan the number of each row's decision, and which rows of the frame have null or blank ids."""
    ids = id_array(part.ids)
    salts = list(dict.fromkeys(salt for plan in plans for salt in plan.salts))
    found = np.empty((len(plans), len(ids)), dtype=np.int16)
    decide_all(ids.data, ids.offsets, suffixes_of(salts), _draws(plans, salts), found)
    columns = Columns({**part.columns, "user_id": ids.text}, len(ids))
    wrong = np.flatnonzero(~ids.valid)
    for plan, codes in zip(plans, found, strict=True):
        if plan.active and plan.rules:
            codes[~columns.match_all(plan.rules)] = plan.arms + 1
        codes[wrong] = plan.arms + 3
    return list(found), wrong + part.start


def _draws(plans: Sequence[Plan], salts: Sequence[str]) -> Draws:
    bounds = [plan.bounds for plan in plans]
    stops = np.cumsum([len(some) for some in bounds], dtype=np.int64)
    return Draws(
        first=np.array([_first(plan) for plan in plans], dtype=np.int16),
        variant=_rows([plan.variant_draw for plan in plans], salts),
        bounds=np.concatenate([np.empty(0, dtype=np.uint32), *bounds]),
        start=stops - np.array([len(some) for some in bounds], dtype=np.int64),
        stop=stops,
        traffic=_rows([plan.traffic_draw for plan in plans], salts),
        buckets=np.array([plan.buckets % HASH_SPACE for plan in plans], dtype=np.uint32),
        accepted=np.array([plan.accepted % HASH_SPACE for plan in plans], dtype=np.uint32),
        outside=np.array([plan.arms for plan in plans], dtype=np.int16),
    )


def _first(plan: Plan) -> int:
    """The code that everybody has before anything is drawn; bounds at zero belong to variants that nobody gets."""
    if not plan.active:
        return plan.arms + 2
    if plan.accepted == 0:
        return plan.arms
    return 0 if plan.bounds.any() else len(plan.bounds)


def _rows(drawn: Sequence[str | None], salts: Sequence[str]) -> Offsets:
    """The place of each plan's salt among all salts; -1 where nothing is drawn."""
    places = {salt: place for place, salt in enumerate(salts)}
    return np.array([-1 if salt is None else places[salt] for salt in drawn], dtype=np.int64)


@njit(nogil=True, cache=True)
def spread(codes: Codes, arms: int, named: bool, enabled: Any, variants: Any, reasons: Any) -> None:
    """Codes as three columns: enabled, the place of the variant (-1 for none, or unless `named`) and the reason's."""
    variant_arms = arms if named else 0
    for row in range(codes.size):
        enabled[row] = codes[row] < arms
        variants[row] = codes[row] if codes[row] < variant_arms else -1
        reasons[row] = max(codes[row] - (arms - 1), 0)
