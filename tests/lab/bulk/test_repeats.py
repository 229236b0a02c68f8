"""Repeated rows against a plain count of the ids."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from ffcore.lab.bulk import repeats
from ffcore.lab.bulk.hashing import hash_ids
from ffcore.lab.bulk.ids import id_array
from ffcore.lab.bulk.repeats import repeated_rows

RNG = np.random.default_rng(5)
POPULATIONS = {
    "nobody": [],
    "one": ["a"],
    "all distinct": [f"user-{number}" for number in range(5_000)],
    "one user": ["a"] * 1_000,
    "few repeated": [f"user-{number}" for number in [*range(3_000), *range(0, 3_000, 100)]],
    "mostly repeated": [f"user-{number}" for number in RNG.integers(0, 300, 5_000)],
}


@pytest.mark.parametrize("ids", POPULATIONS.values(), ids=POPULATIONS.keys())
@pytest.mark.parametrize("most_bits", [6, 31], ids=["a full bitmap", "a sparse bitmap"])
def test_repeated_rows_are_those_of_a_plain_count(
    ids: list[str], most_bits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exactly the rows of ids that stand twice or more, in order, under one number for each id and no other."""
    monkeypatch.setattr(repeats, "MOST_BITS", most_bits)
    array = id_array(pa.array(ids, pa.string()))
    rows, users = repeated_rows(array.text, hash_ids(array, ["any"])[0])
    counts = Counter(ids)

    assert rows.tolist() == [row for row, user in enumerate(ids) if counts[user] > 1]
    assert len({(ids[row], user) for row, user in zip(rows, users.tolist(), strict=True)}) == len(set(users.tolist()))
    assert len(set(users.tolist())) == sum(count > 1 for count in counts.values())


def test_equal_words_alone_are_no_repeat() -> None:
    """Ids that share a hash are told apart by their text."""
    text = pa.array(["a", "b", "c", "b"], pa.large_string())

    assert repeated_rows(text, np.zeros(4, dtype=np.uint32))[0].tolist() == [1, 3]


def test_few_ids_are_suspected_by_chance() -> None:
    """Of distinct ids fewer than an eighth are compared as text: what is cheap must stay so."""
    ids = id_array([f"user-{number}" for number in range(100_000)])

    assert repeats._suspects(hash_ids(ids, ["any"])[0]).size < 12_500
