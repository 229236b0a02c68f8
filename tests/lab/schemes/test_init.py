"""Schemes by name, and the answers to wrong names, versions, settings and options."""

from typing import Any

import numpy as np
import pytest

from ffcore import ConfigError
from ffcore.lab import schemes, verify

IDS = [f"user-{number}" for number in range(20_000)]


@pytest.mark.parametrize(
    ("name", "version", "settings", "message"),
    [
        ("growthboook", None, {}, "scheme: 'growthboook' is unknown; did you mean growthbook?"),
        ("growthbook", 3, {}, "growthbook: version 3 is unknown; versions: 1, 2"),
        ("unleash", 1, {}, "unleash: version 1 is unknown; versions: one without a number"),
        ("growthbook", None, {"encodin": "utf-8"}, "growthbook: 'encodin' is no setting; did you mean encoding?"),
        ("growthbook", None, {"encoding": "utf8"}, "growthbook.encoding: 'utf8' is unknown; did you mean utf-8?"),
        ("launchdarkly", None, {"precision": "double"}, "launchdarkly.precision: 'double' is unknown"),
    ],
)
def test_a_wrong_name_is_answered(name: str, version: int | None, settings: dict[str, Any], message: str) -> None:
    """What is wrong, and the nearest name or the versions that there are."""
    with pytest.raises(ConfigError) as caught:
        schemes.get(name, version, **settings)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"slat": "a"}, "launchdarkly.rollout: 'slat' is no option; did you mean salt?"),
        ({"sticky": True}, "launchdarkly.sticky: not recomputable: a sticky bucket is no function of the id"),
        ({"overrides": {}}, "not recomputable: an override"),
        ({"random": True}, "not recomputable: random stickiness"),
    ],
)
def test_what_cannot_be_recomputed_is_refused(options: dict[str, Any], message: str) -> None:
    """Stored assignments are named as such, and wrong options are answered with the right ones."""
    with pytest.raises(ConfigError) as caught:
        schemes.get("launchdarkly").rollout(50, **options)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("percentage", "weights"), [(101, {"a": "1"}), (-1, {}), ("x", {"a": -1}), (True, {1: 1}), (float("nan"), [1])]
)
def test_wrong_percentages_and_weights_are_answered(percentage: Any, weights: Any) -> None:
    """A mistake is answered where the rollout is described, not where it is used."""
    with pytest.raises(ConfigError, match="percentage"):
        schemes.get("growthbook").rollout(percentage)
    with pytest.raises(ConfigError, match="weights"):
        schemes.get("growthbook").variants(weights)


def test_null_ids_are_refused() -> None:
    """A null is no id of any vendor."""
    with pytest.raises(ConfigError, match="user_id: 1 ids are null, the first at row 1"):
        schemes.get("unleash").rollout(50)(np.array(["a", None], dtype=object))


def test_checks_take_assignments_of_both_kinds() -> None:
    """A rollout and variants pass where they are as described, and the words of the bad first hash fail."""
    unleash, growthbook = schemes.get("unleash"), schemes.get("growthbook", version=1)
    halves = unleash.variants({"a": 500, "b": 500}, "flag")
    words = growthbook.words()

    assert verify.rollout(unleash.rollout(30, "flag"), IDS, 0.3, margin=0.02).verdict == "pass"
    assert verify.rollout(unleash.rollout(30, "flag"), IDS, 0.35).verdict == "fail"
    assert verify.variants(halves, IDS, {"a": 0.5, "b": 0.5}, margin=0.02).verdict == "pass"
    assert verify.variants(halves, IDS, {"a": 0.45, "b": 0.55}).verdict == "fail"
    assert verify.independence(words, ["search-v2", "pricing", "search-v3"], IDS).verdict == "fail"
