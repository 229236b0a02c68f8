"""Tests of the explain check: what it names, what it says about it, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from ffcore import Flag, FlagSet
from ffcore.lab.testing import exposures, log_faults
from ffcore.lab.verify import Check, explain, sample_ratio
from tests.lab.verify.segment_faults import HALVES, faulty, table

ATTRIBUTES = ["country", "language", "platform", "app_version", "is_bot", "day"]


def segments(check: Check) -> list[str]:
    """The segments of an explanation."""
    return [row["segment"] for row in check.details["explanation"]["segments"]]


def top_cause(check: Check) -> list[dict[str, str]]:
    """The conditions of the first segment, and those of other segments of the same users."""
    found = check.details.get("explanation", {}).get("segments", [])
    if not found or len(found[0]["conditions"]) > 1:
        return []
    same = [row["segment"].partition("=") for row in found[0]["same_users"]]
    return [{row["attribute"]: row["first"]} for row in found[0]["conditions"]] + [
        {name: value} for name, _, value in same
    ]


def is_found(seed: int) -> bool | None:
    """Whether the segment of a simulated fault is the first cause named; None if there is no mismatch to explain."""
    fault = faulty(seed)
    check = explain(fault.log, fault.expected, ATTRIBUTES)
    if check.p_value is None or check.p_value >= check.alpha:
        return None
    [(name, value)] = fault.segment.items()
    text = str(value.date()) if isinstance(value, pd.Timestamp) else str(value)
    return {name: text} in top_cause(check)


@pytest.mark.slow
def test_the_top_cause_of_most_simulated_faults_is_the_seeded_one() -> None:
    """A slice of the scored test: 9 of 10 segment faults that show in the whole are named first."""
    found = [hit for hit in map(is_found, range(16)) if hit is not None]

    assert len(found) >= 14
    assert np.mean(found) >= 0.9


@pytest.mark.long
def test_the_top_cause_is_right_in_nine_of_ten_of_600_simulated_faults() -> None:
    """The lower end of the 99 % interval of the rate is above 90 %."""
    found = [hit for hit in map(is_found, range(1_000, 1_600)) if hit is not None]
    rate = np.mean(found)
    print(f"top-1 cause: {sum(found)} of {len(found)} = {rate:.1%}")

    assert rate - 2.6 * np.sqrt(rate * (1 - rate) / len(found)) >= 0.9


@pytest.mark.slow
def test_a_mismatch_everywhere_is_blamed_on_no_segment() -> None:
    """The chance that a segment is named is 1 % in each of 12 logs: 5 or more have a chance below 1e-7."""
    checks = [
        explain(fault.log, fault.expected, ATTRIBUTES) for fault in (faulty(seed, conditions=0) for seed in range(12))
    ]

    assert sum(check.verdict == "fail" for check in checks) >= 8
    assert sum(check.details["explanation"]["found"] for check in checks if check.verdict == "fail") < 5


def test_a_segment_within_a_segment_is_named_by_both_conditions() -> None:
    """One version on one platform: neither all of the version nor all of the platform is blamed."""
    fair = pd.DataFrame({"variant": ["a", "b"] * 24_000})
    log = fair.assign(version=fair.index // 2 % 4, platform=np.where(fair.index // 8 % 3 == 0, "ios", "web"))
    lost = (log["version"] == 2) & (log["platform"] == "ios") & (log["variant"] == "b") & (log.index // 24 % 2 == 0)

    check = explain(log[~lost], HALVES, ["platform", "version"])

    assert segments(check) == ["platform=ios with version=2"]


def test_a_segment_that_is_off_as_a_whole_is_not_cut_down() -> None:
    """All of a region lost users, those of one version more: what is left of the region would not fit."""
    rows = {
        ("x", "1"): (3_000, 2_500),
        ("x", "2"): (1_000, 400),
        ("y", "1"): (9_000, 9_000),
        ("y", "2"): (3_000, 3_000),
    }
    parts = [table(z=counts).assign(region=region, version=version) for (region, version), counts in rows.items()]

    check = explain(pd.concat(parts), HALVES, ["region", "version"])

    assert segments(check) == ["region=x"]


def test_two_faulty_segments_are_both_named() -> None:
    """What is left without the first is searched again, until it fits."""
    check = explain(table(x=(3_000, 2_500), y=(4_000, 3_400), z=(5_000, 5_010), w=(6_000, 5_990)), HALVES, "segment")
    told = check.details["explanation"]

    assert sorted(segments(check)) == ["segment=x", "segment=y"]
    assert told["cleared"]
    assert told["text"].startswith("without segment=")
    assert "vanishes" in told["text"]
    assert told["segments"][0]["p_before"] == check.p_value
    assert told["segments"][0]["p_after"] == told["segments"][1]["p_before"]


def test_opposite_faults_are_both_named() -> None:
    """A segment short of one arm and one short of the other do not hide each other."""
    check = explain(table(x=(3_000, 1_500), y=(900, 1_500), z=(5_000, 5_010)), HALVES, "segment")

    assert sorted(segments(check)) == ["segment=x", "segment=y"]


def test_a_mismatch_in_more_segments_than_make_an_explanation_stays() -> None:
    """Nine faulty segments of sixteen: five are named, and the text says that a mismatch is left."""
    rows = {f"s{place}": (1_500, 1_000) if place < 9 else (9_000, 9_000) for place in range(16)}

    told = explain(table(**rows), HALVES, "segment").details["explanation"]

    assert (told["found"], told["cleared"], len(told["segments"])) == (True, False, 5)
    assert "a mismatch is left" in told["text"]


def test_segments_of_the_same_users_are_one_cause_with_two_names() -> None:
    """Language and country tell the same users: the smaller one is reported, the other one named."""
    log = table(de=(3_000, 2_400), fr=(5_000, 5_000), it=(5_000, 5_000)).rename(columns={"segment": "country"})
    german = (log["country"] == "de").to_numpy(copy=True)
    german[-20:] = True
    log["language"] = np.where(german, "german", "other")

    [row] = explain(log, HALVES, ["language", "country"]).details["explanation"]["segments"]

    assert row["segment"] == "country=de"
    assert row["same_users"] == [{"segment": "language=german", "overlap": pytest.approx(5_400 / 5_420)}]


def test_the_explanation_says_how_many_users_an_arm_lost() -> None:
    """Both readings with an interval: arm b lost 500 of 3,000, or arm a was given 500."""
    [row] = explain(table(x=(3_000, 2_500), z=(50_000, 50_000)), HALVES, "segment").details["explanation"]["segments"]

    lost, added = row["changed"]["b"], row["changed"]["a"]
    assert (lost["users"], lost["rate"], added["users"]) == pytest.approx((-500, -1 / 6, 500))
    assert -650 < lost["low"] < -500 < lost["high"] < -350
    assert (row["users"], row["counts"], row["arm"]) == (5_500, {"a": 3_000, "b": 2_500}, None)
    assert row["shares"]["a"] == pytest.approx(3_000 / 5_500)


def test_with_three_arms_the_one_that_is_off_is_named() -> None:
    """The other two fit each other."""
    log = pd.DataFrame({"variant": ["a"] * 5_000 + ["b"] * 3_000 + ["c"] * 1_500, "s": "x"})
    rest = pd.DataFrame({"variant": (["a"] * 5 + ["b"] * 3 + ["c"] * 2) * 3_000, "s": "y"})

    [row] = explain(pd.concat([log, rest]), {"a": 0.5, "b": 0.3, "c": 0.2}, "s").details["explanation"]["segments"]

    assert (row["segment"], row["arm"]) == ("s=x", "c")


def test_null_is_a_segment() -> None:
    """Users without a value can carry the mismatch."""
    log = table(x=(9_000, 9_000), y=(3_000, 2_400))
    log["segment"] = log["segment"].where(log["segment"] == "x")

    check = explain(log, HALVES, "segment")

    assert segments(check) == ["segment is null"]
    assert check.details["explanation"]["segments"][0]["conditions"] == [
        {"attribute": "segment", "first": None, "last": None}
    ]
    assert check.details["explanation"]["causes"][0]["stage"] == "log processing"


@pytest.mark.slow
def test_ten_thousand_versions_hide_no_culprit() -> None:
    """The family is large, but most of its segments are too small to count."""
    rng = np.random.default_rng(2)
    versions = np.where(rng.random(200_000) < 0.8, rng.integers(0, 20, 200_000), rng.integers(0, 10_000, 200_000))
    log = pd.DataFrame({"variant": rng.choice(["a", "b"], 200_000), "version": versions})
    lost = (log["version"] == 3) & (log["variant"] == "b") & (rng.random(len(log)) < 0.2)

    check = explain(log[~lost], HALVES, "version")

    assert segments(check) == ["version=3"]
    assert check.details["scanned"]["segments"] > 9_000 > 10 * check.details["scanned"]["tested"]


def test_a_fault_that_begins_on_a_day_is_named_by_its_span() -> None:
    """Days from the fifth on lost users: one span instead of ten days."""
    rng = np.random.default_rng(1)
    log = pd.DataFrame({"variant": rng.choice(["a", "b"], 80_000), "day": pd.Timestamp("2024-03-01")})
    log["day"] += pd.to_timedelta(rng.integers(0, 14, len(log)), unit="D")
    lost = (log["day"] >= "2024-03-05") & (log["variant"] == "b") & (rng.random(len(log)) < 0.06)

    check = explain(log[~lost], HALVES, "day")

    assert segments(check) == ["day from 2024-03-05 on"]
    assert check.details["explanation"]["causes"][0]["cause"] == "an arm was paused or ramped by itself"


# --- verdicts


@pytest.mark.parametrize("counts", [(5_000, 5_040), (500, 510), (10_000, 10_500), (20_000, 20_560)])
def test_the_verdict_is_that_of_the_sample_ratio(counts: tuple[int, int]) -> None:
    """Pass, inconclusive, fail and watch follow the users of each arm, whatever the segments say."""
    log = pd.DataFrame({"variant": ["a"] * counts[0] + ["b"] * counts[1], "s": 0})
    expected = sample_ratio(dict(zip("ab", counts, strict=True)), HALVES)

    check = explain(log, HALVES, "s")

    same = ("verdict", "statistic", "p_value", "estimate", "interval", "n", "n_needed", "detectable")
    assert [getattr(check, name) for name in same] == [getattr(expected, name) for name in same]


def test_a_fault_too_small_for_the_whole_is_no_pass() -> None:
    """Shares that fit as a whole, but not in one segment, want a look."""
    check = explain(table(x=(600, 400), z=(200_000, 200_100)), HALVES, "segment")

    assert check.p_value is not None
    assert check.p_value > 0.5
    assert (check.verdict, check.details["watch"], segments(check)) == ("inconclusive", True, ["segment=x"])
    assert "the shares fit as a whole, but not where segment=x" in str(check)


def test_a_watched_log_says_where_it_does_not_fit() -> None:
    """Between 0.001 and 0.01 nothing is called, but the segment is named."""
    check = explain(table(x=(3_000, 2_500), z=(15_000, 15_000)), HALVES, "segment")

    assert (check.verdict, segments(check)) == ("inconclusive", ["segment=x"])
    assert check.details["reason"].startswith("p 0.00")
    assert check.details["reason"].endswith("is below 0.01, and the shares do not fit where segment=x")


def test_a_segment_within_its_noise_leaves_a_pass() -> None:
    """A p of 0.008 in one of 30 segments is nothing."""
    rows = {f"s{place}": (2_000, 2_000) for place in range(29)}

    assert explain(table(noise=(1_085, 965), **rows), HALVES, "segment").verdict == "pass"


def test_users_in_an_arm_of_0_percent_are_placed() -> None:
    """A leak is a failure by itself; where all leaked users are is said."""
    log = table(x=(3_000, 3_000), y=(4_000, 4_010))
    leak = pd.DataFrame({"segment": "x", "variant": ["c"] * 12})

    check = explain(pd.concat([log, leak]), {**HALVES, "c": 0.0}, "segment")

    assert (check.verdict, check.details["reason"]) == ("fail", "all users in an arm of 0 % have segment=x")
    assert check.details["leak_explanation"]["causes"][0]["stage"] == "assignment"
    assert "explanation" not in check.details


def test_an_arm_that_nobody_expected_is_one_of_0_percent() -> None:
    """Users in an unknown variant fail the check."""
    log = table(x=(3_000, 3_000), old=(0, 2))
    log["variant"] = log["variant"].where(log["segment"] == "x", "old")

    check = explain(log, HALVES, "segment")

    assert check.details["leak"] == {"old": 2}
    assert check.verdict == "fail"


def test_a_leak_in_two_places_is_placed_in_both() -> None:
    """One leaked user that is left is one too many."""
    log = table(x=(3_000, 3_000), y=(3_000, 3_010), z=(40_000, 40_000))
    leak = pd.DataFrame({"segment": ["x"] * 12 + ["y"] * 5, "variant": "c"})

    told = explain(pd.concat([log, leak]), {**HALVES, "c": 0.0}, "segment").details["leak_explanation"]

    assert ([row["segment"] for row in told["segments"]], told["cleared"]) == (["segment=x", "segment=y"], True)


def test_a_log_of_one_arm_only_fails_everywhere() -> None:
    """No segment is to blame for an arm that reaches nobody at all."""
    check = explain(table(x=(3_000, 0), y=(4_000, 0)), HALVES, "segment")

    assert (check.verdict, check.details["explanation"]["found"]) == ("fail", False)


def test_an_arm_that_reaches_nobody_in_a_segment_is_said_so() -> None:
    """The first cause is that the variant is not delivered there."""
    check = explain(table(x=(3_000, 0), y=(4_000, 4_010)), HALVES, "segment")

    assert segments(check) == ["segment=x"]
    assert check.details["explanation"]["causes"][0]["cause"] == "an arm never reaches anyone here"


def test_a_leak_everywhere_is_blamed_on_no_segment() -> None:
    """Leaked users in all segments alike."""
    log = pd.DataFrame({"variant": (["a"] * 50 + ["b"] * 50 + ["c"]) * 50, "s": np.arange(5_050) % 7})

    told = explain(log, {**HALVES, "c": 0.0}, "s").details["leak_explanation"]

    assert (told["found"], told["text"][:37]) == (False, "users in an arm of 0 % are spread ove")


# --- as a whole


def test_the_order_of_rows_does_not_matter() -> None:
    """A shuffled log of distinct users gives the same check."""
    fault = faulty(3)
    shuffled = fault.log.sample(frac=1, random_state=1)

    assert explain(shuffled, fault.expected, ATTRIBUTES) == explain(fault.log, fault.expected, ATTRIBUTES)


def test_a_check_survives_a_result_file() -> None:
    """Everything in it is plain."""
    check = explain(table(x=(3_000, 2_500), z=(5_000, 5_010)), HALVES, "segment")

    assert Check.from_dict(json.loads(json.dumps(check.to_dict(), allow_nan=False))) == check


@pytest.fixture(scope="module")
def simulated() -> pd.DataFrame:
    """The log of a flag with two variants over four days, seen by users of three app versions."""
    arms = [{"key": "blue", "allocation": 0.5}, {"key": "green", "allocation": 0.5}]
    flag = Flag.from_item({"key": "button", "enabled": True, "rollout_percentage": 100, "variants": arms})
    flags = FlagSet([flag])
    users = pd.DataFrame({"user_id": np.arange(30_000), "app": np.array(["4.0", "4.1", "4.2"])[np.arange(30_000) % 3]})
    return exposures.simulate_exposures(flags, users, "2024-06-01", days=4)


@pytest.mark.parametrize(
    ("inject", "segment", "stage"),
    [
        pytest.param(
            lambda log: log_faults.dropped_segment(log, "button", "green", {"app": "4.1"}, share=0.15),
            "context.app=4.1",
            "execution",
            id="dropped segment",
        ),
        pytest.param(
            lambda log: log_faults.day_one_delay(log, "button", "green", hours=24),
            "timestamp=2024-06-01",
            "execution",
            id="day one",
        ),
    ],
)
def test_faults_of_exposure_logs_are_explained(
    simulated: pd.DataFrame, inject: Callable[[pd.DataFrame], pd.DataFrame], segment: str, stage: str
) -> None:
    """The public faults that are meant for this check are named by it."""
    check = explain(inject(simulated), {"blue": 0.5, "green": 0.5}, ["context.app", "timestamp"])

    assert segments(check) == [segment]
    assert check.details["explanation"]["causes"][0]["stage"] == stage
