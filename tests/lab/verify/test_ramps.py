"""The ramp check: proofs over every bucket, functions asked step by step, and ramps that move users."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from ffcore import ConfigError, Experiment, Flag, hash32
from ffcore.lab import verify
from ffcore.lab.verify import ramps

ARMS: Any = [{"key": key, "allocation": "1/3"} for key in "abc"]


@pytest.mark.parametrize("buckets", [2, 100, 1_000, 10_000])
def test_every_bucket_is_tried(buckets: int) -> None:
    """A flag's users meet every bucket there is, and each pair of percentages is compared."""
    check = verify.ramp(Flag("x", buckets=buckets), [0, 50, 100])

    assert check.verdict == "pass"
    assert check.details["method"] == "every bucket"
    assert check.details["covered"] == buckets
    assert [(pair["lost"], pair["changed"]) for pair in check.details["pairs"]] == [(0, 0)] * 3
    assert check.details["pairs"][1]["gained"] == check.n
    assert check.p_value is None


def test_standard_steps_of_variants_and_of_traffic() -> None:
    """A disabled, targeted flag with variants and a draft experiment are ramped as if they served everybody."""
    flag = Flag.from_item({"key": "x", "variants": ARMS, "targeting_rules": [{"attribute": "a", "operator": "exists"}]})
    experiment = Experiment("x", variants=ARMS)

    checks = [verify.ramp(flag), verify.ramp(experiment)]

    assert [check.verdict for check in checks] == ["pass", "pass"]
    assert [len(check.details["pairs"]) for check in checks] == [15, 15]
    assert checks[1].details["method"] == "ranges of buckets"
    assert checks[0].estimate["25 %"] == 0.25


def test_a_percentage_between_two_buckets_is_named() -> None:
    """12.5 % of 100 buckets is 13 %: the ramp is monotone, but not what was asked for."""
    check = verify.ramp(Flag("x", buckets=100), [12.5, 50])

    assert check.verdict == "fail"
    assert "12.5 % serves 13 %" in str(check)


def test_users_who_are_lost_are_counted() -> None:
    """A draw that changes with the percentage takes users out."""

    def step(percentage: int) -> Any:
        return lambda user_id, key: hash32(user_id, str(percentage)) % 100 < percentage

    check = verify.ramp({20: step(20), 40: step(40)})
    [pair] = check.details["pairs"]
    lost = sum(hash32(str(user), "20") % 100 < 20 and hash32(str(user), "40") % 100 >= 40 for user in range(check.n))

    assert check.verdict == "fail"
    assert pair["lost"] == lost > 10_000
    assert f"{lost:,} users lose it" in str(check)


def test_variants_that_change_are_counted() -> None:
    """A variant drawn from what is left of the rollout's bucket moves users between variants."""

    def assign(user_id: str, key: str, percentage: float) -> str | None:
        bucket = hash32(user_id, key) % 100
        return None if bucket >= percentage else "ab"[bucket >= percentage / 2]

    check = verify.ramp(assign, [10, 20])

    assert check.verdict == "fail"
    assert check.details["pairs"][0]["lost"] == 0
    assert check.details["pairs"][0]["changed"] > 1_000


def test_functions_over_arrays() -> None:
    """A marked function is asked once for each step."""
    calls = []

    @verify.vectorized
    def assign(user_ids: Any, key: str, percentage: float) -> Any:
        calls.append((len(user_ids), key, percentage))
        return np.arange(len(user_ids)) % 100 < percentage

    assert verify.ramp(assign, [5, 50]).verdict == "pass"
    assert calls == [(ramps.USERS_OF_FUNCTIONS, "verify", 5.0), (ramps.USERS_OF_FUNCTIONS, "verify", 50.0)]


def test_users_who_are_not_decided_by_their_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision that does not follow from the bucket breaks the proof."""
    monkeypatch.setattr(ramps, "everywhere", lambda item: (ramps.numbered(1_000), np.zeros(1_000, dtype=np.uint64)))

    assert "not decided by their bucket" in str(verify.ramp(Flag("x")))


@pytest.mark.parametrize("percentages", [[], [50], [50, 50.0], [-1, 50], [50, 101], ["x", 1], [float("nan"), 1], 5])
def test_steps_that_are_none(percentages: Any) -> None:
    """A ramp needs two different percentages between 0 and 100."""
    with pytest.raises(ConfigError, match="percentages: expected two or more different numbers"):
        verify.ramp(Flag("x"), percentages)


def test_steps_are_exact_and_in_order() -> None:
    """Decimal steps are taken as written, and sorted."""
    assert ramps.read_steps([50, 0.1, 12.5]) == [Fraction(1, 10), Fraction(25, 2), Fraction(50)]


@pytest.mark.parametrize("subject", [lambda user_id, key: True, "x", None])
def test_subjects_that_cannot_be_ramped(subject: Any) -> None:
    """A function must take the percentage, or come once for each."""
    with pytest.raises(ConfigError, match="flag: expected a flag, an experiment, assign"):
        verify.ramp(subject)
