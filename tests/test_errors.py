"""Messages of configuration errors: every problem with its place, a near name, values quoted short."""

import copy
import pickle

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


def test_thirty_names_are_still_listed() -> None:
    """The longest choice that is spelled out has 30 names."""
    assert suggestion("zzz", [f"name-{i}" for i in range(30)]).count("name-") == 30


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("NO", "'NO'"),
        (None, "None"),
        ("x" * 58, f"'{'x' * 58}'"),
        ("x" * 59, f"'{'x' * 56}..."),
        ([1, 2], "[1, 2]"),
        (list(range(61)), "a very large list"),
        pytest.param(10**5000, "a very large int", id="5000-digits"),
        ({i: i for i in range(61)}, "a very large dict"),
    ],
)
def test_values_are_quoted_in_at_most_sixty_characters(value: object, quoted: str) -> None:
    """A short value is quoted whole, a long text is cut, what is very large is named, not spelled out."""
    assert shown(value) == quoted
    assert len(quoted) <= 60


def test_a_message_can_be_printed_whatever_it_names() -> None:
    """A field named by half a character, which JSON can state, is told by its escape."""
    error = ConfigError([("flags[0].\ud800", "unknown field")], "flags.json")

    assert str(error).encode().endswith(b"flags[0].\\ud800: unknown field")
