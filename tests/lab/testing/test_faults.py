"""Tests of the seeded faults: counts show those that counts can show, and each is wrong in one way alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from ffcore import ConfigError, Evaluator, Flag, FlagSet
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
    "edge_off_by_one": (Flag("checkout", enabled=True, rollout_percentage=1, buckets=100), judge_rollout),  # type: ignore[arg-type]
}
#: Faults that leave every count right: only what other flags serve, or what each user should get, shows them.
UNCOUNTED = ("growthbook_v1", "crc32", "swapped_variants", "resalted")
#: A fault that leaves nearly every decision right: only the bits of the hash show it.
HIDDEN = ("stuck_bit",)
ARMS = flag(12.5, {"a": 0.9, "b": 0, "c": 0.05, "d": 0.05})


def test_every_fault_has_its_check() -> None:
    """No fault is offered that nothing catches."""
    assert {*CAUGHT, *UNCOUNTED, *HIDDEN} == set(faults.NAMES)
    assert set(faults.CHECKS) == set(faults.NAMES)


@pytest.mark.parametrize("name", faults.NAMES)
def test_an_array_of_ids_gets_what_each_id_gets(name: str) -> None:
    """Faults are decided in bulk at scale; both forms agree for every id, of any alphabet."""
    ids = [*IDS[:3_000], "Zoë", "ユーザー", "x" * 200]
    for served in (ARMS, flag(0), flag(12.5)):
        try:
            broken = faults.assign(name, served)
        except ConfigError:
            continue
        answers = broken(np.array(ids, dtype=object), served.key)

        assert [answer if isinstance(answer, str) else bool(answer == 1) for answer in answers] == [
            broken(user, served.key) or False for user in ids
        ]


@pytest.mark.parametrize("name", UNCOUNTED)
def test_counts_do_not_show_every_fault(name: str) -> None:
    """Some faults keep every share: a check of counts does not fail on them, though many users get another variant."""
    served = flag(50, {"a": 0.5, "b": 0.5})
    broken = faults.assign(name, served)

    assert judge_rollout(broken, served).verdict != "fail"
    assert judge_variants(broken, served).verdict != "fail"
    assert (
        sum(
            broken(user, "checkout") != Evaluator(FlagSet([served])).evaluate(user, "checkout").variant
            for user in IDS[:3_000]
        )
        > 1_000
    )


def test_a_stuck_bit_changes_decisions_at_odd_edges_alone() -> None:
    """At 50 % nobody gets another answer, at 49.99 % the users of one bucket: no count of users finds that."""
    for percentage, changed in ((50, range(1)), (49.99, range(1, 20))):
        served = flag(percentage)
        right, broken = faults.faultless(served), faults.assign("stuck_bit", served)
        ids = np.array(IDS, dtype=object)

        assert int((right(ids, "checkout") != broken(ids, "checkout")).sum()) in changed


@pytest.mark.parametrize("served", [flag(12.5), flag(0), flag(100), ARMS], ids=["rollout", "nobody", "all", "arms"])
def test_without_a_fault_all_is_as_the_evaluator_has_it(served: Flag) -> None:
    """The function that faults start from is right, so each is wrong by its own change alone."""
    evaluator, right = Evaluator(FlagSet([served])), faults.faultless(served)
    decisions = [evaluator.evaluate(user, "checkout") for user in IDS[:3_000]]

    assert [right(user, "checkout") for user in IDS[:3_000]] == [
        decision.variant if served.variants else decision.enabled for decision in decisions
    ]


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
    assert broken.key == "checkout"


@pytest.mark.parametrize(
    ("name", "served", "message"),
    [
        ("baised", flag(50), "'baised' is unknown; did you mean biased?"),
        ("float_percentage", flag(50), "needs a fractional percentage; checkout has 50 %"),
        ("shared_salt", flag(50), "needs two variants or more; checkout has 0"),
        ("last_variant_spill", flag(50), "needs two variants or more; checkout has 0"),
        ("swapped_variants", flag(50), "needs two variants or more; checkout has 0"),
        ("resalted", flag(100), "needs users on either side of the edge; checkout has none"),
        ("edge_off_by_one", flag(100), "needs users on either side of the edge; checkout has none"),
        ("leak", flag(50, {"a": 0.5, "b": 0.5}), "needs an arm of 0 %; checkout has none"),
    ],
)
def test_a_fault_that_cannot_show_is_refused(name: str, served: Flag, message: str) -> None:
    """An unknown name gives the nearest; a flag on which the fault shows nothing is no test of a monitor."""
    with pytest.raises(ConfigError) as error:
        faults.assign(name, served)

    assert message in str(error.value)
