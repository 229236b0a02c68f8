"""Tests of who gets what from flags, experiments and functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from ffcore import ConfigError, Evaluator, Experiment, Flag, FlagSet
from ffcore.lab.verify import vectorized
from ffcore.lab.verify.assignments import Subject, assigned
from ffcore.lab.verify.users import read_users

ARMS = [{"key": "blue", "allocation": 0.5}, {"key": "green", "allocation": 0.5}]
RULES = [{"attribute": "age", "operator": "greater_than", "value": 18}]
FLAG = Flag.from_item(
    {"key": "button", "enabled": True, "rollout_percentage": 60, "variants": ARMS, "targeting_rules": RULES}
)
EXPERIMENT = Experiment.from_item({"key": "price", "status": "active", "variants": ARMS, "traffic_allocation": 0.4})
FRAME = pd.DataFrame({"user_id": [f"user-{row}" for row in range(500)], "age": [row % 40 for row in range(500)]})


def test_a_flag_is_assigned_as_the_evaluator_decides() -> None:
    """Enabled and variant of every eligible user are the evaluator's own."""
    evaluator = Evaluator(FlagSet.from_items(flags=[FLAG.to_item()]))
    rows = [(user, evaluator.evaluate(user, "button", {"age": age})) for user, age in FRAME.itertuples(index=False)]
    eligible = [(user, found) for user, found in rows if found.reason != "targeting_rules_not_met"]
    result = assigned(FLAG, read_users(FRAME))

    assert result.users == [user for user, _ in eligible]
    assert result.enabled.tolist() == [found.enabled for _, found in eligible]
    assert result.variants.tolist() == [found.variant for _, found in eligible]
    assert 0 < result.ineligible == 500 - len(eligible)


def test_an_experiment_is_assigned_as_the_evaluator_decides() -> None:
    """Traffic and variant of every user are the evaluator's own."""
    evaluator = Evaluator(FlagSet.from_items(experiments=[EXPERIMENT.to_item()]))
    result = assigned(EXPERIMENT, read_users(FRAME))

    assert result.variants.tolist() == [evaluator.assign(user, "price").variant for user in FRAME["user_id"]]


def test_repeated_users_count_once() -> None:
    """A user in two rows is one user; only rows that targeting admits are looked at."""
    frame = pd.DataFrame({"user_id": ["a", "a", "b", "a"], "age": [3, 30, 30, 31]})
    result = assigned(FLAG, read_users(frame))

    assert (result.users, result.repeated, result.ineligible) == (["a", "b"], 1, 1)


def parity(user_id: str, key: str) -> str | None:
    """A variant for even numbers, nobody else."""
    return f"{key}-even" if int(user_id) % 2 == 0 else None


@vectorized
def parities(user_ids: NDArray[np.object_], key: str) -> NDArray[np.object_]:
    """The same for an array."""
    return np.where(user_ids.astype(int) % 2 == 0, f"{key}-even", np.array(None))


@pytest.mark.parametrize("function", [parity, parities])
def test_functions_and_array_functions_agree(function: Subject) -> None:
    """Both forms are called with the ids as text and a key."""
    result = assigned(function, read_users(range(4)))

    assert result.enabled.tolist() == [True, False, True, False]
    assert result.variants.tolist() == ["verify-even", None, "verify-even", None]


@pytest.mark.parametrize("answers", [[True, False], np.array([True, False]), pd.Series(["x", None]), ["x", pd.NA]])
def test_nothing_is_off_in_every_form(answers: Any) -> None:
    """False, None, NaN and NA all mean that the user is not on."""
    assert assigned(vectorized(lambda user_ids, key: answers), read_users(["a", "b"])).enabled.tolist() == [True, False]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda user_id, key: 3, "assign: returned 3 for user 'a'; expected a bool or a variant's key"),
        (vectorized(lambda user_ids, key: [True]), "must return one value for each of 2 users"),
        (vectorized(lambda user_ids, key: True), "must return one value for each of 2 users"),
    ],
)
def test_answers_that_mean_nothing_are_refused(function: Subject, message: str) -> None:
    """The message names the user, or how many values were due."""
    with pytest.raises(ConfigError) as error:
        assigned(function, read_users(["a", "b"]))

    assert message in str(error.value)
