"""Tests of the fleet that the notebook judges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ffcore import ConfigError, FlagSet, load
from ffcore.lab.report.fleet_cases import FAULTS, FAULTY, enabled_users, fleet_checks, made_up
from ffcore.lab.verify import Check, fleet, rollout

pytestmark = pytest.mark.slow

USERS = pd.DataFrame({"user_id": np.arange(40_000)})
MADE, DATA = 100, Path(__file__).parents[3] / "data"


def made(fault: str = "") -> dict[str, Check]:
    """The checks of made-up flags alone."""
    return fleet_checks(FlagSet([]), USERS, fault, MADE)


def test_a_fleet_without_a_fault_does_not_fail() -> None:
    """Made-up flags are right, whatever their percentage."""
    found = fleet(made())

    assert (found.n, found.details["findings"]) == (MADE, [])
    assert found.verdict != "fail"


def test_one_faulty_flag_is_the_one_that_stands_out() -> None:
    """No other check differs from that of a right fleet."""
    right, wrong = made(), made("one_flag")

    assert [name for name in right if right[name] != wrong[name]] == [FAULTY]
    assert [row["name"] for row in fleet(wrong).details["findings"]] == [FAULTY]


@pytest.mark.parametrize(("fault", "direction"), [("systemic", "too small"), ("too_good", "too good")])
def test_a_fault_of_all_is_seen_in_all(fault: str, direction: str) -> None:
    """The second level fails, and says in which direction."""
    found = fleet(fleet_checks(FlagSet([]), pd.DataFrame({"user_id": np.arange(200_000)}), fault))

    assert (found.verdict, found.details["whole"]["direction"]) == ("fail", direction)


def test_users_are_counted_as_the_rollout_check_counts_them() -> None:
    """The shares of made-up flags are those that a check of each flag alone finds."""
    flags = made_up(7)
    counts = enabled_users(flags, USERS)

    assert counts == {key: rollout(flag, USERS).details["counts"]["enabled"] for key, flag in flags.items()}


def test_every_rollout_and_split_of_the_flag_file_is_in_the_fleet() -> None:
    """Under the names that the other notebooks use."""
    found = fleet_checks(load(DATA / "flags.yaml"), pd.read_parquet(DATA / "population.parquet").head(2_000), made=3)

    assert {"delay-causes", "experiment fare-calendar", "carbon-label variants", "made-up-002"} <= set(found)


def test_an_unknown_fault_is_refused() -> None:
    """With the nearest name."""
    with pytest.raises(ConfigError, match="did you mean systemic"):
        made("sytemic")


def test_without_the_usual_flag_another_one_is_faulty() -> None:
    """A small fleet can be broken too."""
    counts = FAULTS["one_flag"](made_up(3), USERS)

    assert list(counts) == ["made-up-000"]
