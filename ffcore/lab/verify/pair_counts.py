"""Users counted by the cells of every two draws at once: a contingency table for each pair."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numba import njit
from numpy.typing import NDArray

#: Users whose cells of two draws stay in the processor's nearest cache.
TOGETHER = 1 << 14

Cells = NDArray[np.uint8]
Tables = NDArray[np.int64]


def pair_tables(cells: Cells, side: int) -> Tables:
    """For every two draws, how many users lie in each pair of their cells: pairs x side x side.

    Args:
        cells: Each user's cell of each draw, below ``side``: draws x users.
        side: The number of cells of a draw.

    >>> pair_tables(np.array([[0, 1, 1], [1, 0, 0]], dtype=np.uint8), 2).tolist()
    [[[0, 1], [2, 0]]]
    """
    pairs = np.array(list(combinations(range(len(cells)), 2)), dtype=np.int64).reshape(-1, 2)
    tables: Tables = np.zeros((len(pairs), side, side), dtype=np.int64)
    count(np.ascontiguousarray(cells), pairs, tables)
    return tables


@njit(nogil=True, cache=True)
def count(cells: Cells, pairs: Tables, tables: Tables) -> None:
    """Count into ``tables``, some users at a time for all pairs."""
    users = cells.shape[1]
    for start in range(0, users, TOGETHER):
        stop = min(users, start + TOGETHER)
        for pair in range(len(pairs)):
            first, second, table = cells[pairs[pair, 0]], cells[pairs[pair, 1]], tables[pair]
            for user in range(start, stop):
                table[first[user], second[user]] += 1
