"""Tests of where the violations of a log lie."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ffcore import FlagSet
from ffcore.lab.testing.exposures import simulate_exposures
from ffcore.lab.verify import audit_groups as groups
from ffcore.lab.verify.audit_groups import in_words
from ffcore.lab.verify.check import plain
from ffcore.lab.verify.configurations import read_configurations
from ffcore.lab.verify.exposures import read_exposures
from ffcore.lab.verify.recomputing import Recomputed, recompute

ARMS = [{"key": "blue", "allocation": 0.5}, {"key": "red", "allocation": 0.5}]
FLAGS = FlagSet.from_items(
    flags=[
        {"key": "armed", "enabled": True, "rollout_percentage": 50, "variants": ARMS},
        {"key": "plain", "enabled": True, "rollout_percentage": 50},
    ]
)
USERS = pd.DataFrame(
    {"user_id": range(1_000), "app": ["3.1", "3.2", "4.0", None] * 250, "age": [row % 7 for row in range(1_000)]}
)
LOG = simulate_exposures(FLAGS, USERS, "2024-06-01", days=2)


def recomputed(log: Any, flags: Any = FLAGS) -> Recomputed:
    """The log decided again."""
    return recompute(read_exposures(log), read_configurations(flags))


def spoilt(rows: Any) -> pd.DataFrame:
    """The log with some rows' outcomes turned."""
    return LOG.assign(enabled=LOG["enabled"] ^ rows)


ARMED = LOG["flag_key"] == "armed"
BROKEN_APP = recomputed(spoilt(ARMED & (LOG["context.app"] == "4.0")))
WRONG = groups.violations(BROKEN_APP)


def test_rows_are_counted_by_flag() -> None:
    """All, compared and wrong ones, and what else became of them."""
    assert groups.by_flag(BROKEN_APP) == {
        "armed": {"rows": 1_000, "compared": 1_000, "mismatches": 250, "mismatch": 250},
        "plain": {"rows": 1_000, "compared": 1_000, "mismatches": 0},
    }


def test_rows_that_are_not_compared_are_counted_apart() -> None:
    """An outage says nothing of a decision."""
    log = LOG.assign(enabled=False, variant=None, reason="store_unavailable")[ARMED]

    assert groups.by_flag(recomputed(log)) == {
        "armed": {"rows": 1_000, "compared": 0, "mismatches": 0, "store unavailable": 1_000}
    }


def test_what_was_logged_instead_of_what_is_counted() -> None:
    """The most frequent first; with reasons where the log has them."""
    log = LOG[ARMED].drop(columns="reason")
    swapped = log.assign(variant=log["variant"].astype(object).map({"blue": "red", "red": "blue"}))
    found = recomputed(swapped)
    pairs = groups.by_pair(found, groups.violations(found))
    count = log["variant"].value_counts()

    assert {(one["logged"], one["expected"]): one["rows"] for one in pairs} == {
        ("red", "blue"): count["blue"],
        ("blue", "red"): count["red"],
    }
    assert [one["rows"] for one in pairs] == sorted(count, reverse=True)
    assert {(one["flag"], one["outcome"]) for one in pairs} == {("armed", "mismatch")}


def test_reasons_stand_beside_outcomes() -> None:
    """So that a wrong reason alone is seen."""
    off = LOG[ARMED & ~LOG["enabled"]]
    found = recomputed(off.assign(reason="flag_disabled"))
    (pair,) = groups.by_pair(found, groups.violations(found))

    assert (pair["logged"], pair["expected"]) == ("off (flag_disabled)", "off (not_in_rollout)")


def test_pairs_and_rows_are_bounded() -> None:
    """However much is wrong, the details stay short."""
    flags = FlagSet.from_items(flags=[{"key": f"f{number}"} for number in range(50)])
    log = pd.DataFrame({"user_id": "ann", "flag_key": [f"f{number}" for number in range(50)], "enabled": True})
    found = recomputed(log, flags)
    wrong = groups.violations(found)

    assert wrong.size == 50
    assert len(groups.by_pair(found, wrong)) == groups.MOST_PAIRS
    assert len(groups.first_rows(found, wrong)) == groups.MOST_ROWS


def test_first_rows_are_those_of_the_log() -> None:
    """In its order, with user, time, flag and both outcomes."""
    first = groups.first_rows(BROKEN_APP, WRONG)
    row = LOG.iloc[first[0]["row"]]

    assert [one["row"] for one in first] == WRONG[:10].tolist()
    assert first[0]["user_id"] == row["user_id"]
    assert pd.Timestamp(first[0]["timestamp"]) == row["timestamp"]
    assert (first[0]["flag"], first[0]["outcome"]) == ("armed", "mismatch")
    assert first[0]["logged"] == in_words(not row["enabled"], row["variant"] if row["enabled"] else None, row["reason"])


@pytest.mark.parametrize(
    ("span", "bucket", "count"),
    [("1h", "minute", 61), ("2D", "hour", 49), ("100D", "day", 101), ("3000D", "year", 9)],
)
def test_time_is_cut_into_few_buckets(span: str, bucket: str, count: int) -> None:
    """Minutes, hours, days, weeks or years: as many as a figure shows."""
    start = pd.Timestamp("2024-06-01", tz="UTC")
    times = [start, start + pd.Timedelta(span)]
    log = pd.DataFrame({"user_id": "ann", "flag_key": "plain", "enabled": True, "timestamp": times})
    found = groups.by_time(recomputed(log))

    assert (found["bucket"], len(found["all"]["rows"])) == (bucket, count)
    assert sum(found["all"]["rows"]) == 2


def test_mismatches_are_counted_by_time_and_flag() -> None:
    """All rows, and those of flags that have mismatches."""
    second_day = LOG["timestamp"] >= pd.Timestamp("2024-06-02", tz="UTC")
    found = groups.by_time(recomputed(spoilt(ARMED & second_day)))

    assert (found["start"], found["bucket"]) == ("2024-06-01T00:00:00Z", "hour")
    assert list(found["flags"]) == ["armed"]
    assert sum(found["all"]["rows"]) == len(LOG)
    assert found["flags"]["armed"]["mismatches"][:24] == [0] * 24
    assert sum(found["flags"]["armed"]["mismatches"]) == (ARMED & second_day).sum()
    assert np.add(found["flags"]["armed"]["rows"][24:], 0).tolist() == found["all"]["mismatches"][24:]


def test_without_times_there_are_no_buckets() -> None:
    """And nothing is made up."""
    assert groups.by_time(recomputed(LOG.drop(columns="timestamp"))) == {}


def test_the_attribute_that_tells_comes_first() -> None:
    """With the values of largest share first, of the flags that have mismatches; null is a value."""
    app, age = groups.by_attribute(BROKEN_APP, WRONG)

    assert (app["attribute"], app["of"]) == ("app", 4)
    assert app["association"] == pytest.approx(1, abs=0.002)
    assert app["values"][0] == {"value": "4.0", "rows": 250, "mismatches": 250, "share": 1.0}
    assert {one["value"]: one["mismatches"] for one in app["values"][1:]} == {"3.1": 0, "3.2": 0, "null": 0}
    assert age["attribute"] == "age"
    assert age["association"] < 0.05


def test_association_is_cramers_v() -> None:
    """As scipy's chi-square gives it, less what chance gives; without any difference it is 0."""
    total, bad = np.array([100, 200, 50]), np.array([30, 10, 25])
    chi_square = stats.chi2_contingency([bad, total - bad], correction=False).statistic
    corrected = (chi_square / 350 - 2 / 349) / (1 - 1 / 349)

    assert groups.association(total, bad) == pytest.approx(corrected**0.5)
    assert groups.association(total, total // 10) == 0
    assert groups.association(total, total) == groups.association(total, 0 * total) == 0


def test_values_of_one_row_each_tell_nothing() -> None:
    """They say which rows are wrong, and so does the number of the row."""
    assert groups.association(np.ones(100, np.int64), np.arange(100) % 2) == 0


def test_attributes_that_name_single_users_are_left_out() -> None:
    """As are those of lists, and of one value."""
    more: dict[str, Any] = {
        "context.session": [f"s{row}" for row in range(len(LOG))],
        "context.tags": [["a"]] * len(LOG),
        "context.one": "x",
    }
    log = spoilt(ARMED & (LOG["context.app"] == "4.0")).assign(**more)
    many = pd.concat([log, log.assign(**{"context.session": [f"t{row}" for row in range(len(LOG))]})])
    found = recomputed(many)

    assert [one["attribute"] for one in groups.by_attribute(found, groups.violations(found))] == ["app", "age"]


def test_unknown_keys_and_variants_are_counted() -> None:
    """The most frequent key first."""
    log = LOG.astype({"flag_key": object, "variant": object})
    log.iloc[:3, log.columns.get_loc("flag_key")] = ["x", "y", "x"]  # type: ignore[index]
    rows = log.index[(log["flag_key"] == "armed") & log["enabled"]][:2]
    log.loc[rows, "variant"] = "pink"
    found = recomputed(log)

    assert list(groups.unknown_keys(found).items()) == [("x", 2), ("y", 1)]
    ((subject, variant, times),) = groups.unknown_variants(found)
    assert (subject.key, variant, times) == ("armed", "pink", 2)


def test_all_groups_are_plain_data() -> None:
    """They go into a Check's details."""
    listed = [groups.by_pair(BROKEN_APP, WRONG), groups.by_time(BROKEN_APP), groups.by_attribute(BROKEN_APP, WRONG)]

    assert json.loads(json.dumps(plain(listed))) == plain(listed)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ((True, "blue", "enabled"), "blue (enabled)"),
        ((None, "blue", None), "blue"),
        ((False, "blue", None), "off with blue"),
        ((True, None, None), "on"),
        ((False, None, "flag_disabled"), "off (flag_disabled)"),
        ((None, None, None), "no variant"),
    ],
)
def test_outcomes_are_put_into_words(outcome: tuple[bool | None, str | None, str | None], words: str) -> None:
    """As short as they can be."""
    assert in_words(*outcome) == words
