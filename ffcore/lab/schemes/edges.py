"""Edges: which arm a number falls to, with every client's own comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import inf, isfinite
from numbers import Integral, Real
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown

Number: TypeAlias = int | float
Closed = Literal["low", "high", "both"]
#: Arms and what the client's own configuration says of each, in its order: weights, or pairs of bounds.
Weights: TypeAlias = Mapping[str, Any] | Sequence[tuple[str, Any]]
Range: TypeAlias = tuple[Number, Number]


@dataclass(frozen=True, slots=True)
class Edges:
    """Ranges of numbers, one for each arm; the first that holds a number has it, else nobody (-1).

    Attributes:
        ranges: The lower and the upper edge of each arm.
        closed: Which edges belong to a range: the low one (half-open), the high one, or both.
        otherwise: The arm of the numbers that no range holds; -1 for none.
    """

    ranges: tuple[Range, ...]
    closed: Closed = "low"
    otherwise: int = -1

    def one(self, number: Any) -> int:
        """The arm of one number.

        >>> halves = upto([0.5, 1.0])
        >>> halves.one(0.49), halves.one(0.5), upto([50, 100], "high").one(50)
        (0, 1, 0)
        """
        for arm, edges in enumerate(self.ranges):
            if self._holds(number, *edges):
                return arm
        return self.otherwise

    def many(self, numbers: NDArray[Any]) -> NDArray[np.int16]:
        """The arm of each number.

        >>> upto([0.5, 1.0]).many(np.array([0.49, 0.5, 1.0])).tolist()
        [0, 1, -1]
        """
        if self._touching():
            return self._counted(numbers)
        codes = np.full(numbers.shape, self.otherwise, dtype=np.int16)
        for arm, (low, high) in reversed(list(enumerate(self.ranges))):
            codes[self._holds(numbers, low, high)] = arm
        return codes

    def _holds(self, number: Any, low: Number, high: Number) -> Any:
        above = number > low if self.closed == "high" else number >= low
        below = number < high if self.closed == "low" else number <= high
        return above & below

    def _touching(self) -> bool:
        """Whether each range begins where the one before ends, from below all numbers on."""
        lows, highs = [low for low, _ in self.ranges], [high for _, high in self.ranges]
        return self.closed != "both" and lows == [-inf, *highs[:-1]] and highs == sorted(highs)

    def _counted(self, numbers: NDArray[Any]) -> NDArray[np.int16]:
        codes = np.zeros(numbers.shape, dtype=np.int16)
        for _, high in self.ranges:
            codes += numbers >= high if self.closed == "low" else numbers > high
        codes[codes == len(self.ranges)] = self.otherwise
        return codes


EVERYBODY, NOBODY = Edges(((-inf, inf),)), Edges(())


def upto(bounds: Iterable[Number], closed: Closed = "low", otherwise: int = -1) -> Edges:
    """The first arm whose upper bound lies above the number, or at it where the high edge belongs to the range."""
    highs = list(bounds)
    return Edges(tuple(zip([-inf, *highs[:-1]], highs, strict=True)) if highs else (), closed, otherwise)


def ends(percentage: Number) -> Edges | None:
    """What needs no hash: nobody at 0, everybody at 100."""
    if percentage == 0:
        return NOBODY
    return EVERYBODY if percentage == 100 else None


def below(bound: Number) -> Edges:
    """On where the number lies below the bound."""
    return upto([bound])


def at_most(bound: Number) -> Edges:
    """On where the number does not exceed the bound."""
    return upto([bound], "high")


def running(weights: Iterable[Number], closed: Closed = "low", otherwise: int = -1) -> Edges:
    """The ranges of weights one after the other, summed up in the order and the arithmetic of a loop."""
    return upto(list(accumulate(weights)), closed, otherwise)


def within(ranges: Iterable[Any], closed: Closed = "low") -> Edges:
    """Ranges as they stand."""
    return Edges(tuple((low, high) for low, high in ranges), closed)


def read_weights(weights: Weights, *, pairs: bool = False, either: bool = False) -> tuple[tuple[str, ...], list[Any]]:
    """Names and weights (numbers from 0 on), or names and pairs of bounds; ``either`` goes by the first of them.

    Raises:
        ConfigError: no arm, a name that is no text, or a weight that is none.

    >>> read_weights({"a": 1, "b": 2})
    (('a', 'b'), [1, 2])
    """
    try:
        items = list(weights.items() if isinstance(weights, Mapping) else ((name, weight) for name, weight in weights))
    except (TypeError, ValueError):
        items = []
    if not items:
        raise ConfigError([("weights", f"expected a mapping of variants to weights, got {shown(weights)}")])
    pairs = pairs or (either and not _is_number(items[0][1]))
    for name, weight in items:
        if not isinstance(name, str):
            raise ConfigError([("weights", f"expected variants' names as text, got {shown(name)}")])
        if not (_is_pair(weight) if pairs else _is_weight(weight)):
            wanted = "a pair of bounds" if pairs else "a number from 0 on"
            raise ConfigError([(f"weights[{name!r}]", f"expected {wanted}, got {shown(weight)}")])
    return tuple(name for name, _ in items), [
        tuple(map(_plain, weight)) if pairs else _plain(weight) for _, weight in items
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _is_weight(value: Any) -> bool:
    return _is_number(value) and isfinite(value) and value >= 0


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2 and all(map(_is_number, value))
    )


def _plain(value: Any) -> Number:
    """A number of any kind, such as NumPy's, as one of Python's own."""
    return int(value) if isinstance(value, Integral) else float(value)


def part_of(percentage: Any, whole: int) -> Number:
    """A percentage (0 to 100) in a client's own unit: the number nearest to it, whole where it is whole.

    >>> part_of(33.3, 1), part_of(12.5, 100_000), part_of(Fraction(1, 3), 100)
    (0.333, 12500, 0.3333333333333333)
    """
    try:
        exact = Fraction(str(percentage)) * whole / 100
    except (ValueError, ZeroDivisionError):
        exact = Fraction(-1)
    if isinstance(percentage, bool) or not 0 <= exact <= whole:
        raise ConfigError([("percentage", f"expected a number from 0 to 100, got {shown(percentage)}")])
    return int(exact) if exact.denominator == 1 else float(exact)
