"""The hash functions: published values, and the kernels against the libraries for messages of every kind."""

import hashlib
import zlib
from fractions import Fraction

import numpy as np
import pytest

from ffcore import ConfigError
from ffcore.lab.bulk.ids import id_array
from ffcore.lab.bulk.kernels import LANES
from ffcore.lab.primitives.hashes import (
    DIGESTS,
    FNV32,
    HASHES,
    Hash,
    Wide,
    crc32,
    digest,
    fnv1a_32,
    fnv1a_64,
    murmur3,
    polynomial,
)
from ffcore.lab.primitives.texts import encoding, texts_of
from tests.support.schemes import ids_of_every_kind

UTF8 = encoding("utf-8")


def many(function: Hash, users: list[str], prefix: str = "", suffix: str = "") -> list[int]:
    """The numbers of the array form."""
    found: list[int] = function.many(texts_of(id_array(users)), UTF8.part(prefix), UTF8.part(suffix)).tolist()
    return found


def differing(function: Hash, users: list[str], prefix: str, suffix: str) -> list[int]:
    """The rows in which the kernels say otherwise than the libraries."""
    found = many(function, users, prefix, suffix)
    return [row for row, user in enumerate(users) if found[row] != function.one(f"{prefix}{user}{suffix}".encode())]


def test_published_values() -> None:
    """Words that the authors of the hashes, or of a standard, give."""
    assert [murmur3(seed).one(b"") for seed in (0, 1)] == [0, 0x514E28B7]
    assert murmur3(0x9747B28C).one(b"Hello, world!") == 0x24884CBA
    assert murmur3(-1).one(b"a") == murmur3(2**32 - 1).one(b"a")
    assert (fnv1a_32.one(b"foobar"), fnv1a_64.one(b"foobar")) == (0xBF9CF968, 0x85944171F73967E8)
    assert crc32.one(b"123456789") == zlib.crc32(b"123456789") == 0xCBF43926
    assert polynomial.one(b"hello") == 99162322
    assert digest("sha1_60").one(b"abc") == int("a9993e364706816", 16)
    assert digest("sha256_256").one(b"abc") == int(hashlib.sha256(b"abc").hexdigest(), 16)
    assert digest("md5_little").one(b"") == int.from_bytes(
        hashlib.md5(b"", usedforsecurity=False).digest()[:4], "little"
    )
    assert (HASHES["fnv1a_32"].one(b""), HASHES["fnv1a_32"].bits) == (FNV32[0], 32)


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize(("prefix", "suffix"), [("", ""), ("flag:", "_variant"), ("p" * 61, "é"), ("", "s" * 130)])
def test_kernels_give_what_libraries_give(name: str, prefix: str, suffix: str) -> None:
    """Ids of any alphabet and length, between prefixes and suffixes of any length."""
    assert differing(HASHES[name], ids_of_every_kind(2 * LANES + 3, 3), prefix, suffix) == []


@pytest.mark.parametrize("name", ["murmur3", "md5_128", "sha1_60", "sha256_256"])
@pytest.mark.parametrize("count", [1, LANES - 1, LANES, LANES + 1])
def test_every_length_around_a_block_and_every_number_of_ids(name: str, count: int) -> None:
    """Messages of 0 to 139 bytes side by side, as many as fill the lanes or not, and no message at all."""
    users = ["x" * (row % 140) for row in range(count)]

    assert differing(HASHES[name], users, "", "") == []
    assert many(HASHES[name], []) == []


@pytest.mark.parametrize("seed", [0, 1, -5, 2**31, 2**32 - 1])
def test_murmur_takes_every_seed(seed: int) -> None:
    """Signed seeds are taken modulo 2**32, one by one and in bulk."""
    assert differing(murmur3(seed), ids_of_every_kind(50, 4), "a", "") == []


def test_wide_numbers_are_reduced_exactly() -> None:
    """Rests and shares of 128 and 256 bits, at the top of the range, at 0, and with long runs of leading zeros."""
    halfway = 2**255 + 2**202
    numbers = [0, 1, 2**256 - 1, 2**255, 2**200 + 1, 2**203 - 1, (2**54 - 1) << 202 | 1, 7**90, halfway, halfway + 1]
    wide = Wide(np.array([list(number.to_bytes(32, "big")) for number in numbers], np.uint8).view(">u4").T.astype("u4"))

    assert wide.tolist() == numbers
    assert (wide % 100_000_000).tolist() == [number % 100_000_000 for number in numbers]
    assert (wide / 2**256).tolist() == [float(Fraction(number, 2**256)) for number in numbers]


def test_a_reading_that_there_is_not_is_answered() -> None:
    """The choice is named."""
    with pytest.raises(ConfigError, match="'md5_64' is no reading of a digest; expected one of md5_32, "):
        digest("md5_64")


@pytest.mark.long
@pytest.mark.parametrize("name", HASHES)
def test_a_million_ids(name: str) -> None:
    """A million random ids of every kind, by every hash function."""
    assert differing(HASHES[name], ids_of_every_kind(1_000_000, 5), "flag:", "_variant") == []


def test_readings_are_told_apart() -> None:
    """Two seeds are two functions, and the same seed one."""
    assert murmur3(1) == murmur3(1) != murmur3(2)
    assert len({*DIGESTS.values(), murmur3(), murmur3()}) == len(DIGESTS) + 1
