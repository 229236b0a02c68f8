"""A fleet for a notebook to judge: every rollout and split of a flag set, and a few hundred made-up flags beside."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd

import ffcore
from ffcore.lab.bulk.counts import count_frame
from ffcore.lab.testing import faults
from ffcore.lab.verify.assignments import OFF, ON
from ffcore.lab.verify.check import Check
from ffcore.lab.verify.rollouts import rollout
from ffcore.lab.verify.shares import sample_ratio
from ffcore.lab.verify.variant_shares import variants

from . import cases

PERCENTAGES = (10, 25, 50, 75, 90)
#: The flag that has a fault alone, and how far all are off together, in percentage points.
FAULTY, OFF_BY = "made-up-042", Fraction(1, 10)
Faulty = Callable[[ffcore.FlagSet, pd.DataFrame], dict[str, int]]


def fleet_checks(flags: ffcore.FlagSet, users: pd.DataFrame, fault: str = "", made: int = 300) -> dict[str, Check]:
    """Check every rollout and split of a flag set, and some made-up flags, of which one or all may have a fault.

    Args:
        flags: What is judged as the notebooks on rollouts and variants do.
        users: One row for each, with `user_id` and context.
        fault: `one_flag` (a small hash modulo the buckets), `systemic` (all serve 0.1 points more than configured) or
            `too_good` (users are dealt out in turn instead of by a hash).
        made: How many flags are made up; their percentages are 10, 25, 50, 75 and 90.

    >>> users = pd.DataFrame({"user_id": range(2_000)})
    >>> found = fleet_checks(ffcore.FlagSet([]), users, made=10)
    >>> len(found), found["made-up-002"].details["expected"]
    (10, {'enabled': 0.5, 'not enabled': 0.5})
    """
    if fault and fault not in FAULTS:
        raise ffcore.ConfigError.unknown("fault", fault, FAULTS)
    checks = {name: rollout(case.subject, users) for name, case in cases.rollouts(flags).items()}
    checks |= {f"{name} variants": variants(case.subject, users) for name, case in cases.splits(flags).items()}
    fleet = made_up(made)
    enabled = enabled_users(fleet, users) | (FAULTS[fault](fleet, users) if fault else {})
    for key, on in enabled.items():
        share = float(fleet[key].rollout_percentage / 100)
        checks[key] = sample_ratio({ON: on, OFF: len(users) - on}, {ON: share, OFF: 1 - share})
    return checks


def made_up(count: int) -> ffcore.FlagSet:
    """Flags of several percentages, the same in every run."""
    share = [Fraction(PERCENTAGES[place % len(PERCENTAGES)]) for place in range(count)]
    return ffcore.FlagSet(
        [ffcore.Flag(f"made-up-{place:03}", enabled=True, rollout_percentage=part) for place, part in enumerate(share)]
    )


def enabled_users(flags: ffcore.FlagSet, users: pd.DataFrame) -> dict[str, int]:
    """How many users each flag is on for."""
    counted = count_frame(users[["user_id"]], flags)
    on = counted[counted["enabled"]].groupby("key", observed=True)["users"].sum()
    return {key: int(on.get(key, 0)) for key in flags}


def one_flag(flags: ffcore.FlagSet, users: pd.DataFrame) -> dict[str, int]:
    """One flag is decided by a hash of 16 bits modulo the buckets."""
    key = FAULTY if FAULTY in flags else next(iter(flags))
    assign = faults.assign("biased", flags[key])
    ids = users["user_id"].astype(str).to_numpy(dtype=object)
    return {key: int(np.count_nonzero(np.asarray(assign(ids, key), dtype=bool)))}


def systemic(flags: ffcore.FlagSet, users: pd.DataFrame) -> dict[str, int]:
    """Every flag serves a little more than it should, too little to show in one."""
    more = [replace(flag, rollout_percentage=flag.rollout_percentage + OFF_BY) for flag in flags.values()]
    return enabled_users(ffcore.FlagSet(more), users)


def too_good(flags: ffcore.FlagSet, users: pd.DataFrame) -> dict[str, int]:
    """Users are dealt out in turn, so that every share is met to the last user."""
    return {key: round(len(users) * flag.rollout_percentage / 100) for key, flag in flags.items()}


FAULTS: dict[str, Faulty] = {fault.__name__: fault for fault in (one_flag, systemic, too_good)}
