"""Reading vendors' files: every vendor by name, what is left out by path, and mistakes in one message."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ffcore import ConfigError
from ffcore.lab.schemes.files import READERS, read_flags
from ffcore.lab.schemes.files.parts import Reader

DATA = Path(__file__).parents[3] / "data" / "vendors"
LEFT_OUT = {
    "flagd": {
        "flags.by-company.targeting.fractional[0]",
        "flags.timed.targeting.if[0].>.var",
        "flags.truthy.targeting.if[0].!!",
    },
    "growthbook": {
        "features.holdout.rules[0].parentConditions",
        "features.by-company.rules[0].hashAttribute",
        "features.nested.rules[0].condition.device.os",
    },
    "launchdarkly": {
        "flags.child.prerequisites",
        "flags.staff.rules[0].clauses[0].op",
        "flags.by-company.fallthrough.rollout.bucketBy",
    },
    "unleash": {
        "features[4].strategies[0].parameters.stickiness",
        "features[5].strategies[0].name",
        "features[6].dependencies",
    },
}
WRONG: dict[str, tuple[Any, str]] = {
    "flagd": ({"flags": []}, r"flags: expected a mapping, got \[\]"),
    "growthbook": ({"features": {"a": {"rules": {}}}}, r"features.a.rules: expected a list, got \{\}"),
    "launchdarkly": ({"flags": {"a": 1}}, "flags.a: expected a mapping, got 1"),
    "unleash": ({"features": {}}, r"features: expected a list, got \{\}"),
}
#: One of each kind that a value may wrongly be.
KINDS: tuple[Any, ...] = (None, 5, "x", [5], {"x": 1})


def slots(data: Any) -> Iterator[tuple[Any, Any]]:
    """Every mapping or list in the data with each of its keys or places."""
    for step in list(data) if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ():
        yield data, step
        yield from slots(data[step])


@pytest.mark.parametrize("vendor", READERS)
def test_what_is_left_out_is_named_by_its_path(vendor: str) -> None:
    """Nothing is dropped: the file lists every path, and the flag itself refuses to answer."""
    found = read_flags(DATA / f"{vendor}.json", vendor)

    assert {path for path, _ in found.uncovered} == LEFT_OUT[vendor]
    assert sum(bool(flag.uncovered) for flag in found.values()) == len(LEFT_OUT[vendor])


@pytest.mark.parametrize("vendor", READERS)
def test_a_malformed_file_is_one_message(vendor: str, tmp_path: Path) -> None:
    """File, path, value and what was expected."""
    data, message = WRONG[vendor]
    path = tmp_path / "flags.json"
    path.write_text(json.dumps(data), encoding="utf-8")

    with pytest.raises(ConfigError, match=message) as caught:
        read_flags(path, vendor)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("vendor", READERS)
def test_a_value_of_another_kind_is_no_traceback(vendor: str) -> None:
    """Wherever it stands, it is read, named as not followed, or answered with one message that says where it is."""
    data = json.loads((DATA / f"{vendor}.json").read_text(encoding="utf-8"))
    for part, step in list(slots(data)):
        right = part[step]
        for part[step] in KINDS:
            with suppress(ConfigError):
                READERS[vendor](data, Reader(vendor, {}))
        part[step] = right


def test_every_flags_problem_is_listed_with_its_place(tmp_path: Path) -> None:
    """Not the first alone; a problem that the scheme finds is named with the flag that has it."""
    path = tmp_path / "unleash.json"
    strategy = {"name": "flexibleRollout", "parameters": {"rollout": 150}}
    features = [
        {"name": "a", "enabled": True, "variants": [{"name": "x", "weight": "1"}]},
        {"name": "b", "enabled": True, "strategies": [strategy]},
    ]
    path.write_text(json.dumps({"features": features}), encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        read_flags(path, "unleash")
    assert caught.value.problems == [
        ("features[0].variants[0].weight", "expected a number, got '1'"),
        ("features[1]: percentage", "expected a number from 0 to 100, got 150"),
    ]


def test_an_unknown_vendor_is_answered_with_the_nearest() -> None:
    """And an unknown setting with those that there are."""
    with pytest.raises(ConfigError, match="did you mean growthbook"):
        read_flags(DATA / "growthbook.json", "growthbok")
    with pytest.raises(ConfigError, match="'encodings' is no setting; did you mean encoding"):
        read_flags(DATA / "growthbook.json", "growthbook", encodings="utf-8")


def test_settings_reach_the_scheme() -> None:
    """An id beyond ASCII is hashed as the named client does."""
    users = [f"ü-{number}" for number in range(400)]
    plain, node = (
        read_flags(DATA / "unleash.json", "unleash", **settings)["dark-mode"](users).tolist()
        for settings in ({}, {"encoding": "low-byte"})
    )

    assert plain != node
