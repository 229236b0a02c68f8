"""Tests of the audit of exposure logs: healthy ones pass, and every fault that is seeded is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ffcore import ConfigError, FlagSet
from ffcore.lab.testing import log_faults
from ffcore.lab.testing.exposures import simulate_exposures
from ffcore.lab.verify import Check, audit, read_exposures
from ffcore.lab.verify.power import wilson

ARMS = [{"key": "blue", "allocation": 0.5}, {"key": "red", "allocation": 0.5}]
RULES = [{"attribute": "age", "operator": "greater_than", "value": 17}]
CHANGE = pd.Timestamp("2024-06-03T09:30", tz="UTC")
Log = pd.DataFrame


def flag_set(percentage: float) -> FlagSet:
    """A checkout of two variants at a percentage, a banner with rules, and an experiment."""
    return FlagSet.from_items(
        flags=[
            {"key": "checkout", "enabled": True, "rollout_percentage": percentage, "variants": ARMS},
            {"key": "banner", "enabled": True, "rollout_percentage": 30, "targeting_rules": RULES},
        ],
        experiments=[{"key": "price", "status": "active", "variants": ARMS, "traffic_allocation": 0.6}],
    )


def users(count: int) -> pd.DataFrame:
    """Users with contexts."""
    rng = np.random.default_rng(3)
    apps = pd.Categorical(rng.choice(["3.1", "3.2", "4.0"], count))
    return pd.DataFrame(
        {"user_id": [f"user-{row}" for row in range(count)], "age": rng.integers(10, 60, count), "app": apps}
    )


OLD, NEW = flag_set(10), flag_set(50)
BOTH = [(None, OLD), (CHANGE, NEW)]
LOG = simulate_exposures(NEW, users(4_000), "2024-06-01", days=7)
CHANGED = simulate_exposures(OLD, users(4_000), "2024-06-01", days=7, change=(CHANGE, NEW))


def names(check: Check, *levels: str) -> list[str]:
    """The findings of some levels."""
    return [one["name"] for one in check.details["findings"] if one["level"] in levels]


@pytest.mark.parametrize(
    ("log", "flags"),
    [
        pytest.param(LOG, NEW, id="one configuration"),
        pytest.param(CHANGED, BOTH, id="a change"),
        pytest.param(LOG.drop(columns="timestamp"), NEW, id="without times"),
        pytest.param(LOG.sample(frac=1, random_state=1), NEW, id="in no order"),
        pytest.param(LOG.drop(columns="reason"), NEW, id="without reasons"),
        pytest.param(LOG[["user_id", "flag_key", "enabled", "context.age"]], NEW, id="outcomes alone"),
    ],
)
def test_a_healthy_log_passes(log: Log, flags: Any) -> None:
    """All rows are compared, and nothing is found."""
    check = audit(log, flags)

    assert (check.verdict, check.n, check.details["findings"]) == ("pass", 12_000, [])
    assert check.details["reason"] == "all 12,000 rows compared are as the flags decide"
    assert not check.details["watch"]


def test_variants_alone_are_audited_where_they_say_something() -> None:
    """Of a flag without variants, a log of variants says nothing: a third of this log is not compared."""
    check = audit(LOG[["user_id", "flag_key", "variant"]], NEW)

    assert (check.verdict, check.n, names(check, "watch")) == ("inconclusive", 8_000, ["no outcome logged"])
    assert check.details["watch"]


FAULTS: dict[str, tuple[Callable[[], Log], Any, str, str]] = {
    "sticky cache": (
        lambda: log_faults.sticky_cache(CHANGED, OLD, CHANGE, minutes=600),
        BOTH,
        "fail",
        "sticky stale cache",
    ),
    "swapped variants": (
        lambda: log_faults.misassigned(LOG, NEW["checkout"], "swapped_variants"),
        NEW,
        "fail",
        "mismatch",
    ),
    "shared salt": (
        lambda: log_faults.misassigned(LOG, NEW["checkout"], "shared_salt"),
        NEW,
        "fail",
        "mismatch",
    ),
    "another configuration": (lambda: LOG, OLD, "fail", "mismatch"),
    "change noted too late": (
        lambda: CHANGED,
        [(None, OLD), (CHANGE + pd.Timedelta("6h"), NEW)],
        "fail",
        "ahead of a change",
    ),
    "unknown flag": (lambda: log_faults.unknown_flag(LOG, "checkout"), NEW, "fail", "unknown flag"),
    "unknown variant": (lambda: log_faults.unknown_variant(LOG, "checkout"), NEW, "fail", "unknown variant"),
    "bots": (lambda: log_faults.bot_duplicates(LOG, bots=10), NEW, "fail", "bursts"),
    "few bots": (lambda: log_faults.bot_duplicates(LOG, bots=1), NEW, "inconclusive", "bursts"),
    "redelivered": (lambda: log_faults.redelivered(LOG, share=0.2), NEW, "fail", "duplicate events"),
    "few redelivered": (lambda: log_faults.redelivered(LOG, share=0.02), NEW, "inconclusive", "duplicate events"),
    "late events": (lambda: log_faults.late_events(LOG, share=0.2), NEW, "inconclusive", "late events"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_seeded_fault_is_named(fault: str) -> None:
    """By the finding meant for it, which decides the verdict and is told first."""
    make, flags, verdict, name = FAULTS[fault]
    check = audit(make(), flags)

    assert check.verdict == verdict
    assert name in names(check, "fail" if verdict == "fail" else "watch")
    texts = [one["text"] for one in check.details["findings"] if one["name"] == name]
    assert check.details["reason"].startswith(texts[0])


def test_one_wrong_row_of_all_is_a_violated_proof() -> None:
    """There is no rate at which a decision may be wrong."""
    row = int(np.flatnonzero(LOG["enabled"])[7])
    log = LOG.assign(enabled=LOG["enabled"].to_numpy() & (np.arange(len(LOG)) != row))
    check = audit(log, NEW)
    key = LOG["flag_key"].iloc[row]

    assert (check.verdict, check.p_value) == ("fail", None)
    assert [one["row"] for one in check.details["first"]] == [row]
    assert check.details["flags"][key]["mismatches"] == 1
    assert check.estimate == {name: float(name == key) / 4_000 for name in ("checkout", "banner", "price")}
    assert check.interval == {name: wilson(int(name == key), 4_000) for name in check.estimate}


def test_stale_rows_within_the_time_to_live_pass() -> None:
    """They are reported; with a shorter time to live they are sticky."""
    stale = log_faults.sticky_cache(CHANGED, OLD, CHANGE, minutes=30, share=1)
    check, short = audit(stale, BOTH, ttl=1_800), audit(stale, BOTH, ttl=60)

    assert (check.verdict, names(check, "fail", "watch")) == ("pass", [])
    assert check.details["stale"][0]["rows"] == check.details["flags"]["checkout"]["stale within the time to live"]
    assert "stale within the time to live" in check.details["reason"]
    assert (short.verdict, names(short, "fail")) == ("fail", ["sticky stale cache"])
    window = short.details["sticky"][0]
    assert (window["key"], window["change"]) == ("checkout", "2024-06-03T09:30:00Z")
    assert 60 < window["from"] < window["to"] <= 1_800


@pytest.mark.parametrize(("share", "verdict"), [(0.004, "pass"), (0.006, "inconclusive"), (0.11, "fail")])
def test_users_in_several_variants_are_shown_and_alarmed(share: float, verdict: str) -> None:
    """From 0.5 % of a flag's users on, and from 10 %, also where the flags decide as they were logged."""
    log = LOG[(LOG["flag_key"] == "checkout") & LOG["enabled"]]
    some = log.head(round(share * len(log)))
    other = some.assign(variant=some["variant"].astype(object).map({"blue": "red", "red": "blue"}))
    check = audit(pd.concat([log, other]).drop(columns="reason"), NEW)

    assert check.details["flags"]["checkout"]["several_variants"] == len(some)
    level = {"pass": "note", "inconclusive": "watch", "fail": "fail"}[verdict]
    assert "several variants" in names(check, level)
    assert check.verdict == "fail"  # one of the two variants is wrong


def test_nothing_comparable_is_inconclusive() -> None:
    """A log of an outage, and one from before all configurations."""
    outage = audit(LOG.assign(enabled=False, variant=None, reason="store_unavailable"), NEW)
    early = audit(LOG, [("2025-01-01", NEW)])

    for check, why in ((outage, "store unavailable"), (early, "before the first configuration")):
        assert (check.verdict, check.n, check.estimate) == ("inconclusive", 0, {})
        assert check.details["reason"] == f"no row could be compared; 12,000 of 12,000 rows were not compared: {why}"


def test_attributes_that_are_not_logged_are_told() -> None:
    """Users who were let in are compared, those whom rules may have kept out are not."""
    check = audit(LOG.drop(columns="context.age"), NEW)
    unseen = check.details["flags"]["banner"]["attributes not logged"]

    assert check.details["unlogged"] == {"banner": ["age"]}
    assert (check.verdict, check.n) == ("pass", 12_000 - unseen)
    assert unseen == (LOG["reason"] == "targeting_rules_not_met").sum() > 0


def test_an_experiment_is_audited_beside_a_flag_of_its_key() -> None:
    """By the reason of each row."""
    both = FlagSet.from_items(
        flags=[{"key": "x", "enabled": True, "rollout_percentage": 100}],
        experiments=[{"key": "x", "status": "active", "variants": ARMS}],
    )
    log = pd.DataFrame(
        {"user_id": ["ann", "ann"], "flag_key": "x", "enabled": [True, False], "reason": ["enabled", "not_in_traffic"]}
    )
    check = audit(log, both)

    assert check.verdict == "fail"
    assert check.estimate == {"x": 0.0, "x (experiment)": 1.0}


def test_a_csv_of_numbers_and_versions_is_audited_as_it_was_decided(tmp_path: Path) -> None:
    """Ages are numbers there, and app versions are not."""
    LOG.to_csv(tmp_path / "log.csv", index=False)

    assert audit(tmp_path / "log.csv", NEW).verdict == "pass"
    assert audit(str(tmp_path / "log.csv"), OLD).details["attributes"][0]["attribute"] in ("age", "app")


def test_a_check_says_all_it_knows_in_json() -> None:
    """And in text and HTML, with the reason."""
    check = audit(log_faults.misassigned(LOG, NEW["checkout"], "swapped_variants"), NEW)

    assert Check.from_dict(json.loads(json.dumps(check.to_dict()))) == check
    assert "rows contradict the flags" in str(check)
    assert "rows contradict the flags" in check._repr_html_()
    assert len(json.dumps(check.to_dict())) < 20_000


def test_details_stay_short_whatever_the_log() -> None:
    """A log of a thousand strange keys and variants."""
    count = 1_000
    log = pd.DataFrame(
        {
            "user_id": range(2 * count),
            "flag_key": [f"key-{row}" for row in range(count)] + ["checkout"] * count,
            "variant": [f"variant-{row}" for row in range(2 * count)],
        }
    )
    check = audit(log, NEW)

    assert len(check.details["unknown_flags"]) == len(check.details["unknown_variants"]) == 50
    assert len(json.dumps(check.to_dict())) < 20_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ttl": -1}, "ttl: expected a number of seconds, got -1"),
        ({"ttl": float("nan")}, "ttl: expected a number of seconds, got nan"),
        ({"ttl": float("inf")}, "ttl: expected a number of seconds, got inf"),
        ({"ttl": "5 min"}, "ttl: expected a number of seconds, got '5 min'"),
        ({"late": True}, "late: expected a number of seconds, got True"),
        ({"burst": 1}, "burst: expected a number of events, 2 or more, got 1"),
        ({"burst": 2.5}, r"burst: expected a number of events, 2 or more, got 2\.5"),
        ({"flags": "flags.yaml"}, "flags: expected a FlagSet"),
        ({"exposures": LOG[:0]}, "there are no rows"),
        (
            {"exposures": LOG.drop(columns="timestamp"), "flags": BOTH},
            "timestamp: there is no such column: without times",
        ),
        ({"exposures": LOG.drop(columns="timestamp"), "flags": [("2024-01-01", NEW)]}, "timestamp: there is no such"),
    ],
)
def test_bad_input_is_refused(arguments: dict[str, Any], message: str) -> None:
    """With its place and what was expected."""
    given: dict[str, Any] = {"exposures": LOG, "flags": NEW} | arguments
    with pytest.raises(ConfigError, match=message):
        audit(**given)


@pytest.mark.slow
def test_a_million_rows_with_stale_caches_pass() -> None:
    """Several changes, each followed by the old answers for up to five minutes."""
    steps = [
        (start, flag_set(percentage))
        for start, percentage in (("2024-06-01", 5), ("2024-06-02", 25), ("2024-06-03", 75))
    ]
    population, logs = users(115_000), []
    for place, (start, flags) in enumerate(steps):
        day = simulate_exposures(flags, population, start, days=1, seed=place)
        if place:
            day = log_faults.sticky_cache(day, steps[place - 1][1], start, minutes=5, share=0.8)
        logs.append(day)
    log = read_exposures(pd.concat(logs))
    check = audit(log, steps)

    assert len(log) == 3 * 3 * 115_000
    assert (check.verdict, check.n) == ("pass", len(log))
    assert len(check.details["stale"]) == 2
    assert all(window["to"] <= 300 for window in check.details["stale"])
