"""What daily looks do to a fair split: how often each kind of test has alarmed by each day, over many salts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ffcore.hashing import HASH_SPACE
from ffcore.lab.bench.estimate import Estimate
from ffcore.lab.bulk.hashing import hash32_array, hash_ids
from ffcore.lab.bulk.ids import id_array
from ffcore.lab.verify.evalues import log_e_values

from .results import Measure

if TYPE_CHECKING:
    from ffcore.lab.plots import Chart

ALPHAS = (0.05, 0.01)
SALTS, USERS = 500, 20_000
LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class Peeking:
    """How many fair splits each test has flagged by each day.

    Attributes:
        alphas: The alarm rates of the tests.
        fixed: Alarms of the chi-square test, looked at every day: days x `alphas`.
        running: Alarms of the e-value, likewise.
        salts: How many fair splits there were.
        users: Users of each split over all days.
    """

    alphas: tuple[float, ...]
    fixed: NDArray[np.int64]
    running: NDArray[np.int64]
    salts: int
    users: int

    @property
    def days(self) -> int:
        """How many days were looked at."""
        return len(self.fixed)

    def plot(self) -> "Chart":
        """Draw the share of fair splits flagged so far, by day."""
        from ffcore.lab.figures import peeking as figure

        return figure.draw(self)

    def measures(self, alpha: float = 0.01) -> list[Measure]:
        """Take the share of fair splits that each test has flagged by the last day, in per cent with 90 % intervals.

        >>> [measure.name for measure in peeking(pd.DataFrame({"user_id": range(500)}), days=3, salts=20).measures()]
        ['peeking_fixed', 'peeking_running']
        """
        place, more = self.alphas.index(alpha), f"{self.days} looks, alarm rate {alpha:g}"
        counts = {"fixed": int(self.fixed[-1, place]), "running": int(self.running[-1, place])}
        return [
            Measure.of(f"peeking_{name}", f"fair splits flagged, {name} test", share(count, self.salts), "%", note=more)
            for name, count in counts.items()
        ]


def peeking(users: pd.DataFrame, days: int, salts: int = SALTS, limit: int = USERS) -> Peeking:
    """Split users in halves by the hash of many salts, which is fair, and look at each split every day.

    Args:
        users: one row per user with `user_id`; each user's day is a hash as well.
        days: how many looks.
        salts: how many splits.
        limit: at most so many users.

    >>> found = peeking(pd.DataFrame({"user_id": range(500)}), days=3, salts=20)
    >>> found.fixed.shape, found.users
    ((3, 2), 500)
    """
    ids = users["user_id"].iloc[:limit]
    day = hash32_array(ids, "day of arrival") % days
    halves = hash_ids(id_array(ids), [f"fair-{number}" for number in range(salts)]) < HASH_SPACE // 2
    arm = np.stack([np.bincount(day[half], minlength=days) for half in halves]).cumsum(axis=1)
    total = np.bincount(day, minlength=days).cumsum()
    off = np.abs(2 * arm - total) / np.sqrt(np.maximum(total, 1))
    log_e = log_e_values(np.stack([arm, total - arm], axis=-1), [0.5, 0.5])
    return Peeking(
        alphas=ALPHAS,
        fixed=_flagged(off, stats.norm.isf(np.array(ALPHAS) / 2).tolist()),
        running=_flagged(log_e, (-np.log(ALPHAS)).tolist()),
        salts=salts,
        users=len(ids),
    )


def share(count: int, of: int) -> Estimate:
    """A share in per cent with Clopper and Pearson's 90 % interval.

    >>> share(5, 500).value
    1.0
    """
    bounds = stats.binomtest(count, of).proportion_ci(LEVEL)
    return Estimate(100 * count / of, 100 * float(bounds.low), 100 * float(bounds.high), of)


def _flagged(paths: NDArray[np.float64], bars: Sequence[float]) -> NDArray[np.int64]:
    """How many of the paths (salts x days) have been beyond each bar by each day: days x bars."""
    extreme = np.maximum.accumulate(paths, axis=1)
    return np.stack([(extreme > bar).sum(axis=0) for bar in bars], axis=-1)
