"""Tests of how a log is read for the explain check: which rows count, in which arm, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from ffcore import ConfigError
from ffcore.lab.verify import explain
from tests.lab.verify.segment_faults import HALVES, table


def test_users_count_once_with_their_earliest_row() -> None:
    """Repeated events make no mismatch, the earliest row says the arm, and users of several arms are counted."""
    log = pd.DataFrame(
        {
            "user_id": ["u1", "u1", "u2", "u2", "u3"],
            "variant": ["b", "a", None, "b", "b"],
            "timestamp": pd.to_datetime(["2024-03-02", "2024-03-01", "2024-03-01", "2024-03-02", "2024-03-01"]),
            "os": ["late", "early", "x", "x", "x"],
        }
    )

    check = explain(log, HALVES, "os")

    kept = ("counts", "unassigned", "repeated", "several_arms")
    assert [check.details[name] for name in kept] == [{"a": 1, "b": 2}, 1, 1, 1]


def test_without_times_the_first_row_counts() -> None:
    """The order of the log decides."""
    log = pd.DataFrame({"user_id": [1, 1, 2], "variant": ["b", "a", "b"], "os": ["x", "y", "x"]})

    assert explain(log, HALVES, "os").details["counts"] == {"a": 0, "b": 2}


def test_many_users_of_several_arms_are_a_cause_of_their_own() -> None:
    """From half a percent of the users on, unstable assignment comes first."""
    log = table(x=(4_000, 4_000), y=(3_000, 2_000)).assign(user_id=lambda frame: frame.index.astype(str))
    moved = log.head(200).assign(variant="b")

    check = explain(pd.concat([log, moved]), HALVES, "segment")

    assert check.details["explanation"]["causes"][0]["cause"].startswith("users change arms")


@pytest.mark.parametrize(
    "expected",
    [{True: 0.5, False: 0.5}, {"true": 0.5, "false": 0.5}, {"enabled": 0.5, "not enabled": 0.5}],
    ids=["truth values", "text", "names of the rollout check"],
)
@pytest.mark.parametrize("column", [[True, False], ["true", "false"]], ids=["truth column", "text column"])
def test_rollouts_are_counted_by_enabled(expected: dict[Any, float], column: list[Any]) -> None:
    """A flag without variants has two arms, and a variant column beside it is ignored."""
    log = pd.DataFrame({"enabled": column * 500, "variant": "x", "os": ["ios"] * 600 + ["web"] * 400})

    check = explain(log, expected, "os")

    assert (check.details["arm_column"], list(check.details["counts"].values())) == ("enabled", [500, 500])
    assert list(check.estimate) == [str(arm) for arm in expected]


@pytest.mark.parametrize(
    "make", [pa.Table.from_pandas, pl.from_pandas, lambda frame: frame], ids=["arrow", "polars", "pandas"]
)
def test_frames_of_all_kinds_are_explained_alike(make: Callable[[pd.DataFrame], Any]) -> None:
    """The same log gives the same check."""
    log = table(x=(3_000, 2_500), z=(5_000, 5_010)).assign(user_id=lambda frame: frame.index.astype(str))

    assert explain(make(log), HALVES, "segment") == explain(log, HALVES, ["segment"])


@pytest.mark.parametrize(
    ("change", "expected", "by", "place", "message"),
    [
        pytest.param(lambda log: log.head(0), HALVES, "segment", "exposures", "no rows", id="empty log"),
        pytest.param(
            lambda log: log.assign(variant=None), HALVES, "segment", "exposures", "null everywhere", id="no arms"
        ),
        pytest.param(
            lambda log: log.drop(columns="variant"), HALVES, "segment", "exposures", "no column variant", id="no column"
        ),
        pytest.param(
            lambda log: log, HALVES, "segmnt", "by", "no column 'segmnt'; did you mean segment", id="misspelt"
        ),
        pytest.param(lambda log: log, HALVES, [], "by", r"expected columns .* got \[\]", id="no attribute"),
        pytest.param(lambda log: log, HALVES, None, "by", "expected columns", id="nothing"),
        pytest.param(lambda log: log, HALVES, ["segment"] * 2, "by", "more than once", id="named twice"),
        pytest.param(lambda log: log, HALVES, "variant", "by", "what is counted", id="by the arm"),
        pytest.param(lambda log: log, {"a": 0.5, "b": 0.6}, "segment", "expected", "sums to 1.1", id="sum"),
        pytest.param(lambda log: log, {"a": 1.0}, "segment", "expected", "two arms or more", id="one arm"),
        pytest.param(lambda log: log, [0.5, 0.5], "segment", "expected", "map each arm", id="shares without names"),
        pytest.param(lambda log: log, {"x": 0.5, "y": 0.5}, "segment", "expected", "which holds a, b", id="other arms"),
        pytest.param(
            lambda log: log.assign(userid=1), HALVES, "segment", "exposures", "did you mean userid", id="id column"
        ),
        pytest.param(
            lambda log: log.assign(flag_key=["f", "g"] * (len(log) // 2)),
            HALVES,
            "segment",
            "flag_key",
            "2 flags",
            id="flags",
        ),
        pytest.param(
            lambda log: log.assign(segment=[[1]] * len(log)), HALVES, "segment", "segment", "list", id="lists"
        ),
        pytest.param(lambda log: log.assign(user_id=None), HALVES, "segment", "users", "null", id="null ids"),
        pytest.param(lambda log: "log.csv", HALVES, "segment", "frame", "expected a pandas", id="no frame"),
    ],
)
def test_bad_input_is_named(
    change: Callable[[pd.DataFrame], Any], expected: Any, by: Any, place: str, message: str
) -> None:
    """Every mistake is a ConfigError with its place and what was expected."""
    with pytest.raises(ConfigError, match=message) as error:
        explain(change(table(x=(30, 25), z=(50, 51))), expected, by)

    assert place in [path for path, _ in error.value.problems]
