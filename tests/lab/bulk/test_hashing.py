"""The kernels against the scalar hash: every length around a block's end, every alphabet, every kind of column."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ffcore import hash32
from ffcore.lab.bulk.hashing import hash32_array, hash_ids
from ffcore.lab.bulk.ids import id_array
from ffcore.lab.bulk.kernels import LANES

SALTS = [
    "",
    "a",
    "promo:2024",
    "Größe",
    "日本",
    *("s" * length for length in (15, 49, 50, 51, 52, 55, 63, 64, 100, 200)),
]
GOLDEN = Path(__file__).parents[2] / "data" / "seed_platform.csv"


def same(ids: Any, texts: list[str], salts: list[str]) -> bool:
    """Whether the kernels hash ids as `hash32` hashes their texts, for all salts."""
    expected = [[hash32(text, salt) for text in texts] for salt in salts]
    return bool(hash_ids(id_array(ids), salts).tolist() == expected)


def test_ids_of_every_length_side_by_side() -> None:
    """Ids of 0 to 140 bytes, shuffled, with salts on either side of one block: two blocks, three and more included."""
    texts = ["x" * length for length in range(141)] * 5
    np.random.default_rng(0).shuffle(texts)

    assert same(texts, texts, SALTS)


@pytest.mark.parametrize("length", [*range(20), 50, 53, 54, 55, 56, 64, 119, 120])
def test_a_block_of_ids_of_one_length(length: int) -> None:
    """A full block of lanes and a bit, all ids of one length."""
    texts = [str(number)[-length:].zfill(length) if length else "" for number in range(LANES + 3)]

    assert same(texts, texts, SALTS)


@pytest.mark.parametrize("spread", [2, 4, 15, 16, 17])
@pytest.mark.parametrize("shortest", [0, 1, 19, 30, 38])
def test_ids_of_some_lengths_side_by_side(shortest: int, spread: int) -> None:
    """Full blocks of ids whose lengths differ by few bytes or by some more, behind which memory ends."""
    texts = [
        f"{number:060d}"[-shortest - number % spread :] if shortest + number % spread else ""
        for number in range(3 * LANES)
    ]

    assert same(texts, texts, SALTS)


def test_all_of_unicode() -> None:
    """Ids of two, three and four bytes a letter are hashed as UTF-8."""
    texts = ["é", "日本語" * 7, "𝔘😀\U0010ffff", "a\0b", "naïve", "長い" * 100, "\t", "%s"]

    assert same(texts, texts, SALTS)


def test_random_ids_and_salts() -> None:
    """Random bytes of text under random salts."""
    rng = np.random.default_rng(7)
    texts = ["".join(map(chr, rng.integers(1, 0xD800, rng.integers(0, 30)))) for _ in range(2_000)]
    salts = ["".join(map(chr, rng.integers(32, 127, length))) for length in range(0, 70, 3)]

    assert same(texts, texts, salts)


@pytest.mark.parametrize("count", [0, 1, LANES - 1, LANES, LANES + 1, 3 * LANES])
def test_any_number_of_ids(count: int) -> None:
    """No ids, one, and one more or less than fits a block of lanes."""
    texts = [f"user-{number}" for number in range(count)]

    assert same(texts, texts, ["a", "b" * 51])


INTEGERS = [0, -1, 7, 2**63 - 1, -(2**63), 1_000_000]
COLUMNS = {
    "list of numbers": INTEGERS,
    "int64 series": pd.Series(INTEGERS),
    "nullable series": pd.Series(INTEGERS, dtype="Int64"),
    "categorical": pd.Series([str(number) for number in INTEGERS], dtype="category"),
    "categories of numbers": pd.Series(INTEGERS, dtype="category"),
    "objects": pd.Series([str(number) for number in INTEGERS], dtype=object),
    "string": pa.array([str(number) for number in INTEGERS], pa.string()),
    "large_string": pa.array([str(number) for number in INTEGERS], pa.large_string()),
    "string_view": pa.array([str(number) for number in INTEGERS], pa.string_view()),
    "slice": pa.array(["x", "yy", *(str(number) for number in INTEGERS), "z"])[2:-1],
    "slice of large strings": pa.array(["x", *(str(number) for number in INTEGERS)], pa.large_string())[1:],
    "chunks": pa.chunked_array([[str(number) for number in INTEGERS[:2]], [str(number) for number in INTEGERS[2:]]]),
    "dictionary": pa.array([str(number) for number in INTEGERS]).dictionary_encode(),
}


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS.keys())
def test_every_kind_of_column(column: Any) -> None:
    """Numbers, categories, views, slices and chunks are hashed as the text of each id."""
    assert same(column, [str(number) for number in INTEGERS], SALTS)


def test_unsigned_numbers_beyond_int64() -> None:
    """An id of 64 bits without a sign is its digits."""
    assert same(pa.array([2**64 - 1], pa.uint64()), [str(2**64 - 1)], ["a"])


def test_a_part_of_ids_is_hashed_alone() -> None:
    """A part gives the words of its rows."""
    ids = id_array([f"user-{number}" for number in range(1_000)])

    assert np.array_equal(hash_ids(ids.part(300, 900), ["a"]), hash_ids(ids, ["a"])[:, 300:900])


def test_golden_vectors() -> None:
    """The platform's own hashes, which no code here computed."""
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    buckets = [row for row in rows if row["op"] == "lambda_bucket"]
    arms = [row for row in rows if row["op"] == "lambda_assign"]

    assert [str(hash32_array([row["unit_id"]], row["key"])[0]) for row in buckets] == [row["hash"] for row in buckets]
    salts = [f"{row['salt'] or row['key']}_variant" for row in arms]
    assert [str(hash32_array([row["unit_id"]], salt)[0]) for row, salt in zip(arms, salts, strict=True)] == [
        row["hash"] for row in arms
    ]
