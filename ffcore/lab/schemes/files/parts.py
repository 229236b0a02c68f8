"""What the readers of vendors' files share: their scheme, the paths that are left out, values as answers, targeting."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ffcore.errors import ConfigError, shown
from ffcore.lab.schemes import get
from ffcore.lab.schemes.assignments import Answer
from ffcore.lab.schemes.scheme import Scheme
from ffcore.model import Rule, RuleGroup

Condition = Rule | RuleGroup


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

    def note(self, left_out: Uncovered) -> str:
        """Keep what is left out; returns it as a line."""
        self.uncovered.append((left_out.path, left_out.message))
        return f"{left_out.path}: {left_out.message}"


def refuse_unknown(item: Mapping[str, Any], path: str, followed: Iterable[str]) -> None:
    """Raise ``Uncovered`` for the first field that changes an answer and is not followed."""
    for name in item:
        if name not in set(followed):
            raise Uncovered(f"{path}.{name}", "not followed")


def expect(value: Any, kind: type | tuple[type, ...], path: str, wanted: str) -> Any:
    """The value, if it is of a kind; else a ``ConfigError`` that says what was expected."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ConfigError([(path, f"expected {wanted}, got {shown(value)}")])
    return value


def section(data: Any, name: str, path: str = "") -> Mapping[str, Any]:
    """A mapping in a mapping; empty where it is missing."""
    found: Mapping[str, Any] = expect(data.get(name, {}), dict, f"{path}{name}", "a mapping")
    return found


def spelt(value: Any) -> Answer:
    """A flag's value as an answer: a bool as it is, text as it is, anything else as JSON; null is nobody's.

    >>> spelt(True), spelt("blue"), spelt({"size": 1}), spelt(None)
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
    """What ``read`` makes of each item of a list, with its path."""
    listed = expect(items, list, path, "a list")
    return [read(item, f"{path}[{number}]") for number, item in enumerate(listed)]
