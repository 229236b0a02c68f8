"""Tests of the rollout check."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pandas as pd
import pytest

from ffcore import ConfigError, Experiment, Flag
from ffcore.hashing import hash32
from ffcore.lab.bulk.hashing import hash_ids
from ffcore.lab.bulk.ids import Ids
from ffcore.lab.verify import logged, rollout, vectorized
from ffcore.lab.verify import rollouts as module

IDS = [f"user-{number}" for number in range(30_000)]
ARMS = [{"key": "blue", "allocation": 0.5}, {"key": "green", "allocation": 0.5}]
OUTCOMES = {
    "equivalent": ("pass", 15_000),
    "inconclusive": ("inconclusive", 15_150),
    "different": ("fail", 16_000),
    "equivalent though detectably different": ("fail", 15_360),
}


def flag(percentage: float, **fields: Any) -> Flag:
    """An enabled flag."""
    return Flag(**{"key": "checkout", "enabled": True, "rollout_percentage": percentage, **fields})


def first(on: int) -> Any:
    """An assignment function that puts the first users on."""
    return vectorized(lambda user_ids, key: [place < on for place in range(len(user_ids))])


@pytest.mark.parametrize("percentage", [0.5, 12.5, 50, 99.5])
def test_a_good_hash_is_never_refused(percentage: float) -> None:
    """Fixed ids, four percentages: the proof holds and no user disagrees with the bucket."""
    check = rollout(flag(percentage), IDS)

    assert check.verdict != "fail"
    assert check.details["proof"]["holds"]
    assert check.details["proof"]["share"] == percentage / 100


def test_enough_users_pass() -> None:
    """120,000 users show half a point at 50 %, as planned: 108,222 are needed."""
    check = rollout(flag(50), range(120_000))

    assert (check.verdict, check.details["outcome"], check.n_needed) == ("pass", "equivalent", 108_222)
    assert list(check.estimate) == list(check.interval) == ["enabled"]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_the_four_outcomes(outcome: str) -> None:
    """Equivalent passes; different fails, also within the margin; the rest is inconclusive."""
    verdict, on = OUTCOMES[outcome]
    margin = {"inconclusive": 0.005, "equivalent though detectably different": 0.03}.get(outcome, 0.01)
    check = rollout(first(on), IDS, expected=0.5, margin=margin)

    assert (check.details["outcome"], check.verdict) == (outcome, verdict)


def test_a_percentage_between_buckets_violates_the_proof() -> None:
    """12.5 % of 100 buckets serves 13 %: a fail however few the users."""
    check = rollout(flag(12.5, buckets=100), ["anna"])

    assert (check.verdict, check.details["outcome"]) == ("fail", "different")
    assert (check.details["proof"]["accepted"], check.details["proof"]["share"]) == (13, 0.13)


def test_a_decision_against_its_bucket_violates_the_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """Users who are decided otherwise than their bucket says are counted, and fail the check."""
    monkeypatch.setattr(module, "hash32", lambda user_id, salt: hash32(user_id, salt) ^ (user_id == "user-7"))
    edge = next(p for p in range(1, 10_000) if p == hash32("user-7", "checkout") % 10_000 | 1)
    check = rollout(flag(edge / 100), IDS[:100])

    assert (check.verdict, check.details["proof"]["disagreeing_users"]) == ("fail", 1)


def test_every_user_is_compared_with_the_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond those whom the plain hash looks at, the kernels' words count: one wrong among 3,000 fails."""

    def wrong(ids: Ids, salts: list[str]) -> Any:
        words = hash_ids(ids, salts)
        words[0, 1] = 9_999 if words[0, 1] % 10_000 < 5_000 else 0
        return words

    monkeypatch.setattr(module, "hash_ids", wrong)
    check = rollout(flag(50), IDS[:3_000])

    assert (check.verdict, check.details["proof"]["disagreeing_users"]) == ("fail", 1)


@pytest.mark.parametrize(
    ("percentage", "wrong", "verdict"), [(0, 0, "pass"), (0, 1, "fail"), (100, 0, "pass"), (100, 1, "fail")]
)
def test_none_and_all_are_proofs(percentage: int, wrong: int, verdict: str) -> None:
    """At 0 and 100 % one user on the wrong side fails, and none is a proof over these users."""
    on = wrong if percentage == 0 else 1_000 - wrong
    check = rollout(first(on), IDS[:1_000], expected=percentage / 100)

    assert (check.verdict, check.p_value) == (verdict, None)
    assert rollout(flag(percentage), IDS[:1_000]).verdict == "pass"


def test_a_flag_switched_off_serves_nobody() -> None:
    """Its target is 0, whatever its percentage says."""
    assert rollout(flag(50, enabled=False), IDS[:10]).details["proof"]["target"] == 0


def test_only_eligible_users_count() -> None:
    """Targeting decides who is counted, not who is on."""
    frame = pd.DataFrame({"user_id": IDS, "country": ["NO", "SE", None] * 10_000})
    rules = [{"attribute": "country", "operator": "equals", "value": "NO"}]
    check = rollout(flag(50, targeting_rules=rules), frame, margin=0.02)

    assert (check.n, check.details["ineligible"], check.verdict) == (10_000, 20_000, "pass")


def test_attributes_without_a_column_are_named() -> None:
    """A rule that no column can meet leaves nobody to count, and says why."""
    rules = [{"attribute": "country", "operator": "equals", "value": "NO"}]
    check = rollout(flag(50, targeting_rules=rules), IDS[:10])

    assert (check.verdict, check.n, check.details["missing_attributes"]) == ("inconclusive", 0, ["country"])


def test_an_experiments_traffic_is_checked() -> None:
    """Traffic is exact to one value of the 32-bit hash, thirds included."""
    experiment = Experiment("price", "active", ARMS, traffic_allocation="1/3", salt="grain")  # type: ignore[arg-type]
    check = rollout(experiment, IDS, margin=0.01)

    assert check.verdict == "pass"
    assert check.details["proof"]["holds"]
    assert rollout(experiment, IDS, expected=0.3).verdict == "fail"


@pytest.mark.parametrize(
    ("subject", "expected", "message"),
    [
        (first(1), None, "an assignment function needs its target share"),
        ("checkout", None, "flag: expected a flag, an experiment, an assignment function or a logged column"),
        (logged("variant"), None, "a logged column needs its target share"),
        (flag(10), 10, "10 is not a share between 0 and 1 (10 % is 0.1)"),
    ],
)
def test_targets_without_sense_are_refused(subject: Any, expected: float | None, message: str) -> None:
    """A function has no target of its own, and percentages are not shares."""
    with pytest.raises(ConfigError) as error:
        rollout(subject, IDS[:10], expected=expected)

    assert message in str(error.value)


def test_a_target_can_be_a_fraction() -> None:
    """One in eight is exact as it is written."""
    assert rollout(flag(12.5), IDS, expected=Fraction(1, 8)).details["proof"]["holds"]  # type: ignore[arg-type]


LOGGED = pd.DataFrame({"user_id": IDS, "on": [True, False] * 15_000})


def test_a_logged_rollout_is_checked() -> None:
    """A column of truth values is judged as the sample it is, without a proof."""
    check = rollout(logged("on"), LOGGED, expected=0.5, margin=0.01)

    assert (check.verdict, check.estimate, "proof" in check.details) == ("pass", {"enabled": 0.5}, False)
    assert rollout(logged("on"), LOGGED, expected=0.52, margin=0.01).verdict == "fail"


@pytest.mark.parametrize("expected", [0.5, 1])
def test_one_user_of_two_answers_fails(expected: float) -> None:
    """An assignment gives one answer: the check says how many users got several, whatever the share."""
    rows = LOGGED if expected == 0.5 else LOGGED.assign(on=True)
    contradiction = pd.DataFrame({"user_id": ["user-0"], "on": [False]})
    check = rollout(logged("on"), pd.concat([rows, contradiction]), expected=expected, margin=0.01)

    assert (check.verdict, check.details["outcome"], check.details["conflicting"]) == ("fail", "different", 1)
    assert "1 users got several different answers" in str(check)
