"""Users who stand in several rows of one flag: in several variants, with the same event twice, or all the time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ffcore.lab.bulk.hashing import hash_ids
from ffcore.lab.bulk.ids import id_array
from ffcore.lab.bulk.repeats import repeated_rows
from ffcore.lab.verify.exposures import ID, Exposures
from ffcore.lab.verify.outcomes import Outcome
from ffcore.lab.verify.recomputing import Recomputed, Rows
from ffcore.lab.verify.timestamps import Times

MINUTE = 60_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Repeats:
    """What repeats among the rows of one subject.

    Attributes:
        users: How many distinct users there are.
        several: How many of them saw several variants under one configuration.
        duplicates: The rows that repeat another one's user, time and outcome.
        bursts: The rows that are among many of their user within a minute.
        burst_users: How many users have such rows.
    """

    users: int
    several: int
    duplicates: Rows
    bursts: Rows
    burst_users: int


def find_repeats(found: Recomputed, rows: Rows, burst: int) -> Repeats:
    """The repetitions among some rows, all of one subject; ``burst`` rows of a user within a minute are a burst."""
    log = found.source.log
    ids = id_array(log.ids.text.take(pa.array(rows)))
    places, users = repeated_rows(ids.text, hash_ids(ids, [ID])[0])
    distinct = rows.size - places.size + np.unique(users).size
    several = in_several_variants(found, rows[places], users)
    duplicates, bursts, burst_users = in_time(log, rows[places], users, burst)
    return Repeats(int(distinct), several, duplicates, bursts, burst_users)


def in_several_variants(found: Recomputed, rows: Rows, users: Rows) -> int:
    """How many users were logged with several variants while one configuration was in force.

    What a cache may still serve after a change is left out.
    """
    log = found.source.log
    if log.variant is None or not rows.size:
        return 0
    on = np.ones(rows.size, dtype=np.bool_) if log.enabled is None else log.enabled[rows] != 0
    seen = on & (log.variant.codes[rows] >= 0) & (found.outcome[rows] != Outcome.STALE)
    who = np.stack([users[seen], found.groups[rows[seen]], log.variant.codes[rows[seen]]])
    who = who[:, np.lexsort(who[::-1])]
    differs = (who[:2, 1:] == who[:2, :-1]).all(axis=0) & (who[2, 1:] != who[2, :-1])
    return int(np.unique(who[0, 1:][differs]).size)


def in_time(log: Exposures, rows: Rows, users: Rows, burst: int) -> tuple[Rows, Rows, int]:
    """Rows that are the same event again, rows of bursts, and how many users have bursts."""
    if log.time is None or not rows.size:
        return rows[:0], rows[:0], 0
    outcome = np.zeros(rows.size, dtype=np.int64) if log.enabled is None else log.enabled[rows].astype(np.int64)
    if log.variant is not None:
        outcome = outcome * (len(log.variant.labels) + 1) + log.variant.codes[rows]
    order = np.lexsort((outcome, log.time[rows], users))
    rows, users, outcome, times = rows[order], users[order], outcome[order], log.time[rows[order]]
    again = np.zeros(rows.size, dtype=np.bool_)
    again[1:] = (users[1:] == users[:-1]) & (times[1:] == times[:-1]) & (outcome[1:] == outcome[:-1])
    many = in_bursts(users[~again], times[~again], burst)
    return np.sort(rows[again]), np.sort(rows[~again][many]), int(np.unique(users[~again][many]).size)


def in_bursts(users: Rows, times: Times, burst: int) -> NDArray[np.bool_]:
    """Which rows, in order of user and time, are among ``burst`` of one user within a minute.

    >>> in_bursts(np.repeat([1, 2], [60, 59]), np.arange(119) * 1_000_000, 60).sum()
    np.int64(60)
    """
    if users.size < burst:
        return np.zeros(users.size, dtype=np.bool_)
    ahead, behind = slice(burst - 1, None), slice(None, users.size + 1 - burst)
    close = (users[ahead] == users[behind]) & (times[ahead] - times[behind] <= MINUTE)
    first = np.flatnonzero(close)
    begun = np.zeros(users.size + 1, dtype=np.int64)
    begun[first] += 1
    begun[first + burst] -= 1
    return np.cumsum(begun[:-1]) > 0
