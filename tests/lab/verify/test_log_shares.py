"""Tests of the shares of a log's users: who is counted, against what, and what is not judged and why."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from ffcore import ConfigError, Experiment, Flag, FlagSet
from ffcore.lab.testing import log_faults
from ffcore.lab.testing.exposures import simulate_exposures
from ffcore.lab.verify import rollout, variants
from ffcore.lab.verify.check import Check
from ffcore.lab.verify.exposures import read_exposures
from ffcore.lab.verify.log_report import LogReport, log_report
from ffcore.lab.verify.log_shares import MOST_VALUES, read_segments

HALVES = [{"key": "a", "allocation": 0.5}, {"key": "b", "allocation": 0.5}]
FLAGS = FlagSet.from_items(
    flags=[
        {
            "key": "adults",
            "enabled": True,
            "rollout_percentage": 40,
            "targeting_rules": [{"attribute": "age", "operator": "greater_than", "value": 20}],
            "variants": HALVES,
        }
    ],
    experiments=[{"key": "trial", "status": "active", "traffic_allocation": 0.25, "variants": HALVES, "salt": "again"}],
)
FLAG, EXPERIMENT = FLAGS["adults"], FLAGS.experiments["trial"]
USERS = pd.DataFrame({"user_id": range(30_000), "age": [10, 30, 50] * 10_000, "os": ["ios", "web"] * 15_000})
NAMES = ("adults: enabled share", "adults: variants", "trial: enabled share", "trial: variants")


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    """A week in which all is right."""
    return simulate_exposures(FLAGS, USERS, "2026-01-12")


def shares(found: LogReport) -> dict[str, Check]:
    """The Checks of shares, by name."""
    return {check.name: check for check in found.shares}


def counts(check: Check) -> dict[str, int]:
    """The users of each arm."""
    return dict(check.details["counts"])


def test_shares_are_those_that_the_checks_of_flags_count(log: pd.DataFrame) -> None:
    """Counted from a log, each share is the one that ``rollout`` and ``variants`` count with the flag itself."""
    found = shares(log_report(log, FLAGS))

    assert tuple(found) == NAMES
    items: tuple[Flag | Experiment, ...] = (FLAG, EXPERIMENT)
    for item in items:
        on, split = found[f"{item.key}: enabled share"], found[f"{item.key}: variants"]
        assert list(counts(on).values()) == list(rollout(item, USERS).details["counts"].values())
        assert on.details["margin"] == pytest.approx(rollout(item, USERS).details["margin"])
        assert counts(split) == variants(item, USERS).details["counts"]


def test_users_count_once(log: pd.DataFrame) -> None:
    """Rows repeated at later times change no count."""
    again = log.assign(timestamp=log["timestamp"] + pd.Timedelta("1h"))
    twice = shares(log_report(pd.concat([log, again]), FLAGS))

    assert {name: counts(check) for name, check in twice.items()} == {
        name: counts(check) for name, check in shares(log_report(log, FLAGS)).items()
    }
    assert twice["trial: variants"].details["repeated"] == twice["trial: variants"].n


def test_a_default_variant_of_users_who_were_kept_out_is_no_arm() -> None:
    """Pipelines may log it; only those let in are counted."""
    item = {"key": "half", "enabled": True, "rollout_percentage": 50, "default_variant": "a", "variants": HALVES}
    flags = FlagSet.from_items(flags=[item])
    log = simulate_exposures(flags, range(2_000), "2026-01-12")
    filled = log_report(log.assign(variant=log["variant"].fillna("a")), flags)

    assert filled.audit.verdict == "pass"
    assert counts(shares(filled)["half: variants"]) == log["variant"].value_counts().to_dict()


def test_a_user_of_several_arms_counts_by_the_earliest_row(log: pd.DataFrame) -> None:
    """By time, wherever the row stands: later rows, even if they come first in the file, change no count."""
    trial = log[log["flag_key"] == "trial"]
    swapped = trial.assign(
        variant=trial["variant"].map({"a": "b", "b": "b"}), timestamp=trial["timestamp"] + pd.Timedelta("1s")
    )
    mixed, alone = (shares(log_report(one, FLAGS))["trial: variants"] for one in (pd.concat([swapped, trial]), trial))

    assert counts(mixed) == counts(alone)
    assert mixed.details["several_arms"] == counts(alone)["a"]


def test_a_loss_is_explained_by_its_segment_and_day(log: pd.DataFrame) -> None:
    """What fails is explained; what does not has no explanation."""
    lossy = log_faults.dropped_segment(log, "adults", "b", {"os": "web"}, share=0.5)
    found = log_report(lossy, FLAGS)

    assert found.audit.verdict == "pass"
    told = shares(found)["adults: variants"].details["explanation"]["segments"]
    assert [row["segment"] for row in told] == ["os=web"]
    assert "explanation" not in shares(found)["trial: variants"].details


def test_an_attribute_named_like_a_column_of_the_log_is_told_apart() -> None:
    """A context attribute ``variant`` is no arm."""
    log = pd.DataFrame(
        {
            "user_id": range(8_000),
            "flag_key": "trial",
            "variant": ["a", "b"] * 4_000,
            "context.variant": ["old"] * 4_000 + ["new"] * 4_000,
        }
    )
    lossy = log[(log["variant"] == "a") | (log["context.variant"] == "old") | (log.index % 4 == 1)]
    check = shares(log_report(lossy, FLAGS))["trial: variants"]

    assert [row["segment"] for row in check.details["explanation"]["segments"]] == ["context.variant=new"]


def test_a_log_of_enabled_users_alone_has_no_enabled_share(log: pd.DataFrame) -> None:
    """Where only users who were let in are logged, their share is not 100 %: it is not known."""
    found = log_report(log[log["enabled"]], FLAGS)

    assert tuple(shares(found)) == ("adults: variants", "trial: variants")
    assert found.notes == (
        "adults: enabled share is not judged: only users who were let in are logged",
        "trial: enabled share is not judged: only users who were let in are logged",
    )


def test_without_the_attributes_of_rules_the_logged_reason_says_who_is_admitted(log: pd.DataFrame) -> None:
    """The counts stay what they are; without reasons either, the share is not judged."""
    unseen = log.drop(columns="context.age")
    whole, by_reason = (shares(log_report(one, FLAGS))["adults: enabled share"] for one in (log, unseen))
    silent = log_report(unseen.drop(columns="reason"), FLAGS)

    assert counts(by_reason) == counts(whole)
    assert "adults: enabled share" not in shares(silent)
    assert "adults: enabled share is not judged: the log does not tell whom the targeting admits" in silent.notes


def test_variants_need_a_column_and_known_names(log: pd.DataFrame) -> None:
    """A log of truth values has no variants; a stranger is an arm of 0 %; strangers alone are not counted."""
    missing = log_report(log.drop(columns="variant"), FLAGS)
    some = shares(log_report(log_faults.unknown_variant(log, "trial"), FLAGS))["trial: variants"]
    trial = log[log["flag_key"] == "trial"]
    all_of_them = log_report(log_faults.unknown_variant(trial, "trial", share=1), FLAGS)

    assert "trial: variants are not judged: the log has no column variant" in missing.notes
    assert some.verdict == "fail"
    assert list(some.details["leak"]) == ["removed"]
    assert all_of_them.notes == ("trial: variants are not judged: none of those logged is one of the flag's",)


def test_a_changed_flag_is_judged_since_its_last_change() -> None:
    """Users before the change are others' users: only rows since then count, without those a cache still served."""
    before, after = (
        FlagSet.from_items(flags=[{"key": "adults", "enabled": True, "rollout_percentage": percentage}])
        for percentage in (10, 80)
    )
    change = "2026-01-14"
    log = simulate_exposures(before, range(60_000), "2026-01-12", change=(change, after))
    stale = log_faults.sticky_cache(log, before, change, minutes=4)
    found = log_report(stale, [(None, before), (change, after)])
    (check,) = found.shares
    since = log[log["timestamp"] >= pd.Timestamp(change, tz="UTC")]
    served = int((stale["enabled"] != log["enabled"]).sum())

    assert served > 5
    assert found.notes == ("adults: shares of the rows since 2026-01-14T00:00:00Z, when it changed last",)
    assert check.n == len(since) - served
    assert check.details["expected"]["enabled"] == 0.8


def test_attributes_that_name_users_are_left_out_unless_asked_for(log: pd.DataFrame) -> None:
    """A session of its own for each user makes no segments; asked for by name it is taken."""
    many = log.head(3 * MOST_VALUES).reset_index(drop=True)
    read = read_exposures(
        many.assign(**{"context.session": many.index.astype(str), "context.both": pa.nulls(len(many))})
    )
    found = read_segments(read)

    assert list(found.columns) == ["age", "os", "both", "day"]
    assert found.left_out == {"session": "has 3,000 different values, and names users rather than segments"}
    assert list(read_segments(read, ["session", "os", "os"]).columns) == ["session", "os"]
    assert list(read_segments(read, "session").columns) == ["session"]


def test_attributes_that_are_none_are_refused(log: pd.DataFrame) -> None:
    """A misspelt attribute is named with the nearest one, and so is a column that makes no segments."""
    tags = pa.chunked_array([[["x"], ["y"], []]])
    read = read_exposures(pa.Table.from_pandas(log.head(3)).append_column("context.tags", tags))
    with pytest.raises(ConfigError, match="oss: the log has no such attribute; did you mean os"):
        read_segments(read, ["oss"])
    with pytest.raises(ConfigError, match="tags: expected text"):
        read_segments(read, ["tags"])
    assert list(read_segments(read).left_out) == ["tags"]
