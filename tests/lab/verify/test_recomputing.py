"""Tests of logs decided again: row by row the same as the evaluator says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ffcore import Evaluator, Experiment, Flag, FlagSet
from ffcore.lab.bulk import parts
from ffcore.lab.verify import recomputing
from ffcore.lab.verify.configurations import read_configurations
from ffcore.lab.verify.exposures import read_exposures
from ffcore.lab.verify.outcomes import Outcome
from ffcore.lab.verify.recomputing import Recomputed, recompute

ARMS = [{"key": "blue", "allocation": 0.2}, {"key": "red", "allocation": 0.5}, {"key": "grey", "allocation": 0.3}]
RULES = [
    {
        "any": [
            {"attribute": "age", "operator": "greater_than", "value": 30},
            {"attribute": "vip", "operator": "exists"},
        ]
    },
    {"attribute": "version", "operator": "semver_greater_than", "value": "1.9"},
]


def flag_set(percentage: float, *more: str) -> FlagSet:
    """Flags with and without rules and variants, and experiments."""
    flags: list[dict[str, Any]] = [
        {"key": "plain", "enabled": True, "rollout_percentage": percentage},
        {"key": "armed", "enabled": True, "rollout_percentage": percentage, "variants": ARMS},
        {"key": "ruled", "enabled": True, "rollout_percentage": 80, "variants": ARMS, "targeting_rules": RULES},
        {"key": "off", "enabled": False, "targeting_rules": RULES},
        *({"key": key, "enabled": True, "rollout_percentage": 100} for key in more),
    ]
    trials: list[dict[str, Any]] = [
        {"key": "trial", "status": "active", "variants": ARMS, "traffic_allocation": percentage / 100},
        {"key": "ruled-trial", "status": "active", "variants": ARMS, "targeting_rules": RULES},
    ]
    return FlagSet.from_items(flags=flags, experiments=trials)


CHANGE = pd.Timestamp("2024-06-02", tz="UTC")
BEFORE, AFTER = flag_set(20, "old"), flag_set(60, "new")
CONFIGURATIONS = [(None, BEFORE), (CHANGE, AFTER)]
KEYS = ["plain", "armed", "ruled", "off", "old", "new", "trial", "ruled-trial"]
ROWS = 6_000


def decided(log: pd.DataFrame) -> pd.DataFrame:
    """The log with what the evaluator decides in each row."""
    evaluators = [Evaluator(BEFORE), Evaluator(AFTER)]
    found = []
    for row in log.to_dict("records"):
        evaluator = evaluators[row["timestamp"] >= CHANGE]
        context = {name: row[f"context.{name}"] for name in ("age", "vip", "version")}
        context = {name: value for name, value in context.items() if value is not None and value == value}  # noqa: PLR0124
        decide = evaluator.assign if "trial" in row["flag_key"] else evaluator.evaluate
        found.append(decide(row["user_id"], row["flag_key"], context))
    return log.assign(
        enabled=[one.enabled for one in found],
        variant=[one.variant for one in found],
        reason=[one.reason for one in found],
    )


def made() -> pd.DataFrame:
    """A log of users with contexts, some attributes missing, decided rightly."""
    rng = np.random.default_rng(5)
    log = pd.DataFrame(
        {
            "user_id": [f"user-{number}" for number in rng.integers(0, 500, ROWS)],
            "flag_key": rng.choice(KEYS, ROWS),
            "timestamp": CHANGE + pd.to_timedelta(rng.integers(-86_400, 86_400, ROWS), unit="s"),
            "context.age": np.where(rng.random(ROWS) < 0.2, np.nan, rng.integers(10, 60, ROWS)),
            "context.vip": rng.choice(np.array(["yes", *[None] * 9], dtype=object), ROWS),
            "context.version": rng.choice(np.array(["1.10", "1.9", "2.0", None], dtype=object), ROWS),
        }
    )
    return decided(log)


LOG = made()


def audited(log: Any, flags: Any = CONFIGURATIONS) -> Recomputed:
    """The log decided again."""
    return recompute(read_exposures(log), read_configurations(flags))


def test_the_log_is_of_every_decision() -> None:
    """What follows holds for more than one reason."""
    assert set(LOG["reason"]) >= {"enabled", "not_in_rollout", "targeting_rules_not_met", "flag_not_found", "assigned"}


@pytest.mark.parametrize("size", [7, 1_000, 1 << 18])
def test_what_the_evaluator_decides_is_a_match(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Every row, under the configuration of its time, however the rows are cut into parts."""
    monkeypatch.setattr(parts, "PART_ROWS", size)
    monkeypatch.setattr(recomputing, "PART_ROWS", size)

    assert set(audited(LOG).outcome.tolist()) == {Outcome.MATCH}


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_files_are_decided_like_frames(tmp_path: Path, kind: str) -> None:
    """A version 1.10 is newer than 1.9 in a CSV too, and an age there is a number."""
    path = tmp_path / f"log.{kind}"
    if kind == "csv":
        LOG.to_csv(path, index=False)
    elif kind == "parquet":
        LOG.to_parquet(path)
    else:
        LOG.to_json(path, orient="records", lines=True, date_format="iso")

    assert set(audited(path).outcome.tolist()) == {Outcome.MATCH}


def test_polars_frames_are_decided_too() -> None:
    """With their own kinds of text and categories."""
    polars = pytest.importorskip("polars")
    log = polars.from_pandas(LOG).with_columns(polars.col("flag_key").cast(polars.Categorical))

    assert set(audited(log).outcome.tolist()) == {Outcome.MATCH}


@pytest.mark.parametrize("column", ["enabled", "variant", "reason"])
def test_each_spoilt_row_is_found(column: str) -> None:
    """Those rows, and no others."""
    spoil = np.random.default_rng(1).random(ROWS) < 0.1
    turned: dict[str, pd.Series[Any]] = {
        "enabled": ~LOG["enabled"],
        "variant": LOG["variant"].map({"blue": "red", "red": "grey", "grey": "blue"}),
        "reason": LOG["reason"].map(lambda reason: "flag_disabled" if reason == "assigned" else "assigned"),
    }
    spoilt = LOG.assign(**{column: LOG[column].where(~spoil, turned[column])})
    changed = spoil & LOG[column].notna()

    assert (audited(spoilt).outcome == Outcome.WRONG).tolist() == changed.tolist()
    assert changed.sum() > 50


def test_rows_before_the_first_configuration_are_too_early() -> None:
    """They are not compared with what came later."""
    found = audited(LOG, [(CHANGE, AFTER)])
    early = (LOG["timestamp"] < CHANGE) & (LOG["flag_key"] != "old")

    assert (found.outcome == Outcome.EARLY).tolist() == early.tolist()
    assert (found.outcome == Outcome.UNKNOWN_FLAG).tolist() == (LOG["flag_key"] == "old").tolist()


def test_groups_hold_the_rows_of_one_subject_and_configuration() -> None:
    """Each row of a known flag is in one."""
    found = audited(LOG)
    seen = np.concatenate([rows for *_, rows in found.pairs])

    assert sorted(seen.tolist()) == list(range(ROWS))
    for subject, phase, rows in found.pairs:
        assert set(LOG["flag_key"].iloc[rows]) == {subject.key}
        assert set(LOG["timestamp"].iloc[rows] >= CHANGE) == {bool(phase)}


def test_thousands_of_groups_are_told_apart() -> None:
    """Flags times configurations, more of them than a number of 16 bits counts."""
    keys = [f"f{number}" for number in range(200)]
    flags = FlagSet.from_items(flags=[{"key": key} for key in keys])
    days = pd.date_range("2024-01-01", periods=200, tz="UTC")
    log = pd.DataFrame({"user_id": "ann", "flag_key": keys, "enabled": False, "timestamp": days[::-1]})
    log.loc[[5, 199], "enabled"] = True
    found = audited(log, [(day, flags) for day in days])

    assert np.flatnonzero(found.outcome != Outcome.MATCH).tolist() == [5, 199]
    assert found.groups[[0, 199]].tolist() == [199, 199 * 200]


def test_an_experiment_that_shares_its_key_says_so() -> None:
    """Both are listed; the flag keeps its name."""
    experiment = Experiment.from_item({"key": "x", "variants": ARMS})
    log = pd.DataFrame({"user_id": "ann", "flag_key": ["x", "y"], "enabled": False, "timestamp": CHANGE})
    found = audited(log, FlagSet([Flag("x"), Flag("y")], [experiment]))

    assert [found.name_of(one) for one in found.source.subjects] == ["x", "x (experiment)", "y"]
