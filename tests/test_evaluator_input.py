"""What an evaluator refuses: settings, sources and contexts that are none, each with what was expected."""

import math
from collections import UserDict
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ffcore import ConfigError, Evaluator, Flag, FlagSet
from tests.support.doubles import Store, switched_on

ARMS = [{"key": "control", "allocation": "1/2"}, {"key": "treatment", "allocation": "1/2"}]


@pytest.mark.parametrize("source", ["flags.yaml", Path("flags.yaml"), {}, {"flags": []}, None, Store], ids=repr)
def test_a_source_that_is_none_is_refused_at_once(source: Any) -> None:
    """A path, items or a class are no source; the message says how to make one of them."""
    with pytest.raises(TypeError, match=r"^source: expected a FlagSet or a FlagStore, got .*ffcore\.load\(path\)"):
        Evaluator(source)


NOT_A_NUMBER: tuple[Any, ...] = ("3", None, True, [], timedelta(seconds=3), 1j)
NOT_A_TIME = (-1, -1e-9, math.nan, -math.inf, *NOT_A_NUMBER)
SECONDS = "a number of seconds, 0 or more"
WHOLE = "a whole number, 1 or more"


@pytest.mark.parametrize(
    ("setting", "expected", "value"),
    [
        *((name, SECONDS, value) for name in ("ttl", "negative_ttl", "max_stale") for value in NOT_A_TIME),
        *(("max_entries", WHOLE, value) for value in (0, -1, 1.5, math.nan, math.inf, *NOT_A_NUMBER)),
        *(("jitter", "a fraction from 0 to 1", value) for value in (-0.1, 1.1, 2, math.nan, math.inf, *NOT_A_NUMBER)),
        *(("clock", "a function that returns seconds", value) for value in (5, None)),
        ("tracker", "a function that is told of decisions, or None", 0),
    ],
    ids=repr,
)
def test_a_setting_that_makes_no_sense_is_refused_by_name(setting: str, expected: str, value: Any) -> None:
    """The error names the setting, what it expects and what it got."""
    with pytest.raises(ConfigError) as caught:
        Evaluator(FlagSet(), **{setting: value})

    assert caught.value.problems == [(setting, f"expected {expected}, got {value!r}")]


def test_all_settings_that_make_no_sense_are_told_at_once() -> None:
    """Who sets several mends them in one go."""
    with pytest.raises(ConfigError) as caught:
        Evaluator(FlagSet(), ttl=-1, max_entries=0, jitter=2)

    assert [name for name, _ in caught.value.problems] == ["ttl", "max_entries", "jitter"]


@pytest.mark.parametrize("number", [1, 1.0, np.int64(1), np.float32(1), Fraction(1)], ids=repr)
def test_a_number_of_any_class_is_a_setting(number: Any) -> None:
    """Numbers from computations are as good as literals."""
    ev = Evaluator(switched_on("k"), ttl=number, max_entries=number, max_stale=number, jitter=number)

    assert ev.evaluate("user-1", "k").enabled


@pytest.mark.parametrize("context", [[1], "NO", 5, {"country"}, (("country", "NO"),)], ids=repr)
@pytest.mark.parametrize(
    "call",
    [
        lambda ev, context: ev.evaluate("user-1", "k", context),
        lambda ev, context: ev.batch_evaluate("user-1", ["k"], context),
        lambda ev, context: ev.assign("user-1", "k", context),
        lambda ev, context: ev.flag("k")("user-1", context),
        lambda ev, context: ev.trace("user-1", "k", context),
    ],
    ids=["evaluate", "batch", "assign", "handle", "trace"],
)
@pytest.mark.parametrize("operator", ["exists", "not_equals"])
def test_a_context_that_is_no_mapping_is_a_type_error(call: Callable[..., object], context: Any, operator: str) -> None:
    """Wherever a rule reads it, the caller is told what was expected, in place of a missing method."""
    rules = [{"attribute": "country", "operator": operator, "value": "NO"}]
    flags = [{"key": "k", "enabled": True, "targeting_rules": rules}]
    experiments = [{"key": "k", "status": "active", "variants": ARMS, "targeting_rules": rules}]

    with pytest.raises(TypeError, match=r"^context: expected a mapping of attributes, got "):
        call(Evaluator(FlagSet.from_items(flags, experiments)), context)


def test_an_empty_list_is_no_context_to_trace() -> None:
    """What is empty is not taken for nothing."""
    with pytest.raises(TypeError, match=r"^context: expected a mapping of attributes, got \[\]$"):
        Evaluator(FlagSet([Flag("k")])).trace("user-1", "k", [])  # type: ignore[arg-type]


def test_a_mapping_that_fails_tells_its_own_error() -> None:
    """An error inside a caller's mapping is not taken for a wrong type."""
    broken = UserDict[str, Any]()
    del broken.data
    rules = [{"attribute": "country", "operator": "exists"}]

    with pytest.raises(AttributeError, match="data"):
        Evaluator(FlagSet.from_items([{"key": "k", "enabled": True, "targeting_rules": rules}])).evaluate(
            "user-1", "k", broken
        )
