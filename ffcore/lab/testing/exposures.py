"""Exposure logs as the platform writes them, simulated: who saw which flag when, and what it decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown
from ffcore.flagset import FlagSet
from ffcore.lab.bulk.columns import attributes
from ffcore.lab.bulk.deciding import decide
from ffcore.lab.bulk.plan import plans_of
from ffcore.lab.verify.timestamps import Time, read_time
from ffcore.lab.verify.users import ID_COLUMN, Population, Users, read_users
from ffcore.model import Decision

EVENT_TYPE = "flag_evaluation"
CONTEXT = "context."
COLUMNS = ("event_type", "timestamp", "user_id", "flag_id", "flag_key", "enabled", "reason", "variant")
NOT_FOUND = {False: Decision(False, "flag_not_found"), True: Decision(False, "experiment_not_found")}
Change = tuple[Time, FlagSet]
Numbers = NDArray[np.int64]


def simulate_exposures(
    flags: FlagSet,
    users: Users,
    start: Time,
    days: float = 7,
    change: Change | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """A log of exposures without any fault: every user sees every flag and experiment once and is decided rightly.

    Args:
        flags: What is in force.
        users: A sequence of ids, or a frame with ``user_id`` and context columns; a user in two rows sees all twice.
        start: When the log begins; without a time zone it is UTC.
        days: How long it goes on.
        change: ``(time, flags)``: what is in force from then on.
        seed: Of the times, which are spread evenly over the span.

    Returns:
        One row for each exposure, in order of time: ``event_type, timestamp`` (UTC, microseconds), ``user_id, flag_id,
        flag_key, enabled, reason, variant`` and a column ``context.<attribute>`` for each attribute of the users.

    Raises:
        ConfigError: Users or times that cannot be read, a key that is a flag and an experiment.

    >>> from ffcore import Flag
    >>> flags = FlagSet([Flag("dark-mode", enabled=True, rollout_percentage=50)])
    >>> log = simulate_exposures(flags, range(10_000), "2024-06-01", days=2)
    >>> log.shape, log["reason"].value_counts().to_dict()
    ((10000, 8), {'enabled': 5042, 'not_in_rollout': 4958})
    """
    first, length = read_time(start, "start"), read_days(days)
    population = read_users(users)
    phases = [flags] if change is None else [flags, change[1]]
    wanted = list(dict.fromkeys(plan.key for one in phases for plan in plans_of(one, None)))
    outcomes, meaning = decided(phases, wanted, population)
    rng = np.random.default_rng(seed)
    times = random_times(rng, len(population) * len(wanted), first, length)
    key, user = np.divmod(rng.permutation(times.size), max(1, len(population)))
    later = times.size if change is None else int(np.searchsorted(times, read_time(change[0], "change")))
    halves = (slice(None, later), slice(later, None))
    codes = np.concatenate([found[key[half], user[half]] for found, half in zip(outcomes, halves, strict=False)])
    return as_frame(phases, wanted, population, meaning, Rows(times, user, key, codes))


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Each row's time (microseconds since 1970), and its user, key and decision by number."""

    time: Numbers
    user: Numbers
    key: Numbers
    code: NDArray[np.int32]


def decided(
    phases: Sequence[FlagSet], keys: Sequence[str], population: Population
) -> tuple[NDArray[np.int32], list[Decision]]:
    """Every user's decision in each phase for each key: phases x keys x users, numbered; and what the numbers mean."""
    codes = np.empty((len(phases), len(keys), len(population)), dtype=np.int32)
    meaning: list[Decision] = []
    for phase, flags in enumerate(phases):
        plans = plans_of(flags, [key for key in keys if key in flags or key in flags.experiments])
        names = {name for plan in plans for name in attributes(plan.rules)}
        found = population.by_parts(lambda part, plans=plans: decide(plans, part)[0], names)  # type: ignore[misc]
        rows = {plan.key: np.concatenate([part[row] for part in found]) for row, plan in enumerate(plans)}
        decisions = {plan.key: plan.decisions for plan in plans}
        for place, key in enumerate(keys):
            codes[phase, place] = rows.get(key, 0) + len(meaning)
            meaning += decisions.get(key, [NOT_FOUND[any(key in other.experiments for other in phases)]])
    return codes, meaning


def random_times(rng: np.random.Generator, count: int, start: int, length: int) -> Numbers:
    """Times in rising order, as if drawn evenly from the span: microseconds since 1970."""
    gaps = rng.exponential(size=count + 1).cumsum()
    times: Numbers = start + (gaps[:-1] * (length / gaps[-1])).astype(np.int64)
    return times


def as_frame(
    phases: Sequence[FlagSet],
    keys: Sequence[str],
    population: Population,
    decisions: Sequence[Decision],
    rows: Rows,
) -> pd.DataFrame:
    """The rows as the log's frame; each row's decision is one of ``decisions`` by number."""
    made = np.bincount(rows.code, minlength=len(decisions)) > 0
    reasons = [one.reason if any_ else None for one, any_ in zip(decisions, made, strict=True)]
    columns: dict[str, Any] = {
        "event_type": coded(np.zeros(rows.time.size, dtype=np.int8), [EVENT_TYPE]),
        "timestamp": pa.array(rows.time, pa.timestamp("us", tz="UTC")),
        "user_id": population.ids.text.take(pa.array(rows.user)),
        "flag_id": coded(rows.key, [id_of(phases, key) for key in keys]),
        "flag_key": coded(rows.key, keys),
        "enabled": pa.array(np.array([one.enabled for one in decisions], dtype=np.bool_).take(rows.code)),
        "reason": coded(rows.code, reasons),
        "variant": coded(rows.code, [one.variant for one in decisions]),
    }
    names = [name for name in population.names if name != ID_COLUMN]
    source = population.source
    context = source.pandas(names) if source is not None and names else None
    frame: pd.DataFrame = pa.table(columns).to_pandas(split_blocks=True)
    if context is None:
        return frame
    attributes_seen = {f"{CONTEXT}{name}": context[name].array.take(rows.user) for name in names}
    return pd.concat([frame, pd.DataFrame(attributes_seen)], axis=1)


def coded(codes: NDArray[Any], values: Sequence[str | None]) -> pa.DictionaryArray:
    """A column of categories from the number of each row's value; equal values are one category, None is null."""
    categories = [value for value in dict.fromkeys(values) if value is not None]
    places = np.array([-1 if value is None else categories.index(value) for value in values] or [0], dtype=np.int32)
    found = places.take(codes)
    return pa.DictionaryArray.from_arrays(pa.array(found, mask=found < 0), pa.array(categories, pa.string()))


def id_of(phases: Sequence[FlagSet], key: str) -> str:
    """The flag's or experiment's id, in the first phase that has it."""
    for flags in phases:
        if key in flags:
            return flags[key].flag_id or key
        if key in flags.experiments:
            return flags.experiments[key].experiment_id or key
    return key


def read_days(days: float) -> int:
    """A length in days as microseconds."""
    if isinstance(days, bool | str) or not 0 < days < 100_000:
        raise ConfigError([("days", f"expected a positive number of days, got {shown(days)}")])
    return round(days * 86_400_000_000)


__all__ = ["COLUMNS", "CONTEXT", "EVENT_TYPE", "simulate_exposures"]
