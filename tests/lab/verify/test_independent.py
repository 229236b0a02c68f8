"""The independence check: good hashes, coupled flags, its alarm rate, and input that makes no sense."""

import json
from typing import Any

import numpy as np
import pytest
from scipy import stats

from ffcore import ConfigError, Experiment, Flag, FlagSet, hash32
from ffcore.lab import verify
from ffcore.lab.testing.hashes import HASHES
from ffcore.lab.verify import independent
from ffcore.lab.verify.pair_counts import pair_tables
from tests.lab.verify.hash_draws import ARMS, KEYS, USERS, perfect


@pytest.mark.parametrize(
    ("name", "dependent", "strongest"),
    [("growthbook_v1", 10, 0.53), ("crc32", 27, 0.71), ("id_only", 28, 1.0), ("fnv1a", 10, 0.96)],
)
def test_coupled_flags_are_found(name: str, dependent: int, strongest: float) -> None:
    """The published table in kind: 20,000 numbered users and 28 pairs of keys, of which several depend on each other.

    Published: V of 0.53 for GrowthBook's first hash and of 0.71 for CRC-32, under keys of its own.
    """
    check = verify.independence(HASHES[name], KEYS, USERS[:20_000])

    assert check.verdict == "fail"
    assert len(check.details["dependent"]) == dependent
    assert max(check.estimate.values()) == pytest.approx(strongest, abs=0.02)
    assert "depend (V" in str(check)


def test_the_product_passes_the_published_table() -> None:
    """No dependent pair among 28, and the largest V as counted is the published 0.025: what chance makes of it."""
    check = verify.independence(None, KEYS, USERS[:20_000])
    assert (check.verdict, check.details["pairs"], check.details["dependent"]) == ("pass", 28, [])
    assert check.details["largest"] == pytest.approx(0.025, abs=0.001)
    assert "Cramér's V of each of 28 pairs is below 0.02, shown at 0.05" in str(check)


def test_statistics_are_those_of_scipy() -> None:
    """Chi-square and Cramér's V of a pair's tables, by ranges and by tenths of the remainder of 10,000."""
    words = np.array([[hash32(str(user), key) for user in range(6_000)] for key in "ab"], dtype=np.uint32)
    check = verify.independence(None, ["a", "b"], range(6_000))
    cells = {"ranges": words.astype(float) * 10 // 2**32, "remainders": words % 10_000 // 1_000}
    tables = [stats.contingency.crosstab(*cells[view])[1] for view in cells]
    peers = [stats.contingency.association(table, "cramer", correction=False) for table in tables]
    [found] = [stats.chi2_contingency(table, correction=False) for table in tables][int(np.argmax(peers)) :][:1]

    assert check.details["largest"] == pytest.approx(max(peers))
    excess, least = max(0, found.statistic / 6_000 - 81 / 5_999), 9 - 81 / 5_999  # Bergsma's, of a 10 x 10 table
    assert check.estimate["a × b"] == pytest.approx(np.sqrt(excess / least), rel=1e-9)
    assert check.details["matrix"] == [[None, check.estimate["a × b"]], [check.estimate["a × b"], None]]


def test_bounds_of_v_hold_their_level() -> None:
    """Of a pair as dependent as the margin allows, each bound at 95 % misses in about 5 % of 400 draws.

    Fewer than 4 or more than 44 have a probability below 1e-6; the run is fixed by its seeds.
    """
    truth, users = 0.02, 20_000
    missed = [0, 0]
    for seed in range(400):
        random = np.random.default_rng(seed)
        first = random.integers(0, 10, users)
        second = np.where(random.random(users) < truth, first, random.integers(0, 10, users))
        tables = pair_tables(np.stack([first, second]).astype(np.uint8), 10)
        found = independent.chi_squares(tables, users)
        missed[0] += found["low"][0] > truth
        missed[1] += found["high"][0] < truth

    assert 4 <= min(missed) <= max(missed) <= 44


def test_tables_that_are_too_even_fail() -> None:
    """Words of a counter, taken apart into two draws, meet each pair of cells equally often."""
    draws = {"a": lambda places: places % 10, "b": lambda places: places // 10 % 10}
    assign = verify.vectorized(lambda ids, key: draws[key](np.arange(len(ids))) * (2**32 // 10) + 5)
    check = verify.independence(assign, ["a", "b"], USERS)

    assert check.verdict == "fail"
    assert "a and b are too evenly mixed" in str(check)


def test_rollouts_that_follow_each_other_are_found() -> None:
    """Two draws that share their remainder of 10,000 but not their range couple rollouts, and rollouts alone."""

    def assign(user_id: str, key: str) -> int:
        return hash32(user_id, key) // 10_000 % 429_000 * 10_000 + hash32(user_id, "one") % 10_000

    check = verify.independence(assign, ["a", "b"], range(5_000))

    assert check.verdict == "fail"
    assert max(check.estimate.values()) == pytest.approx(1, abs=0.01)


def test_draws_of_flags_and_shared_salts() -> None:
    """Flags bring their salts; an experiment with a flag's salt gives the flag's variants again."""
    flag = Flag("a", variants=ARMS)
    alone = verify.independence(FlagSet([flag, Flag("c")]), None, USERS)
    shared = verify.independence(None, [flag, Experiment("b", variants=ARMS, salt="a")], USERS)

    assert (alone.verdict, alone.details["draws"]) == ("pass", ["a rollout", "a variant", "c rollout"])
    assert shared.verdict == "fail"
    assert [row["pair"] for row in shared.details["dependent"]] == [["a variant", "experiment b variant"]]


def test_details_are_plain_and_the_matrix_has_no_diagonal() -> None:
    """The result file takes them; a draw is not compared with itself."""
    check = verify.independence(None, KEYS, USERS[:20_000])
    matrix = json.loads(json.dumps(check.to_dict()))["details"]["matrix"]

    assert [row[place] for place, row in enumerate(matrix)] == [None] * 8
    assert len(check.estimate) == independent.LISTED
    assert all(low <= check.estimate[pair] <= high for pair, (low, high) in check.interval.items())
    assert check.detectable is not None
    assert f"detectable {check.detectable:.3g} V" in str(check)


@pytest.mark.parametrize("users", [0, 1, 199, 200, 4_000])
def test_few_users_are_no_evidence(users: int) -> None:
    """Good draws over few users stay open, with the number that would settle them."""
    check = verify.independence(None, ["a", "b"], USERS[:users])

    assert (check.verdict, check.n_needed) == ("inconclusive", 14_487)
    assert "14,487 users would give 90 % power to pass" in str(check)
    assert bool(check.estimate) == (users >= 200)


@pytest.mark.slow
def test_users_needed_give_the_power_that_they_state() -> None:
    """Perfect draws pass with 90 % probability: at least 160 of 200 do, fewer with probability 1e-5."""
    needed = independent.users_needed(6, 0.05)
    checks = [verify.independence(perfect(seed), list("abc"), USERS[:needed], margin=0.05) for seed in range(200)]

    assert sum(check.verdict == "pass" for check in checks) >= 160


@pytest.mark.slow
def test_the_detectable_dependence_is_detected() -> None:
    """A pair with as large a V as the check states is found with 80 % probability: 135 to 180 of 200 times.

    Outside lie 6e-5 of the probability; the run is fixed by its seeds.
    """
    share = verify.independence(None, ["a", "b"], USERS[:5_000]).detectable
    assert share is not None

    def hashes(seed: int) -> Any:
        random = np.random.default_rng(seed)
        first, second, same = random.random(5_000), random.random(5_000), random.random(5_000) < share
        words = {"a": first, "b": np.where(same, (10 * first // 1 + second) / 10, second)}
        return verify.vectorized(lambda ids, key: (words[key] * 2**32).astype(np.uint32))

    checks = [verify.independence(hashes(seed), ["a", "b"], USERS[:5_000]) for seed in range(200)]

    assert 135 <= sum(check.verdict == "fail" for check in checks) <= 180


def test_a_draw_of_one_cell_is_no_evidence() -> None:
    """A constant is independent of everything and shows nothing."""
    check = verify.independence(lambda user_id, key: 7, ["a", "b"], range(5_000))

    assert check.verdict == "inconclusive"
    assert "a draw puts all users into one cell" in str(check)


@pytest.mark.slow
@pytest.mark.parametrize("users", [300, 2_000])
def test_alarm_rate(users: int) -> None:
    """Perfect hashes alarm at no more than the stated rate: 400 of them, with three pairs each, at 0.05 in all.

    More than 45 alarms have a probability of 2e-7 at a rate of 0.05; the run is fixed by its seeds.
    """
    checks = (verify.independence(perfect(seed), list("abc"), USERS[:users], alpha=0.05) for seed in range(400))

    assert 2 <= sum(check.verdict == "fail" for check in checks) <= 45


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"keys": ["a"]}, "keys: expected two or more, got only a"),
        ({"keys": "a"}, "keys: expected two or more, got only a"),
        ({"keys": None}, "keys: expected two or more, got only verify"),
        ({"keys": ["a", "a"]}, "keys: 'a' stands there twice"),
        ({"alpha": 1}, "alpha: 1 is not between 0 and 0.5"),
        ({"margin": 0}, "margin: 0 is not between 0 and 1"),
        ({"users": [None]}, "users: 1 of 1 ids are null, blank or no text"),
        ({"assign": lambda user_id, key: True}, "assign: returned True for user '0'"),
        ({"assign": lambda user_id, key: None}, "assign: returned None for user '0'"),
    ],
)
def test_input_that_makes_no_sense(parameters: dict[str, Any], message: str) -> None:
    """Each mistake is named with its value and what was expected."""
    with pytest.raises(ConfigError, match=message):
        independent.independence(**{"assign": None, "keys": ["a", "b"], "users": range(100), **parameters})


def test_tables_of_all_pairs() -> None:
    """More users than are counted together give the tables that a plain count gives."""
    cells = np.random.default_rng(5).integers(0, 4, (3, 40_000)).astype(np.uint8)
    found = pair_tables(cells, 4)

    for table, (one, other) in zip(found, [(0, 1), (0, 2), (1, 2)], strict=True):
        assert (table == stats.contingency.crosstab(cells[one], cells[other])[1]).all()
