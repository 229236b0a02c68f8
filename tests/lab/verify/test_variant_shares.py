"""Tests of the variants check."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from ffcore import ConfigError, Experiment, Flag
from ffcore.hashing import HASH_SPACE, share_threshold
from ffcore.lab.bulk.plan import Plan, plan
from ffcore.lab.verify import logged, variants, vectorized
from ffcore.lab.verify.power import detectable

IDS = [f"user-{number}" for number in range(40_000)]
ARMS = [{"key": "blue", "allocation": 0.5}, {"key": "green", "allocation": 0.3}, {"key": "red", "allocation": 0.2}]


def flag(percentage: float = 100, key: str = "button", **fields: Any) -> Flag:
    """An enabled flag with three variants."""
    return Flag(**{"key": key, "enabled": True, "rollout_percentage": percentage, "variants": ARMS, **fields})


def cycle(*answers: str | None) -> Any:
    """An assignment function that repeats its answers."""
    return vectorized(lambda user_ids, key: [answers[place % len(answers)] for place in range(len(user_ids))])


def test_a_good_flag_passes() -> None:
    """Arms in declared order, the own percentage judged, each step of the ramp once."""
    check = variants(flag(), IDS)

    assert (check.verdict, list(check.estimate), check.n) == ("pass", ["blue", "green", "red"], 40_000)
    assert [row["percentage"] for row in check.details["ramp"]] == [1, 5, 10, 25, 50, 100]


def test_the_own_percentage_joins_the_ramp() -> None:
    """12.5 % is judged beside the six standard steps, and n counts its users."""
    check = variants(flag(12.5), IDS)
    rows = {row["percentage"]: row for row in check.details["ramp"]}

    assert list(rows) == [1, 5, 10, 12.5, 25, 50, 100]
    assert check.n == rows[12.5]["n"]


def test_too_few_at_a_low_percentage_is_no_failure() -> None:
    """400 users cannot decide at 1 %: the row says so, the check passes on its own percentage."""
    check = variants(flag(), IDS)

    assert (check.details["ramp"][0]["verdict"], check.verdict) == ("inconclusive", "pass")


def test_a_small_rollout_says_how_many_users_it_needs() -> None:
    """Needed users count the enabled; the population needed is larger by the rollout."""
    check = variants(flag(1), IDS)

    assert check.verdict == "inconclusive"
    assert check.n_needed is not None
    assert check.details["population_needed"] == 100 * check.n_needed


def test_a_shared_salt_fails_though_the_own_percentage_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    """At 100 % nothing shows; a lower step of the ramp gives the coupling away."""

    def coupled(item: Flag) -> Plan:
        accepted = share_threshold(item.rollout_percentage / 100)
        return replace(plan(item), buckets=HASH_SPACE, accepted=accepted, variant_salt=item.key)

    monkeypatch.setattr("ffcore.lab.verify.assignments.plan", coupled)
    check = variants(flag(), IDS)
    verdicts = {row["percentage"]: row["verdict"] for row in check.details["ramp"]}

    assert check.verdict == "fail"
    assert (verdicts[10], verdicts[100]) == ("fail", "pass")


def test_the_p_value_is_that_of_the_whole_check() -> None:
    """The smallest of all percentages, times their number, never above 1."""
    check = variants(flag(12.5), IDS)

    assert check.p_value == min(1.0, 7 * min(row["p_value"] for row in check.details["ramp"]))


def test_power_is_stated_at_the_alarm_rate_of_one_percentage() -> None:
    """The mismatch detectable at the own percentage is that of a seventh of the alarm rate."""
    check = variants(flag(12.5), IDS)

    assert check.details["detectable"]["blue"] == detectable(0.5, 3, check.n, 0.001 / 7)


def test_a_small_own_p_value_is_judged_with_all_the_others() -> None:
    """One percentage in six at p 0.005 is no watch: the p-value of the whole check is 0.03, and the split passes."""
    check = variants(flag(key="salt-646"), IDS)
    own = check.details["ramp"][-1]

    assert 0.01 / 6 < own["p_value"] < 0.01
    assert (check.verdict, check.details["watch"]) == ("pass", False)


def test_a_variant_that_nobody_expected_is_a_leak() -> None:
    """An unknown variant and a user without one are arms of 0 %."""
    check = variants(cycle("a", "b"), IDS, expected={"a": 1.0, "c": 0.0})

    assert (check.verdict, check.details["leak"]) == ("fail", {"b": 20_000})
    assert "(no variant)" in variants(lambda user_id, key: True, IDS[:9], expected={"a": 0.5, "b": 0.5}).details["leak"]


def test_logged_variants_are_checked() -> None:
    """A column of variants is judged among the users who have one; a user of two variants fails the check."""
    users = pd.DataFrame({"user_id": IDS, "variant": pd.Categorical(["a", None, "b", None] * 10_000)})
    shares = {"a": 0.5, "b": 0.5}
    check = variants(logged("variant"), users, expected=shares, margin=0.02)
    again = variants(logged("variant"), pd.concat([users, users.assign(variant="a")]), expected=shares, margin=0.02)

    assert (check.verdict, check.n, check.estimate) == ("pass", 20_000, {"a": 0.5, "b": 0.5})
    assert (again.verdict, again.n, again.details["conflicting"]) == ("fail", 20_000, 30_000)
    assert "30,000 users got several different answers" in str(again)


def test_users_who_are_off_do_not_count() -> None:
    """Shares are within the enabled."""
    check = variants(cycle("a", None, "b", None), IDS, expected={"a": 0.5, "b": 0.5}, margin=0.02)

    assert (check.n, check.estimate, check.verdict) == (20_000, {"a": 0.5, "b": 0.5}, "pass")


@pytest.mark.parametrize("subject", [flag(0), flag(50, enabled=False)])
def test_nobody_on_is_inconclusive(subject: Flag) -> None:
    """Nothing is shown about a flag that serves nobody, though its ramp was looked at."""
    check = variants(subject, IDS[:2_000])

    assert (check.verdict, check.n, check.details["population_needed"]) == ("inconclusive", 0, None)
    assert check.details["ramp"][-1]["n"] == 2_000


def test_experiments_are_judged_along_their_traffic() -> None:
    """An experiment's traffic takes the place of the rollout."""
    check = variants(Experiment("price", "active", ARMS, traffic_allocation=0.5), IDS, margin=0.02)  # type: ignore[arg-type]

    assert (check.verdict, len(check.details["ramp"])) == ("pass", 6)


@pytest.mark.parametrize(
    ("subject", "expected", "message"),
    [
        (Flag("plain"), None, "flag: plain has 0 variants; a split needs two or more"),
        (cycle("a"), None, "an assignment function needs the share of each variant"),
        (logged("variant"), None, "a logged column needs the share of each variant"),
        (cycle("a"), {"a": 0.5, "b": 0.4}, "expected: sums to 0.9 instead of 1"),
        (cycle("a"), [0.5, 0.5], "expected: must map each arm to its share, got [0.5, 0.5]"),
        ("button", None, "flag: expected a flag, an experiment, an assignment function or a logged column"),
    ],
)
def test_expectations_without_sense_are_refused(subject: Any, expected: dict[str, float] | None, message: str) -> None:
    """No variants, no expectation, or one that does not sum to 1."""
    with pytest.raises(ConfigError) as error:
        variants(subject, IDS[:10], expected=expected)

    assert message in str(error.value)
