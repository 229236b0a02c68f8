"""A part of a population decided by several plans: ids hashed once per salt, then one number per row and plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from ffcore.hashing import HASH_SPACE
from ffcore.lab.bulk.columns import Columns, Values
from ffcore.lab.bulk.hashing import hash_ids
from ffcore.lab.bulk.ids import id_array
from ffcore.lab.bulk.md5 import Words, u32
from ffcore.lab.bulk.plan import Plan

#: One of a plan's numbered decisions for each row.
Codes = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that are decided together; `start` is the place of the first one in its frame."""

    start: int
    ids: pa.Array | pa.ChunkedArray
    columns: Mapping[str, Values]

    def __len__(self) -> int:
        return len(self.ids)


def decide(plans: Sequence[Plan], part: Part) -> tuple[list[Codes], NDArray[np.int64]]:
    """For each plan the number of each row's decision, and which rows of the frame have null or blank ids."""
    ids = id_array(part.ids)
    salts = list(dict.fromkeys(salt for plan in plans for salt in plan.salts))
    words = dict(zip(salts, hash_ids(ids, salts), strict=True))
    columns = Columns({**part.columns, "user_id": ids.text}, len(ids))
    wrong = np.flatnonzero(~ids.valid)
    found = [_codes(plan, words, columns, len(ids)) for plan in plans]
    for plan, codes in zip(plans, found, strict=True):
        codes[wrong] = plan.arms + 3
    return found, wrong + part.start


def _codes(plan: Plan, words: Mapping[str, Words], columns: Columns, rows: int) -> Codes:
    outside, untargeted, inactive = range(plan.arms, plan.arms + 3)
    if not plan.active:
        return np.full(rows, inactive, dtype=np.int16)
    codes = np.full(rows, outside if plan.accepted == 0 else 0, dtype=np.int16)
    if plan.accepted > 0:
        if plan.variant_salt in words and plan.variant_salt in plan.salts:
            _choose(words[plan.variant_salt], plan.bounds, codes)
        else:
            codes += np.int16(len(plan.bounds))  # bounds at zero belong to variants that nobody gets
        if plan.accepted < plan.buckets:
            _refuse(words[plan.salt], plan, outside, codes)
    if plan.rules:
        codes[~columns.match_all(plan.rules)] = untargeted
    return codes


def _refuse(words: Words, plan: Plan, outside: int, codes: Codes) -> None:
    if plan.buckets == HASH_SPACE:
        _refuse_from(words, np.uint32(plan.accepted), outside, codes)
    else:
        _refuse_buckets(words, np.uint32(plan.buckets), np.uint32(plan.accepted), outside, codes)


@njit(nogil=True, cache=True)
def _choose(words: Words, bounds: Words, codes: Codes) -> None:
    for bound in bounds:
        for row in range(codes.size):
            codes[row] += words[row] >= bound


@njit(nogil=True, cache=True)
def _refuse_from(words: Words, bound: np.uint32, outside: int, codes: Codes) -> None:
    for row in range(codes.size):
        if words[row] >= bound:
            codes[row] = outside


@njit(nogil=True, cache=True, error_model="numpy")
def _refuse_buckets(words: Words, buckets: np.uint32, accepted: np.uint32, outside: int, codes: Codes) -> None:
    """Refuse where `word % buckets >= accepted`; the remainder comes from a quotient that vectorises.

    The quotient is exact: `word + 0.5` lies at least `0.5 / buckets` from the next whole quotient, and two roundings to
    53 bits move a quotient below `2**32 / buckets` by less than `2**-19 / buckets`.
    """
    inverse = 1.0 / buckets
    for row in range(codes.size):
        quotient = u32((words[row] + 0.5) * inverse)
        remainder = u32(words[row] - u32(quotient * buckets))
        codes[row] = outside if remainder >= accepted else codes[row]
