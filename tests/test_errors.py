"""Messages of configuration errors: every problem with its place, a near name, values quoted short."""

import copy
import pickle
from typing import Any

import pytest

from ffcore import ConfigError
from ffcore.errors import shown, suggestion

PROBLEMS = [("flags[0].key", "is missing"), ("", "no file")]


def test_an_error_lists_every_problem_with_its_place() -> None:
    """Each problem has its line; one about the whole input has no place before it."""
    assert str(ConfigError(PROBLEMS)) == "flags[0].key: is missing\nno file"


def test_an_error_with_a_source_counts_its_problems() -> None:
    """The source and the number of problems stand above them."""
    assert str(ConfigError(PROBLEMS, "flags.yaml")) == ("flags.yaml: 2 problems\n  flags[0].key: is missing\n  no file")
    assert str(ConfigError(PROBLEMS[:1], "flags.yaml")) == "flags.yaml: 1 problem\n  flags[0].key: is missing"


@pytest.mark.parametrize(
    ("count", "first", "last"),
    [
        (100, "f: 100 problems", "  [99]: x"),
        (101, "f: 101 problems", "  and 1 more"),
        (1_000, "f: 1,000 problems", "  and 900 more"),
        (1_001, "f: more than 1,000 problems", "  and at least 901 more"),
    ],
)
def test_a_message_lists_a_hundred_problems(count: int, first: str, last: str) -> None:
    """The rest is counted; at 1,001 a reader has stopped, so there may be more."""
    lines = str(ConfigError([(f"[{i}]", "x") for i in range(count)], "f")).splitlines()

    assert (lines[0], lines[-1]) == (first, last)
    assert len(lines) == min(count, 101) + 1


def test_an_error_is_a_value_error_with_problems_as_a_list_of_its_own() -> None:
    """Callers catch ValueError and read ``problems``; the caller's sequence is not shared."""
    given = list(PROBLEMS)
    error = ConfigError(given)
    given.clear()

    assert isinstance(error, ValueError)
    assert error.problems == PROBLEMS


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])  # noqa: S301
def test_an_error_crosses_processes(again: object) -> None:
    """A copied or pickled error says the same."""
    assert callable(again)
    error = again(ConfigError(PROBLEMS, "flags.yaml"))

    assert str(error) == str(ConfigError(PROBLEMS, "flags.yaml"))
    assert (error.problems, error.source) == (PROBLEMS, "flags.yaml")


@pytest.mark.parametrize(
    ("name", "valid", "phrase"),
    [
        ("rolout_percentage", ["key", "rollout_percentage"], "; did you mean rollout_percentage?"),
        ("equal", ["not_equals", "equals"], "; did you mean equals?"),
        ("zzz", ["key", "enabled"], "; expected one of key, enabled"),
        (7, ["7a", "key"], "; did you mean 7a?"),
        ("zzz", [], ""),
        ("zzz", [f"name-{i}" for i in range(31)], ""),
    ],
)
def test_a_suggestion_names_the_nearest_or_a_short_choice(name: object, valid: list[str], phrase: str) -> None:
    """A near name is suggested, else up to 30 names are listed; a longer list would help nobody."""
    assert suggestion(name, iter(valid)) == phrase


def test_a_long_name_is_compared_by_its_beginning() -> None:
    """Comparing takes no time however long a name is: thousands of such names may stand in one file."""
    assert suggestion("a" * 10**6, ["a" * 60]) == f"; did you mean {'a' * 60}?"


def test_thirty_names_are_still_listed() -> None:
    """The longest choice that is spelled out has 30 names."""
    assert suggestion("zzz", [f"name-{i}" for i in range(30)]).count("name-") == 30


def nested(depth: int) -> list[Any]:
    """A list in a list, and so on."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("NO", "'NO'"),
        (None, "None"),
        ("x" * 58, f"'{'x' * 58}'"),
        ("x" * 59, f"'{'x' * 56}..."),
        ("x" * 10**6, f"'{'x' * 56}..."),
        ([1, 2], "[1, 2]"),
        (list(range(10**6)), f"{str(list(range(19)))[:57]}..."),
        ({"a": ["x" * 10**6, {}]}, f"{{'a': ['{'x' * 49}..."),
        ({"a": [], "b": {"c": 1.5}}, "{'a': [], 'b': {'c': 1.5}}"),
        pytest.param(10**5000, "a very large int", id="5000-digits"),
        pytest.param(nested(100_000), "[" * 57 + "...", id="100000-levels"),
    ],
)
def test_values_are_quoted_in_at_most_sixty_characters(value: object, quoted: str) -> None:
    """A short value is quoted whole, what is long is cut, an integer too large to be spelled out is named."""
    assert shown(value) == quoted
    assert len(quoted) <= 60


def test_a_message_can_be_printed_whatever_it_names() -> None:
    """A field named by half a character, which JSON can state, is told by its escape."""
    error = ConfigError([("flags[0].\ud800", "unknown field")], "flags.json")

    assert str(error).encode().endswith(b"flags[0].\\ud800: unknown field")
