"""The model: valid by construction, immutable, copied and pickled whole, and read back from its own items."""

import copy
import dataclasses
import json
import logging
import pickle
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from ffcore import ConfigError, Decision, Experiment, Flag, Rule, RuleGroup
from ffcore.model import FLAG, MAX_RULE_DEPTH, MAX_VARIANTS, Variant
from tests.support.strategies import experiment_items, flag_items

some = settings(max_examples=150, suppress_health_check=list(HealthCheck))
NORWAY = {"attribute": "country", "operator": "equals", "value": "NO"}
ARMS = [{"key": "a", "allocation": 0.5, "payload": {"sizes": [1, {"n": 2}]}}, {"key": "b", "allocation": 0.5}]
FULL: dict[str, Any] = {
    "key": "f",
    "enabled": True,
    "rollout_percentage": 12.5,
    "targeting_rules": [NORWAY, {"any": [NORWAY, {"not": {"attribute": "age", "operator": "exists"}}]}],
    "variants": ARMS,
    "default_variant": "a",
}


def problems_of(make: Callable[[], object]) -> list[tuple[str, str]]:
    """The problems that making something ends with."""
    with pytest.raises(ConfigError) as caught:
        make()
    return caught.value.problems


def split(*shares: Any) -> list[dict[str, Any]]:
    """Variants with the shares."""
    return [{"key": f"arm-{i}", "allocation": share} for i, share in enumerate(shares)]


def negated(depth: int) -> dict[str, Any]:
    """A rule under so many negations."""
    rule: dict[str, Any] = NORWAY
    for _ in range(depth):
        rule = {"not": rule}
    return rule


@pytest.mark.parametrize(
    ("field", "value", "path", "message"),
    [
        ("key", "", "key", "expected text that is not blank, got ''"),
        ("key", None, "key", "required, but missing"),
        ("key", 5, "key", "expected text, got 5"),
        ("key", "\ud800", "key", "expected text that UTF-8 can hold, got '\\ud800'"),
        ("flag_id", 5, "flag_id", "expected text, got 5"),
        ("enabled", "true", "enabled", "expected true or false, got 'true'"),
        ("enabled", 1, "enabled", "expected true or false, got 1"),
        ("rollout_percentage", 100.1, "rollout_percentage", "100.1 is not between 0 and 100"),
        ("rollout_percentage", "-1", "rollout_percentage", "'-1' is not between 0 and 100"),
        ("buckets", 0, "buckets", "expected a whole number from 1 to 4294967296, got 0"),
        ("buckets", 2**32 + 1, "buckets", "expected a whole number from 1 to 4294967296, got 4294967297"),
        ("default_variant", 1, "default_variant", "expected text, got 1"),
        ("variants", {"a": 1}, "variants", "expected a list, got {'a': 1}"),
        ("variants", ["a"], "variants[0]", "expected a mapping with key, allocation, got 'a'"),
        ("variants", [{"key": "a"}], "variants[0].allocation", "required, but missing"),
        ("variants", split(0.5, 0.49), "variants", "allocations sum to 0.99, expected exactly 1"),
        ("variants", split("1/3", "1/3", 0.3333), "variants", "allocations sum to 29999/30000, expected exactly 1"),
        ("variants", split("1/3", "1/3"), "variants", "allocations sum to 2/3, expected exactly 1"),
        ("variants", split("1e-22", 1), "variants", f"allocations sum to {10**22 + 1}/{10**22}, expected exactly 1"),
        ("variants", split(1, 0.5), "variants", "allocations sum to 1.5, expected exactly 1"),
        ("variants", split(-0.5, 1.5), "variants[0].allocation", "-0.5 is not between 0 and 1"),
        ("variants", [*ARMS[:1], *ARMS[:1]], "variants[1].key", "'a' stands here a second time"),
        ("targeting_rules", NORWAY, "targeting_rules", f"expected a list, got {NORWAY}"[:60]),
        ("targeting_rules", [5], "targeting_rules[0]", "expected a mapping with attribute, operator, got 5"),
        ("targeting_rules", [{"attribute": "a", "operator": "is"}], "targeting_rules[0].operator", "'is' is unknown"),
        ("targeting_rules", [NORWAY | {"attribute": " "}], "targeting_rules[0].attribute", "expected text that is"),
        ("targeting_rules", [NORWAY | {"value": None}], "targeting_rules[0].value", "equals: expected text, a number"),
        ("targeting_rules", [{"any": [{"all": 5}]}], "targeting_rules[0].any[0].all", "expected a list, got 5"),
        ("targeting_rules", [{"not": [NORWAY]}], "targeting_rules[0].not", "expected a mapping with attribute"),
        ("targeting_rules", [{"al": []}], "targeting_rules[0].al", "unknown field; did you mean all?"),
        (
            "targeting_rules",
            [{"attribut": "a"}],
            "targeting_rules[0].attribut",
            "unknown field; did you mean attribute?",
        ),
        ("targeting_rules", [{"all": [], "any": []}], "targeting_rules[0]", "all stands alone in its mapping, got all"),
        ("targeting_rules", [{"all": [], **NORWAY}], "targeting_rules[0]", "all stands alone in its mapping, got all"),
    ],
)
def test_an_invalid_field_is_refused_everywhere(field: str, value: Any, path: str, message: str) -> None:
    """A file, a store's item and a constructor refuse the same values at the same place."""
    item = {**FULL, field: value}
    kinds: list[Callable[[], object]] = [lambda: Flag.from_item(item), lambda: FLAG.load(item, strict=True)]
    if value is not None:
        kinds.append(lambda: Flag(**item))
    for make in kinds:
        found = problems_of(make)

        assert found[0][0] == path
        assert found[0][1].startswith(message)


@pytest.mark.parametrize(
    ("field", "value", "path", "message"),
    [
        ("status", "running", "status", "'running' is unknown; expected one of draft, active, paused, completed"),
        ("status", "activ", "status", "'activ' is unknown; did you mean active?"),
        ("variants", split(1), "variants", "expected at least 2, got 1"),
        ("variants", None, "variants", "required, but missing"),
        ("traffic_allocation", 1.5, "traffic_allocation", "1.5 is not between 0 and 1"),
        ("salt", 5, "salt", "expected text, got 5"),
        ("salt", "\udfff", "salt", "expected text that UTF-8 can hold, got '\\udfff'"),
        ("experiment_id", "", "experiment_id", "expected text that is not blank, got ''"),
    ],
)
def test_an_invalid_experiment_is_refused(field: str, value: Any, path: str, message: str) -> None:
    """An experiment's own fields are checked like a flag's."""
    assert problems_of(lambda: Experiment.from_item({"key": "e", "variants": ARMS, field: value})) == [(path, message)]


def test_defaults_are_the_platforms() -> None:
    """A key is enough for a flag; ids are the key, and an empty salt is none."""
    flag = Flag.from_item({"key": "f"})
    experiment = Experiment.from_item({"key": "e", "variants": ARMS, "salt": ""})

    assert flag == Flag("f", False, Fraction(0), (), None, (), 10_000, "f")
    assert (experiment.status, experiment.traffic_allocation, experiment.salt) == ("draft", Fraction(1), None)
    assert experiment.experiment_id == "e"


def test_a_store_item_is_read_leniently() -> None:
    """Unknown fields are ignored at every level, and fields that are null are absent."""
    noise = {"updated_at": "2026-01-31", "note": None}
    rules = [{**NORWAY, **noise}, {"all": [{**NORWAY, **noise}], **noise}]
    flag = Flag.from_item({"key": "f", "salt": None, **noise, "targeting_rules": rules, "buckets": None}, buckets=100)

    assert flag == Flag("f", targeting_rules=(Rule(**NORWAY), RuleGroup("all", (Rule(**NORWAY),))), buckets=100)


def test_a_file_is_read_strictly() -> None:
    """The same noise is named, once for each place."""
    item = {"key": "f", "note": 1, "targeting_rules": [{**NORWAY, "note": 1}, {"all": [], "note": 1}]}
    paths = [path for path, _ in problems_of(lambda: FLAG.load(item, strict=True))]

    assert paths == ["note", "targeting_rules[0].note", "targeting_rules[1]"]


def test_store_items_between_two_buckets_are_served_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """The platform's resolution holds where the item names none; the log says which would be exact."""
    flag = Flag.from_item({"key": "f", "rollout_percentage": Decimal("12.5")}, buckets=100)

    assert (flag.whole_buckets, flag.finer_buckets) == (False, 200)
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("flag f: 12.5 % of 100 buckets is not whole; 200 buckets would serve it")


@pytest.mark.parametrize(
    "shares",
    [(0.1, 0.2, 0.7), ("1/3", "1/3", "1/3"), ("1/3", "0.5", "1/6"), (Decimal("0.9"), 0.1), (1,), (0, 1), ("1/7",) * 7],
)
def test_shares_that_sum_to_one_exactly_are_accepted(shares: tuple[Any, ...]) -> None:
    """Decimals and fractions are exact, however floats would round."""
    assert sum(variant.allocation for variant in Flag.from_item({"key": "f", "variants": split(*shares)}).variants) == 1


def test_shares_of_hostile_precision_are_one_short_message() -> None:
    """A sum with thousands of digits is still one short message; too many variants are not summed at all."""
    odd = split(*(f"1/{10**29 + 2 * i + 1}" for i in range(MAX_VARIANTS)))
    [(_, message)] = problems_of(lambda: Flag("f", variants=odd))  # type: ignore[arg-type]
    many = problems_of(lambda: Flag("f", variants=split(*[0] * 20_000)))  # type: ignore[arg-type]

    assert message.startswith("allocations sum to about ")
    assert many == [("variants", "20,000 variants, expected at most 1,000")]


def test_rules_nest_to_thirty_two_levels() -> None:
    """One level more is refused, and so are thousands, without running out of stack."""
    [group] = Flag.from_item({"key": "f", "targeting_rules": [negated(MAX_RULE_DEPTH)]}).targeting_rules

    assert isinstance(group, RuleGroup)
    assert group.depth == MAX_RULE_DEPTH
    for depth in (MAX_RULE_DEPTH + 1, MAX_RULE_DEPTH + 5, 50_000):
        [(path, message)] = problems_of(lambda: Flag.from_item({"key": "f", "targeting_rules": [negated(depth)]}))  # noqa: B023 - called at once

        assert path.startswith("targeting_rules[0].not" if depth > MAX_RULE_DEPTH + 1 else "targeting_rules[0]")
        assert message == "rules nest deeper than 32 levels"
    assert problems_of(lambda: RuleGroup("not", (group,))) == [("", "rules nest deeper than 32 levels")]


def test_a_negation_has_one_rule() -> None:
    """Built by hand, ``not`` of two rules is refused."""
    rule = Rule(**NORWAY)

    assert problems_of(lambda: RuleGroup("not", (rule, rule))) == [("not", "expected one rule, got 2")]
    assert problems_of(lambda: RuleGroup("none", (rule,)))[0][0] == "kind"


def test_values_without_end_are_refused() -> None:
    """A payload or value that nests without end is a problem of its place."""
    endless: list[Any] = []
    endless.append(endless)

    assert problems_of(lambda: Variant("a", Fraction(1), endless)) == [("payload", "nested too deeply")]
    assert problems_of(lambda: Rule("a", "in", endless))[0][0] == "value"


def test_payloads_are_frozen_and_dump_as_plain_json() -> None:
    """A payload does not follow the data that it was made from."""
    source = {"sizes": [1, {"n": Decimal("2.5")}], "names": {"b", "a"}, "pair": (1, Decimal(2))}
    payload = Variant("a", Fraction(1), source).payload
    source["sizes"] = []

    assert json.dumps(payload) == '{"sizes": [1, {"n": 2.5}], "names": ["a", "b"], "pair": [1, 2]}'
    with pytest.raises(TypeError, match="shared by all decisions and cannot be changed"):
        payload["sizes"].append(1)


@pytest.mark.parametrize("name", ["enabled", "reason", "variant", "payload", "other"])
def test_decisions_cannot_be_changed(name: str) -> None:
    """Decisions are shared between users, so no field can be set, and none added."""
    with pytest.raises((AttributeError, TypeError)):
        setattr(Decision(True, "enabled"), name, None)


FLAG_FULL = Flag.from_item(FULL)
EXPERIMENT_FULL = Experiment.from_item({"key": "e", "variants": ARMS, "salt": "s", "targeting_rules": [NORWAY]})
COPIES: list[Callable[[Any], Any]] = [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))]  # noqa: S301 - our own


@pytest.mark.parametrize("copied", COPIES, ids=["copy", "deepcopy", "pickle"])
@pytest.mark.parametrize(
    "value",
    [
        FLAG_FULL,
        EXPERIMENT_FULL,
        *FLAG_FULL.targeting_rules,
        *FLAG_FULL.variants,
    ],
    ids=lambda value: type(value).__name__,
)
def test_copies_are_equal_and_as_immutable(value: Any, copied: Callable[[Any], Any]) -> None:
    """Models can be sent to other processes; payloads stay frozen on the way."""
    twin = copied(value)

    assert twin == value
    assert repr(twin) == repr(value)
    if isinstance(twin, Flag):
        with pytest.raises(TypeError):
            twin.variants[0].payload["sizes"].append(1)


def test_replaced_fields_are_checked() -> None:
    """``dataclasses.replace`` reads the new value, and refuses a wrong one."""
    assert dataclasses.replace(FLAG_FULL, rollout_percentage=Fraction(1)).rollout_percentage == 1
    group = FLAG_FULL.targeting_rules[1]
    assert isinstance(group, RuleGroup)
    assert dataclasses.replace(group, kind="all").depth == 2
    assert problems_of(lambda: dataclasses.replace(FLAG_FULL, buckets=0))[0][0] == "buckets"


@some
@given(flag_items)
def test_a_flag_is_read_back_from_its_item(item: dict[str, Any]) -> None:
    """Through JSON text too, where the flag is the same."""
    flag = Flag.from_item(item)

    assert Flag.from_item(flag.to_item()) == flag
    assert Flag.from_item(json.loads(json.dumps(flag.to_item()))).to_item() == flag.to_item()


@some
@given(experiment_items)
def test_an_experiment_is_read_back_from_its_item(item: dict[str, Any]) -> None:
    """Through JSON text too, where the experiment is the same."""
    experiment = Experiment.from_item(item)

    assert Experiment.from_item(experiment.to_item()) == experiment
    assert Experiment.from_item(json.loads(json.dumps(experiment.to_item()))).to_item() == experiment.to_item()


@pytest.mark.parametrize(
    ("operator", "value", "item_value"),
    [
        ("before", date(2026, 1, 31), "2026-01-31"),
        ("after", datetime(2026, 1, 31, tzinfo=timezone(timedelta(hours=2))), "2026-01-31T00:00:00+02:00"),
        ("in", {"b", "a"}, ["a", "b"]),
        ("in", (Decimal("1.5"), Decimal(2)), [1.5, 2]),
        ("greater_than", Fraction(1, 3), 1 / 3),
    ],
)
def test_values_of_rules_are_ready_for_json(operator: str, value: Any, item_value: Any) -> None:
    """Dates, sets and exact numbers that Python code passes in become what a file would state."""
    flag = Flag("f", targeting_rules=(Rule("a", operator, value),))

    assert json.loads(json.dumps(flag.to_item()))["targeting_rules"][0]["value"] == item_value
    assert Flag.from_item(flag.to_item()) == flag
