"""Tests of the seeded faults: each is caught by the check meant for it, and the good hash is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ffcore import ConfigError, Flag
from ffcore.lab.testing import faults
from ffcore.lab.verify import Check, rollout, variants

IDS = [f"user-{number}" for number in range(40_000)]


def flag(percentage: float, shares: Mapping[str, float] | None = None) -> Flag:
    """An enabled flag with variants of these shares."""
    arms = [{"key": key, "allocation": share} for key, share in (shares or {}).items()]
    return Flag("checkout", enabled=True, rollout_percentage=percentage, variants=arms)  # type: ignore[arg-type]


def judge_rollout(subject: Any, served: Flag) -> Check:
    """The rollout check against the flag's percentage."""
    return rollout(subject, IDS, expected=float(served.rollout_percentage / 100))


def judge_variants(subject: Any, served: Flag) -> Check:
    """The variants check against the flag's allocations."""
    return variants(subject, IDS, expected={arm.key: float(arm.allocation) for arm in served.variants})


CAUGHT: dict[str, tuple[Flag, Callable[[Any, Flag], Check]]] = {
    "float_percentage": (flag(0.5), judge_rollout),
    "biased": (flag(50), judge_rollout),
    "leak": (flag(0), judge_rollout),
    "shared_salt": (flag(10, {"a": 0.5, "b": 0.5}), judge_variants),
    "id_only": (flag(10, {"a": 0.5, "b": 0.5}), judge_variants),
    "last_variant_spill": (flag(100, {"a": 0.9, "b": 0.05, "c": 0.05}), judge_variants),
}


def test_every_fault_has_its_check() -> None:
    """No fault is offered that the tests do not catch."""
    assert set(CAUGHT) == set(faults.NAMES)


@pytest.mark.parametrize("name", CAUGHT)
def test_a_fault_is_caught(name: str) -> None:
    """The check meant for the fault fails; on the flag itself it does not."""
    served, judge = CAUGHT[name]

    assert judge(faults.assign(name, served), served).verdict == "fail"
    assert judge(served, served).verdict != "fail"


def test_a_leak_into_a_dark_variant_is_caught() -> None:
    """A variant without allocation gets one enabled user in 1,000."""
    served = flag(50, {"a": 1, "dark": 0})
    check = judge_variants(faults.assign("leak", served), served)

    assert check.verdict == "fail"
    assert 5 < check.details["leak"]["dark"] < 50


def test_faults_serve_their_flag_otherwise() -> None:
    """Each is wrong in one way alone: rollout faults keep the variants, variant faults keep the rollout."""
    served = flag(50, {"a": 0.9, "b": 0.05, "c": 0.05})
    rollout_of_spill = judge_rollout(faults.assign("last_variant_spill", served), served)
    variants_of_bias = judge_variants(faults.assign("biased", served), served)

    assert (rollout_of_spill.details["counts"], variants_of_bias.verdict != "fail") == (
        judge_rollout(served, served).details["counts"],
        True,
    )


def test_float_percentage_serves_what_was_seen_in_the_field() -> None:
    """0.5 % serves 1 %, 12.5 % serves 13 % and 99.5 % everybody."""
    served = [faults.assign("float_percentage", flag(percentage)) for percentage in (0.5, 12.5, 99.5)]
    shares = [sum(bool(broken(user, "checkout")) for user in IDS) / len(IDS) for broken in served]

    assert shares == pytest.approx([0.01, 0.13, 1.0], abs=0.01)
    assert shares[2] == 1.0


def test_faults_repeat_and_know_their_key() -> None:
    """The same user gets the same answer, and checks call the function with the flag's key."""
    broken = faults.assign("leak", flag(0))

    assert [broken(user, "k") for user in IDS[:5_000]] == [broken(user, "k") for user in IDS[:5_000]]
    assert broken.key == "checkout"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "served", "message"),
    [
        ("baised", flag(50), "'baised' is unknown; did you mean biased?"),
        ("float_percentage", flag(50), "needs a fractional percentage; checkout has 50 %"),
        ("shared_salt", flag(50), "needs two variants or more; checkout has 0"),
        ("last_variant_spill", flag(50), "needs two variants or more; checkout has 0"),
        ("leak", flag(50, {"a": 0.5, "b": 0.5}), "needs an arm of 0 %; checkout has none"),
    ],
)
def test_a_fault_that_cannot_show_is_refused(name: str, served: Flag, message: str) -> None:
    """An unknown name gives the nearest; a flag on which the fault shows nothing is no test of a monitor."""
    with pytest.raises(ConfigError) as error:
        faults.assign(name, served)

    assert message in str(error.value)
