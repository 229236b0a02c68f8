"""Assignments: kinds of ids, keys, kinds of answers, waterfalls, and words for checks of hashes."""

import hashlib

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from ffcore import ConfigError
from ffcore.lab import schemes, verify
from ffcore.lab.schemes.assignments import FirstOf
from ffcore.lab.schemes.draws import Constant

IDS = ["7", "11", "ann", "ben"]


def test_all_kinds_of_columns_are_taken() -> None:
    """Lists, arrays, Series and Arrow's columns get the same answers; whole numbers are their text."""
    assign = schemes.get("unleash").rollout(50, "flag")
    expected = [assign(user) for user in IDS]

    for users in (
        IDS,
        np.array(IDS, dtype=object),
        pd.Series(IDS),
        pl.Series(IDS),
        pa.array(IDS),
        pa.chunked_array([IDS]),
    ):
        assert assign(users).tolist() == expected
    assert assign([7, 11]).tolist() == expected[:2]
    with pytest.raises(ConfigError, match="expected ids that are text or whole numbers"):
        assign([1.5])


def test_the_key_of_a_call_goes_first() -> None:
    """An assignment asks for its own flag, unless another is named."""
    scheme = schemes.get("launchdarkly")
    assign = scheme.rollout(50, "a", salt="s")
    users = [str(number) for number in range(100)]

    assert assign(users).tolist() == assign(users, "a").tolist()
    assert assign(users, "b").tolist() == scheme.rollout(50, "b", salt="s")(users).tolist() != assign(users).tolist()


def test_kinds_of_answers() -> None:
    """Bools, a categorical of variants in their order, and objects where PostHog's gap is a plain True."""
    halves = schemes.get("optimizely").variants({"b": 2_000, "a": 3_000}, "1")
    gap = schemes.get("posthog").variants({"a": 30, "b": 30}, "flag", rollout=90)
    many = [str(number) for number in range(2_000)]

    assert halves(many).categories.tolist() == ["b", "a"]
    assert abs(pd.isna(halves(many)).mean() - 0.5) < 0.07  # six standard deviations
    assert set(gap(many)) == {"a", "b", True, None}
    assert gap(many).tolist() == [gap(user) for user in many]


def test_a_waterfall_gives_the_first_answer() -> None:
    """Of several rules the first that lets an id in counts."""
    scheme = schemes.get("eppo")
    first, second = scheme.variants({"x": (0, 3_000)}, "s"), scheme.variants({"y": (0, 6_000)}, "s")
    both = FirstOf("s", (first, second), outside="off")
    users = [str(number) for number in range(500)]
    shards = scheme.bucket("s")(users)
    expected = np.where(shards < 3_000, "x", np.where(shards < 6_000, "y", "off")).tolist()

    assert both(users).tolist() == [both(user) for user in users] == expected


def test_words_are_buckets_in_order() -> None:
    """The word's place in the space of 32 bits is the bucket's among the buckets, also at the top."""
    scheme = schemes.get("unleash")
    draw, words = scheme.bucket("flag"), scheme.words()
    users = [str(number) for number in range(1_000)]

    assert words(users, "flag").dtype == np.uint32
    assert words(users, "flag").tolist() == [words(user, "flag") for user in users]
    assert [int((bucket - 1) * 2**32 / 100) for bucket in draw(users).tolist()] == words(users, "flag").tolist()
    assert Constant(1.0).word("a") == Constant(1.0).word(["a"])[0] == 2**32 - 1


def test_checks_see_vendors_faults() -> None:
    """Uniformity finds nothing in MurmurHash3, all in coarse places; independence fails where no flag is hashed."""
    users = [str(number) for number in range(30_000)]
    fine = schemes.get("flagd", 2).hashes()

    assert verify.uniformity(fine, users, ["a", "b"]).verdict != "fail"
    assert verify.uniformity(schemes.get("unleash").words(), users, ["a", "b"]).verdict == "fail"
    assert verify.independence(schemes.get("harness_ff").words(), ["a", "b"], users).verdict == "fail"
    assert verify.ramp({share: schemes.get("statsig").rollout(share) for share in (10, 50)}).verdict == "pass"


def test_hashes_are_the_leading_bits() -> None:
    """Of hashes of 28 to 256 bits, one by one and in bulk; where buckets are made of several hashes, it is said."""
    for name in ("configcat", "unleash", "launchdarkly", "statsig", "kameleoon", "azure_featuremanagement"):
        hashes = schemes.get(name).hashes()
        assert hashes(IDS, "flag").tolist() == [hashes(user, "flag") for user in IDS]
        assert hashes(IDS, "flag").dtype == np.uint32
    assert schemes.get("kameleoon").hashes()("ann", "7") == int(hashlib.sha256(b"ann7").hexdigest()[:8], 16)
    with pytest.raises(ConfigError, match="flagsmith: its buckets are not made of one hash; use words"):
        schemes.get("flagsmith").hashes()
