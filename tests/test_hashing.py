"""The 32-bit hash and its integer thresholds, against plain arithmetic on digests and fractions."""

import hashlib
import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffcore import hashing
from ffcore.hashing import HASH_SPACE, accepted_buckets, cumulative_thresholds, hash32, share_threshold
from tests.support import reference

fractions = st.fractions(0, 1)
WITHOUT_OWN_MD5 = """
import sys
sys.modules["_md5"] = None
from ffcore.hashing import hash32, md5
print(hash32("user_687", "promo:2024"), md5.__module__)
"""


@given(st.text(), st.text())
def test_the_hash_is_the_start_of_an_md5(user_id: str, salt: str) -> None:
    """Any two texts hash to the first four bytes of the MD5 of both, little-endian."""
    assert hash32(user_id, salt) == reference.hash32(user_id, salt)


@pytest.mark.parametrize("user_id", ["", " ", "\u3000", "\n", "user\0", "a:b", "é", "e\u0301", "日本", "😀"])
def test_blank_and_odd_text_is_hashed_as_it_is(user_id: str) -> None:
    """Nothing is stripped, escaped or normalised before it is hashed."""
    digest = hashlib.md5(user_id.encode() + b":" + b"key", usedforsecurity=False).digest()

    assert hash32(user_id, "key") == int.from_bytes(digest[:4], "little")


def test_id_and_salt_meet_in_one_text() -> None:
    """The hash is of the joined text, as on the platform: a colon may stand on either side."""
    assert hash32("a:b", "c") == hash32("a", "b:c")


@pytest.mark.parametrize(("user_id", "salt"), [("\ud800", "key"), ("user", "\udfff")])
def test_text_that_utf8_cannot_hold_is_refused(user_id: str, salt: str) -> None:
    """A lone surrogate has no bytes to hash: a ValueError says so."""
    with pytest.raises(ValueError, match="surrogates not allowed"):
        hash32(user_id, salt)


def test_an_interpreter_without_its_own_md5_hashes_the_same() -> None:
    """Where the built-in digest is missing, OpenSSL's takes its place with the same result."""
    done = subprocess.run([sys.executable, "-c", WITHOUT_OWN_MD5], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["496170328", "_hashlib"]
    assert hashing.md5.__module__ == "_md5"


@given(st.fractions(0, 100), st.integers(1, HASH_SPACE))
def test_accepted_buckets_are_those_below_the_share(percentage: Fraction, buckets: int) -> None:
    """A bucket is accepted iff it is below the percentage of all buckets, in exact rationals."""
    accepted = accepted_buckets(percentage, buckets)
    bound = percentage * buckets / 100

    assert 0 <= accepted <= buckets
    assert accepted == buckets or not accepted < bound
    assert accepted == 0 or accepted - 1 < bound


@pytest.mark.parametrize(
    ("percentage", "buckets", "accepted"),
    [("0", 100, 0), ("100", 100, 100), ("12.5", 100, 13), ("12.5", 10_000, 1250), ("0.01", 10_000, 1), ("29", 100, 29)],
)
def test_percentages_accept_whole_buckets(percentage: str, buckets: int, accepted: int) -> None:
    """A whole number of buckets is taken as it is, any other up to the next; no float is near (0.29 * 100 is one)."""
    assert accepted_buckets(Fraction(percentage), buckets) == accepted


@given(fractions, st.integers(0, HASH_SPACE - 1))
def test_a_hash_is_below_the_bound_iff_it_is_below_the_share(share: Fraction, word: int) -> None:
    """Comparing integers says exactly what comparing the fractions says."""
    assert (word < share_threshold(share)) == (Fraction(word, HASH_SPACE) < share)


@pytest.mark.parametrize(("share", "bound"), [("0", 0), ("1", 2**32), ("1/4294967296", 1), ("1/3", 1431655766)])
def test_shares_have_exact_bounds(share: str, bound: int) -> None:
    """Nothing is below 0, everything below 1, and a bound between two hashes is the upper one."""
    assert share_threshold(Fraction(share)) == bound


@given(st.lists(st.integers(0, 20), min_size=1).filter(any))
def test_ranges_follow_each_other_and_fill_the_space(weights: list[int]) -> None:
    """Each range starts where the one before ends, and the last ends with the hash space, without rounding."""
    shares = [Fraction(weight, sum(weights)) for weight in weights]
    uppers = cumulative_thresholds(shares)

    assert list(uppers) == [share_threshold(sum(shares[: i + 1], Fraction(0))) for i in range(len(shares))]
    assert list(uppers) == sorted(uppers)
    assert uppers[-1] == HASH_SPACE


def test_a_tenth_two_tenths_and_seven_tenths_are_one() -> None:
    """Decimal shares that floats sum to 0.9999999999999999 fill the space."""
    assert cumulative_thresholds(map(Fraction, ("0.1", "0.2", "0.7")))[-1] == HASH_SPACE
