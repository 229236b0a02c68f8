"""FlagSet: immutable mappings of flags and experiments, from items and back."""

import copy
import json
import pickle
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ffcore import ConfigError, Experiment, Flag, FlagSet, load
from tests.support.strategies import experiment_items, flag_items

ARMS = [{"key": "a", "allocation": "1/3", "payload": {"sizes": [1]}}, {"key": "b", "allocation": "2/3"}]
FLAGS = FlagSet.from_items(
    flags=[{"key": "one", "enabled": True, "variants": ARMS}, {"key": "two"}],
    experiments=[{"key": "one", "variants": ARMS}],
)
EXPERIMENT: dict[str, Any] = {"key": "one", "variants": ARMS}


def test_a_set_is_a_mapping_of_flags_in_their_order() -> None:
    """Flags are reached by key as in a dict, experiments through a mapping of their own."""
    assert isinstance(FLAGS, Mapping)
    assert list(FLAGS) == ["one", "two"]
    assert len(FLAGS) == 2
    assert FLAGS["two"] == Flag("two")
    assert "three" not in FLAGS
    assert FLAGS.get("three") is None
    assert list(FLAGS.experiments) == ["one"]
    assert isinstance(FLAGS.experiments["one"], Experiment)
    assert repr(FLAGS) == "FlagSet(2 flags, 1 experiments)"
    with pytest.raises(KeyError):
        FLAGS["three"]


@pytest.mark.parametrize(
    "change",
    [
        lambda flags: flags.__setitem__("two", Flag("two")),
        lambda flags: flags.__delitem__("two"),
        lambda flags: flags.pop("two"),
        lambda flags: flags.experiments.__setitem__("two", 1),
        lambda flags: flags.experiments.pop("one"),
        lambda flags: flags.new_attribute.append(1),
    ],
)
def test_a_set_cannot_be_changed(change: Callable[[Any], object]) -> None:
    """Neither flags nor experiments are added, replaced or removed."""
    with pytest.raises((TypeError, AttributeError)):
        change(FLAGS)


def test_an_empty_set_is_empty() -> None:
    """Nothing in, nothing out."""
    assert len(FlagSet()) == len(FlagSet.from_items()) == len(FlagSet().experiments) == 0
    assert FlagSet() == FlagSet.from_items()


def test_sets_are_equal_that_hold_the_same() -> None:
    """The order of keys does not matter, a field of a flag and of an experiment do; a dict is no set."""
    flags, experiments = list(FLAGS.values()), list(FLAGS.experiments.values())

    assert FlagSet(reversed(flags), experiments) == FLAGS
    assert FlagSet(flags) != FLAGS
    assert FlagSet([*flags[:1], Flag("two", enabled=True)], experiments) != FLAGS
    assert FlagSet(flags) != dict(FLAGS)
    with pytest.raises(TypeError, match="unhashable"):
        hash(FLAGS)


@pytest.mark.parametrize("section", ["flags", "experiments"])
def test_a_key_stands_once(section: str) -> None:
    """A second flag or experiment with a key is a problem at its place; one of each kind may share it."""
    items = [{"key": key, "variants": ARMS} for key in ("x", "y", "x")]

    with pytest.raises(ConfigError) as caught:
        FlagSet.from_items(**{section: items})  # type: ignore[arg-type]
    assert caught.value.problems == [(f"{section}[2].key", "'x' stands here a second time")]


def test_all_problems_of_all_items_are_told_at_once() -> None:
    """The places say which item; good items between bad ones are no problem."""
    flags: list[Any] = [{"key": "a"}, {"enabled": 1}, "text"]
    with pytest.raises(ConfigError) as caught:
        FlagSet.from_items(flags, [{"key": "b", "variants": ARMS[:1]}])

    assert sorted(path for path, _ in caught.value.problems) == [
        "experiments[0].variants",
        "experiments[0].variants",
        "flags[1].enabled",
        "flags[1].key",
        "flags[2]",
    ]


def test_a_thousand_problems_are_enough() -> None:
    """Reading ends at the 1,001st, with the places of those before it."""
    with pytest.raises(ConfigError) as caught:
        FlagSet.from_items([{"key": "a"}, *[{}] * 2_000])

    assert [path for path, _ in caught.value.problems] == [f"flags[{i}].key" for i in range(1, 1_002)]


def test_items_may_hold_numbers_of_any_class() -> None:
    """What a computation gives is as good as a literal, and can be written as JSON."""

    def items(one: Any, half: Any, many: Any) -> Any:
        arms = [{"key": "a", "allocation": half, "payload": {"n": many}}, {"key": "b", "allocation": half}]
        rules = [{"attribute": "n", "operator": "in", "value": [one, half]}]
        flag = {"key": "k", "rollout_percentage": half, "variants": arms, "buckets": many, "targeting_rules": rules}
        return {"flags": [flag], "experiments": [{"key": "k", "variants": arms, "traffic_allocation": one}]}

    computed = FlagSet.from_items(**items(np.int64(1), np.float32(0.5), np.uint16(1_000)))

    assert computed == FlagSet.from_items(**items(1, 0.5, 1_000))
    assert FlagSet.from_items(**json.loads(json.dumps(computed.to_items()))) == computed


def test_buckets_hold_for_items_that_name_none() -> None:
    """The argument is a default, an item's own resolution comes first, and 10,000 holds without either."""
    items: list[dict[str, Any]] = [{"key": "a"}, {"key": "b", "buckets": 7}]

    assert [flag.buckets for flag in FlagSet.from_items(items, buckets=100).values()] == [100, 7]
    assert [flag.buckets for flag in FlagSet.from_items(items).values()] == [10_000, 7]


@pytest.mark.parametrize("pass_on", [copy.copy, copy.deepcopy, lambda flags: pickle.loads(pickle.dumps(flags))])  # noqa: S301
def test_a_set_survives_copying(pass_on: Callable[[FlagSet], FlagSet]) -> None:
    """A set can be sent to another process, and stays equal, ordered and immutable."""
    passed = pass_on(FLAGS)

    assert passed == FLAGS
    assert list(passed) == list(FLAGS)
    with pytest.raises(TypeError):
        passed["one"].variants[0].payload["sizes"].append(2)


@given(st.lists(flag_items, max_size=3, unique_by=lambda item: item["key"]), st.none() | experiment_items)
def test_items_come_back_as_an_equal_set(flags: list[dict[str, Any]], experiment: dict[str, Any] | None) -> None:
    """``to_items`` is JSON-ready and says everything: fractions, groups, payloads, salts."""
    original = FlagSet.from_items(flags, [experiment] if experiment else [])
    written = json.loads(json.dumps(original.to_items()))

    assert FlagSet.from_items(**written) == original


class QuotingDumper(yaml.SafeDumper):
    """Quotes every text: PyYAML writes YAML 1.1, where ``1e3`` and ``0o17`` need no quotes to be text."""


QuotingDumper.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, '"'))


@pytest.mark.parametrize(
    ("suffix", "write"),
    [("json", json.dumps), ("yaml", lambda items: yaml.dump(items, Dumper=QuotingDumper))],
    ids=["json", "yaml"],
)
@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(
    items=st.tuples(st.lists(flag_items, max_size=1), experiment_items),
    number=st.floats(allow_nan=False, allow_infinity=False),
    share=st.integers(1, 45).map(lambda places: Fraction(1, 10**places)),
)
@example(items=([], EXPERIMENT), number=1e23, share=Fraction(1, 10**40))
@example(items=([], EXPERIMENT), number=1.2345678901234567e17, share=Fraction(1, 3))
def test_items_are_the_content_of_a_flag_file(
    tmp_path: Path, suffix: str, write: Callable[[Any], str], items: tuple[Any, Any], number: float, share: Fraction
) -> None:
    """What ``to_items`` gives loads strictly as a file, to an equal set: floats of any size and small shares too."""
    flags, experiment = items
    arms = [{"key": "a", "allocation": share, "payload": [number]}, {"key": "b", "allocation": 1 - share}]
    rules = [{"attribute": "number", "operator": "greater_than", "value": number}]
    of_any_size = {"key": "numbers", "variants": arms, "targeting_rules": rules}
    whole = [{**flag, "rollout_percentage": 100} for flag in flags]
    original = FlagSet.from_items(whole, [{**experiment, "key": "generated"}, of_any_size])
    path = tmp_path / f"flags.{suffix}"
    path.write_text(write(original.to_items()), encoding="utf-8")

    assert load(path) == original


def test_plain_items_are_no_flags() -> None:
    """Who hands over items instead of flags is told what reads them."""
    items: Any = [{"key": "a"}, None]
    with pytest.raises(ConfigError) as caught:
        FlagSet(items)

    assert caught.value.problems == [
        ("flags[0]", "{'key': 'a'} is no flag; FlagSet.from_items reads plain items"),
        ("flags[1]", "None is no flag; FlagSet.from_items reads plain items"),
    ]
