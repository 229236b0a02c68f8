"""Compiled decisions against the reference evaluator, over random flags, experiments, rules, contexts and ids."""

import logging
import os
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ffcore import Decision, Evaluator, Experiment, Flag, FlagSet
from ffcore.decide import compile_experiment, compile_flag, constant
from tests.support import reference
from tests.support.strategies import contexts, experiment_items, flag_items, user_ids

LONG = int(os.environ.get("FFCORE_EXAMPLES", "200000"))
USERS = st.lists(st.tuples(user_ids, contexts), min_size=1, max_size=8)


@pytest.fixture(autouse=True, scope="module")
def quiet() -> Iterator[None]:
    """Random percentages between two buckets are served with a warning each, which nobody reads here."""
    logger = logging.getLogger("ffcore")
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(logging.NOTSET)


def outcome(decision: Decision) -> tuple[bool, str, str | None, Any]:
    """A decision as the reference states it."""
    return decision.enabled, decision.reason, decision.variant, decision.payload


def check_flag(item: dict[str, Any], users: list[tuple[str, Any]]) -> None:
    """The compiled flag and the evaluator say of every user what the reference says."""
    flag = Flag.from_item(item)
    decide, evaluator = compile_flag(flag), Evaluator(FlagSet([flag]))
    for user_id, context in users:
        expected = reference.evaluate(item, user_id, context)

        assert expected == outcome(decide(user_id, context))
        assert expected == outcome(evaluator.evaluate(user_id, flag.key, context))


def check_experiment(item: dict[str, Any], users: list[tuple[str, Any]]) -> None:
    """The compiled experiment and the evaluator say of every user what the reference says."""
    experiment = Experiment.from_item(item)
    decide, evaluator = compile_experiment(experiment), Evaluator(FlagSet(experiments=[experiment]))
    for user_id, context in users:
        expected = reference.assign(item, user_id, context)

        assert expected == outcome(decide(user_id, context))
        assert expected == outcome(evaluator.assign(user_id, experiment.key, context))


KINDS = pytest.mark.parametrize(
    ("items", "check"), [(flag_items, check_flag), (experiment_items, check_experiment)], ids=["flags", "experiments"]
)


def agree(items: st.SearchStrategy[dict[str, Any]], check: Callable[[Any, Any], None], seed: int, count: int) -> None:
    """Run a comparison on so many examples, drawn from a seed."""

    @settings(max_examples=count, derandomize=False, suppress_health_check=list(HealthCheck))
    @hypothesis.seed(seed)
    @given(items, USERS)
    def compare(item: dict[str, Any], users: list[tuple[str, Any]]) -> None:
        check(item, users)

    compare()


@KINDS
def test_decisions_are_those_of_the_reference(items: st.SearchStrategy[Any], check: Callable[[Any, Any], None]) -> None:
    """Enabled, reason, variant and payload of any flag or experiment are those of the plain specification."""
    agree(items, check, seed=0, count=1_000)


@pytest.mark.slow
@KINDS
def test_more_decisions_are_those_of_the_reference(
    items: st.SearchStrategy[Any], check: Callable[[Any, Any], None]
) -> None:
    """The same holds of a larger slice, drawn from another seed."""
    agree(items, check, seed=1, count=4_000)


@pytest.mark.long
@KINDS
@pytest.mark.parametrize("seed", range(2, 12))
def test_long_runs_find_no_difference(
    items: st.SearchStrategy[Any], check: Callable[[Any, Any], None], seed: int
) -> None:
    """Ten runs of FFCORE_EXAMPLES flags and experiments each, differently seeded, agree with the reference."""
    agree(items, check, seed, LONG)


def test_everybody_gets_the_same_decision_of_a_constant() -> None:
    """A constant returns one shared object whatever it is asked."""
    decision = Decision(False, "flag_disabled")

    assert all(constant(decision)(user, context) is decision for user, context in [("a", None), ("b", {"x": 1})])
