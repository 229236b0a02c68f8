"""The JSON Schema of a flag file, generated from the model's readers; editors use the copy beside this module."""

from __future__ import annotations

from typing import Any

from .fields import Record
from .model import EXPERIMENT, FLAG, GROUPS, RULE
from .operators import OPERATORS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def flag_file_schema() -> dict[str, Any]:
    """The schema of a file that ``ffcore.load`` reads.

    >>> sorted(flag_file_schema()["properties"])
    ['experiments', 'flags']
    """
    return {
        "$schema": DIALECT,
        "title": "ffcore flag file",
        "type": "object",
        "properties": {"flags": _list_of(FLAG), "experiments": _list_of(EXPERIMENT)},
        "additionalProperties": False,
        "$defs": {"rule": {"anyOf": [_rule(), *map(_group, GROUPS)]}},
    }


def _list_of(record: Record[Any]) -> dict[str, Any]:
    return {"type": "array", "items": record.schema()}


def _rule() -> dict[str, Any]:
    needs_value = [name for name in OPERATORS if name not in ("exists", "not_exists")]
    condition = {"properties": {"operator": {"enum": needs_value}}}
    return {**RULE.schema(), "if": condition, "then": {"required": ["value"]}}


def _group(kind: str) -> dict[str, Any]:
    rule = {"$ref": "#/$defs/rule"}
    inner = rule if kind == "not" else {"type": "array", "items": rule}
    return {"type": "object", "properties": {kind: inner}, "required": [kind], "additionalProperties": False}
