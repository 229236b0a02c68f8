"""The avalanche check: a good hash, hashes whose bits stick or follow, and bad input."""

import json
from typing import Any

import numpy as np
import pytest
from scipy import stats

from ffcore import ConfigError, hash32
from ffcore.lab import verify
from ffcore.lab.testing.hashes import HASHES
from ffcore.lab.verify.avalanche import avalanche, changes
from ffcore.lab.verify.hard_ids import BITS, KINDS, flipped, flipped_text, hard_ids, texts


def test_the_product_passes() -> None:
    """MD5 changes every output bit half the time, for all kinds of ids and for the key."""
    check = avalanche(None)

    assert check.verdict == "pass"
    assert list(check.estimate) == ["sequential", "key", *list(KINDS)[1:]]
    assert check.n_needed is not None
    assert check.n_needed < check.n
    assert all(abs(share - 0.5) < 0.07 for share in check.estimate.values())
    assert json.loads(json.dumps(check.to_dict()))["details"]["matrix"]["UUID"][35][31]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("crc32", "of sequential ids changes bit 0 of the hash in 100 % of the cases"),
        ("fnv1a", "of sequential ids changes bit 0 of the hash in 100 % of the cases"),
        ("stuck_bit", "of sequential ids changes bit 0 of the hash in 0 % of the cases"),
        ("id_only", "of the key changes bit 0 of the hash in 0 % of the cases"),
        ("growthbook_v1", "of the key changes bit 29 of the hash in 95.2 % of the cases"),
    ],
)
def test_faulty_hashes_fail(name: str, finding: str) -> None:
    """Linear hashes have the published bias of 0.5, a stuck bit never changes, and a key that is not hashed shows."""
    check = avalanche(HASHES[name])

    assert check.verdict == "fail"
    assert finding in str(check)
    assert name == "growthbook_v1" or check.statistic == 0.5


def test_a_function_of_one_id_gives_what_its_array_form_gives() -> None:
    """Plain functions, marked ones and the product's own kernels are counted alike."""

    @verify.vectorized
    def array(user_ids: Any, key: str) -> Any:
        return [hash32(user_id, key) for user_id in user_ids]

    def plain(user_id: str, key: str) -> int:
        return hash32(user_id, key)

    checks = [avalanche(assign, ids=100) for assign in (None, hash32, plain, array)]

    assert checks[1:] == checks[:1] * 3


def test_shares_are_those_of_a_plain_count() -> None:
    """One cell counted by hand: bit 2 of the third character of UUIDs, and bit 17 of the hash."""
    ids = texts(hard_ids(100)["UUID"]).to_pylist()
    pairs = [(user, user[:2] + chr(ord(user[2]) ^ 4) + user[3:]) for user in ids]
    differing = sum((hash32(one, "k") ^ hash32(other, "k")) >> 17 & 1 for one, other in pairs)
    words = np.array([[hash32(other, "k") for _, other in pairs]], dtype=np.uint32)
    found = changes(np.array([hash32(one, "k") for one, _ in pairs], dtype=np.uint32), words)

    assert found.shape == (1, 32)
    assert found[0, 17] == differing
    assert flipped(hard_ids(100)["UUID"], 2).to_pylist()[200:300] == [other for _, other in pairs]


@pytest.mark.slow
def test_the_p_value_is_the_exact_binomial_one_of_the_worst_cell() -> None:
    """Times the number of cells, at most 1; the matrix names the share."""
    check = avalanche(HASHES["biased"])
    shares = [share for rows in check.details["matrix"].values() for row in rows for share in row]
    worst = max(shares, key=lambda share: abs(share - 0.5))
    exact = stats.binomtest(round(worst * 1_536), 1_536).pvalue

    assert check.p_value == pytest.approx(check.details["cells"] * exact)
    assert check.statistic == pytest.approx(abs(worst - 0.5), abs=1e-4)


def test_few_ids_are_no_evidence() -> None:
    """A good hash over few ids stays open, with the number that would settle it."""
    check = avalanche(None, ids=200)

    assert (check.verdict, check.n) == ("inconclusive", 1_400)
    assert f"{check.n_needed:,} ids would give 90 % power to pass" in str(check)


def test_the_detectable_mismatch_is_that_of_one_cell_among_all() -> None:
    """By the normal approximation of the binomial test, at the rate that is left for each cell."""
    check = avalanche(None)
    quantiles = stats.norm.isf(0.001 / check.details["cells"] / 2) + stats.norm.isf(0.2)

    assert check.detectable == pytest.approx(quantiles / 2 / np.sqrt(1_536), rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_no_flip_meets_another_id(kind: str) -> None:
    """Else a pair would be counted twice, and chance alone would go twice as far. All ids differ, none is blank."""
    characters = hard_ids(500)[kind]
    ids = texts(characters).to_pylist()
    flips = [user for place in range(characters.shape[1]) for user in flipped(characters, place).to_pylist()]

    assert len(set(ids)) == 500
    assert not set(ids) & set(flips)
    assert all({len(user) for user in users} == {characters.shape[1]} for users in (ids, flips))
    assert len(set(flips[: 500 * BITS])) == 500 * BITS


def test_flips_of_a_key() -> None:
    """Each bit of each character, whatever its alphabet."""
    found = flipped_text("aж")

    assert [len(row) for row in found] == [BITS, BITS]
    assert found[1][:2] == ["aз", "aд"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"ids": 10}, "ids: expected a whole number from 100 to 1,000,000, got 10"),
        ({"ids": 1e3}, "ids: expected a whole number"),
        ({"ids": True}, "ids: expected a whole number"),
        ({"key": ""}, "key: expected a text that is not blank, got ''"),
        ({"key": 7}, "key: expected a text that is not blank, got 7"),
        ({"key": "\ud800"}, "key: expected a text that is not blank"),
        ({"assign": "md5"}, r"assign: expected a function assign\(user_id, key\)"),
        ({"assign": lambda user_id, key: "x"}, "assign: returned 'x' for user"),
        ({"alpha": -1}, "alpha: -1 is not between 0 and 0.5"),
        ({"margin": 1}, "margin: 1 is not between 0 and 1"),
    ],
)
def test_input_that_makes_no_sense(parameters: dict[str, Any], message: str) -> None:
    """Each mistake is named with its value and what was expected."""
    with pytest.raises(ConfigError, match=message):
        avalanche(**{"assign": None, "ids": 100, **parameters})
