"""What an evaluator refuses: sources and contexts that are none, each with what was expected."""

from collections import UserDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ffcore import Evaluator, Flag, FlagSet
from tests.support.doubles import Store

ARMS = [{"key": "control", "allocation": "1/2"}, {"key": "treatment", "allocation": "1/2"}]


@pytest.mark.parametrize("source", ["flags.yaml", Path("flags.yaml"), {}, {"flags": []}, None, Store], ids=repr)
def test_a_source_that_is_none_is_refused_at_once(source: Any) -> None:
    """A path, items or a class are no source; the message says how to make one of them."""
    with pytest.raises(TypeError, match=r"^source: expected a FlagSet or a FlagStore, got .*ffcore\.load\(path\)"):
        Evaluator(source)


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
