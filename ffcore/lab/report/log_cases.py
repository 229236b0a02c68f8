"""An exposure log for a notebook to judge: simulated from flags and users, without a fault or with one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

import ffcore
from ffcore.lab.testing import log_faults
from ffcore.lab.testing.exposures import CONTEXT, simulate_exposures
from ffcore.lab.verify.configurations import Flags
from ffcore.lab.verify.users import ID_COLUMN

START, DAYS, CHANGE = "2026-01-12", 7.0, "2026-01-15T12:00"
#: The part of an arm of one segment that is lost.
LOST = 1 / 3
#: The fault that needs a change of the flags, and is no matter of the log alone.
STICKY = "sticky_cache"


@dataclass(frozen=True, eq=False)
class LogCase:
    """A log, a path or a frame, and the flags that were in force."""

    log: Any
    flags: Flags


def exposure_log(flags: ffcore.FlagSet, users: pd.DataFrame, fault: str = "", exposures: str = "") -> LogCase:
    """The log at a path, or a week in which every user sees every flag and experiment once, decided rightly.

    Args:
        flags: What was in force.
        users: One row for each, with `user_id` and context.
        fault: One of `FAULTS`, or `sticky_cache`, seeded in the simulated log.
        exposures: The path of a log of one's own; blank: one is simulated.

    Raises:
        ConfigError: An unknown fault, one that these flags or users cannot show, or one beside a log of one's own.

    >>> flags = ffcore.FlagSet([ffcore.Flag("dark-mode", enabled=True, rollout_percentage=50)])
    >>> users = pd.DataFrame({"user_id": range(1_000)})
    >>> len(exposure_log(flags, users).log), len(exposure_log(flags, users, "bot_duplicates").log)
    (1000, 1400)
    """
    if fault and fault not in (known := (*FAULTS, STICKY)):
        raise ffcore.ConfigError.unknown("fault", fault, known)
    if exposures and fault:
        raise ffcore.ConfigError([("fault", "is seeded in a simulated log; leave exposures blank")])
    if exposures:
        return LogCase(exposures, flags)
    if fault == STICKY:
        return sticky_cache(flags, users)
    log = simulate_exposures(flags, users, START, DAYS)
    return LogCase(FAULTS[fault](log, flags) if fault else log, flags)


def sticky_cache(flags: ffcore.FlagSet, users: pd.DataFrame) -> LogCase:
    """One flag was at half its percentage until the middle of the week; half of the users get that for hours after."""
    key = half_way(flags)
    less = replace(flags[key], rollout_percentage=flags[key].rollout_percentage / 2)
    before = ffcore.FlagSet([less if one == key else flag for one, flag in flags.items()], flags.experiments.values())
    log = simulate_exposures(before, users, START, DAYS, change=(CHANGE, flags))
    stale = log_faults.sticky_cache(log, before, CHANGE, minutes=240)
    return LogCase(stale, [(None, before), (CHANGE, flags)])


def misassigned(log: pd.DataFrame, flags: ffcore.FlagSet) -> pd.DataFrame:
    """One flag is decided by CRC32, whose shares are right and whose users are others."""
    return log_faults.misassigned(log, flags[half_way(flags)], "crc32")


def dropped_segment(log: pd.DataFrame, _: ffcore.FlagSet) -> pd.DataFrame:
    """A third of one arm is lost where the first attribute has its most frequent value."""
    key, variant = largest_arm(log)
    names = [name for name in log.columns if name.startswith(CONTEXT)]
    if not names:
        raise ffcore.ConfigError([("fault", f"the users have no attribute beside {ID_COLUMN} to make a segment of")])
    value = log[names[0]].mode().iloc[0]
    return log_faults.dropped_segment(log, key, variant, {names[0].removeprefix(CONTEXT): value}, LOST)


def half_way(flags: ffcore.FlagSet) -> str:
    """The flag whose rollout is nearest to the half."""
    shown = {key: abs(flag.rollout_percentage - 50) for key, flag in flags.items() if flag.enabled}
    key = min(shown, key=lambda one: shown[one], default="")
    if not key or not 0 < flags[key].rollout_percentage < 100:
        raise ffcore.ConfigError([("fault", "no flag of the file is on its way, between 0 and 100 %")])
    return key


def largest_arm(log: pd.DataFrame) -> tuple[str, str]:
    """The flag and variant of most users, of those with several variants."""
    seen = log.value_counts(["flag_key", "variant"])
    seen = seen[seen > 0]
    several = seen[seen.groupby("flag_key", observed=True).transform("size") > 1]
    if several.empty:
        raise ffcore.ConfigError([("fault", "nothing in the file serves several variants")])
    key, variant = several.index[0]
    return str(key), str(variant)


FAULTS: dict[str, Callable[[pd.DataFrame, ffcore.FlagSet], pd.DataFrame]] = {
    "misassigned": misassigned,
    "dropped_segment": dropped_segment,
    "day_one_delay": lambda log, _: log_faults.day_one_delay(log, *largest_arm(log)),
    "bot_duplicates": lambda log, _: log_faults.bot_duplicates(log, bots=1 + len(log) // 1_000),
}
