"""Flag files: what is read, and that every mistake ends as one ConfigError that names its place."""

import json
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ffcore import ConfigError, FlagSet, load, reading
from ffcore.reading import read_data
from tests.support.strategies import experiment_items, flag_items

BUNDLED = Path(__file__).parents[1] / "data" / "flags.yaml"
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)

MISTAKES = """\
flags:
  - key: checkout
    enabled: yes
  - key: search
    rolout_percentage: 5
  - key: banner
    rollout_percentage: 150
    targeting_rules:
      - all:
          - {attribute: country, operator: equal, value: NO}
experiments:
  - key: pricing
    variants:
      - {key: a, allocation: 0.5}
      - {key: b, allocation: 0.49}
"""
MESSAGES = [
    ("flags[0].enabled", "expected true or false, got 'yes' (line 3)"),
    ("flags[1].rolout_percentage", "unknown field; did you mean rollout_percentage? (line 5)"),
    ("flags[2].rollout_percentage", "150 is not between 0 and 100 (line 7)"),
    ("flags[2].targeting_rules[0].all[0].operator", "'equal' is unknown; did you mean equals? (line 10)"),
    ("experiments[0].variants", "allocations sum to 0.99, expected exactly 1 (line 13)"),
]


def written(folder: Path, content: str | bytes, name: str = "flags.yaml") -> Path:
    """A file with the content."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(path: Path, **options: Any) -> ConfigError:
    """The error that loading a path ends with."""
    with pytest.raises(ConfigError) as caught:
        load(path, **options)
    return caught.value


def test_the_bundled_file_loads() -> None:
    """The flags and experiments that come with the project are valid."""
    flags = load(BUNDLED)

    assert len(flags) >= 12
    assert len(flags.experiments) >= 3


def test_one_message_names_every_mistake_with_path_and_line(tmp_path: Path) -> None:
    """Five different mistakes are five problems, each with its path, its line, the value and the expectation."""
    error = refusal(written(tmp_path, MISTAKES))

    assert error.problems == MESSAGES
    assert str(error).splitlines()[0].endswith("flags.yaml: 5 problems")
    assert all(f"  {path}: {message}" in str(error).splitlines() for path, message in MESSAGES)


def test_json_says_the_same_without_lines(tmp_path: Path) -> None:
    """The same five mistakes in a JSON file have the same paths and messages."""
    from ffcore.reading import parse_yaml

    text = json.dumps(parse_yaml(MISTAKES), default=float)

    assert refusal(written(tmp_path, text, "flags.json")).problems == [
        (path, message.partition(" (line")[0]) for path, message in MESSAGES
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.yaml", "", "expected a mapping with the lists flags and experiments, got None"),
        ("a.yaml", "- key: a", "expected a mapping with the lists flags and experiments, got [{'key': 'a'}]"),
        ("a.json", "[]", "expected a mapping with the lists flags and experiments, got []"),
        ("a.json", "", "not JSON at line 1, column 1: Expecting value"),
        ("a.yaml", "flag: []", "unknown section; did you mean flags? (line 1)"),
        ("a.json", '{"flag": []}', "unknown section; did you mean flags?"),
        ("a.yaml", "flags: {a: {enabled: true}}", "expected a list, got {'a': {'enabled': True}} (line 1)"),
        ("a.yaml", "flags: false", "expected a list, got False (line 1)"),
        ("a.json", '{"experiments": ""}', "expected a list, got ''"),
        ("a.yaml", "flags: [3]", "expected a mapping with key, got 3 (line 1)"),
        ("a.yaml", "flags: [{enabled: true}]", "required, but missing (line 1)"),
        ("a.yaml", "flags: [{key: a}, {key: a}]", "'a' stands a second time (line 1)"),
        ("a.json", '{"flags": [{"key": "a"}, {"key": "a"}]}', "'a' stands a second time"),
        ("a.json", '{"flags": [{"key": "\\ud800"}]}', "expected text that UTF-8 can hold, got '\\ud800'"),
        ("a.csv", "", "unknown suffix '.csv'; expected one of .json, .yaml, .yml"),
        ("a.ymal", "", "unknown suffix '.ymal'; did you mean .yml?"),
    ],
)
def test_a_file_of_the_wrong_shape_is_refused(tmp_path: Path, name: str, content: str, message: str) -> None:
    """What is no pair of lists of items gives one problem that says what was expected."""
    assert [text for _, text in refusal(written(tmp_path, content, name)).problems] == [message]


def test_a_missing_file_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    """A misspelt path names the file that was probably meant."""
    written(tmp_path, "flags: []", "flags.yaml")

    assert refusal(tmp_path / "flag.yaml").problems == [("", "no such file; did you mean flags.yaml?")]
    assert refusal(tmp_path / "no folder" / "flags.yaml").problems == [("", "no such file")]


@pytest.mark.parametrize("name", ["a" * 5_000 + ".yaml", "a\0b.yaml"])
def test_an_impossible_name_is_refused(tmp_path: Path, name: str) -> None:
    """A name that no file can have is a ConfigError like any other missing file."""
    refusal(tmp_path / name)


def test_a_percentage_between_two_buckets_names_the_resolution_it_needs(tmp_path: Path) -> None:
    """A file never serves another share than it states; buckets of the flag stand before the argument's."""
    path = written(tmp_path, "flags: [{key: a, rollout_percentage: 12.5}, {key: b, buckets: 7}]")

    assert [load(path)["a"].buckets, load(path)["b"].buckets] == [10_000, 7]
    assert refusal(path, buckets=100).problems == [
        ("flags[0].rollout_percentage", "12.5 % is not a whole number of 100 buckets; it needs buckets: 200 (line 1)")
    ]


def test_buckets_must_be_a_resolution(tmp_path: Path) -> None:
    """A resolution that cannot be is named where it would hold."""
    path = written(tmp_path, "flags: [{key: a}]")

    assert refusal(path, buckets=0).problems[0][0] == "flags[0].buckets"


def test_a_folder_is_one_set(tmp_path: Path) -> None:
    """All JSON and YAML files of a folder are read, in the order of their names; other files are not."""
    written(tmp_path, '{"flags": [{"key": "b"}]}', "2.json")
    written(tmp_path, "flags: [{key: a}]\nexperiments:", "1.yml")
    written(tmp_path, "not: [ a flag file", "notes.txt")

    assert list(load(tmp_path)) == ["a", "b"]


def test_problems_in_a_folder_name_their_file(tmp_path: Path) -> None:
    """Every file's problems are listed, a key that stands in two files among them."""
    written(tmp_path, "flags: [{key: a}, {key: b, enabled: 1}]", "1.yaml")
    written(tmp_path, '{"flags": [{"key": "a"}]}', "2.json")
    written(tmp_path, "flags: [", "3.yaml")
    found = {Path(path.partition(":")[0]).name: message for path, message in refusal(tmp_path).problems}

    assert found["1.yaml"] == "expected true or false, got 1 (line 1)"
    assert found["2.json"] == "'a' stands a second time, first in 1.yaml"
    assert found["3.yaml"].startswith("not YAML at line 2")


LONG = "x" * 10**6
REPEATED = f"""
flags:
  - key: a
    targeting_rules:
      - &rule {{attribute: a, operator: &long {LONG}, *long : 1}}
      - all: &rules [{",".join(["*rule"] * 1_000)}]
      - any: [{",".join(["{all: *rules}"] * 600)}]
"""


def test_a_mistake_that_aliases_repeat_is_told_a_thousand_times_at_most(tmp_path: Path) -> None:
    """Millions of problems of a megabyte each would exhaust any machine; reading ends at the 1,001st."""
    error = refusal(written(tmp_path, REPEATED))

    assert len(error.problems) == 1_001
    assert error.problems[-1][0] == "flags[0].targeting_rules[1].all[499]." + "x" * 60
    assert error.problems[-1][1].startswith("unknown field; expected one of attribute, ")
    assert len(str(error)) < 100 * 1_000
    assert str(error).endswith("and at least 901 more")


def test_the_problems_of_a_folder_end_with_the_file_that_has_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files after it are not read; those before it have their problems told."""
    reader = Mock(wraps=read_data)
    monkeypatch.setattr(reading, "read_data", reader)
    for name in ("1", "2", "3"):
        written(tmp_path, json.dumps({"flags": [0] * 1_000}), f"{name}.json")
    error = refusal(tmp_path)

    assert [call.args[0].name for call in reader.call_args_list] == ["1.json", "2.json"]
    assert len(error.problems) == 1_001
    assert str(error).startswith(f"{tmp_path}: more than 1,000 problems")
    assert [Path(path.partition(":")[0]).name for path, _ in error.problems[-2:]] == ["1.json", "2.json"]


def test_unknown_sections_have_short_names(tmp_path: Path) -> None:
    """The place of a problem is no longer than a reader can use."""
    [(place, _)] = refusal(written(tmp_path, json.dumps({LONG: 1}), "flags.json")).problems

    assert len(place) == 60


def test_a_folder_without_flag_files_is_refused(tmp_path: Path) -> None:
    """An empty folder is no empty flag set; a folder that is named like a file cannot be read."""
    assert refusal(tmp_path).problems == [("", "no .json, .yaml, .yml file in this folder")]
    (tmp_path / "a.yaml").mkdir()

    assert "cannot be read" in str(refusal(tmp_path))


@pytest.mark.parametrize("path", ["", " "])
def test_a_blank_path_is_not_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """Where a variable that was to hold the path is empty, nothing is loaded that was not asked for."""
    written(tmp_path, "flags: [{key: a}]")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigError, match=f"^path: expected a file or a folder, got '{path}'$"):
        load(path)
    assert list(load(".")) == ["a"]


def test_a_flag_and_an_experiment_may_share_a_key(tmp_path: Path) -> None:
    """Keys are unique among flags and among experiments, not across them."""
    arms = "[{key: x, allocation: 1/2}, {key: y, allocation: 0.5}]"
    flags = load(written(tmp_path, f"flags: [{{key: a}}]\nexperiments: [{{key: a, variants: {arms}}}]"))

    assert (list(flags), list(flags.experiments)) == (["a"], ["a"])


def test_ten_thousand_flags_load(tmp_path: Path) -> None:
    """A large organisation's file is read whole."""
    items = [{"key": f"flag-{i}", "enabled": True, "rollout_percentage": i / 100} for i in range(10_000)]

    assert len(load(written(tmp_path, json.dumps({"flags": items}), "flags.json"))) == 10_000


@in_one_folder
@given(st.binary(max_size=200), st.sampled_from((".json", ".yaml")))
def test_random_bytes_are_a_set_or_a_config_error(tmp_path: Path, content: bytes, suffix: str) -> None:
    """No file content ends in another exception."""
    check_read_or_refused(written(tmp_path, content, f"any{suffix}"))


MARKUP = (
    r"flags: - key : a [ ] { } , & * &a *a ! !!str | > ' # --- ... ? ~ 1e9 0x1F .5 -.inf 1e400 1/3 ï \ all: not: NaN"
)
PIECES = st.sampled_from(
    (*MARKUP.split(), "\n", "\n  ", " ", "\t", '"key": "a"', '"flags":', "targeting_rules:", "\ufeff")
)


def check_read_or_refused(path: Path) -> None:
    """The path gives a flag set, or one ConfigError with at least one problem."""
    try:
        flags = load(path)
    except ConfigError as error:
        problems = error.problems
    else:
        assert isinstance(flags, FlagSet)
        return
    assert problems
    assert all(message for _, message in problems)


@pytest.mark.slow
@in_one_folder
@given(st.lists(PIECES, max_size=25).map("".join), st.sampled_from((".json", ".yaml")))
def test_random_markup_is_a_set_or_a_config_error(tmp_path: Path, content: str, suffix: str) -> None:
    """Nor do random sequences of what YAML and JSON are made of."""
    check_read_or_refused(written(tmp_path, content, f"any{suffix}"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ("key", "enabled", "rollout_percentage", "targeting_rules", "variants", "buckets", "salt", "status", "other")


@pytest.mark.slow
@in_one_folder
@given(flag_items | experiment_items, st.sampled_from(FIELDS), json_values, st.sampled_from(("flags", "experiments")))
def test_a_random_value_in_any_field_is_read_or_refused(
    tmp_path: Path, item: dict[str, Any], field: str, value: Any, section: str
) -> None:
    """A valid item with any one field replaced by any JSON value gives a set or a ConfigError."""
    content = json.dumps({section: [{**item, field: value}]}, default=str)
    check_read_or_refused(written(tmp_path, content, "any.json"))
