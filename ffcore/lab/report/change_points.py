"""Change points of a short series: where the level moved, by a permutation test of ranks, split after split."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

PERMUTATIONS = 1_999
SHORTEST = 3
ALPHA = 0.01
_SEED = 0


def change_points(values: Sequence[float], alpha: float = ALPHA) -> list[int]:
    """Find the positions at which a new level begins.

    The best split into two parts of at least three values is kept if fewer than `alpha` of the random orders of the
    same ranks have one as good; each part is then searched for itself. The orders are the same in every call. Ranks
    make one wild value harmless; a series of fewer than ten values cannot show a change at 0.01.

    Source: Pettitt, *A non-parametric approach to the change-point problem*, 1979; binary segmentation.

    >>> change_points([1.0, 1.1, 0.9, 1.0, 1.05, 0.95, 2.0, 2.1, 1.9, 2.0, 2.05, 1.95])
    [6]
    >>> change_points([1.0] * 12)
    []
    """
    if len(values) < 2 * SHORTEST:
        return []
    ranks = _ranks(np.asarray(values, dtype=float))
    (found,) = _splits(ranks[None, :])
    at = int(found.argmax())
    orders = np.random.default_rng(_SEED).permuted(np.tile(ranks, (PERMUTATIONS, 1)), axis=1)
    as_good = int((_splits(orders).max(axis=1) >= found[at] - 1e-9).sum())
    if (as_good + 1) / (PERMUTATIONS + 1) > alpha or found[at] == 0:
        return []
    split = at + SHORTEST
    later = [split + place for place in change_points(values[split:], alpha)]
    return [*change_points(values[:split], alpha), split, *later]


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks of the values around zero, equal values sharing one."""
    below, level = (values[None, :] < values[:, None]).sum(axis=1), (values[None, :] == values[:, None]).sum(axis=1)
    ranks: NDArray[np.float64] = below + (level - 1) / 2 - (len(values) - 1) / 2
    return ranks


def _splits(ranks: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far apart both parts lie, for each row and each split that leaves enough on either side."""
    total = ranks.shape[1]
    sizes = np.arange(SHORTEST, total - SHORTEST + 1)
    sums = ranks.cumsum(axis=1)[:, sizes - 1]
    apart: NDArray[np.float64] = np.abs(sums) / np.sqrt(sizes * (total - sizes))
    return apart
