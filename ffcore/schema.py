"""The JSON Schema of a flag file, generated from the model's readers; editors use the copy beside this module."""

from __future__ import annotations

from typing import Any

from .fields import ListOf, or_null
from .model import EXPERIMENT, FLAG, GROUPS, RULE
from .operators import OPERATORS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCALAR = {"type": ["string", "number", "boolean"]}
#: Operators, and the schema of what they compare with; those that test for existence take anything.
VALUES: list[tuple[list[str], dict[str, Any]]] = [
    (["equals", "not_equals", "contains", "not_contains"], SCALAR),
    (["in", "not_in"], {"type": "array", "items": SCALAR}),
    (["greater_than", "greater_or_equal", "less_than", "less_or_equal"], {"type": ["string", "number"]}),
    (["starts_with", "ends_with", "matches", "before", "after"], {"type": "string"}),
    ([name for name in OPERATORS if name.startswith("semver_")], {"type": "string"}),
]


def flag_file_schema() -> dict[str, Any]:
    """The schema of a file that ``ffcore.load`` reads.

    What it leaves to ``load``: keys that stand twice, sums of allocations, whole buckets, the range of numbers given as
    text, the depth of rules, and what dates, versions and patterns say.

    >>> sorted(flag_file_schema()["properties"])
    ['experiments', 'flags']
    """
    experiments = ListOf(EXPERIMENT).schema()
    experiments["items"]["properties"]["variants"]["minItems"] = 2
    return {
        "$schema": DIALECT,
        "title": "ffcore flag file",
        "type": "object",
        "properties": {"flags": or_null(ListOf(FLAG).schema()), "experiments": or_null(experiments)},
        "additionalProperties": False,
        "$defs": {"rule": {"anyOf": [_rule(), *map(_group, GROUPS)]}},
    }


def _rule() -> dict[str, Any]:
    return {**RULE.schema(), "allOf": [_value(names, value) for names, value in VALUES]}


def _value(names: list[str], value: dict[str, Any]) -> dict[str, Any]:
    """What stands in a rule as ``value`` where its operator is one of the names."""
    condition = {"properties": {"operator": {"enum": names}}}
    return {"if": condition, "then": {"properties": {"value": value}, "required": ["value"]}}


def _group(kind: str) -> dict[str, Any]:
    rule = {"$ref": "#/$defs/rule"}
    inner = rule if kind == "not" else {"type": "array", "items": rule}
    return {"type": "object", "properties": {kind: inner}, "required": [kind], "additionalProperties": False}
