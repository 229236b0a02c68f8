"""The shipped JSON Schema: generated from the model, and as strict as loading about names and types."""

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from ffcore import ConfigError, FlagSet, load
from ffcore.model import Experiment, Flag
from ffcore.operators import OPERATORS
from ffcore.schema import flag_file_schema
from tests.support.strategies import experiment_items, flag_items

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "ffcore" / "flags.schema.json"
BUNDLED = ROOT / "data" / "flags.yaml"
VALIDATOR = Draft202012Validator(flag_file_schema())
RULE: dict[str, Any] = {"attribute": "country", "operator": "equals", "value": "NO"}
ARMS = [{"key": "a", "allocation": 0.5}, {"key": "b", "allocation": "1/2"}]
FULL: dict[str, Any] = {
    "flags": [
        {
            "key": "f",
            "flag_id": "7",
            "enabled": True,
            "rollout_percentage": 12.5,
            "default_variant": "a",
            "variants": ARMS,
            "buckets": 1_000,
            "targeting_rules": [RULE, {"any": [{"not": RULE}, {"all": []}]}],
        }
    ],
    "experiments": [
        {
            "key": "e",
            "experiment_id": "8",
            "status": "active",
            "traffic_allocation": 0.5,
            "salt": "s",
            "variants": ARMS,
            "targeting_rules": [RULE],
        }
    ],
}


def test_the_shipped_copy_is_the_generated_one() -> None:
    """Editors read what the model says today."""
    assert SHIPPED.read_text(encoding="utf-8") == json.dumps(flag_file_schema(), indent=2) + "\n"


def test_the_schema_is_valid() -> None:
    """It keeps to its own dialect."""
    Draft202012Validator.check_schema(flag_file_schema())


def test_the_bundled_file_names_the_shipped_copy() -> None:
    """The first line tells an editor where the schema lies, beside the package."""
    first = BUNDLED.read_text(encoding="utf-8").splitlines()[0]

    assert first.startswith("# yaml-language-server: $schema=")
    assert (BUNDLED.parent / first.partition("=")[2]).resolve() == SHIPPED


def test_the_bundled_file_is_valid() -> None:
    """What an editor sees in the file, read by the rules of YAML 1.2, has no mark."""
    from ffcore.reading import parse_yaml

    data = json.loads(json.dumps(parse_yaml(BUNDLED.read_text(encoding="utf-8")), default=float))

    assert list(VALIDATOR.iter_errors(data)) == []


def broken(*path: str | int, value: Any) -> dict[str, Any]:
    """The full file with one place replaced."""
    data = copy.deepcopy(FULL)
    place: Any = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return data


def wrong_files() -> Iterator[dict[str, Any]]:
    """Files with one mistake each."""
    wrong_values: dict[str, list[Any]] = {
        "key": [5, "", "  ", True, []],
        "flag_id": [5, ""],
        "enabled": ["yes", 1, []],
        "rollout_percentage": [101, -1, "half", True, []],
        "default_variant": [1],
        "variants": [{}, "a", [5], [{"key": "a"}], [{"allocation": 1}], [{"key": "a", "allocation": 1, "weight": 1}]],
        "buckets": [0, 1.5, "100", 2**32 + 1, True],
        "targeting_rules": [RULE, [5], [{"all": RULE}], [{"not": [RULE]}], [{"all": [], "any": []}], [{"al": []}]],
        "rolout": [1],
    }
    for name, values in wrong_values.items():
        yield from (broken("flags", 0, name, value=value) for value in values)
    for name, value in (("status", "running"), ("traffic_allocation", 2), ("salt", 5), ("enabled", True), ("key", 1)):
        yield broken("experiments", 0, name, value=value)
    yield from (broken("experiments", 0, "variants", value=value) for value in ([], ARMS[:1]))
    yield from (broken(name, value={}) for name in ("flags", "experiments"))
    yield from ({"flag": []}, {"flags": [{}]}, {"experiments": [{"key": "e"}]}, {"flags": [None]})
    changed: list[dict[str, Any]] = [{"operator": "is"}, {"operator": 5}, {"attribute": 5}, {"attribute": ""}]
    for changes in [*changed, {"extra": 1}]:
        yield broken("flags", 0, "targeting_rules", 1, "any", 0, "not", value=RULE | changes)
    for name in sorted(OPERATORS.keys() - {"exists", "not_exists"}):
        bare = {"attribute": "country", "operator": name}
        yield broken("flags", 0, "targeting_rules", 0, value=bare)
        for wrong in [{"a": 1}, None]:
            yield broken("flags", 0, "targeting_rules", 0, value=RULE | {"operator": name, "value": wrong})


def test_the_full_file_is_valid(tmp_path: Path) -> None:
    """The file that the mistakes are made in has none."""
    path = tmp_path / "flags.json"
    path.write_text(json.dumps(FULL))

    assert load(path).keys() == {"f"}
    assert list(VALIDATOR.iter_errors(FULL)) == []


@pytest.mark.parametrize("data", list(wrong_files()), ids=lambda data: None)
def test_what_loading_refuses_the_schema_refuses(tmp_path: Path, data: dict[str, Any]) -> None:
    """Wrong types, unknown fields and operators, and missing fields are marked before the file is ever loaded."""
    path = tmp_path / "flags.json"
    path.write_text(json.dumps(data))
    with pytest.raises(ConfigError):
        load(path)

    assert list(VALIDATOR.iter_errors(data))


SCALARS = [None, True, False, 0, 1, 1.0, -1, 0.5, 101, 2**33, "", "  ", "\u00a0", "x", "active", "NO"]
NUMBERS_AS_TEXT = ["1", "+1", " 1 ", "1.", "10E-1", ".5/.5", "1 / 1", "1/", "/1", "x/y", "1_0", "--1", "1/1/1", "nan"]
NESTED: list[Any] = [
    [],
    {},
    [None],
    [{}],
    [1, "x"],
    [RULE],
    RULE,
    ARMS,
    [{"all": []}],
    [{"not": RULE}],
    [{"not": None}],
]
ANY = [*SCALARS, *NUMBERS_AS_TEXT, *NESTED]
#: That the share of one arm is 1 is beyond a schema, and so is what text says to these operators.
ANY_SHARE = [value for value in ANY if value not in (0, 0.5)]
MEANING = {"before", "after", *(name for name in OPERATORS if name.startswith("semver_"))}


def small_files() -> Iterator[Any]:
    """Files with any value in any one place, null and what nobody would write among them."""
    yield from ANY
    for section in ("flags", "experiments", "other"):
        yield from ({"flags": [], section: value} for value in ANY)
        yield {section: None, "flags": None}
    for name in [*Flag.FIELDS, "other"]:
        yield from ({"flags": [{"key": "f", name: value}]} for value in ANY)
    for name in [*Experiment.FIELDS, "other"]:
        yield from ({"experiments": [{"key": "e", "variants": ARMS, name: value}]} for value in ANY)
    yield {"flags": [dict.fromkeys(Flag.FIELDS) | {"key": "f"}]}
    yield {"experiments": [dict.fromkeys(Experiment.FIELDS) | {"key": "e", "variants": ARMS}]}
    for name, values in {"key": ANY, "allocation": ANY_SHARE, "payload": ANY, "other": ANY}.items():
        yield from ({"flags": [{"key": "f", "variants": [{"key": "a", "allocation": 1, name: v}]}]} for v in values)
    for rule in small_rules():
        yield {"flags": [{"key": "f", "targeting_rules": [rule]}]}


def small_rules() -> Iterator[dict[str, Any]]:
    """Rules and groups with any value in any one place."""
    for operator in OPERATORS:
        for value in [*SCALARS, *NESTED]:
            if operator not in MEANING or not isinstance(value, str):
                yield RULE | {"operator": operator, "value": value}
        yield {"attribute": "country", "operator": operator}
    for name in ("attribute", "operator", "all", "not", "other"):
        yield from (RULE | {name: value} for value in ANY)
    for name in ("all", "any", "not", "al"):
        yield from ({name: value} for value in ANY)


def test_the_schema_accepts_what_loading_accepts_and_nothing_else(tmp_path: Path) -> None:
    """Over thousands of small files an editor marks those that loading refuses, null in any place among them."""
    path = tmp_path / "flags.json"

    def loads(data: Any) -> bool:
        path.unlink(missing_ok=True)  # a file that is written over is slow
        path.write_text(json.dumps(data))
        with suppress(ConfigError):
            return load(path) is not None
        return False

    accepted = [(data, loads(data), VALIDATOR.is_valid(data)) for data in small_files()]

    assert [data for data, loaded, valid in accepted if loaded != valid] == []
    assert min(sum(loaded for _, loaded, _ in accepted), sum(not loaded for _, loaded, _ in accepted)) > 300


@pytest.mark.slow
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(flag_items, experiment_items)
def test_what_the_model_writes_the_schema_accepts(flag: dict[str, Any], experiment: dict[str, Any]) -> None:
    """The items of any valid set are a valid file."""
    written = FlagSet([Flag.from_item(flag)], [Experiment.from_item(experiment)]).to_items()

    assert list(VALIDATOR.iter_errors(json.loads(json.dumps(written)))) == []
