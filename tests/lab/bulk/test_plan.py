"""Plans: which hashes a decision needs, where its bounds lie, and what its numbers stand for."""

from typing import Any

import pytest

from ffcore import ConfigError, Experiment, Flag, FlagSet
from ffcore.lab.bulk.plan import plan, plans_of

HALVES: Any = [{"key": "b", "allocation": "1/2"}, {"key": "a", "allocation": "1/2"}]
ONE: Any = [{"key": "b", "allocation": 0}, {"key": "a", "allocation": 1}, {"key": "c", "allocation": 0}]


@pytest.mark.parametrize(
    ("item", "salts"),
    [
        (Flag("x", True, 50), ("x",)),  # type: ignore[arg-type]
        (Flag("x", True, 50, variants=HALVES), ("x", "x_variant")),  # type: ignore[arg-type]
        (Flag("x", True, 100, variants=HALVES), ("x_variant",)),  # type: ignore[arg-type]
        (Flag("x", True, 50, variants=ONE), ("x",)),  # type: ignore[arg-type]
        (Flag("x", True, 0, variants=HALVES), ()),  # type: ignore[arg-type]
        (Flag("x", False, 50, variants=HALVES), ()),  # type: ignore[arg-type]
        (Experiment("x", "active", HALVES), ("x_variant",)),
        (Experiment("x", "active", HALVES, "1/3", salt="s"), ("s_traffic", "s_variant")),  # type: ignore[arg-type]
        (Experiment("x", "paused", HALVES, "1/3"), ()),  # type: ignore[arg-type]
    ],
)
def test_only_hashes_that_decide_something_are_made(item: Flag | Experiment, salts: tuple[str, ...]) -> None:
    """Nobody and everybody need no hash, nor does a single arm."""
    assert plan(item).salts == salts


def test_numbers_stand_for_decisions() -> None:
    """Arms in declared order, then outside, untargeted, off and invalid."""
    decisions = plan(Flag("x", True, 50, variants=HALVES)).decisions  # type: ignore[arg-type]

    assert [(decision.enabled, decision.reason, decision.variant) for decision in decisions] == [
        (True, "enabled", "b"),
        (True, "enabled", "a"),
        (False, "not_in_rollout", None),
        (False, "targeting_rules_not_met", None),
        (False, "flag_disabled", None),
        (False, "invalid_user_id", None),
    ]


def test_all_keys_in_their_order() -> None:
    """None names all flags, then all experiments; names are kept in order, each once."""
    flags = FlagSet([Flag("b"), Flag("a")], experiments=[Experiment("c", variants=HALVES)])

    assert [one.key for one in plans_of(flags, None)] == ["b", "a", "c"]
    assert [one.key for one in plans_of(flags, ["c", "a", "c"])] == ["c", "a"]


def test_every_unknown_key_is_named() -> None:
    """All keys that are neither a flag nor an experiment, in one message."""
    with pytest.raises(ConfigError) as caught:
        plans_of(FlagSet([Flag("dark-mode")]), ["darkmode", "dark-mode", "zzz"])

    assert [path for path, _ in caught.value.problems] == ["darkmode", "zzz"]
