"""Bulk against one by one: the same bits for random ids of every kind, by every scheme."""

import string
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ffcore.lab import schemes
from ffcore.lab.bulk.ids import id_array
from tests.support.schemes import CASES, LETTERS, Case, ids_of_every_kind

FEW, MANY = 300, 1_000_000


def differing(function: Any, users: list[str]) -> list[int]:
    """The rows in which the array form answers otherwise than the plain one."""
    array = function(np.array(users, dtype=object))
    found = [None if pd.isna(answer) else answer for answer in array.tolist()]
    return [row for row, user in enumerate(users) if found[row] != function(user)]


def alphabet(case: Case) -> str:
    """The letters that a client takes."""
    return string.printable if case.name == "planout" else LETTERS


def test_every_scheme_is_compared() -> None:
    """No vendor is left out."""
    assert {case.name for case in CASES} == set(schemes.NAMES)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("key", ["Größe 😀", *(pytest.param(key, marks=pytest.mark.slow) for key in ("checkout", ""))])
def test_an_array_gets_what_each_id_gets(case: Case, key: str) -> None:
    """Buckets as equal bits, decisions as equal answers; keys of any alphabet."""
    if case.name == "planout":
        key = key.encode("ascii", "replace").decode()

    for function in case.functions(key):
        assert differing(function, ids_of_every_kind(FEW, 1, letters=alphabet(case))) == []


@pytest.mark.slow
def test_many_parts_on_several_threads_are_in_order() -> None:
    """More ids than one part holds are answered in their order."""
    ids = [str(number) for number in range(200_000)]
    draw, assign = schemes.get("growthbook").bucket("a"), schemes.get("split").rollout(30, seed=5)

    assert differing(draw, ids) == []
    assert np.array_equal(assign(np.array(ids, dtype=object)), assign(id_array(np.arange(200_000))))


@pytest.mark.long
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_million_ids_get_what_each_gets(case: Case, record_property: Any) -> None:
    """The buckets of a million random ids of every kind by every scheme, and the decisions of a fifth of them."""
    users = ids_of_every_kind(MANY, 2, letters=alphabet(case))
    bucket, *decisions = case.functions("checkout")

    assert differing(bucket, users) == []
    record_property("examples", MANY)
    for function in decisions:
        assert differing(function, users[: MANY // 5]) == []
        record_property("examples", MANY // 5)
