"""Seeded faults of an exposure log, each seen in a real pipeline: try your monitor of logs on them.

Each takes a log as ``simulate_exposures`` makes it (a frame of events in order of arrival) and returns a log with one
fault. ``CHECKS`` names the check meant for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown, suggestion
from ffcore.flagset import FlagSet
from ffcore.lab import evaluate_frame
from ffcore.lab.testing import faults
from ffcore.lab.testing.exposures import CONTEXT
from ffcore.lab.testing.hashes import HASHES
from ffcore.lab.verify.timestamps import MICROSECONDS, Time, read_time
from ffcore.lab.verify.users import read_ids
from ffcore.model import Flag

Mask = NDArray[np.bool_]
#: The check that is meant for each fault: an audit recomputes decisions, but cannot see rows that are lost.
CHECKS = {
    "sticky_cache": "audit",
    "misassigned": "audit",
    "dropped_segment": "explain",
    "day_one_delay": "explain",
    "bot_duplicates": "audit",
    "redelivered": "audit",
    "late_events": "audit",
    "unknown_flag": "audit",
    "unknown_variant": "audit",
}
NAMES = tuple(CHECKS)


def sticky_cache(
    log: pd.DataFrame, before: FlagSet, change: Time, minutes: float = 60, share: float = 0.5, seed: int = 0
) -> pd.DataFrame:
    """After a change, some users get for a while what the flags from ``before`` it decide: a cache that never expires.

    Args:
        log: The log, with a change at this time.
        before: What was in force before.
        change: When something else came into force.
        minutes: How long it takes until the last cache is emptied.
        share: Which part of the users is served by such a cache.
        seed: Of the choice of users.

    >>> from ffcore.lab.testing.exposures import simulate_exposures
    >>> old, new = (FlagSet([Flag("dark-mode", True, percentage)]) for percentage in (10, 90))
    >>> log = simulate_exposures(old, range(2_000), "2024-06-01", days=1, change=("2024-06-01T12:00", new))
    >>> stale = sticky_cache(log, old, "2024-06-01T12:00", minutes=120)
    >>> changed = stale["enabled"] != log["enabled"]
    >>> bool(changed.any()), stale.loc[changed, "timestamp"].dt.hour.isin([12, 13]).all().item()
    (True, True)
    """
    since = microseconds(log) - read_time(change, "change")
    inside = (since >= 0) & (since < minutes * 60 * MICROSECONDS)
    return redecided(log, before, inside & chosen_users(log, share, seed))


def misassigned(log: pd.DataFrame, flag: Flag, fault: str) -> pd.DataFrame:
    """The rows of one flag as a system with an assignment fault (``faults.NAMES``) serves them; targeting is kept.

    >>> from ffcore.lab.testing.exposures import simulate_exposures
    >>> flag = Flag("dark-mode", enabled=True, rollout_percentage=50)
    >>> log = simulate_exposures(FlagSet([flag]), range(20_000), "2024-06-01")
    >>> int((misassigned(log, flag, "edge_off_by_one")["enabled"] != log["enabled"]).sum())  # one bucket of 10,000
    1
    """
    served = rows_of(log, flag.key) & log["reason"].isin(["enabled", "not_in_rollout"]).to_numpy()
    assign = faults.assign(fault, flag)
    answers = assign(log.loc[served, "user_id"].to_numpy(dtype=object), flag.key)
    on = np.asarray(pd.notna(answers) if flag.variants else answers, dtype=np.bool_)
    variants = pd.Series(answers if flag.variants else None, index=log.index[served], dtype="object")
    decided = pd.DataFrame({"enabled": on, "reason": np.where(on, "enabled", "not_in_rollout"), "variant": variants})
    return replaced(log, served, decided.set_axis(log.index[served]))


def dropped_segment(
    log: pd.DataFrame, key: str, variant: str | None, where: Mapping[str, object], share: float = 0.1, seed: int = 0
) -> pd.DataFrame:
    """The events of some users of one segment and arm are lost, as when one app version crashes in one variant.

    Args:
        log: The log.
        key: The flag.
        variant: The arm; None: its enabled users.
        where: The segment: the value of each of its context attributes.
        share: Which part of the segment's users in this arm is lost.
        seed: Of the choice of users.

    >>> from ffcore.lab.testing.exposures import simulate_exposures
    >>> flags = FlagSet([Flag("dark-mode", enabled=True, rollout_percentage=50)])
    >>> users = pd.DataFrame({"user_id": range(2_000), "app": ["1.2", "1.3"] * 1_000})
    >>> log = simulate_exposures(flags, users, "2024-06-01")
    >>> len(log) - len(dropped_segment(log, "dark-mode", None, {"app": "1.3"}))
    60
    """
    lost = arm_of(log, key, variant) & chosen_users(log, share, seed)
    for attribute, value in where.items():
        column = f"{CONTEXT}{attribute}"
        if column not in log.columns:
            raise ConfigError([("where", f"the log has no column {column}{suggestion(column, log.columns)}")])
        lost &= (log[column] == value).to_numpy(dtype=np.bool_, na_value=False)
    return log[~lost]


def day_one_delay(log: pd.DataFrame, key: str, variant: str | None, hours: float = 24) -> pd.DataFrame:
    """One arm starts late: its events of the first hours are missing, as when its configuration is cached for a day."""
    times = microseconds(log)
    end = times.min(initial=np.iinfo(np.int64).max) + hours * 3_600 * MICROSECONDS
    missing: Mask = arm_of(log, key, variant) & (times < end)
    return log[~missing]


def bot_duplicates(log: pd.DataFrame, bots: int = 5, events: int = 200, seconds: float = 60) -> pd.DataFrame:
    """A few users see what they saw again and again, evenly over some seconds, as crawlers do that reload a page."""
    first = log.drop_duplicates("user_id").head(bots)
    copies = first.loc[first.index.repeat(events)]
    steps = np.tile(np.arange(1, events + 1), len(first)) * (seconds / max(1, events))
    copies = copies.assign(timestamp=copies["timestamp"] + pd.to_timedelta(steps, unit="s").as_unit("us"))
    together: pd.DataFrame = pd.concat([log, copies])
    return together.sort_values("timestamp", kind="stable", ignore_index=True)


def redelivered(log: pd.DataFrame, share: float = 0.01, seed: int = 0) -> pd.DataFrame:
    """Some events arrive twice, the same to the microsecond, as from a queue that delivers at least once."""
    again = np.random.default_rng(seed).random(len(log)) < read_share(share)
    return log.loc[log.index.repeat(1 + again)].reset_index(drop=True)


def late_events(log: pd.DataFrame, share: float = 0.01, hours: float = 6, seed: int = 0) -> pd.DataFrame:
    """Some events arrive hours after they happened, behind others of their time; ``received_at`` says when."""
    late = np.random.default_rng(seed).random(len(log)) < read_share(share)
    received = log["timestamp"] + pd.to_timedelta(late * hours, unit="h").as_unit("us")
    return log.assign(received_at=received).sort_values("received_at", kind="stable", ignore_index=True)


def unknown_flag(
    log: pd.DataFrame, key: str, name: str | None = None, share: float = 0.01, seed: int = 0
) -> pd.DataFrame:
    """Some of a flag's events come under a key that no configuration has, as from an app with a misspelt key."""
    wrong = rows_of(log, key) & chosen_users(log, share, seed)
    return with_values(log, wrong, "flag_key", name or f"{key}-old")


def unknown_variant(
    log: pd.DataFrame, key: str, variant: str = "removed", share: float = 0.01, seed: int = 0
) -> pd.DataFrame:
    """Some enabled users of a flag are logged with a variant that it does not have."""
    wrong = arm_of(log, key, None) & chosen_users(log, share, seed)
    return with_values(log, wrong, "variant", variant)


def redecided(log: pd.DataFrame, flags: FlagSet, rows: Mask) -> pd.DataFrame:
    """The log with some rows decided by these flags; rows of keys that they do not have stay as they are."""
    for key in log.loc[rows, "flag_key"].unique():
        if key not in flags and key not in flags.experiments:
            continue
        some = rows & rows_of(log, key)
        users = log.loc[some].drop(columns=[name for name in log.columns if not is_context(name)])
        users = users.set_axis([name.removeprefix(CONTEXT) for name in users.columns], axis=1)
        found = evaluate_frame(users, flags, [key])
        log = replaced(log, some, found.set_axis(["enabled", "variant", "reason"], axis=1))
    return log


def replaced(log: pd.DataFrame, rows: Mask, decided: pd.DataFrame) -> pd.DataFrame:
    """The log with other decisions in some rows."""
    for name in ("enabled", "reason", "variant"):
        log = with_values(log, rows, name, decided[name])
    return log


def with_values(log: pd.DataFrame, rows: Mask, name: str, values: object) -> pd.DataFrame:
    """The log with other values in some rows of a column, whose categories grow where they must."""
    column = log[name]
    if isinstance(column.dtype, pd.CategoricalDtype):
        values = values.astype(object) if isinstance(values, pd.Series) else values
        new = pd.unique(pd.Series(values).dropna())
        column = column.cat.add_categories([value for value in new if value not in column.cat.categories])
    column = column.copy()
    column.loc[rows] = values
    return log.assign(**{name: column})


def is_context(name: str) -> bool:
    """Whether a column holds what decisions may depend on."""
    return name == "user_id" or name.startswith(CONTEXT)


def rows_of(log: pd.DataFrame, key: str) -> Mask:
    """The rows of a flag; a ConfigError if there are none."""
    rows: Mask = (log["flag_key"] == key).to_numpy(dtype=np.bool_, na_value=False)
    if not rows.any() and len(log):
        seen: Iterable[str] = log["flag_key"].dropna().unique()
        raise ConfigError([("key", f"the log has no events of {shown(key)}{suggestion(key, seen)}")])
    return rows


def arm_of(log: pd.DataFrame, key: str, variant: str | None) -> Mask:
    """The rows of a flag's arm; None for all of its enabled users."""
    arm = log["enabled"] if variant is None else log["variant"] == variant
    return rows_of(log, key) & arm.to_numpy(dtype=np.bool_, na_value=False)


def chosen_users(log: pd.DataFrame, share: float, seed: int) -> Mask:
    """The rows of a part of the users, chosen by a hash of their ids so that all rows of a user are in or out."""
    words = HASHES["hash32"].many(read_ids(log["user_id"]), [f"chosen {seed}"])[0]
    chosen: Mask = words < read_share(share) * 2**32
    return chosen


def microseconds(log: pd.DataFrame) -> NDArray[np.int64]:
    """The times of the events since 1970."""
    times: NDArray[np.int64] = log["timestamp"].dt.as_unit("us").astype(np.int64).to_numpy()
    return times


def read_share(share: float) -> float:
    """A share between 0 and 1."""
    if isinstance(share, bool | str) or not 0 <= share <= 1:
        raise ConfigError([("share", f"expected a share between 0 and 1 (10 % is 0.1), got {shown(share)}")])
    return share
