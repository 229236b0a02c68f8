"""FlagSet: an immutable mapping of flags beside a mapping of experiments."""

from typing import Any

import pytest

from ffcore import ConfigError, Experiment, Flag, FlagSet

ARMS = [{"key": "a", "allocation": 0.5}, {"key": "b", "allocation": 0.5}]
EXPERIMENT = Experiment.from_item({"key": "e", "variants": ARMS})


def test_a_set_is_a_mapping_in_the_order_of_its_flags() -> None:
    """Flags are found by key; experiments have a mapping of their own."""
    flags = FlagSet([Flag("b"), Flag("a")], [EXPERIMENT])

    assert list(flags) == ["b", "a"]
    assert flags["a"] == Flag("a")
    assert flags.get("e") is None
    assert dict(flags.experiments) == {"e": EXPERIMENT}
    assert repr(flags) == "FlagSet(2 flags, 1 experiments)"
    with pytest.raises(KeyError):
        flags["e"]


def test_a_set_cannot_be_changed() -> None:
    """Neither mapping takes another item, and a set has no hash."""
    flags: Any = FlagSet([Flag("a")], [EXPERIMENT])

    with pytest.raises(TypeError):
        flags["b"] = Flag("b")
    with pytest.raises(TypeError):
        flags.experiments["f"] = EXPERIMENT
    with pytest.raises(TypeError):
        hash(flags)


def test_sets_are_equal_by_content() -> None:
    """Experiments count, the order does not, and a dict is no set."""
    assert FlagSet([Flag("a"), Flag("b")]) == FlagSet([Flag("b"), Flag("a")])
    assert FlagSet([Flag("a")]) != FlagSet([Flag("a")], [EXPERIMENT])
    assert FlagSet([Flag("a")]) != {"a": Flag("a")}


def test_a_key_stands_once() -> None:
    """Every repeated key is named, of flags and of experiments."""
    with pytest.raises(ConfigError) as caught:
        FlagSet([Flag("a"), Flag("a"), Flag("a")], [EXPERIMENT, EXPERIMENT])

    assert [path for path, _ in caught.value.problems] == ["flags[1].key", "flags[2].key", "experiments[1].key"]


def test_items_are_read_with_all_their_problems() -> None:
    """One error lists what is wrong in any item; ``buckets`` holds for flags that name none."""
    with pytest.raises(ConfigError) as caught:
        FlagSet.from_items([{"key": "a"}, {"enabled": 1}], [{"key": "e"}])
    flags = FlagSet.from_items([{"key": "a"}, {"key": "b", "buckets": 7}], buckets=100)

    assert [path for path, _ in caught.value.problems] == [
        "flags[1].key",
        "flags[1].enabled",
        "experiments[0].variants",
    ]
    assert [flag.buckets for flag in flags.values()] == [100, 7]


@pytest.mark.parametrize("item", [None, 5, "a", []])
def test_an_item_that_is_no_mapping_is_a_config_error(item: Any) -> None:
    """Its place is named."""
    with pytest.raises(ConfigError) as caught:
        FlagSet.from_items([item], [item])

    assert [path for path, _ in caught.value.problems] == ["flags[0]", "experiments[0]"]


def test_a_set_is_read_back_from_its_items() -> None:
    """``to_items`` is what a flag file holds."""
    flags = FlagSet([Flag("a", enabled=True)], [EXPERIMENT])
    items = flags.to_items()

    assert FlagSet.from_items(items["flags"], items["experiments"]) == flags
