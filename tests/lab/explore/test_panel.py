"""The panel: every widget asks again, a mistake is shown where the answer stood, and the next edit recovers."""

import pytest

from ffcore import ConfigError, Flag, FlagSet, load
from ffcore.lab.explore import Panel

FLAGS = load("data/flags.yaml")
USERS = [f"user-{number}" for number in range(3_000)]


def test_each_widget_asks_again() -> None:
    """Percentage, slider, variants, rules, margin and flag all change what is shown."""
    panel = Panel(FLAGS, USERS)
    panel.flag.value = "checkin-reminder"
    shown = [panel.output.value]
    panel.percentage.value = 20
    shown.append(panel.output.value)
    panel.slider.value = 30
    shown.append(panel.output.value)
    panel.allocations.value = "day-before 0.25, two-step 0.75"
    shown.append(panel.output.value)
    panel.rules.value = "- {attribute: user_id, operator: starts_with, value: user-1}"
    shown.append(panel.output.value)
    panel.margin.value = 2
    shown.append(panel.output.value)
    panel.flag.value = "delay-causes"
    shown.append(panel.output.value)

    assert len(set(shown)) == len(shown)
    assert panel.percentage.value == panel.slider.value == 50
    assert panel.allocations.value == panel.rules.value == ""


def test_a_mistake_is_shown_and_the_next_edit_recovers() -> None:
    """No traceback reaches a person, and what they typed is no markup."""
    panel = Panel(FLAGS, USERS)
    panel.allocations.value = "<i> 0.5, b 0.4"

    assert 'role="alert"' in panel.output.value
    assert "0.9" in panel.output.value
    assert "<i>" not in panel.output.value

    panel.allocations.value = ""

    assert 'role="alert"' not in panel.output.value


def test_choosing_a_flag_shows_it_as_it_is() -> None:
    """A flag that is on moves nobody before something is changed."""
    panel = Panel(FLAGS, USERS)
    panel.flag.value = "carbon-label"

    assert "Nobody moves." in panel.output.value


def test_a_page_without_a_kernel_shows_the_answer() -> None:
    """The widget's bundle has a static form beside it."""
    bundle = Panel(FLAGS, USERS)._repr_mimebundle_()

    assert bundle["text/html"].count("<h3>") == 1
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_there_must_be_a_flag() -> None:
    """An empty file has nothing to explore, and says so."""
    with pytest.raises(ConfigError, match="no flag to explore"):
        Panel(FlagSet([]), USERS)


def test_a_third_of_a_percent_is_shown_as_near_as_a_field_can() -> None:
    """A percentage that no decimal says is rounded in the field, and the mistake is told, not hidden."""
    panel = Panel(FlagSet([Flag.from_item({"key": "k", "rollout_percentage": "100/3", "buckets": 3})]), USERS)

    assert "whole number of 3 buckets" in panel.output.value
