"""Reductions from a hash to a bucket that several vendors share, for Python's integers and for arrays alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

Reduction: TypeAlias = Callable[[Any], Any]
LARGEST = (1 << 32) - 1


def modulo(size: int, first: int = 0) -> Reduction:
    """The remainder: one of ``size`` whole numbers from ``first`` on.

    >>> modulo(100)(1234), modulo(100, first=1)(1234)
    (34, 35)
    """
    return lambda word: first + word % size


def scaled(size: int, first: int = 0) -> Reduction:
    """A 32-bit hash's place among ``size`` equal parts of its range, counted from ``first`` on.

    >>> scaled(10)(1 << 31), scaled(10, first=1)(1 << 31)
    (5, 6)
    """
    return lambda word: first + (word * size >> 32)


def remainder_fraction(size: int) -> Reduction:
    """The remainder as a fraction of ``size``: 0 to below 1.

    >>> remainder_fraction(1_000)(12_345)
    0.345
    """
    return lambda word: word % size / size


def fraction(bits: int) -> Reduction:
    """A hash of so many bits as a double from 0 to 1, rounded once.

    >>> fraction(60)(1 << 59), fraction(60)((1 << 60) - 1)
    (0.5, 1.0)
    """
    return lambda word: word / (1 << bits)


def closed_fraction(word: Any) -> Any:
    """A 32-bit hash as a fraction of the largest one: 0 to 1, both reached.

    >>> closed_fraction(LARGEST)
    1.0
    """
    return word / LARGEST


def signed(word: Any) -> Any:
    """A 32-bit hash as a signed number.

    >>> signed(1), signed(LARGEST)
    (1, -1)
    """
    return word - (word >> 31 << 32)
