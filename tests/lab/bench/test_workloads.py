"""The standard workloads for the evaluator."""

from typing import Any

import pytest

from ffcore import Evaluator, FlagSet, hash32
from ffcore.lab.bench.workloads import STANDARD, Workloads, workloads

NAMES = ["floor", "no-op", "simple", "short circuit", "targeted", "variants", "batch of one", "batch of ten"]
USERS = [f"user-{number}" for number in range(200)]
VARIANTS = [{"key": "control", "allocation": 0.5}, {"key": "treatment", "allocation": 0.5}]


def flag(key: str, rollout: float, **fields: Any) -> dict[str, Any]:
    """An enabled flag's item."""
    return {"key": key, "enabled": True, "rollout_percentage": rollout} | fields


def rule(attribute: str, operator: str, value: object) -> dict[str, object]:
    """A rule's item."""
    return {"attribute": attribute, "operator": operator, "value": value}


@pytest.fixture
def standard() -> Workloads:
    """The workloads of an empty set, all with stand-ins."""
    return workloads(FlagSet())


def test_floors_come_first(standard: Workloads) -> None:
    """The floor leads, so that it is the baseline of every ratio."""
    assert list(standard) == NAMES


def test_floor_is_the_platform_hash(standard: Workloads) -> None:
    """The floor computes what `hash32` does, and nothing else."""
    assert [standard["floor"](user) for user in USERS] == [hash32(user, "bench-simple") for user in USERS]


def test_each_workload_decides_what_its_path_says(standard: Workloads) -> None:
    """Hash paths let about half in, the short circuit all, none stops at its rules, variants show both arms.

    Two hundred users; an arm of 25 % or more left empty by chance: below 1e-24 (and the ids are fixed).
    """
    reasons = {name: {standard[name](user).reason for user in USERS} for name in NAMES[2:6]}  # type: ignore[attr-defined]
    arms = {standard["variants"](user).variant for user in USERS}  # type: ignore[attr-defined]

    halves = {"enabled", "not_in_rollout"}
    assert reasons == {"simple": halves, "short circuit": {"enabled"}, "targeted": halves, "variants": halves}
    assert arms == {None, "control", "treatment"}


def test_batch_decides_ten_different_flags(standard: Workloads) -> None:
    """One call gives the decisions of ten flags, each as `evaluate` gives it."""
    batch: Any = standard["batch of ten"]("ann")

    assert len(batch) == 10
    assert batch == {key: Evaluator(STANDARD).evaluate("ann", key) for key in standard.keys_of["batch of ten"]}


def test_the_cache_is_warm(standard: Workloads) -> None:
    """No timed call pays for a load: after building, 200 users on every workload miss nothing."""
    before = standard.evaluator.stats()

    for call in standard.values():
        for user in USERS:
            call(user)

    after = standard.evaluator.stats()
    assert after.misses == before.misses
    assert after.hits - before.hits == len(USERS) * (4 + 1 + 10)


def test_flags_of_the_set_come_before_stand_ins() -> None:
    """A set's own flag is taken even if a stand-in is nearer 50 %; of two, the nearer one."""
    flags = FlagSet.from_items(
        [
            flag("far", 1),
            flag("near", 20),
            flag("off", 50) | {"enabled": False},
            flag("arms", 99, variants=VARIANTS),
            flag("aimed", 90, targeting_rules=[rule("month", "greater_than", 5), rule("month", "less_than", 9)]),
        ]
    )

    keys = workloads(flags).keys_of

    assert [keys[name] for name in NAMES[2:6]] == [("near",), ("bench-released",), ("aimed",), ("arms",)]
    assert len(keys["batch of ten"]) == 10


def test_own_choice_of_flags() -> None:
    """A named key is taken for its workload, and the context is made to meet its rules."""
    flags = FlagSet.from_items([flag("one-rule", 100, targeting_rules=[rule("country", "equals", "NO")])])

    loads = workloads(flags, keys={"targeted": "one-rule"})

    assert loads.keys_of["targeted"] == ("one-rule",)
    assert loads["targeted"]("ann").enabled  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"simpel": "one"}, "no workload 'simpel' takes a flag; did you mean simple?"),
        ({"simple": "onne"}, "no flag 'onne' for workload 'simple'; did you mean one?"),
        ({"targeted": "odd"}, "flag 'odd' for workload 'targeted': no simple context meets its rules"),
        ({"targeted": "never"}, "flag 'never' for workload 'targeted': no simple context meets its rules"),
        ({"targeted": "nested"}, "flag 'nested' for workload 'targeted': no simple context meets its rules"),
    ],
)
def test_impossible_choices_are_named(keys: dict[str, str], message: str) -> None:
    """A wrong workload or flag is named with the nearest, and rules that no context can be made for are refused."""
    contradiction = [rule("age", "less_than", 3), rule("age", "greater_than", 9)]
    flags = FlagSet.from_items(
        [
            flag("one", 50),
            flag("odd", 50, targeting_rules=[rule("mail", "matches", "@example")]),
            flag("never", 50, targeting_rules=contradiction),
            flag("nested", 50, targeting_rules=[{"not": rule("country", "equals", "NO")}]),
        ]
    )

    with pytest.raises(ValueError) as error:  # noqa: PT011  the message follows
        workloads(flags, keys)

    assert message in str(error.value)


def test_slowing_spares_the_floors(standard: Workloads) -> None:
    """The seeded fault wraps every decision and leaves the baselines as they are; results stay."""
    slowed = standard.slowed(3.0)

    assert [name for name in NAMES if slowed[name] is standard[name]] == ["floor", "no-op"]
    assert [slowed["simple"](user) for user in USERS[:20]] == [standard["simple"](user) for user in USERS[:20]]
