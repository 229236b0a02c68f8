"""What the readers of vendors' files share: flags one by one, fields of a kind, values as answers, targeting."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ffcore.errors import ConfigError, shown
from ffcore.lab.schemes import get
from ffcore.lab.schemes.assignments import Answer
from ffcore.lab.schemes.files.flags import Condition, VendorFlag
from ffcore.lab.schemes.scheme import Scheme
from ffcore.model import Rule, RuleGroup

NUMBER = (int, float)
WANTED = {dict: "a mapping", list: "a list", str: "text", int: "a whole number", NUMBER: "a number"}


class Uncovered(Exception):  # noqa: N818 - it is no error of the user's
    """A part of a flag that this reader does not follow."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(path, message)
        self.path, self.message = path, message


class Reader:
    """Reads one file: knows the vendor's scheme and notes what is left out.

    Attributes:
        scheme: How the vendor's clients bucket.
        uncovered: Path and reason of everything that is left out.
    """

    def __init__(self, vendor: str, settings: Mapping[str, Any]) -> None:
        self.vendor, self.settings = vendor, dict(settings)
        self.scheme: Scheme = get(vendor, **self.settings)
        self.uncovered: list[tuple[str, str]] = []

    def with_version(self, version: int) -> Scheme:
        """The scheme in another version, the other settings as they are."""
        return get(self.vendor, **{**self.settings, "version": version})

    def flags(
        self, items: Iterable[tuple[str, Any, str]], read: Callable[[str, Any, str], VendorFlag]
    ) -> dict[str, VendorFlag]:
        """The flags that ``read`` makes of each key, item and path; one with a part that is not followed says which.

        Raises:
            ConfigError: The problem of every flag that has one.
        """
        flags: dict[str, VendorFlag] = {}
        problems: list[tuple[str, str]] = []
        for key, item, path in items:
            try:
                flags[key] = read(key, expect(item, dict, path), path)
            except Uncovered as left_out:
                self.uncovered.append((left_out.path, left_out.message))
                flags[key] = VendorFlag(key, uncovered=(f"{left_out.path}: {left_out.message}",))
            except ConfigError as error:
                problems += [
                    (place if place.startswith(path) else f"{path}: {place}", message)
                    for place, message in error.problems
                ]
        if problems:
            raise ConfigError(problems)
        return flags


def refuse_unknown(item: Mapping[str, Any], path: str, followed: Iterable[str]) -> None:
    """Raise ``Uncovered`` for the first field that changes an answer and is not followed."""
    for name in item:
        if name not in set(followed):
            raise Uncovered(f"{path}.{name}", "not followed")


def expect(value: Any, kind: type | tuple[type, ...], path: str, wanted: str = "") -> Any:
    """The value, if it is of a kind and no bool; else a ``ConfigError`` that says what was expected.

    >>> expect([], dict, "flags")
    Traceback (most recent call last):
    ffcore.errors.ConfigError: flags: expected a mapping, got []
    """
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ConfigError([(path, f"expected {wanted or WANTED[kind]}, got {shown(value)}")])
    return value


def field(item: Mapping[str, Any], name: str, kind: type | tuple[type, ...], path: str, default: Any = None) -> Any:
    """A field of an item, if it is of a kind; the default where it is missing or null.

    >>> field({"weight": 5}, "weight", NUMBER, "arms[0]"), field({}, "weight", NUMBER, "arms[0]", 0)
    (5, 0)
    """
    value = item.get(name)
    return default if value is None else expect(value, kind, f"{path}.{name}".removeprefix("."))


def as_answer(value: Any) -> Answer:
    """A flag's value as an answer: a bool as it is, text as it is, anything else as JSON; null is nobody's.

    >>> as_answer(True), as_answer("blue"), as_answer({"size": 1}), as_answer(None)
    (True, 'blue', '{"size":1}', None)
    """
    if value is None or isinstance(value, bool | str):
        return value
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def rule(attribute: str, operator: str, value: Any, path: str) -> Rule:
    """A comparison; what ffcore's operators cannot say is left out."""
    try:
        return Rule(attribute, operator, value)
    except ConfigError as error:
        raise Uncovered(path, f"{operator} {shown(value)}: {error.problems[0][1]}") from None


def negated(condition: Condition) -> RuleGroup:
    """Whoever does not meet a condition."""
    return RuleGroup("not", (condition,))


def any_of(conditions: Iterable[Condition]) -> Condition:
    """Whoever meets one of some conditions."""
    found = tuple(conditions)
    return found[0] if len(found) == 1 else RuleGroup("any", found)


def all_of(conditions: Iterable[Condition]) -> Condition:
    """Whoever meets all of some conditions."""
    found = tuple(conditions)
    return found[0] if len(found) == 1 else RuleGroup("all", found)


def each(items: Any, path: str, read: Callable[[Any, str], Any]) -> list[Any]:
    """What ``read`` makes of each mapping in a list (none where it is null), with its path."""
    listed = enumerate(expect([] if items is None else items, list, path))
    return [read(expect(item, dict, f"{path}[{number}]"), f"{path}[{number}]") for number, item in listed]
