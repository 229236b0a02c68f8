"""Tests of the faulty hashes: their array form is their plain form, and each is what it says."""

import zlib

import numpy as np
import pytest

from ffcore import ConfigError, hash32
from ffcore.lab.bulk.ids import id_array
from ffcore.lab.testing.hashes import HASHES, hash_function

IDS = [*(f"user-{number}" for number in range(2_000)), "", "Zoë", "ユーザー", "😀", "x" * 300]
#: What GrowthBook's clients answer: id, seed, thousandths.
GROWTHBOOK = [("Upper", "s", 956), ("74", "exp_001", 1), ("493", "new-checkout", 770)]


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize("key", ["dark-mode", "", "größe"])
def test_an_array_of_ids_gets_what_each_id_gets(name: str, key: str) -> None:
    """The kernels compute the same words, for ids and keys of any alphabet and length."""
    hashed = hash_function(name)

    assert hashed(np.array(IDS, dtype=object), key).tolist() == [hashed(user, key) for user in IDS]


def test_several_keys_at_once_are_one_after_the_other() -> None:
    """Ids are read once for several keys, and no key sees the state of the one before."""
    ids = np.array(IDS, dtype=object)
    for hashed in HASHES.values():
        found = hashed.many(id_array(ids), ["a", "long-key", "a"])

        assert found.dtype == np.uint32
        assert found.tolist() == [hashed(ids, key).tolist() for key in ("a", "long-key", "a")]


def test_the_good_hash_is_among_them() -> None:
    """The product's hash stands beside the faulty ones, for the comparison."""
    assert hash_function("hash32")("user_687", "promo:2024") == hash32("user_687", "promo:2024") == 496170328


def test_faulty_hashes_are_what_they_say() -> None:
    """Known words of FNV-1a and CRC-32, thousandths of GrowthBook's clients, and the marks of the others."""
    words = {name: hashed(np.array(IDS, dtype=object), "dark-mode") for name, hashed in HASHES.items()}

    assert hash_function("fnv1a")("foo", "bar") == 0xBF9CF968
    assert hash_function("crc32")("1234", "56789") == zlib.crc32(b"123456789") == 0xCBF43926
    assert len(np.unique(words["growthbook_v1"])) < 1_000
    assert (words["id_only"] == hash_function("id_only")(np.array(IDS, dtype=object), "other")).all()
    assert (words["stuck_bit"] % 2 == 1).all()
    assert (words["biased"] < 2**32 * 0.5536).mean() > 0.57
    for user, seed, thousandths in GROWTHBOOK:
        assert hash_function("growthbook_v1")(user, seed) == thousandths * 2**32 // 1_000


def test_an_unknown_hash_gives_the_nearest() -> None:
    """A misspelt name is answered with the right one."""
    with pytest.raises(ConfigError, match=r"'crc23' is unknown; did you mean crc32\?"):
        hash_function("crc23")
