"""Running rollouts for the notebook on monitoring: new users of every arm, day by day, or with a seeded fault."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

import ffcore
from ffcore.lab.testing import log_faults
from ffcore.lab.testing.exposures import simulate_exposures
from ffcore.lab.verify import Check, sample_ratio
from ffcore.lab.verify.display import p_text

from .cases import splits

START = pd.Timestamp("2024-06-01", tz="UTC")
LOST = 0.1
_HOURS = 24.0
_LONGEST = 6
_Fault = Callable[[pd.DataFrame, ffcore.Flag, int], pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Running:
    """A split while it runs: `counts` has a row for each day and a column for each arm, `expected` each arm's share."""

    counts: pd.DataFrame
    expected: Mapping[str, float]


def running(flags: ffcore.FlagSet, users: pd.DataFrame, days: int, fault: str = "") -> dict[str, Running]:
    """Let every split of the flag set run for some days, by name; each user turns up once, at a time of its own.

    Args:
        flags: flags and experiments; those that serve two variants or more are taken.
        users: one row per user with `user_id` and context columns.
        days: how long they run.
        fault: one of `FAULTS`; every split that can show it has it.

    Raises ConfigError for an unknown fault, and for one that no split can show.

    >>> arms = [{"key": "blue", "allocation": 0.5}, {"key": "green", "allocation": 0.5}]
    >>> button = ffcore.Flag.from_item({"key": "button", "enabled": True, "rollout_percentage": 100, "variants": arms})
    >>> found = running(ffcore.FlagSet([button]), pd.DataFrame({"user_id": ["ann", "bob", "eve"]}), days=2)
    >>> found["button"].counts.shape, found["button"].expected
    ((2, 2), {'blue': 0.5, 'green': 0.5})
    """
    if fault and fault not in FAULTS:
        raise ffcore.ConfigError.unknown("fault", fault, FAULTS)
    if days < 1:
        raise ffcore.ConfigError([("days", f"{days} is no number of days: expected 1 or more")])
    found = {}
    for name, case in splits(flags).items():
        item = case.subject
        if isinstance(item, ffcore.Flag | ffcore.Experiment) and (not fault or isinstance(item, ffcore.Flag)):
            found[name] = _run(item, users, days, fault)
    if fault and not found:
        raise ffcore.ConfigError([("fault", f"no flag of this set can show {fault}")])
    return found


def horizon(cases: Mapping[str, Running], checks: Mapping[str, Check]) -> pd.DataFrame:
    """Put side by side what the running check found and the fixed test's p on the last day, one row per split.

    >>> from ffcore.lab.verify import sequential_sample_ratio
    >>> case = Running(pd.DataFrame({"a": [50, 51], "b": [49, 50]}), {"a": 0.5, "b": 0.5})
    >>> check = sequential_sample_ratio(case.counts, case.expected)
    >>> horizon({"demo": case}, {"demo": check}).to_numpy().tolist()
    [['200', 'never', '1', '0.888', 'inconclusive']]
    """
    rows = {
        name: {
            "users": f"{check.n:,}",
            "alarm on day": (check.details["crossing"] or {"look": "never"})["look"],
            "largest e-value": _e_text(check.details["log10_e"]),
            "fixed p on the last day": p_text(
                sample_ratio(cases[name].counts.sum(), cases[name].expected).p_value or 0
            ),
            "verdict": check.verdict,
        }
        for name, check in checks.items()
        if check.p_value is not None
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def _e_text(log10_e: float) -> str:
    """Write an e-value, a large one as a power of ten.

    >>> _e_text(0.3), _e_text(3.2), _e_text(898.4)
    ('2', '1,585', '10^898')
    """
    if log10_e >= _LONGEST:
        return f"10^{log10_e:,.0f}"
    return f"{10**log10_e:,.0f}" if log10_e > 2 else f"{10**log10_e:.3g}"


def _run(item: ffcore.Flag | ffcore.Experiment, users: pd.DataFrame, days: int, fault: str) -> Running:
    flags = ffcore.FlagSet([item]) if isinstance(item, ffcore.Flag) else ffcore.FlagSet(experiments=[item])
    log = simulate_exposures(flags, users, START.isoformat(), days)
    if fault and isinstance(item, ffcore.Flag):
        log = FAULTS[fault](log, item, days)
    shown = log[log["variant"].notna()]
    day = (shown["timestamp"] - START).dt.days
    arms = [variant.key for variant in item.variants]
    counts = pd.crosstab(day.to_numpy(), shown["variant"].astype("str").to_numpy())
    counts = counts.reindex(index=range(days), columns=arms, fill_value=0)
    counts = counts.set_axis(pd.date_range(START.date(), periods=days), axis=0).rename_axis(index="day", columns=None)
    return Running(counts, {variant.key: float(variant.allocation) for variant in item.variants})


def _dropped_segment(log: pd.DataFrame, flag: ffcore.Flag, days: int) -> pd.DataFrame:
    """From the middle of the run on, a tenth of the first arm's users is lost."""
    late = log["timestamp"] >= START + pd.Timedelta(days=days // 2)
    lossy = log_faults.dropped_segment(log[late], flag.key, flag.variants[0].key, {}, LOST)
    return pd.concat([log[~late], lossy])


def _day_one_delay(log: pd.DataFrame, flag: ffcore.Flag, days: int) -> pd.DataFrame:
    """The first arm is served from the second day on."""
    return log_faults.day_one_delay(log, flag.key, flag.variants[0].key, min(_HOURS, _HOURS * days / 2))


def _shared_salt(log: pd.DataFrame, flag: ffcore.Flag, _: int) -> pd.DataFrame:
    """Rollout and variant share a salt, so that a low percentage never reaches the last arms."""
    return log_faults.misassigned(log, flag, "shared_salt")


FAULTS: dict[str, _Fault] = {
    "dropped_segment": _dropped_segment,
    "day_one_delay": _day_one_delay,
    "shared_salt": _shared_salt,
}
