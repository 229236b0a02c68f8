"""Exposure logs of trials, each with one seeded fault: a checkout in two halves and a banner, seen for a week."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pandas as pd

from ffcore.flagset import FlagSet
from ffcore.lab.testing import log_faults
from ffcore.lab.testing.calibration.populations import flag, users
from ffcore.lab.testing.exposures import simulate_exposures

USERS = 20_000
#: A tenth of an arm is a small loss: it takes more users to show.
MANY = 100_000
VERSIONS = ("3.0", "3.1", "3.2", "4.0")
#: The version that loses users: half of all have it.
LOSING = "4.0"
START, CHANGE = "2024-06-01", pd.Timestamp("2024-06-04T09:30", tz="UTC")
HALVES = {"a": "1/2", "b": "1/2"}
Log = pd.DataFrame


def configuration(number: int, percentage: float = 50) -> FlagSet:
    """A checkout of two variants at a percentage, and a banner; their keys hold the trial's number."""
    return FlagSet([flag(number, percentage, HALVES), flag(-1 - number, 10)])


def checkout(number: int) -> str:
    """The key of the checkout."""
    return flag(number, 50).key


@cache
def population(count: int = USERS) -> pd.DataFrame:
    """Users, of whom half have the last version of the app."""
    versions = [VERSIONS[min(place % 6, 3)] for place in range(count)]
    return pd.DataFrame({"user_id": users(count).to_pandas(), "version": versions})


def log(number: int, percentage: float = 50, count: int = USERS) -> Log:
    """A week's log, without a fault."""
    return simulate_exposures(configuration(number, percentage), population(count), START, seed=number)


def exposed(log: Log, number: int) -> Log:
    """The rows of the checkout's enabled users."""
    return log[(log["flag_key"] == checkout(number)) & log["enabled"]]


def changed_log(number: int) -> Log:
    """A week's log, without a fault, in which the checkout goes from 10 to 50 %."""
    before, after = configuration(number, 10), configuration(number)
    return simulate_exposures(before, population(), START, change=(CHANGE, after), seed=number)


def _assigned(fault: str) -> Callable[[int], Log]:
    """A log whose checkout is served with an assignment fault."""
    return lambda number: log_faults.misassigned(log(number), configuration(number)[checkout(number)], fault)


#: Each fault's log.
LOGS: dict[str, Callable[[int], Log]] = {
    "sticky_cache": lambda number: log_faults.sticky_cache(changed_log(number), configuration(number, 10), CHANGE),
    "misassigned": _assigned("swapped_variants"),
    "dropped_segment": lambda number: log_faults.dropped_segment(
        log(number, 100, MANY), checkout(number), "a", {"version": LOSING}
    ),
    "day_one_delay": lambda number: log_faults.day_one_delay(log(number), checkout(number), "a"),
    "bot_duplicates": lambda number: log_faults.bot_duplicates(log(number), bots=25, events=400),
    "redelivered": lambda number: log_faults.redelivered(log(number), share=0.2),
    "late_events": lambda number: log_faults.late_events(log(number)),
    "unknown_flag": lambda number: log_faults.unknown_flag(log(number), checkout(number)),
    "unknown_variant": lambda number: log_faults.unknown_variant(log(number), checkout(number)),
}
