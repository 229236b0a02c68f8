"""The blast radius of a change: moves counted, allowed and refused, by key and by segment."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ffcore import ConfigError, Experiment, Flag, FlagSet, Variant
from ffcore.lab import verify

USERS = 20_000
HALVES = (Variant("blue", Fraction(1, 2)), Variant("green", Fraction(1, 2)))
BUTTON = Flag("button", True, Fraction(20), variants=HALVES)


def moved(check: verify.Check) -> dict[tuple[str, str], int]:
    """Users by move."""
    return {(move["from"], move["to"]): move["users"] for move in check.details["moves"]}


def test_a_ramp_moves_users_in_only() -> None:
    """Raising a percentage is allowed, and counted; lowering it fails and says who loses it."""
    more = replace(BUTTON, rollout_percentage=Fraction(30))
    up, down = verify.blast_radius(BUTTON, more, range(USERS)), verify.blast_radius(more, BUTTON, range(USERS))

    assert (up.verdict, down.verdict) == ("pass", "fail")
    assert up.details["totals"]["button"]["gained"] == down.details["totals"]["button"]["lost"]
    assert set(moved(up)) == {("not enabled", "blue"), ("not enabled", "green")}
    assert {(new, old): users for (old, new), users in moved(up).items()} == moved(down)
    assert 0.09 < up.estimate["button"] < 0.11
    assert "users of button go from" in str(down)


def test_only_the_arms_that_shrink_are_left() -> None:
    """Moving allocation from the last arm to a new one behind it moves its users alone, and may be allowed."""
    thirds = tuple(Variant(key, Fraction(*share)) for key, share in zip("abc", [(1, 2), (3, 10), (1, 5)], strict=True))
    before, after = replace(BUTTON, rollout_percentage=Fraction(100)), Flag("button", True, Fraction(100), variants=())
    before, after = replace(before, variants=HALVES), replace(after, variants=thirds)
    found = verify.blast_radius(before, after, range(USERS))

    assert set(moved(found)) == {("blue", "a"), ("green", "b"), ("green", "c")}
    assert found.verdict == "fail"
    assert verify.blast_radius(before, after, range(USERS), allow=["blue", "green"]).verdict == "pass"
    assert verify.blast_radius(before, after, range(USERS), allow="blue").verdict == "fail"
    assert verify.blast_radius(before, after, range(USERS), allow=["blue", ("green", "b")]).verdict == "fail"
    assert (
        verify.blast_radius(before, after, range(USERS), [("blue", "a"), ("green", "b"), ("green", "c")]).verdict
        == "pass"
    )


def test_keys_that_come_and_go() -> None:
    """Of two flag sets every key is compared, an experiment by its own name; a flag that is gone is lost."""
    gone, new = Flag("gone", True, Fraction(50)), Flag("new", True, Fraction(50))
    trial = Experiment("button", "active", HALVES)
    before, after = FlagSet([BUTTON, gone], [trial]), FlagSet([BUTTON, new], [replace(trial, salt="other")])
    check = verify.blast_radius(before, after, range(USERS))
    totals = check.details["totals"]

    assert list(check.estimate) == ["button", "gone", "new", "experiment button"]
    assert totals["button"] == {"gained": 0, "lost": 0, "changed": 0}
    assert totals["gone"]["lost"] > 9_000 < totals["new"]["gained"]
    assert 9_500 < totals["experiment button"]["changed"] < 10_500
    assert verify.blast_radius(FlagSet([gone]), FlagSet([]), range(9), ["enabled"]).verdict == "pass"


def test_segments_say_where_users_move() -> None:
    """A rule that excludes a country moves users of that country; repeated users count once, nulls are a segment."""
    rule: Any = {"attribute": "country", "operator": "not_equals", "value": "NO"}
    before = Flag("x", True, Fraction(100))
    after = Flag.from_item({**before.to_item(), "targeting_rules": [rule]})
    users = pd.DataFrame(
        {"user_id": [str(row // 2) for row in range(600)], "country": ["NO", "NO", "DE", "DE", None, None] * 100}
    )
    check = verify.blast_radius(before, after, users.assign(many=range(600)))

    assert check.n == 300
    assert moved(check) == {("enabled", "not enabled"): 200}
    assert check.details["segments"] == [
        {"column": "country", "value": None, "users": 100, "moved": 100, "share": 1.0},
        {"column": "country", "value": "NO", "users": 100, "moved": 100, "share": 1.0},
        {"column": "country", "value": "DE", "users": 100, "moved": 0, "share": 0.0},
    ]


def test_functions_are_compared() -> None:
    """Two assignment functions, one of them over arrays; nobody moves between equal ones."""

    @verify.vectorized
    def even(user_ids: Any, _: str) -> Any:
        return np.array([int(user) % 2 == 0 for user in user_ids])

    same = verify.blast_radius(even, lambda user_id, key: int(user_id) % 2 == 0, range(1_000))
    other = verify.blast_radius(even, lambda user_id, key: int(user_id) % 2 == 1, range(1_000))

    assert (same.verdict, same.details["moves"]) == ("pass", [])
    assert "none of 1,000 users moves" in str(same)
    assert moved(other) == {("enabled", "not enabled"): 500, ("not enabled", "enabled"): 500}


def test_nobody_is_no_evidence() -> None:
    """Without users, or without anything to compare, nothing is shown."""
    assert verify.blast_radius(BUTTON, BUTTON, []).verdict == "inconclusive"
    assert verify.blast_radius(FlagSet([]), FlagSet([]), range(9)).verdict == "inconclusive"


def test_things_that_cannot_be_compared() -> None:
    """A flag set against a flag, and an allowed variant that is none, are named."""
    with pytest.raises(ConfigError, match="expected two flag sets"):
        verify.blast_radius(FlagSet([BUTTON]), BUTTON, range(9))
    with pytest.raises(ConfigError, match=r"'bleu' is no variant of either configuration.*blue"):
        verify.blast_radius(BUTTON, BUTTON, range(9), allow=["bleu"])
    with pytest.raises(ConfigError, match=r"allow: expected variants' keys and pairs \(from, to\), got 5"):
        verify.blast_radius(BUTTON, BUTTON, range(9), allow=5)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="expected a flag, an experiment"):
        verify.blast_radius("x", BUTTON, range(9))  # type: ignore[arg-type]
