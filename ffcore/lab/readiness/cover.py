"""Whether a plan covers its traffic: ten simulated minutes, second by second, against what the plan provides."""

from __future__ import annotations

import hashlib
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ffcore.lab.caching import arrivals, misses
from ffcore.lab.caching.arrivals import TICKS
from ffcore.lab.verify.check import Check

from .capacity import SHARD_BYTES, SHARD_RECORDS, Capacity

SECONDS = 600
#: The most requests that are simulated; busier traffic is simulated for fewer seconds.
MOST = 2_000_000
USERS = 50_000
_md5 = partial(hashlib.md5, usedforsecurity=False)


def covered(capacity: Capacity, seed: int = 0) -> dict[str, Check]:
    """Three proofs over simulated seconds: none needs more read units, write units, or of any shard, than there is.

    >>> from ffcore.lab.caching import Traffic, zipf
    >>> from ffcore.lab.readiness.capacity import Demand, plan
    >>> [check.verdict for check in covered(plan(Demand(Traffic(20, zipf(5), 2)))).values()]
    ['pass', 'pass', 'pass']
    """
    demand = capacity.demand
    seconds = int(max(10, min(SECONDS, MOST / demand.traffic.requests)))
    found = arrivals(demand.traffic, demand.ttl, seconds, seed)
    counted = found.counted
    missed = misses(found) & counted
    units = demand.read_units * np.bincount(found.times[missed] // TICKS, minlength=seconds)
    draw = np.random.default_rng(seed)
    return {
        "DynamoDB reads": _check("DynamoDB reads", units > capacity.read_units),
        "DynamoDB writes": _check("DynamoDB writes", draw.poisson(demand.new_users, seconds) > capacity.write_units),
        "Kinesis shards": _check("Kinesis shards", _throttled(capacity, found.times[counted] // TICKS, seconds, draw)),
    }


def _throttled(
    capacity: Capacity, times: NDArray[np.int64], seconds: int, draw: np.random.Generator
) -> NDArray[np.bool_]:
    """The seconds in which some shard gets too much; users are spread by MD5 over equal ranges, as Kinesis does."""
    words = [int.from_bytes(_md5(f"user-{number}".encode()).digest()[:4], "big") for number in range(USERS)]
    shard_of = np.array(words, dtype=np.int64) * capacity.shards >> 32
    shards = shard_of[draw.integers(USERS, size=len(times))]
    records = np.bincount(times * capacity.shards + shards, minlength=seconds * capacity.shards)
    busiest = records.reshape(seconds, capacity.shards).max(axis=1)
    over: NDArray[np.bool_] = (busiest > SHARD_RECORDS) | (busiest * capacity.demand.event_bytes > SHARD_BYTES)
    return over


def _check(name: str, over: NDArray[np.bool_]) -> Check:
    off = int(over.sum())
    said = f"{off:,} of {len(over):,} seconds need more than there is" if off else "every second is covered"
    details = {"cases": len(over), "mismatches": off, "reason": said}
    return Check(name, "fail" if off else "pass", n=len(over), details=details)
