"""Edits: what a form's words mean, and every mistake in them at once."""

from fractions import Fraction

import pytest

from ffcore import ConfigError, Flag, load
from ffcore.lab.explore import Edit

ARMS = [{"key": "a b", "allocation": 0.25, "payload": {"size": 1}}, {"key": "c", "allocation": 0.75}]
FLAG = Flag.from_item({"key": "k", "rollout_percentage": 10, "variants": ARMS, "default_variant": "c"})


def test_an_unchanged_flag_is_edited_to_itself() -> None:
    """Every bundled flag survives the form's words, but that an edit is switched on."""
    for flag in load("data/flags.yaml").values():
        edited = Edit.of(flag).applied(flag)

        assert {**edited.to_item(), "enabled": flag.enabled} == flag.to_item()


@pytest.mark.parametrize("text", ["a b 1/4, c 3/4", "a b=0.25,c=0.75,", " a b: 0.25 , c: 0.75 "])
def test_variants_are_named_with_their_shares(text: str) -> None:
    """Key and share stand apart by a blank, an equals sign or a colon; payloads stay with their keys."""
    assert Edit("k", 10, text).applied(FLAG).variants == FLAG.variants


def test_a_percentage_may_be_text() -> None:
    """What a field holds is exact: 12.5 is no binary float on the way."""
    assert Edit("k", "12.5").applied(FLAG).rollout_percentage == Fraction(25, 2)


@pytest.mark.parametrize(
    ("edit", "place", "message"),
    [
        (Edit("k", 101), "rollout_percentage", "100"),
        (Edit("k", "ten"), "rollout_percentage", "ten"),
        (Edit("k", "0.001"), "percentage", "it needs buckets: 100,000"),
        (Edit("k", 10, "a"), "allocations", "such as control 0.5; got 'a'"),
        (Edit("k", 10, "a 0.5, b 0.4"), "variants", "0.9"),
        (Edit("k", 10, rules="- {attribute: x, operator: eqals, value: 1}"), "operator", "equals"),
        (Edit("k", 10, rules="- {"), "rules", ""),
    ],
)
def test_a_mistake_is_named_with_its_place(edit: Edit, place: str, message: str) -> None:
    """Nobody sees a traceback in a panel."""
    with pytest.raises(ConfigError) as caught:
        edit.applied(FLAG)

    assert any(place in path and message in said for path, said in caught.value.problems), caught.value.problems


def test_two_mistakes_are_told_together() -> None:
    """Variants and rules are both read before anything is said."""
    with pytest.raises(ConfigError) as caught:
        Edit("k", 10, "a", "- {").applied(FLAG)

    assert {path.partition(".")[0] for path, _ in caught.value.problems} == {"allocations", "rules"}
