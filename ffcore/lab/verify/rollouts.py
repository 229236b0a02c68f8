"""The rollout check: is the share of users who are on the share that was configured?"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown
from ffcore.hashing import HASH_SPACE, accepted_buckets, hash32
from ffcore.lab.bulk.columns import attributes
from ffcore.lab.bulk.deciding import Part
from ffcore.lab.bulk.hashing import hash_ids
from ffcore.lab.bulk.ids import id_array
from ffcore.lab.verify.assignments import OFF, ON, Assigned, Logged, Subject, assigned, bucketing, check_subject
from ffcore.lab.verify.check import Check
from ffcore.lab.verify.counts import Counts, is_share
from ffcore.lab.verify.shares import check_rates, judge
from ffcore.lab.verify.users import Users, read_users
from ffcore.model import Experiment, Flag

#: Users whose bucket the evaluator's own hash confirms, so that the proof does not rest on the kernels alone.
LOOKED_AT = 1_000


def rollout(
    flag: Subject, users: Users, expected: float | None = None, margin: float = 0.005, alpha: float = 0.001
) -> Check:
    """Whether a rollout serves the share of users that it should, among those whom its targeting admits.

    For a flag or an experiment there are two parts. A proof: the accepted buckets are exactly the configured share,
    and every user's decision follows from the user's bucket. And the sample: equivalence of the enabled share with the
    target (two one-sided tests at 0.05). A function and a logged column have the sample alone; a user to whom they
    give several answers fails the check, and ``details["conflicting"]`` counts such users.

    Args:
        flag: A Flag, an Experiment (its traffic), ``assign(user_id, key)``, or ``logged(column)``.
        users: A sequence of ids, or a frame with ``user_id`` and context columns. Repeated users count once.
        expected: The target share, a fraction; by default what is configured. A function or a column needs it.
        margin: The largest deviation that counts as equal, at most a fifth of the share and of its complement.
        alpha: The alarm rate.

    Returns:
        A Check; ``details["outcome"]`` is one of equivalent, different, equivalent though detectably different,
        inconclusive, and ``details["proof"]`` counts buckets. A target of exactly 0 or 1 is a proof over these users.

    Raises:
        ConfigError: No target for a function or a column, a target that is no share, users that cannot be read.

    >>> flag = Flag("new-checkout", enabled=True, rollout_percentage=50)
    >>> check = rollout(flag, range(20_000), margin=0.02)
    >>> check.verdict, check.details["proof"]["accepted"], check.details["outcome"]
    ('pass', 5000, 'equivalent')
    """
    check_rates("rollout", alpha, margin)
    check_subject(flag)
    target = read_target(flag, expected)
    population = read_users(users)
    found = assigned(flag, population)
    on = int(np.count_nonzero(found.enabled))
    counts = Counts((ON, OFF), (on, len(found) - on), (float(target), float(1 - target)))
    notes: dict[str, Any] = found.notes
    if isinstance(flag, (Flag, Experiment)):
        notes["proof"] = prove_buckets(flag, found, target)
        notes["missing_attributes"] = population.missing(attributes(flag.targeting_rules))
    return conclude(judge("rollout", counts, alpha, margin, notes))


def conclude(check: Check) -> Check:
    """The check with the proof's failure, the outcome's name, and the enabled share alone."""
    proven = check.details.get("proof", {}).get("holds", True) and not check.details["conflicting"]
    verdict = check.verdict if proven else "fail"
    outcomes = {"pass": "equivalent", "inconclusive": "inconclusive"}
    failed = "equivalent though detectably different" if proven and check.details["equivalent"] else "different"
    return replace(
        check,
        verdict=verdict,
        estimate={arm: share for arm, share in check.estimate.items() if arm == ON},
        interval={ON: check.interval[ON]},
        details={**check.details, "outcome": outcomes.get(verdict, failed)},
    )


def read_target(subject: Subject, expected: float | None) -> Fraction:
    """The target share as an exact rational: the one given, else the configured one (0 while switched off)."""
    if expected is not None:
        if not is_share(expected):
            raise ConfigError([("expected", f"{shown(expected)} is not a share between 0 and 1 (10 % is 0.1)")])
        return Fraction(str(expected))
    if isinstance(subject, Flag):
        return subject.rollout_percentage / 100 if subject.enabled else Fraction(0)
    if isinstance(subject, Experiment):
        return subject.traffic_allocation if subject.status == "active" else Fraction(0)
    what = "a logged column" if isinstance(subject, Logged) else "an assignment function"
    raise ConfigError([("expected", f"{what} needs its target share")])


def prove_buckets(subject: Flag | Experiment, found: Assigned, target: Fraction) -> dict[str, Any]:
    """The share of accepted buckets against the target, and every decision against its user's bucket.

    The share must be exact to one value of the 32-bit hash, the finest resolution there is.
    """
    salt, buckets = bucketing(subject)
    accepted = accepted_buckets(100 * read_target(subject, None), buckets)
    inside = in_buckets(found, salt, buckets, accepted)
    disagreeing = int(np.count_nonzero(found.enabled != inside))
    exact = abs(Fraction(accepted, buckets) - target) < Fraction(1, HASH_SPACE)
    return {
        "accepted": accepted,
        "buckets": buckets,
        "share": Fraction(accepted, buckets),
        "target": target,
        "disagreeing_users": disagreeing,
        "holds": exact and not disagreeing,
    }


def in_buckets(found: Assigned, salt: str, buckets: int, accepted: int) -> NDArray[np.bool_]:
    """Which users fall into the accepted buckets: by the kernels, and some spread over all by the plain hash."""

    def of_part(part: Part) -> NDArray[np.bool_]:
        words = hash_ids(id_array(part.ids), [salt])[0]
        inside: NDArray[np.bool_] = (words if buckets == HASH_SPACE else words % np.uint32(buckets)) < accepted
        return inside

    inside = np.concatenate(found.population.by_parts(of_part))
    if len(found) < inside.size:
        inside = inside[found.rows]
    rows = np.flatnonzero(found.rows)
    for place in np.unique(np.linspace(0, rows.size - 1, min(rows.size, LOOKED_AT)).astype(int)):
        user_id = found.population.ids.text[rows[place]].as_py()
        inside[place] = hash32(user_id, salt) % buckets < accepted
    return inside
