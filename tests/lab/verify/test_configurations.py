"""Tests of what was in force when."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ffcore import ConfigError, Experiment, Flag, FlagSet
from ffcore.lab.verify.configurations import read_configurations

ARMS = [{"key": "blue", "allocation": 0.5}, {"key": "red", "allocation": 0.5}]
OLD = FlagSet([Flag("a"), Flag("b")])
NEW = FlagSet([Flag("a", enabled=True), Flag("b")], [Experiment.from_item({"key": "a", "variants": ARMS})])
DAY = 86_400_000_000
JUNE = 1_717_200_000_000_000


def test_one_set_is_in_force_at_all_times() -> None:
    """And needs no times."""
    found = read_configurations(OLD)

    assert found.phases(None, 3).tolist() == [0, 0, 0]
    assert found.phases(np.array([-(10**18), 10**18]), 2).tolist() == [0, 0]


def test_sets_follow_each_other_by_time() -> None:
    """In whatever order they are given; each from its own time on, that included."""
    found = read_configurations([("2024-06-03", NEW), ("2024-06-01", OLD)])
    times = np.array([JUNE - 1, JUNE, JUNE + 2 * DAY - 1, JUNE + 2 * DAY])

    assert found.phases(times, 4).tolist() == [-1, 0, 0, 1]
    assert [one is wanted for one, wanted in zip(found.flag_sets, (OLD, NEW), strict=True)] == [True, True]


def test_the_first_set_may_hold_from_the_beginning() -> None:
    """None is before all times."""
    found = read_configurations([(None, OLD), ("2024-06-03", NEW)])

    assert found.phases(np.array([0, JUNE + 2 * DAY]), 2).tolist() == [0, 1]


def test_subjects_are_flags_and_experiments_of_any_set() -> None:
    """A key that is both gives two, with None where a configuration does not have it."""
    flag, experiment, other = read_configurations([(None, OLD), ("2024-06-03", NEW)]).subjects(["a", "x", "b"])

    assert (flag.key, flag.experiment, flag.items) == ("a", False, (OLD["a"], NEW["a"]))
    assert (experiment.key, experiment.experiment, experiment.items) == ("a", True, (None, NEW.experiments["a"]))
    assert experiment.plans[0] is None
    assert experiment.variants == ["blue", "red"]
    assert other.key == "b"


def test_keys_are_those_of_all_sets() -> None:
    """Each once."""
    assert read_configurations([(None, OLD), ("2024-06-03", NEW)]).keys == ["a", "b"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        pytest.param("flags.yaml", "flags: expected a FlagSet, as ffcore.load gives it", id="path"),
        pytest.param(None, "flags: expected a FlagSet", id="nothing"),
        pytest.param([], "flags: expected a FlagSet", id="empty"),
        pytest.param(
            [OLD], r"flags\[0\]: expected a time and the FlagSet in force from then on, got FlagSet", id="bare"
        ),
        pytest.param([("2024-06-01", {})], r"flags\[0\]: expected a time and the FlagSet", id="mapping"),
        pytest.param([("soon", OLD)], r"flags\[0\]\[0\]: expected ISO 8601.* got 'soon'", id="no time"),
        pytest.param([("2024-06-01", OLD), ("2024-06-01T00Z", NEW)], "at the same time", id="same time"),
        pytest.param([(None, OLD), (None, NEW)], "at the same time", id="two beginnings"),
    ],
)
def test_what_is_no_configuration_is_refused(flags: Any, message: str) -> None:
    """With its place."""
    with pytest.raises(ConfigError, match=message):
        read_configurations(flags)
