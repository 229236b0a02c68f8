"""Targeting: the compiled expression and the plain predicate agree on every context, and neither changes one."""

from collections import ChainMap, OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ffcore import ConfigError, Flag
from ffcore.decide import compile_flag
from ffcore.model import MAX_RULE_DEPTH
from ffcore.operators import OPERATORS
from ffcore.targeting import Constants, all_match, expression
from tests.support import reference
from tests.support.strategies import (
    ATTRIBUTES,
    EDGES,
    NUMBERS,
    ODD_NUMBERS,
    PATTERNS,
    TEXTS,
    VERSIONS,
    VERSIONS_AND_NEAR,
    contexts,
    numpy_scalars,
    rule_lists,
    user_ids,
    values,
)

KINDS: list[Callable[[Any], Mapping[str, Any]]] = [
    dict,
    MappingProxyType,
    OrderedDict,
    ChainMap,
    lambda context: defaultdict(lambda: "NO", context),
]
some = settings(max_examples=300, suppress_health_check=list(HealthCheck))
NORWAY = {"attribute": "country", "operator": "equals", "value": "NO"}
ADULT = {"attribute": "age", "operator": "greater_than", "value": 18}


def flag_of(*rules: dict[str, Any]) -> Flag:
    """A flag for everybody whom the rules match."""
    return Flag.from_item({"key": "f", "enabled": True, "rollout_percentage": 100, "targeting_rules": list(rules)})


def compiled(flag: Flag) -> Callable[[str, Any], bool]:
    """Whether a user gets the flag, by its compiled form."""
    decide = compile_flag(flag)
    return lambda user_id, context: decide(user_id, context).enabled


def evaluated(flag: Flag, user_id: str, context: dict[str, Any]) -> bool:
    """The bare source over a dict that holds every attribute."""
    constants = Constants()
    source = expression(flag.targeting_rules, constants)
    names = {f"c{i}": value for i, value in enumerate(constants.values)}
    return bool(eval(source, {"user_id": user_id, "context": context, **names}))  # noqa: S307 - the code under test


@pytest.mark.slow
@some
@given(rule_lists, user_ids, contexts)
def test_every_form_says_what_the_reference_says(rules: list[dict[str, Any]], user_id: str, context: Any) -> None:
    """Compiled and plain rules agree for each kind of mapping, missing attributes and no context at all."""
    flag = flag_of(*rules)
    expected, decide = reference.all_match(rules, user_id, context), compiled(flag)

    assert decide(user_id, context) is expected
    for kind in KINDS:
        given_context = kind(dict(context or {}))

        assert decide(user_id, given_context) is expected
        assert all_match(flag.targeting_rules)(user_id, given_context) is expected
        assert given_context == (context or {})


@pytest.mark.slow
@some
@given(rule_lists, user_ids, st.fixed_dictionaries(dict.fromkeys(ATTRIBUTES, values)))
def test_the_source_alone_holds_where_nothing_is_missing(
    rules: list[dict[str, Any]], user_id: str, context: dict[str, Any]
) -> None:
    """With every attribute there, the expression needs no second opinion."""
    flag = flag_of(*rules)

    assert evaluated(flag, user_id, context) is reference.all_match(rules, user_id, context)


INSTANTS = (*EDGES, "2026-01-31", "2026-01-31T02:00+02:00", "2026-02-01T00:00Z", "2026-W05-6")
SCALARS = (*NUMBERS, *TEXTS, *VERSIONS, *INSTANTS, True, False)
ACTUALS = (*SCALARS, *ODD_NUMBERS, *numpy_scalars, *VERSIONS_AND_NEAR, ["NO", 18], (), b"NO", None)
EXPECTED: tuple[Any, ...] = (*SCALARS, *PATTERNS, ["NO", "no"], ["NO", 18, True], [0, 1], [], None)


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_pair_of_values_compares_as_in_the_reference(operator: str) -> None:
    """Each operator's compiled form, over all pairs of what a rule and a context may hold, missing included."""
    refused = 0
    for value in EXPECTED:
        rule = {"attribute": "a", "operator": operator, "value": value}
        try:
            decide = compiled(flag_of(rule))
        except ConfigError:
            refused += 1
            continue
        for actual in ACTUALS:
            assert decide("u", {"a": actual}) is reference.rule_matches(rule, {"a": actual}), (value, actual)
    assert refused < len(EXPECTED)


@pytest.mark.parametrize("kind", KINDS)
def test_a_context_never_grows_and_defaults_do_not_count(kind: Callable[[Any], Mapping[str, Any]]) -> None:
    """An attribute that the context would only make up is missing."""
    context = kind({"age": 30})

    assert compiled(flag_of(NORWAY))("user-1", context) is False
    assert compiled(flag_of({"not": NORWAY}))("user-1", context) is True
    assert compiled(flag_of(ADULT, {"attribute": "country", "operator": "not_exists"}))("user-1", context) is True
    assert dict(context) == {"age": 30}


@pytest.mark.parametrize(
    ("rules", "matches"),
    [
        ([], True),
        ([{"all": []}], True),
        ([{"any": []}], False),
        ([{"not": {"any": []}}], True),
        ([NORWAY, ADULT], False),
        ([{"any": [NORWAY, ADULT]}], True),
        ([{"any": [{"attribute": "missing", "operator": "exists"}, ADULT]}], True),
        ([{"any": [{"attribute": "missing", "operator": "equals", "value": 1}, ADULT]}], True),
        ([{"not": {"attribute": "missing", "operator": "equals", "value": 1}}], True),
        ([{"not": {"attribute": "missing", "operator": "not_equals", "value": 1}}], True),
        ([{"not": {"all": [ADULT, NORWAY]}}], True),
        ([{"attribute": "user_id", "operator": "equals", "value": "user-1"}], True),
        ([{"attribute": "user_id", "operator": "exists"}], True),
        ([{"attribute": "user_id", "operator": "ends_with", "value": "-2"}], False),
        ([{"attribute": "none", "operator": "exists"}], False),
        ([{"attribute": "none", "operator": "not_exists"}], True),
    ],
)
def test_rules_join_and_nest(rules: list[dict[str, Any]], *, matches: bool) -> None:
    """AND at the top, all, any and not inside; ``user_id`` is the id asked for, and None is missing."""
    context = {"country": "SE", "age": 30, "user_id": "somebody else", "none": None}

    assert compiled(flag_of(*rules))("user-1", context) is matches
    assert compiled(flag_of(*rules))("user-1", MappingProxyType(context)) is matches


@pytest.mark.parametrize("name", ["'", '"]', "a[0]", "c0", "context", "a\nb", "{c}", "[", "user_id ", "ключ"])
def test_names_and_values_of_any_text_are_data(name: str) -> None:
    """No attribute or value is ever read as source."""
    decide = compiled(flag_of({"attribute": name, "operator": "equals", "value": name}))
    exists = compiled(flag_of({"attribute": name, "operator": "exists"}))

    assert (decide("user-1", {name: name}), decide("user-1", {name: "x"}), decide("user-1", {})) == (True, False, False)
    assert (exists("user-1", {name: name}), exists("user-1", {})) == (True, False)


def test_the_deepest_and_the_longest_rules_compile() -> None:
    """32 levels of groups, and thousands of rules side by side, are compiled like any others."""
    rule: dict[str, Any] = ADULT
    for _ in range(MAX_RULE_DEPTH // 2):
        rule = {"not": {"any": [NORWAY, rule]}}

    assert compiled(flag_of(rule))("user-1", {"age": 30, "country": "SE"}) is True
    assert compiled(flag_of(*[ADULT] * 3_000))("user-1", {"age": 30}) is True
    assert compiled(flag_of({"any": [NORWAY] * 3_000}))("user-1", {"country": "SE"}) is False
