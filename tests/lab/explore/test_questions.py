"""Answers about an edited flag: held to checks of the same data, to the evaluator, and to themselves."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction

import pandas as pd
import pytest

import ffcore
from ffcore import ConfigError, Evaluator, Flag, FlagSet, load
from ffcore.lab import verify
from ffcore.lab.explore import Edit, Explorer
from ffcore.lab.explore.questions import Move
from ffcore.lab.population import load_population

FLAGS = load("data/flags.yaml")


@pytest.fixture(scope="module")
def users() -> pd.DataFrame:
    """Some users with their context."""
    return load_population("data/population.parquet", "user_id").iloc[::40].reset_index(drop=True)


@pytest.mark.parametrize("key", list(FLAGS))
def test_shares_are_those_of_the_rollout_check(users: pd.DataFrame, key: str) -> None:
    """The panel and `verify.rollout` say the same of the same flag and users."""
    flag = replace(FLAGS[key], enabled=True)
    answer = Explorer(FLAGS, users).answer(replace(Edit.of(flag), margin=0.02))
    check = verify.rollout(flag, users, margin=0.02)

    assert answer.targeted == check.n
    assert answer.let_in == round(check.estimate["enabled"] * check.n)
    assert answer.share.estimate["enabled"] == pytest.approx(check.estimate["enabled"])


@pytest.mark.parametrize("key", ["lounge-day-pass", "checkin-reminder", "fare-upsell-order", "legacy-seat-map"])
def test_moves_are_those_of_the_evaluator(users: pd.DataFrame, key: str) -> None:
    """Each user is decided twice by the evaluator; who differs has moved."""
    flag, few = FLAGS[key], users.iloc[:2_000]
    arms = ", ".join(f"{variant.key} {share}" for variant, share in zip(flag.variants, shares(flag), strict=True))
    edit = Edit(key, 60, arms, "- {attribute: distance, operator: greater_than, value: 500}")
    before, after = (Evaluator(FlagSet([each])).flag(key) for each in (flag, edit.applied(flag)))
    expected: Counter[tuple[str, str]] = Counter()
    for context in few.to_dict("records"):
        pair = tuple(state(call(context["user_id"], context)) for call in (before, after))
        expected[pair] += pair[0] != pair[1]  # type: ignore[index]

    moves = Explorer(FLAGS, few).answer(edit).moves

    assert {(move.before, move.after): move.users for move in moves} == +expected
    assert [move.users for move in moves] == sorted((move.users for move in moves), reverse=True)


def shares(flag: Flag) -> list[Fraction]:
    """Other allocations than the flag's: the same turned round."""
    return [variant.allocation for variant in flag.variants][::-1]


def state(decision: ffcore.Decision) -> str:
    """What the panel calls a decision."""
    return (decision.variant or "enabled") if decision.enabled else "not enabled"


def test_a_ramp_only_lets_users_in(users: pd.DataFrame) -> None:
    """Stages rise with their percentage, the edit's own among them, and end with everybody who is targeted."""
    answer = Explorer(FLAGS, users).answer(replace(Edit.of(FLAGS["lounge-day-pass"]), percentage=30))
    let_in = [stage.users for stage in answer.ramp]

    assert [stage.percentage for stage in answer.ramp] == [1, 5, 10, 25, 30, 50, 100]
    assert let_in == sorted(let_in)
    assert let_in[-1] == answer.targeted < answer.users
    assert let_in[4] == answer.let_in


def test_a_stage_needs_the_users_that_plan_says() -> None:
    """The margin is at most a fifth of the share and of its complement; the last stage is a proof."""
    answer = Explorer(FlagSet([Flag("k", True, Fraction(10))]), range(100)).answer(Edit("k", 50, margin=0.01))
    needed = {stage.percentage: stage.n_needed for stage in answer.ramp}

    assert needed[Fraction(50)] == verify.plan(0.5, 0.01)
    assert needed[Fraction(1)] == verify.plan(0.01, 0.002)
    assert needed[Fraction(100)] is None


def test_who_comes_in_loses_nothing() -> None:
    """Coming in is what a ramp is for; all other moves take something away."""
    assert [Move(*pair, 1).loses for pair in [("not enabled", "a"), ("a", "not enabled"), ("a", "b")]] == [
        False,
        True,
        True,
    ]


def test_a_switched_off_flag_lets_all_its_users_in_anew() -> None:
    """In force is what the flag says now: off. The edit is what would be on."""
    answer = Explorer(FlagSet([Flag("k", False, Fraction(100))]), range(50)).answer(Edit("k", 100))

    assert answer.moves == (Move("not enabled", "enabled", 50),)


@pytest.mark.parametrize(
    ("edit", "message"),
    [(Edit("delay-cause", 5), "did you mean delay-causes?"), (Edit("delay-causes", 5, margin=0.0), "no fraction")],
)
def test_bad_input(edit: Edit, message: str) -> None:
    """An unknown flag and a margin that is none are named."""
    with pytest.raises(ConfigError, match=message.replace("?", r"\?")):
        Explorer(FLAGS, ["ann"]).answer(edit)


def test_nobody_is_targeted() -> None:
    """No user is no evidence, and no mistake."""
    answer = Explorer(FLAGS, ["ann"]).answer(Edit("delay-causes", 5, rules="- {attribute: x, operator: exists}"))

    assert (answer.targeted, answer.share.verdict) == (0, "inconclusive")
    assert "0 of 0 users" in answer._repr_html_()
