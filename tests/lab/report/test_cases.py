"""Cases: what a flag set gives to judge, and the faulty twins that must be caught."""

from fractions import Fraction

import pytest

from ffcore import ConfigError, Flag, FlagSet
from ffcore.lab import verify
from ffcore.lab.report.cases import rollouts, splits

ARMS = [{"key": "blue", "allocation": "0.5"}, {"key": "green", "allocation": "0.5"}]
FLAGS = FlagSet.from_items(
    flags=[
        {"key": "half", "enabled": True, "rollout_percentage": 50},
        {"key": "eighth", "enabled": True, "rollout_percentage": 12.5, "variants": ARMS},
        {"key": "off", "rollout_percentage": 100, "variants": ARMS},
        {"key": "nobody", "enabled": True, "rollout_percentage": 0, "variants": ARMS},
    ],
    experiments=[
        {"key": "half", "status": "active", "variants": ARMS},
        {"key": "paused", "status": "paused", "variants": ARMS},
    ],
)


def test_every_rollout_is_judged() -> None:
    """Flags that are off and experiments have a share of users too, and may share a key."""
    assert list(rollouts(FLAGS)) == ["half", "eighth", "off", "nobody", "experiment half", "experiment paused"]


def test_only_served_splits_are_judged() -> None:
    """Who is off, or rolled out to nobody, splits nobody."""
    assert list(splits(FLAGS)) == ["eighth", "experiment half"]


@pytest.mark.parametrize(
    ("fault", "shown_by"),
    [("float_percentage", ["eighth"]), ("leak", ["off", "nobody"]), ("biased", ["half", "eighth", "off", "nobody"])],
)
def test_a_fault_is_given_to_the_flags_that_can_show_it(fault: str, shown_by: list[str]) -> None:
    """Each fault needs a certain kind of flag; the others are left out."""
    assert list(rollouts(FLAGS, fault)) == shown_by


@pytest.mark.parametrize("fault", ["float_percentage", "leak", "biased"])
def test_every_rollout_fault_is_caught(fault: str) -> None:
    """With 100,000 users at least one of the faulty twins fails."""
    users = [f"u{number}" for number in range(100_000)]
    found = [verify.rollout(case.subject, users, case.expected) for case in rollouts(FLAGS, fault).values()]  # type: ignore[arg-type]

    assert verify.combine(found) == "fail"


def test_a_fault_carries_what_is_expected() -> None:
    """A function does not know its target, so the case says it."""
    assert rollouts(FLAGS, "leak")["off"].expected == 0
    assert rollouts(FLAGS, "biased")["eighth"].expected == Fraction(1, 8)
    assert splits(FLAGS, "shared_salt")["eighth"].expected == {"blue": Fraction(1, 2), "green": Fraction(1, 2)}


def test_an_unknown_fault_is_refused_with_the_nearest() -> None:
    """A misspelt fault must not run as no fault."""
    with pytest.raises(ConfigError, match="did you mean leak"):
        rollouts(FLAGS, "leek")


def test_a_fault_that_no_flag_can_show_is_refused() -> None:
    """A negative control that controls nothing is an error."""
    with pytest.raises(ConfigError, match="no flag of this set can show leak"):
        rollouts(FlagSet([Flag("half", enabled=True, rollout_percentage=Fraction(50))]), "leak")
