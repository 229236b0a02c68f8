"""Configuration errors: every problem of an input at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress


class ConfigError(ValueError):
    """An input that cannot be used; ``problems`` lists ``(path, message)`` for every mistake found.

    >>> error = ConfigError([("flags[0].rollout_percentage", "150 is not between 0 and 100")], source="flags.yaml")
    >>> print(error)
    flags.yaml: 1 problem
      flags[0].rollout_percentage: 150 is not between 0 and 100
    """

    def __init__(self, problems: Sequence[tuple[str, str]], source: str = "") -> None:
        self.problems = list(problems)
        self.source = source
        super().__init__(self.problems, source)

    def __str__(self) -> str:
        lines = [printable(f"{path}: {message}" if path else message) for path, message in self.problems]
        if not self.source:
            return "\n".join(lines)
        count = f"{len(lines)} problem{'s' * (len(lines) != 1)}"
        return "\n  ".join([f"{self.source}: {count}", *lines])


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
    near = get_close_matches(str(name), names, n=1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; expected one of {', '.join(names)}" if 0 < len(names) <= 30 else ""


def shown(value: object, limit: int = 60) -> str:
    """A value as a message quotes it: its ``repr``, cut where it is long.

    >>> shown("a" * 100, limit=10)
    "'aaaaaa..."
    """
    text = f"a very large {type(value).__name__}"
    if not isinstance(value, (dict, list)) or len(value) <= limit:
        with suppress(ValueError, RecursionError):  # an integer of thousands of digits, or thousands of levels
            text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 3]}..."
