"""Every seeded fault before every check that can judge it: which check catches what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from ffcore.flagset import FlagSet
from ffcore.lab import verify
from ffcore.lab.testing import faults, log_faults
from ffcore.lab.testing.calibration import logs
from ffcore.lab.testing.calibration.populations import flag as numbered
from ffcore.lab.testing.calibration.populations import users
from ffcore.lab.testing.exposures import simulate_exposures
from ffcore.lab.testing.hashes import HASHES, HashFunction, hash_function
from ffcore.lab.verify.check import Check
from ffcore.model import Flag

GOOD, GOOD_LOG = "(no fault)", "(log without a fault)"
USERS = 40_000
STEPS = (1, 5, 10, 25, 50)
HALVES = {"a": "1/2", "b": "1/2"}
#: What each assignment fault is seeded into: percentage, shares and buckets of a flag on which it shows.
STAGES: dict[str, tuple[float, Mapping[str, str], int]] = {
    GOOD: (10, HALVES, 10_000),
    "float_percentage": (0.5, {}, 10_000),
    "shared_salt": (10, HALVES, 10_000),
    "id_only": (10, HALVES, 10_000),
    "growthbook_v1": (50, HALVES, 10_000),
    "crc32": (50, HALVES, 10_000),
    "last_variant_spill": (100, {"a": "9/10", "b": "1/20", "c": "1/20"}, 10_000),
    "leak": (0, {}, 10_000),
    "biased": (50, {}, 10_000),
    "stuck_bit": (50, {}, 10_000),
    "edge_off_by_one": (50, {}, 1_000),
    "swapped_variants": (50, HALVES, 10_000),
    "resalted": (50, HALVES, 10_000),
}
#: What must stand in the explanation of a fault that is one of a segment.
EXPLAINED = {"dropped_segment": f"context.version={logs.LOSING}", "day_one_delay": f"timestamp={logs.START}"}
#: The finding under which an audit must report a fault of a log; any other is no catch.
FOUND = {
    "sticky_cache": "sticky stale cache",
    "misassigned": "mismatch",
    "bot_duplicates": "bursts",
    "redelivered": "duplicate events",
    "late_events": "late events",
    "unknown_flag": "unknown flag",
    "unknown_variant": "unknown variant",
}
#: Faults that spoil no decision: the check that is meant for them warns.
WARNED = ("late_events",)
Judge = Callable[[int], Check]


@dataclass(frozen=True, slots=True)
class Row:
    """A fault: the check that is meant for it, and every check that can judge it, by name."""

    fault: str
    meant: str
    judges: Mapping[str, Judge]

    def catches(self, check: str, number: int) -> bool:
        """Whether a check fails, or warns of what it should warn of."""
        warned = check == self.meant and self.fault in WARNED
        return self.judges[check](number).verdict == ("inconclusive" if warned else "fail")


def rows() -> list[Row]:
    """One row for each assignment fault, one for each fault of a log, and one of either without a fault."""
    assigned = [Row(name, faults.CHECKS[name], assignment_judges(name)) for name in faults.NAMES]
    logged = [Row(name, log_faults.CHECKS[name], log_judges(name)) for name in log_faults.NAMES]
    return [Row(GOOD, "", assignment_judges(GOOD)), *assigned, Row(GOOD_LOG, "", log_judges(GOOD_LOG)), *logged]


def assignment_judges(name: str) -> dict[str, Judge]:
    """The checks of an assignment function, and those of a hash where the fault is one of the hash."""
    percentage, shares, _ = STAGES[name]
    judges: dict[str, Judge] = {"rollout": partial(judge_rollout, name)}
    if shares:
        judges["variants"] = partial(judge_variants, name)
    if percentage < 100 and name not in ("float_percentage", "leak"):
        judges["ramp"] = partial(judge_ramp, name)
    if name in (*HASHES, GOOD):
        judges["uniformity"] = partial(judge_uniformity, name)
        judges["independence"] = partial(judge_independence, name)
        judges["avalanche"] = partial(judge_avalanche, name)
    judges["audit"] = partial(judge_served, name)
    return judges


def log_judges(name: str) -> dict[str, Judge]:
    """The checks of a log."""
    return {
        "sample_ratio": partial(judge_ratio, name),
        "sequential": partial(judge_sequence, name),
        "explain": partial(judge_explanation, name),
        "audit": partial(judge_log, name),
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


def judge_uniformity(name: str, number: int) -> Check:
    """The hash, over its buckets."""
    return verify.uniformity(faulty_hash(name), users(USERS), f"calibration-{number}")


def judge_independence(name: str, number: int) -> Check:
    """The hash under eight keys: 28 pairs."""
    keys = [f"calibration-{number}-{place}" for place in range(8)]
    return verify.independence(faulty_hash(name), keys, users(USERS))


def judge_avalanche(name: str, number: int) -> Check:
    """The hash of 200 ids of each kind, bit by bit."""
    return verify.avalanche(faulty_hash(name), key=f"calibration-{number}", ids=200)


def faulty_hash(name: str) -> HashFunction:
    """The hash of a fault."""
    return hash_function("hash32" if name == GOOD else name)


def judge_served(name: str, number: int) -> Check:
    """The log of a flag, by an audit."""
    flag = staged(name, number)
    flags = FlagSet([flag])
    log = simulate_exposures(flags, users(USERS), logs.START, seed=number)
    return verify.audit(log if name == GOOD else log_faults.misassigned(log, flag, name), flags)


def judge_log(name: str, number: int) -> Check:
    """The log of two flags, by an audit; a fault is caught if it is named."""
    flags: Any = logs.configuration(number, 100 if name == "dropped_segment" else 50)
    if name == "sticky_cache":
        flags = [(None, logs.configuration(number, 10)), (logs.CHANGE, flags)]
    check = verify.audit(seeded_log(name, number), flags)
    named = name not in FOUND or FOUND[name] in [finding["name"] for finding in check.details["findings"]]
    return check if named else replace(check, verdict="pass")


def seeded_log(name: str, number: int) -> logs.Log:
    """The log with the fault."""
    return logs.log(number) if name == GOOD_LOG else logs.LOGS[name](number)


def exposed(name: str, number: int) -> logs.Log:
    """The log's rows of enabled users of the checkout, arms that it has."""
    rows = logs.exposed(seeded_log(name, number), number)
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
