"""Draws: the salts of flags and experiments, keys read and refused, and the cells of a hash."""

from typing import Any

import numpy as np
import pytest

from ffcore import ConfigError, Experiment, Flag, FlagSet, hash32
from ffcore.hashing import HASH_SPACE
from ffcore.lab.verify import draws
from ffcore.lab.verify.users import read_users
from tests.lab.verify.hash_draws import ARMS

FLAGS = FlagSet([Flag("plain"), Flag("split", variants=ARMS)], [Experiment("plain", variants=ARMS, salt="winter")])


def test_a_flag_set_has_the_salts_that_the_product_hashes_with() -> None:
    """Rollouts, variants of flags that have several, and an experiment's traffic and variants."""
    assert dict(draws.read_draws("x", FLAGS).salts) == {
        "plain rollout": "plain",
        "split rollout": "split",
        "split variant": "split_variant",
        "experiment plain traffic": "winter_traffic",
        "experiment plain variant": "winter_variant",
    }


def test_keys_in_every_form() -> None:
    """One key, several, draws by name, and flags among texts; a function without keys brings its own."""

    def assign(user_id: str, key: str) -> int:
        return hash32(user_id, key)

    assert draws.salts("x", "a") == {"a": "a"}
    assert draws.salts("x", ["a", Flag("b")]) == {"a": "a", "b rollout": "b"}
    assert draws.salts("x", {"rollout": "a", "variant": "a"}) == {"rollout": "a", "variant": "a"}
    assert draws.read_draws("x", assign).salts == {"verify": "verify"}
    assign.key = "own"  # type: ignore[attr-defined]
    assert draws.read_draws("x", assign).salts == {"own": "own"}


def test_words_are_those_of_the_product_for_each_distinct_user() -> None:
    """One draw after the other, each with its salt."""
    found = dict(draws.read_draws("x", Flag("a", variants=ARMS)).words(read_users(["anna", "ben", "anna"])))

    assert {name: words.tolist() for name, words in found.items()} == {
        "a rollout": [hash32("anna", "a"), hash32("ben", "a")],
        "a variant": [hash32("anna", "a_variant"), hash32("ben", "a_variant")],
    }


@pytest.mark.parametrize(
    ("assign", "keys", "message"),
    [
        (None, ["a", "b", "a"], "keys: 'a' stands there twice"),
        (None, [], "keys: expected one key or more, got none"),
        (None, 7, "keys: expected texts, flags or experiments, got 7"),
        (None, ["a", None], "keys: expected texts, flags or experiments, got None"),
        (None, {"a": 1}, "keys: expected texts, flags or experiments, got 1"),
        (FLAGS, ["a"], "keys: flags and experiments have their own salts; leave keys out"),
        ("crc32", ["a"], r"assign: expected a function assign\(user_id, key\) of 32 bits, .* got 'crc32'"),
    ],
)
def test_keys_that_are_none(assign: Any, keys: Any, message: str) -> None:
    """Each mistake is named with its value."""
    with pytest.raises(ConfigError, match=message):
        draws.read_draws("x", assign, keys)


@pytest.mark.parametrize("cells", [2, 3, 10, 100, 10_000])
def test_shares_of_cells_are_exact(cells: int) -> None:
    """Ranges and remainders of the 32 bits are as large as their first and last hashes say."""
    shares = draws.range_shares(cells)
    firsts = np.concatenate([[0], np.round(np.cumsum(shares) * HASH_SPACE)]).astype(np.uint64)
    edges = np.concatenate([firsts[:-1], firsts[1:] - 1]).astype(np.uint32)

    assert draws.ranges(edges, cells).tolist() == [*range(cells), *range(cells)]
    assert (draws.remainder_shares(cells) * HASH_SPACE).tolist() == [
        len(range(place, HASH_SPACE, cells)) for place in range(cells)
    ]
