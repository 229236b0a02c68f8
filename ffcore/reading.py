"""Text files as plain data: JSON, and YAML by the 1.2 core schema, both bounded against hostile input."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from functools import cache
from math import isinf
from typing import TYPE_CHECKING, Any, NoReturn

from .errors import ConfigError, shown

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 32 * 1024 * 1024
MAX_DEPTH = 100
MAX_NODES = 5_000_000
MAX_DIGITS = 100
WHOLE_FLOATS = 2**53

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_STRING_TAG = "tag:yaml.org,2002:str"


def read_text(path: Path) -> str:
    """The UTF-8 text of a file of at most 32 MiB; raises ``ConfigError`` where it is none."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _refusal(f"{path.stat().st_size:,} bytes, expected at most {MAX_BYTES:,}")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refusal(f"byte {error.start:,} is not UTF-8; save the file as UTF-8") from None
    except OSError as error:
        raise _refusal(f"cannot be read: {error.strerror}") from None
    except ValueError as error:  # a path that no file can have
        raise _refusal(f"cannot be read: {error}") from None


def read_data(path: Path) -> Any:
    """The mappings, lists and scalars of one JSON or YAML file; numbers with a fraction are decimals below 2**53.

    Raises ``ConfigError`` for a file that is neither, for duplicate keys, NaN and infinities, and for a file that could
    exhaust its reader: more than 32 MiB, 100 levels, or 5 million values with every alias counted as what it repeats.
    """
    text = read_text(path)
    return parse_json(text) if path.suffix == ".json" else parse_yaml(text)


def parse_json(text: str) -> Any:
    """JSON without duplicate keys, NaN or infinities, at most 100 levels deep.

    >>> parse_json('{"share": 0.1}')
    {'share': Decimal('0.1')}
    """
    try:
        data = json.loads(text, object_pairs_hook=_unique, parse_constant=_not_finite, parse_float=_decimal)
    except json.JSONDecodeError as error:
        raise _refusal(f"not JSON at line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise _refusal(str(error)) from None
    level = [data]
    for _ in range(MAX_DEPTH):
        level = [child for value in level for child in _children(value)]
        if not level:
            return data
    raise _too_deep()


def parse_yaml(text: str) -> Any:
    r"""One YAML document by the 1.2 core schema: ``NO`` and ``12:30`` stay text.

    >>> parse_yaml("country: NO\nshare: 12.50")
    {'country': 'NO', 'share': Decimal('12.50')}
    """
    import yaml  # 15 ms that only a file needs

    try:
        return _Builder().build(yaml.parse(text, Loader=getattr(yaml, "CLoader", yaml.Loader)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise _refusal(f"not YAML{place}: {error.problem}") from None
    except yaml.YAMLError as error:
        raise _refusal(f"not YAML: {' '.join(str(error).split())}") from None


class _Builder:
    """Builds plain data from YAML events without recursion, counting every value an alias would repeat."""

    def __init__(self) -> None:
        self.open: list[tuple[Any, int, str | None]] = []  # container, values counted before it, its anchor
        self.keys: list[str | None] = []  # the key that waits for its value, for each open container
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.count = 0
        self.documents: list[Any] = []
        self._handlers: dict[str, Callable[[Any], None]] = {
            "ScalarEvent": self._scalar,
            "AliasEvent": self._alias,
            "MappingStartEvent": lambda event: self._start({}, event),
            "SequenceStartEvent": lambda event: self._start([], event),
            "MappingEndEvent": lambda event: self._end(),
            "SequenceEndEvent": lambda event: self._end(),
        }

    def build(self, events: Iterator[Any]) -> Any:
        for event in events:
            handle = self._handlers.get(type(event).__name__)
            if handle:
                handle(event)
        if len(self.documents) > 1:
            raise _refusal(f"{len(self.documents)} documents in one file, expected one")
        return self.documents[0] if self.documents else None

    def _scalar(self, event: Any) -> None:
        value = _scalar(event)
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        self._add(value, 1, event)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            raise _refusal(f"line {_line(event)}: alias *{event.anchor} has no finished anchor")
        self._add(*self.anchors[event.anchor], event)

    def _start(self, container: Any, event: Any) -> None:
        _check_tag(event)
        if len(self.open) >= MAX_DEPTH:
            raise _too_deep()
        self._add(container, 1, event)
        self.open.append((container, self.count - 1, event.anchor))
        self.keys.append(None)

    def _end(self) -> None:
        container, before, anchor = self.open.pop()
        self.keys.pop()
        if anchor:
            self.anchors[anchor] = (container, self.count - before)

    def _add(self, value: Any, size: int, event: Any) -> None:
        self.count += size
        if self.count > MAX_NODES:
            raise _refusal(f"line {_line(event)}: more than {MAX_NODES:,} values, aliases counted out")
        container = self.open[-1][0] if self.open else self.documents
        if isinstance(container, list):
            container.append(value)
        elif self.keys[-1] is None:
            self._take_key(container, value, event)
        else:
            container[self.keys[-1]] = value
            self.keys[-1] = None

    def _take_key(self, container: dict[str, Any], key: Any, event: Any) -> None:
        if not isinstance(key, str):
            raise _refusal(f"line {_line(event)}: key {shown(key)} is no text; quote it")
        if key in container:
            raise _refusal(f"line {_line(event)}: key {shown(key)} stands here a second time")
        self.keys[-1] = key


def _scalar(event: Any) -> Any:
    text: str = event.value
    _check_tag(event)
    if event.style or event.tag == _STRING_TAG:
        return text
    if _NULL.fullmatch(text):
        return None
    if _BOOLEAN.fullmatch(text):
        return text.lower() == "true"
    if _NOT_FINITE.fullmatch(text):
        raise _refusal(f"line {_line(event)}: {text} is no finite number")
    if len(text) <= MAX_DIGITS and _INTEGER.fullmatch(text):
        return int(text, 0) if text.startswith(("0o", "0x")) else int(text)
    return _decimal(text, event) if len(text) <= MAX_DIGITS and _FLOAT.fullmatch(text) else text


def _decimal(text: str, event: Any = None) -> Decimal | float:
    """A number with a fraction or an exponent; one that no float can hold is refused as infinities are.

    From 2**53 on it is the float that is written so: its digits, taken exactly, are another whole number.
    """
    number = float(text)
    if isinf(number):
        place = f"line {_line(event)}: " if event else ""
        raise _refusal(f"{place}{shown(text)} is too large")
    if abs(number) >= WHOLE_FLOATS:
        return number
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent far below zero
        return Decimal(0)


def _check_tag(event: Any) -> None:
    if event.tag and event.tag not in ("!", _STRING_TAG):
        raise _refusal(f"line {_line(event)}: tag {event.tag} is not supported")


def lines_of(text: str, paths: list[str]) -> list[int | None]:
    r"""The line (from 1) of each problem's path, or of its nearest parent, in YAML text that ``parse_yaml`` accepts.

    >>> lines_of("flags:\n  - key: a\n    enabled: maybe", ["flags[0].enabled", ""])
    [3, None]
    """
    import yaml

    try:
        root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:  # an anchor that is given a second time, which only composing refuses
        return [None] * len(paths)
    places = cache(_places)
    return [_line_in(root, path, places) for path in paths]


def _line_in(node: Any, path: str, places: Callable[[Any], dict[str, tuple[Any, Any]]]) -> int | None:
    line = None
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        found = places(node).get(name or f"[{index}]")
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line


def _places(node: Any) -> dict[str, tuple[Any, Any]]:
    """For each name in a mapping, or index in a list, the node that stands for its place, and its value's."""
    if node.id == "mapping":
        return {key.value: (key, value) for key, value in node.value}
    return {f"[{i}]": (value, value) for i, value in enumerate(node.value)} if node.id == "sequence" else {}


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"key {shown(key)} stands a second time in one object")
        result[key] = value
    return result


def _not_finite(text: str) -> NoReturn:
    raise ValueError(f"{text} is no finite number")


def _too_deep() -> ConfigError:
    return _refusal(f"nested deeper than {MAX_DEPTH} levels")


def _refusal(message: str) -> ConfigError:
    return ConfigError([("", message)])
