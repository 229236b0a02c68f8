"""Readers of plain data: each turns a value into a checked one, notes every problem, and knows its JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from numbers import Real
from typing import Any, Final, Generic, Protocol, TypeVar

from .errors import MAX_PROBLEMS, ConfigError, shown, suggestion

#: What a reader returns in place of a value that it has noted a problem for.
INVALID: Final[Any] = object()
MAX_DECIMALS = 30
_NUMBER = r"\s*\+?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*"
T = TypeVar("T")


class Problems:
    """The problems found so far; in strict mode unknown fields are among them.

    Reading ends with a ``ConfigError`` at the 1,001st: aliases can repeat one mistake millions of times.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.strict = strict
        self.found: list[tuple[str, str]] = []

    def add(self, path: str, message: str) -> Any:
        """Note a problem; returns ``INVALID`` so that a reader can end with it."""
        self.found.append((path, message))
        if len(self.found) > MAX_PROBLEMS:
            raise ConfigError(self.found) from None
        return INVALID

    def include(self, path: str, error: ConfigError) -> Any:
        """Note the problems of a part, with its place put before theirs."""
        for inner, message in error.problems:
            self.add(join(path, inner), message)
        return INVALID

    def raise_found(self) -> None:
        """Raise a ``ConfigError`` if anything was noted."""
        if self.found:
            raise ConfigError(self.found)


def join(path: str, inner: str) -> str:
    """A path and a path inside it as one.

    >>> join("flags[0]", "key"), join("", "key"), join("variants", "[1].key")
    ('flags[0].key', 'key', 'variants[1].key')
    """
    return path + inner if not path or not inner or inner.startswith("[") else f"{path}.{inner}"


class Field(Protocol):
    """Reads one kind of value."""

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        """The checked value, or ``INVALID`` after noting why not."""

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the values that are read."""


class Text:
    """Text that UTF-8 holds, not blank unless it may be, or ``None`` where it may be absent."""

    def __init__(self, *, optional: bool = False, blank: bool = False) -> None:
        self.optional, self.blank = optional, blank

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        if value is None and self.optional:
            return None
        if not isinstance(value, str):
            return problems.add(path, f"expected text, got {shown(value)}")
        if not value.strip() and not self.blank:
            return problems.add(path, f"expected text that is not blank, got {shown(value)}")
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            return problems.add(path, f"expected text that UTF-8 can hold, got {shown(value)}")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string"} if self.blank else {"type": "string", "minLength": 1, "pattern": r"\S"}


class Boolean:
    """``true`` or ``false``."""

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        if isinstance(value, bool):
            return value
        return problems.add(path, f"expected true or false, got {shown(value)}")

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class OneOf:
    """One name out of a fixed choice."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        if isinstance(value, str) and value in self.names:
            return value
        return problems.add(path, f"{shown(value)} is unknown{suggestion(value, self.names)}")

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.names)}


class Exact:
    """A number between two bounds as an exact rational: a decimal, or a fraction as text (``"1/3"``)."""

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        number = exact(value)
        if number is None:
            return problems.add(path, f'expected a number or a fraction as text ("1/3"), got {shown(value)}')
        if not self.low <= number <= self.high:
            return problems.add(path, f"{shown(value)} is not between {self.low} and {self.high}")
        return number

    def schema(self) -> dict[str, Any]:
        number = {"type": "number", "minimum": self.low, "maximum": self.high}
        return {"anyOf": [number, {"type": "string", "pattern": f"^{_NUMBER}(/{_NUMBER})?$"}]}


class Whole:
    """A whole number between two bounds."""

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        number = None if isinstance(value, str) else exact(value)
        if number is None or number.denominator != 1 or not self.low <= number <= self.high:
            return problems.add(path, f"expected a whole number from {self.low} to {self.high}, got {shown(value)}")
        return number.numerator

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


class Anything:
    """Any value, changed by a function on its way in."""

    def __init__(self, convert: Callable[[Any], Any]) -> None:
        self.convert = convert

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        try:
            return self.convert(value)
        except RecursionError:
            return problems.add(path, "nested too deeply")

    def schema(self) -> dict[str, Any]:
        return {}


class ListOf:
    """A list, as a tuple; every item goes through one reader."""

    def __init__(self, item: Field) -> None:
        self.item = item

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence):
            return problems.add(path, f"expected a list, got {shown(value)}")
        items = tuple(self.item.read(item, f"{path}[{i}]", problems) for i, item in enumerate(value))
        return INVALID if INVALID in items else items

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.item.schema()}


class Record(Generic[T]):
    """A mapping with named fields, read into a model class; ``strict`` checks the instance further in strict mode."""

    def __init__(
        self,
        build: type[T],
        fields: Mapping[str, Field],
        *required: str,
        strict: Callable[[T, str, Problems], None] | None = None,
    ) -> None:
        self.build, self.fields, self.required, self.strict = build, fields, required, strict

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        if isinstance(value, self.build):
            return value
        if not isinstance(value, Mapping):
            return problems.add(path, f"expected a mapping with {', '.join(self.required)}, got {shown(value)}")
        before = len(problems.found)
        values = dict(self._values(value, path, problems))
        if len(problems.found) > before:
            return INVALID
        try:
            result = self.build(**values)
        except ConfigError as error:
            return problems.include(path, error)
        if problems.strict and self.strict:
            self.strict(result, path, problems)
        return result

    def _values(self, item: Mapping[str, Any], path: str, problems: Problems) -> Iterator[tuple[str, Any]]:
        if problems.strict:
            for name in item:
                if name not in self.fields:
                    problems.add(join(path, str(name)[:60]), f"unknown field{suggestion(name, self.fields)}")
        for name, field in self.fields.items():
            if item.get(name) is not None:
                yield name, field.read(item[name], join(path, name), problems)
            elif name in self.required:
                problems.add(join(path, name), "required, but missing")

    def load(self, item: Any, *, strict: bool = False) -> T:
        """Read one item; raises ``ConfigError`` with all its problems."""
        problems = Problems(strict=strict)
        result = self.read(item, "", problems)
        problems.raise_found()
        loaded: T = result
        return loaded

    def schema(self) -> dict[str, Any]:
        properties = {
            name: field.schema() if name in self.required else or_null(field.schema())
            for name, field in self.fields.items()
        }
        return {
            "type": "object",
            "properties": properties,
            "required": list(self.required),
            "additionalProperties": False,
        }


def or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a value that may be left out: null says the same.

    >>> or_null({"type": "boolean"})
    {'type': ['boolean', 'null']}
    """
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]} if "type" in schema else schema


def exact(value: Any) -> Fraction | None:
    """The exact rational that a number or a fraction as text states, or ``None`` where it states none.

    A float stands for the decimal it is written as: 0.1 is one tenth. Decimals of more than 30 places are refused.

    >>> exact(0.1) + exact(0.2) + exact(0.7), exact("1/3"), exact(float("nan"))
    (Fraction(1, 1), Fraction(1, 3), None)
    """
    if isinstance(value, bool) or not isinstance(value, (Real, Decimal, str)):
        return None
    if isinstance(value, (int, Fraction)):
        return Fraction(value)
    numerator, slash, denominator = str(value).partition("/")
    try:
        top, bottom = _decimal(numerator), _decimal(denominator if slash else "1")
        return None if top is None or bottom is None else Fraction(top) / Fraction(bottom)
    except ZeroDivisionError:
        return None


def _decimal(text: str) -> Decimal | None:
    if len(text) > 2 * MAX_DECIMALS or "_" in text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(int(number.as_tuple().exponent)) <= MAX_DECIMALS else None
