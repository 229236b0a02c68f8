"""count_range: how many of a range of numbered users get what; ids are written where they are decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown
from ffcore.flagset import FlagSet
from ffcore.lab.bulk.counts import Counted, listed, matrix, summed
from ffcore.lab.bulk.deciding import Part, decide
from ffcore.lab.bulk.parts import PART_ROWS, read_names, run
from ffcore.lab.bulk.plan import Plan, plans_of

#: Users of one task at most: a tenth of a second of work, beside which the way to a cluster and back is short.
TASK_ROWS = 1 << 22
#: Tasks into which a range is cut that would make as many of them no shorter than a part.
TASKS = 16
#: The end of all ranges, which is the longest that Python counts.
END = 2**63 - 1
MAX_WIDTH = 1_000
#: The digits' codes, and how many ids are written digit by digit before they are copied.
ZERO, NINE = b"09"
BLOCK = 1_000
Bytes = NDArray[np.uint8]


def count_range(
    numbers: range,
    flags: FlagSet,
    keys: Iterable[str] | None = None,
    prefix: str = "user-",
    width: int | None = None,
    *,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """How many of the users `prefix + str(number)` get what, for all numbers of a range.

    Nothing is read and nothing sent but the range: an executor's workers write the ids themselves and return counts.

    Args:
        numbers: `range(stop)` or `range(start, stop)`, with 0 <= start and stop < 2**63.
        flags: where the keys are looked up.
        keys: flags or experiments; None for all of both.
        prefix: what stands before the number.
        width: digits to which numbers are filled up with zeros; None for no zeros.
        executor: where ranges are decided; by default a thread per core, for Dask `client.get_executor(pure=False)`.

    Returns:
        The frame that `count_frame` gives for these ids, with `key, enabled, reason, variant, users`.

    Raises:
        ConfigError: no such key, or no such range.

    >>> from ffcore import Flag
    >>> flags = FlagSet([Flag("dark-mode", enabled=True, rollout_percentage=50)])
    >>> count_range(range(1_000_000), flags)[["reason", "users"]].values.tolist()
    [['enabled', 499822], ['not_in_rollout', 500178]]
    """
    plans = plans_of(flags, keys)
    _check(numbers, prefix, width)
    read_names(plans, [])
    work = partial(_count, plans, prefix, width or 0)
    totals, _ = summed(plans, 1, run(work, _tasks(numbers), executor))
    return listed(plans, totals)


class DecimalIds:
    """Writes the ids `prefix + str(number).zfill(width)`, each time over the ones before: fresh memory is slow.

    >>> DecimalIds("u", 0, rows=2, stop=101).of(99, 101).to_pylist()
    ['u99', 'u100']
    """

    def __init__(self, prefix: str, width: int, rows: int, stop: int) -> None:
        self.prefix, self.width = prefix, width
        longest = len(prefix.encode()) + max(width, len(str(stop)))
        self.data = np.empty(rows * longest, dtype=np.uint8)
        self.offsets = np.zeros(rows + 1, dtype=np.int64)

    def of(self, start: int, stop: int) -> pa.LargeStringArray:
        """The ids of a range, good until the next one is asked for."""
        row = 0
        for first, last in _of_one_length(start, stop):
            text = np.frombuffer(f"{self.prefix}{str(first).zfill(self.width)}".encode(), dtype=np.uint8)
            _write(text.copy(), self.data, self.offsets[row : row + last - first + 1])
            row += last - first
        return pa.LargeStringArray.from_buffers(row, pa.py_buffer(self.offsets), pa.py_buffer(self.data))


def _of_one_length(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """The range cut where numbers gain a digit."""
    while start < stop:
        last = min(10 ** len(str(start)), stop)
        yield start, last
        start = last


@njit(nogil=True, cache=True)
def _write(text: Bytes, room: Bytes, offsets: NDArray[np.int64]) -> None:
    """Write `text`, the number at its end counted up in each copy, from the first offset on; sets the other offsets.

    Beyond the first thousand a copy of the text a thousand before has its last three digits right already.
    """
    size = text.size
    for row in range(offsets.size):
        offsets[row] = offsets[0] + row * size
    data = room[offsets[0] : offsets[-1]]
    known = min(BLOCK * size, data.size)
    for at in range(0, known, size):
        for k in range(size):
            data[at + k] = text[k]
        _count_up(text, size - 1)
    for first in range(known, data.size, known):
        before, here = data[first - known : first], data[first : first + known]
        for k in range(here.size):
            here[k] = before[k]
        for at in range(size - 4, here.size, size):
            _count_up(here, at)


@njit(nogil=True, inline="always")
def _count_up(text: Bytes, at: int) -> None:
    """Add one to the digit at a place, and carry; the last number may run over."""
    while text[at] == NINE and at > 0:
        text[at] = ZERO
        at -= 1
    text[at] += 1


def _tasks(numbers: range) -> Iterator[range]:
    """The range in pieces: many, if they are not too short for it, and none that keeps a worker long."""
    rows = max(PART_ROWS, min(TASK_ROWS, (numbers.stop - numbers.start) // TASKS))
    return (numbers[place : place + rows] for place in range(0, max(0, numbers.stop - numbers.start), rows))


def _count(plans: Sequence[Plan], prefix: str, width: int, numbers: range) -> Counted:
    """The counts of one task's users, in parts."""
    ids = DecimalIds(prefix, width, min(PART_ROWS, len(numbers)), numbers.stop)
    pieces = (numbers[place : place + PART_ROWS] for place in range(0, len(numbers), PART_ROWS))
    parts = (Part(piece.start, ids.of(piece.start, piece.stop), {}) for piece in pieces)
    return summed(plans, 1, (_counted(plans, part) for part in parts))


def _counted(plans: Sequence[Plan], part: Part) -> Counted:
    found, wrong = decide(plans, part)
    return [matrix(plan, codes) for plan, codes in zip(plans, found, strict=True)], wrong


def _check(numbers: Any, prefix: Any, width: Any) -> None:
    problems: list[tuple[str, str]] = []
    if not isinstance(numbers, range) or numbers.step != 1:
        problems.append(("numbers", f"expected a range of numbers, such as range(1_000_000), got {shown(numbers)}"))
    elif numbers.start < 0 or numbers.stop > END:
        problems.append(("numbers", f"expected numbers from 0 to below 2**63, got {numbers}"))
    if not isinstance(prefix, str):
        problems.append(("prefix", f"expected text, got {shown(prefix)}"))
    elif any("\ud800" <= letter <= "\udfff" for letter in prefix):
        problems.append(("prefix", f"{shown(prefix)} holds a lone surrogate, which is no character"))
    if width is not None and not (type(width) is int and 1 <= width <= MAX_WIDTH):
        problems.append(("width", f"expected a whole number from 1 to {MAX_WIDTH:,}, or None, got {shown(width)}"))
    if problems:
        raise ConfigError(problems)
