"""Errors: every problem of an input at once, each with its place; and stores that cannot do what they are asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

#: A reader stops once it has found more problems than this, and a message lists the first of them.
MAX_PROBLEMS, MAX_LISTED = 1_000, 100


class ConfigError(ValueError):
    """An input that cannot be used; ``problems`` lists ``(path, message)`` for every mistake found.

    A reader stops at the 1,001st; the text lists the first 100.

    >>> error = ConfigError([("flags[0].rollout_percentage", "150 is not between 0 and 100")], source="flags.yaml")
    >>> print(error)
    flags.yaml: 1 problem
      flags[0].rollout_percentage: 150 is not between 0 and 100
    """

    def __init__(self, problems: Sequence[tuple[str, str]], source: str = "") -> None:
        self.problems = list(problems)
        self.source = source
        super().__init__(self.problems, source)

    @classmethod
    def unknown(cls, path: str, name: object, valid: Iterable[str]) -> ConfigError:
        """The error of a name that is none of the valid ones.

        >>> print(ConfigError.unknown("fault", "leek", ["leak", "slow"]))
        fault: 'leek' is unknown; did you mean leak?
        """
        return cls([(path, f"{shown(name)} is unknown{suggestion(name, valid)}")])

    def __str__(self) -> str:
        count = len(self.problems)
        lines = [printable(f"{path}: {message}" if path else message) for path, message in self.problems[:MAX_LISTED]]
        if count > MAX_LISTED:
            lines.append(f"and {'at least ' * (count > MAX_PROBLEMS)}{count - MAX_LISTED} more")
        if not self.source:
            return "\n".join(lines)
        found = f"more than {MAX_PROBLEMS:,}" if count > MAX_PROBLEMS else f"{count:,}"
        return "\n  ".join([f"{self.source}: {found} problem{'s' * (count != 1)}", *lines])


class StoreError(Exception):
    """A store or stream that cannot do what it is asked; the text says where and why in one sentence.

    Attributes:
        code: AWS's code of the error, or the name of the exception where no answer came.
        transient: Whether the same call may succeed later without anybody's doing.
        silent: Whether no answer came at all.
        resting: Whether the store was not asked, because it gave no answer a moment ago.
    """

    def __init__(
        self, message: str, code: str = "", *, transient: bool = False, silent: bool = False, resting: bool = False
    ) -> None:
        super().__init__(message)
        self.code, self.transient, self.silent, self.resting = code, transient, silent, resting


def printable(text: str) -> str:
    r"""Text with every lone surrogate, which no terminal or file can take, written as its escape.

    >>> printable("flags[0].\ud800")
    'flags[0].\\ud800'
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def suggestion(name: object, valid: Iterable[str]) -> str:
    """The nearest valid name as a closing phrase, or the whole choice where nothing is near.

    >>> suggestion("rolout", ["rollout_percentage", "rollout"])
    '; did you mean rollout?'
    >>> suggestion("x", ["equals", "in"])
    '; expected one of equals, in'
    """
    from difflib import get_close_matches  # 4 ms that only a mistake needs

    names = list(valid)
    near = get_close_matches(name[:60] if isinstance(name, str) else shown(name), names, n=1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; expected one of {', '.join(names)}" if 0 < len(names) <= 30 else ""


def shown(value: object, limit: int = 60) -> str:
    """A value as a message quotes it: its ``repr``, cut where it is long.

    >>> shown("a" * 100, limit=10)
    "'aaaaaa..."
    """
    text = ""
    for piece in _pieces(value, limit):
        text += piece
        if len(text) > limit:
            return f"{text[: limit - 3]}..."
    return text


def _pieces(value: Any, limit: int) -> Iterator[str]:
    """The ``repr`` of a value part by part, so that a huge value is never spelled out as a whole."""
    if isinstance(value, dict):
        items = (chain(_pieces(key, limit), [": "], _pieces(item, limit)) for key, item in value.items())
        yield from _joined("{}", items)
    elif isinstance(value, list):
        yield from _joined("[]", (_pieces(item, limit) for item in value))
    elif isinstance(value, str) and len(value) > limit:
        yield repr(value[:limit])
    else:
        try:
            yield repr(value)
        except (ValueError, RecursionError):  # an integer of thousands of digits, or thousands of levels
            yield f"a very large {type(value).__name__}"


def _joined(brackets: str, items: Iterable[Iterable[str]]) -> Iterator[str]:
    yield brackets[0]
    for i, item in enumerate(items):
        yield ", " * (i > 0)
        yield from item
    yield brackets[1]
