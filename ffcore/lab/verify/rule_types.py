"""Attributes of a file that knows only text, read as the types that rules compare them with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from ffcore.lab.bulk.columns import Values
from ffcore.lab.verify.contexts import take
from ffcore.model import Rule, RuleGroup
from ffcore.operators import family, scalar

TRUTH = {"true": True, "false": False}


def leaves(rules: Iterable[Rule | RuleGroup]) -> Iterator[Rule]:
    """The single rules, out of all groups."""
    for rule in rules:
        if isinstance(rule, Rule):
            yield rule
        else:
            yield from leaves(rule.rules)


def families(rules: Iterable[Rule]) -> set[str]:
    """The kinds of value that rules compare an attribute with: "text", "number", "boolean".

    >>> families([Rule("age", "in", [18, 21]), Rule("age", "exists")]), families([Rule("app", "semver_equals", "1.2")])
    ({'number'}, {'text'})
    """
    found: set[str] = set()
    for rule in rules:
        if rule.operator in ("exists", "not_exists"):
            continue
        values = rule.value if isinstance(rule.value, list | tuple) else [rule.value]
        found |= {family(scalar(value)) or "text" for value in values}
    return found


def as_compared(values: pa.Array, compared: set[str]) -> Values:
    """Texts as numbers or truth values where rules compare them with nothing else; what is neither stays text.

    >>> as_compared(pa.array(["18", None, "1.5"]), {"number"}).to_pylist()
    [18.0, None, 1.5]
    >>> as_compared(pa.array(["1.10"]), {"number", "text"}).to_pylist(), as_compared(pa.array(["TRUE"]), {"boolean"})[0]
    (['1.10'], <pyarrow.BooleanScalar: True>)
    """
    if not compared or "text" in compared:
        return values
    if compared == {"number"}:
        for kind in (pa.int64(), pa.float64()):
            try:
                return values.cast(kind)
            except pa.ArrowInvalid:
                continue
    encoded = pc.dictionary_encode(values)
    found = [one_value(text, compared) for text in encoded.dictionary.to_pylist()]
    try:
        distinct: Values = pa.array(found)
    except (pa.ArrowException, TypeError):
        distinct = found
    return take(distinct, encoded.indices.cast(pa.int64()))


def one_value(text: str, compared: set[str]) -> str | bool | float:
    """A text as the first of the kinds that it is written like.

    >>> one_value("7", {"number"}), one_value("yes", {"boolean"}), one_value("False", {"boolean", "number"})
    (7, 'yes', False)
    """
    if "boolean" in compared and text.lower() in TRUTH:
        return TRUTH[text.lower()]
    for number in (int, float) if "number" in compared else ():
        try:
            return number(text)
        except ValueError:
            continue
    return text
