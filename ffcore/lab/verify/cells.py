"""Users counted once by arm and attribute values, so that every later question is asked of counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ffcore.lab.verify.attributes import Attribute, Codes
from ffcore.lab.verify.users import Mask

CountArray = NDArray[np.int64]
#: Up to this many combinations of values get a place each; beyond, only those that occur, found by hashing.
MOST_PLACES = 1 << 23
#: Combined codes are renumbered before they could pass 64 bits.
MOST_KEYS = 1 << 40


@dataclass(frozen=True, slots=True)
class Span:
    """A segment: the values of one attribute (by its place) whose codes lie from ``low`` to ``high``."""

    attribute: int
    low: int
    high: int


@dataclass(frozen=True, eq=False)
class Cells:
    """Combinations of attribute values that occur, and how many users of each arm have them.

    Attributes:
        attributes: What the codes stand for.
        codes: For each attribute, the value's code in each cell.
        counts: Users, cells x arms.
    """

    attributes: tuple[Attribute, ...]
    codes: tuple[Codes, ...]
    counts: CountArray

    @cached_property
    def tables(self) -> dict[int, CountArray]:
        """The tables made so far."""
        return {}

    @cached_property
    def totals(self) -> CountArray:
        """Users of each arm."""
        found: CountArray = self.counts.sum(axis=0)
        return found

    def inside(self, spans: Sequence[Span]) -> Mask:
        """Which cells lie in all of the spans."""
        mask = np.ones(len(self.counts), dtype=np.bool_)
        for span in spans:
            codes = self.codes[span.attribute]
            mask &= codes == span.low if span.low == span.high else (codes >= span.low) & (codes <= span.high)
        return mask

    def select(self, mask: Mask) -> Cells:
        """Some of the cells."""
        return Cells(self.attributes, tuple(codes[mask] for codes in self.codes), self.counts[mask])

    def merge(self, arms: Sequence[Sequence[int] | NDArray[np.int64]]) -> Cells:
        """The cells with a column for each of some groups of arms."""
        columns = [self.counts[:, list(group)].sum(axis=1) for group in arms]
        return Cells(self.attributes, self.codes, np.column_stack(columns))

    def table(self, attribute: int) -> CountArray:
        """Users by value of one attribute and arm."""
        if attribute not in self.tables:
            codes, values = self.codes[attribute], len(self.attributes[attribute].labels)
            columns = [np.bincount(codes, weights=column, minlength=values) for column in self.counts.T]
            self.tables[attribute] = np.column_stack(columns).astype(np.int64)
        return self.tables[attribute]


def count_cells(attributes: tuple[Attribute, ...], arms: NDArray[Any], count: int) -> Cells:
    """CountArray users by arm and by the values of the attributes.

    Args:
        attributes: With a code for each user.
        arms: The arm of each user, as a number below ``count``.
        count: How many arms there are.

    >>> os = Attribute("os", ("android", "ios"), np.array([0, 1, 1, 1], np.int32))
    >>> count_cells((os,), np.array([0, 0, 1, 1]), 2).counts.tolist()
    [[1, 0], [1, 2]]
    """
    keys, places = combine(attributes, len(arms))
    row = np.zeros(places, dtype=np.int64)
    row[keys] = np.arange(len(arms))
    counts = np.bincount(keys * count + arms, minlength=places * count).reshape(places, count)
    taken = counts.any(axis=1)
    rows = row[taken]
    return Cells(attributes, tuple(attribute.codes[rows] for attribute in attributes), counts[taken])


def combine(attributes: Sequence[Attribute], rows: int) -> tuple[NDArray[np.int64], int]:
    """A number for each row that is the same for rows of the same values, and how many numbers there are."""
    keys, places = np.zeros(rows, dtype=np.int64), 1
    for attribute in attributes:
        if places * len(attribute.labels) > MOST_KEYS:
            keys, places = renumbered(keys)
        keys = keys * len(attribute.labels) + attribute.codes
        places *= len(attribute.labels)
    return (keys, places) if places <= MOST_PLACES else renumbered(keys)


def renumbered(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Keys as numbers without gaps.

    >>> renumbered(np.array([70, 5, 70]))[0].tolist()
    [0, 1, 0]
    """
    numbers, distinct = pd.factorize(keys)
    return numbers.astype(np.int64), len(distinct)
