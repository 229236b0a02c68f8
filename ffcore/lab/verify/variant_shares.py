"""The variants check: do the enabled users spread over the variants as allocated, at every rollout percentage?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from ffcore.errors import ConfigError
from ffcore.lab.bulk.columns import attributes
from ffcore.lab.verify.assignments import Assigned, Logged, Subject, assigned_all, check_subject, serving
from ffcore.lab.verify.check import Check
from ffcore.lab.verify.counts import Counts, read_shares
from ffcore.lab.verify.ramps import STEPS
from ffcore.lab.verify.rollouts import read_target
from ffcore.lab.verify.shares import WATCH_BELOW, check_rates, judge, verdict
from ffcore.lab.verify.users import Population, Users, read_users
from ffcore.model import Experiment, Flag

MIN_ARMS = 2
NO_VARIANT = "(no variant)"


def variants(
    flag: Subject,
    users: Users,
    expected: Mapping[str, float] | None = None,
    margin: float = 0.01,
    alpha: float = 0.001,
) -> Check:
    """Whether the enabled users spread over the variants as allocated.

    A flag or an experiment is judged at its own percentage and, to catch a rollout and variants that share a salt,
    also served at 1, 5, 10, 25, 50 and 100 %: a failure at any of them fails. The p-value is the smallest of all,
    times their number (Bonferroni), so the alarm rate holds for the whole check. Passing rests on the own percentage.

    Args:
        flag: A Flag, an Experiment, ``assign(user_id, key)`` that returns a variant's key, or None for nobody, or
            ``logged(column)``. Users to whom the last two give several answers fail the check.
        users: A sequence of ids, or a frame with ``user_id`` and context columns. Repeated users count once.
        expected: The share of each variant within the enabled, summing to 1; by default what is configured.
        margin: The largest deviation that counts as equal, at most a fifth of a share and of its complement.
        alpha: The alarm rate of the whole check.

    Returns:
        A Check of the enabled users at the own percentage; ``details["ramp"]`` has a row for each percentage,
        ``details["population_needed"]`` says how many users yield ``n_needed`` enabled ones.

    Raises:
        ConfigError: No variants, no expectation for a function or a column, shares that do not sum to 1.

    >>> arms = [{"key": "blue", "allocation": 0.5}, {"key": "green", "allocation": 0.5}]
    >>> flag = Flag("button", enabled=True, rollout_percentage=100, variants=arms)
    >>> check = variants(flag, range(10_000), margin=0.02)
    >>> check.verdict, [row["percentage"] for row in check.details["ramp"]]
    ('pass', [1.0, 5.0, 10.0, 25.0, 50.0, 100.0])
    """
    check_rates("variants", alpha, margin)
    check_subject(flag)
    targets = read_targets(flag, expected)
    population = read_users(users)
    stages = ramp(flag)
    found = assigned_all([subject for _, subject in stages], population)
    checks = [judge("variants", count(one, targets), alpha / len(stages), margin, one.notes) for one in found]
    return conclude(checks, alpha, {**notes(flag, population, checks[0]), "ramp": rows(stages, checks)})


def conclude(checks: list[Check], alpha: float, details: Mapping[str, Any]) -> Check:
    """The own percentage's check (the first) with the verdict and p-value of all of them together."""
    own = checks[0]
    p_values = [check.p_value for check in checks if check.p_value is not None]
    p_value = min(1.0, len(checks) * min(p_values)) if p_values else None
    violated = any(check.details["leak"] or check.details["conflicting"] for check in checks)
    watch = p_value is not None and alpha <= p_value < WATCH_BELOW
    return replace(
        own,
        verdict=verdict(p_value, alpha, equivalent=own.n > 0 and own.details["equivalent"], violated=violated),
        p_value=p_value,
        alpha=alpha,
        details={**own.details, **details, "watch": watch},
    )


def ramp(subject: Subject) -> list[tuple[Fraction | None, Subject]]:
    """The percentages to judge, the own one first, and the subject served at each; a function has its own alone."""
    if not isinstance(subject, Flag | Experiment):
        return [(None, subject)]
    own = subject.rollout_percentage if isinstance(subject, Flag) else 100 * subject.traffic_allocation
    served = [(Fraction(step), serving(subject, Fraction(step))) for step in STEPS]
    return [(own, subject), *(stage for stage in served if stage[1] != subject)]


def read_targets(subject: Subject, expected: Mapping[str, float] | None) -> dict[str, float]:
    """The share of each variant within the enabled users: the ones given, else the configured ones."""
    if expected is not None:
        return {arm: float(share) for arm, share in read_shares(expected, "variants").items()}
    if not isinstance(subject, (Flag, Experiment)):
        what = "a logged column" if isinstance(subject, Logged) else "an assignment function"
        raise ConfigError([("expected", f"{what} needs the share of each variant")])
    if len(subject.variants) < MIN_ARMS:
        raise ConfigError([("flag", f"{subject.key} has {len(subject.variants)} variants; a split needs two or more")])
    return {variant.key: float(variant.allocation) for variant in subject.variants}


def count(found: Assigned, targets: Mapping[str, float]) -> Counts:
    """Enabled users in each variant; a variant that nobody expected is an arm of 0 %."""
    seen = {NO_VARIANT if arm is None else arm: users for arm, users in found.counts().items()}
    arms = [*targets, *sorted(arm for arm in seen if arm not in targets)]
    return Counts(tuple(arms), tuple(seen.get(arm, 0) for arm in arms), tuple(targets.get(arm, 0.0) for arm in arms))


def notes(subject: Subject, population: Population, check: Check) -> dict[str, Any]:
    """Attributes that are missing, and how many users of the population the check needs."""
    if not isinstance(subject, (Flag, Experiment)):
        return {}
    share, needed = read_target(subject, None), check.n_needed
    return {
        "missing_attributes": population.missing(attributes(subject.targeting_rules)),
        "population_needed": math.ceil(needed / share) if needed and share else None,
    }


def rows(stages: list[tuple[Fraction | None, Subject]], checks: list[Check]) -> list[dict[str, Any]]:
    """One row for each percentage, in rising order: what was counted there and what it says by itself."""
    kept = ("verdict", "n", "n_needed", "p_value", "estimate", "interval")
    found = [
        {"percentage": percentage, **{name: getattr(check, name) for name in kept}, "leak": check.details["leak"]}
        for (percentage, _), check in zip(stages, checks, strict=True)
    ]
    return sorted(found, key=lambda row: row["percentage"] or 0)
