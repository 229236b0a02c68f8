"""Every seeded fault before every check that can judge it: which check catches what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

import numpy as np

from ffcore.lab import verify
from ffcore.lab.testing import faults, log_faults
from ffcore.lab.testing.calibration import logs
from ffcore.lab.testing.calibration.populations import flag as numbered
from ffcore.lab.testing.calibration.populations import users
from ffcore.lab.verify.check import Check
from ffcore.model import Flag

GOOD, GOOD_LOG = "(no fault)", "(log without a fault)"
USERS = 40_000
STEPS = (1, 5, 10, 25, 50)
HALVES = {"a": "1/2", "b": "1/2"}
#: What each assignment fault is seeded into: percentage and shares of a flag on which it shows.
STAGES: dict[str, tuple[float, Mapping[str, str]]] = {
    GOOD: (10, HALVES),
    "float_percentage": (0.5, {}),
    "shared_salt": (10, HALVES),
    "id_only": (10, HALVES),
    "growthbook_v1": (50, HALVES),
    "crc32": (50, HALVES),
    "last_variant_spill": (100, {"a": "9/10", "b": "1/20", "c": "1/20"}),
    "leak": (0, {}),
    "biased": (50, {}),
    "edge_off_by_one": (50, {}),
    "swapped_variants": (50, HALVES),
    "resalted": (50, HALVES),
}
#: What must stand in the explanation of a fault that is one of a segment.
EXPLAINED = {"dropped_segment": f"context.version={logs.LOSING}", "day_one_delay": f"timestamp={logs.START}"}
Judge = Callable[[int], Check]


@dataclass(frozen=True, slots=True)
class Row:
    """A fault: the check that is meant for it, and every check that can judge it, by name."""

    fault: str
    meant: str
    judges: Mapping[str, Judge]


def rows() -> list[Row]:
    """One row for each assignment fault, one for each fault of a log, and one of either without a fault."""
    assigned = [Row(name, faults.CHECKS[name], assignment_judges(name)) for name in faults.NAMES]
    logged = [Row(name, log_faults.CHECKS[name], log_judges(name)) for name in log_faults.NAMES]
    return [Row(GOOD, "", assignment_judges(GOOD)), *assigned, Row(GOOD_LOG, "", log_judges(GOOD_LOG)), *logged]


def assignment_judges(name: str) -> dict[str, Judge]:
    """The checks of an assignment function, and those of a hash where the fault is one of the hash."""
    percentage, shares = STAGES[name]
    judges: dict[str, Judge] = {"rollout": partial(judge_rollout, name)}
    if shares:
        judges["variants"] = partial(judge_variants, name)
    if percentage < 100 and name not in ("float_percentage", "leak"):
        judges["ramp"] = partial(judge_ramp, name)
    return judges


def log_judges(name: str) -> dict[str, Judge]:
    """The checks of a log."""
    return {
        "sample_ratio": partial(judge_ratio, name),
        "sequential": partial(judge_sequence, name),
        "explain": partial(judge_explanation, name),
    }


def seeded(name: str, flag: Flag) -> faults.Assign:
    """The function that serves a flag with the fault."""
    return faults.faultless(flag) if name == GOOD else faults.assign(name, flag)


def staged(name: str, number: int) -> Flag:
    """The flag on which the fault shows."""
    return numbered(number, *STAGES[name])


def judge_rollout(name: str, number: int) -> Check:
    """The enabled share of 40,000 users."""
    flag = staged(name, number)
    return verify.rollout(seeded(name, flag), users(USERS), expected=float(flag.rollout_percentage / 100))


def judge_variants(name: str, number: int) -> Check:
    """The variants of 40,000 users."""
    flag = staged(name, number)
    expected = {variant.key: float(variant.allocation) for variant in flag.variants}
    return verify.variants(seeded(name, flag), users(USERS), expected=expected)


def judge_ramp(name: str, number: int) -> Check:
    """The steps of a ramp."""
    flag = staged(name, number)
    steps = [replace(flag, rollout_percentage=Fraction(step)) for step in STEPS]
    return verify.ramp({float(step.rollout_percentage): seeded(name, step) for step in steps})


def exposed(name: str, number: int) -> logs.Log:
    """The log's rows of enabled users of the checkout, arms that it has."""
    log = logs.log(number) if name == GOOD_LOG else logs.LOGS[name](number)
    rows = logs.exposed(log, number)
    return rows[rows["variant"].isin(list(HALVES))]


def judge_ratio(name: str, number: int) -> Check:
    """The distinct users of each arm."""
    users_of = exposed(name, number).groupby("variant", observed=True)["user_id"].nunique()
    return verify.sample_ratio({arm: users_of[arm] for arm in HALVES}, {"a": 0.5, "b": 0.5})


def judge_sequence(name: str, number: int) -> Check:
    """The same users, as they come in from hour to hour."""
    first = exposed(name, number).drop_duplicates("user_id")
    hours = first.groupby([first["timestamp"].dt.floor("h"), "variant"], observed=True).size().unstack(fill_value=0)
    return verify.sequential_sample_ratio(hours[["a", "b"]].to_numpy(np.int64).tolist(), [0.5, 0.5])


def judge_explanation(name: str, number: int) -> Check:
    """The segments of the mismatch; a fault of a segment is caught if it is named."""
    by = ["context.version", "timestamp"]
    check = verify.explain(exposed(name, number), {"a": 0.5, "b": 0.5}, by=by)
    text = check.details.get("explanation", {}).get("text", "")
    return check if EXPLAINED.get(name, "") in text else replace(check, verdict="inconclusive")
