"""What deciding a population takes: a flag's or an experiment's salts, thresholds and possible decisions, by number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ffcore.errors import ConfigError, shown, suggestion
from ffcore.flagset import FlagSet
from ffcore.hashing import HASH_SPACE, accepted_buckets, cumulative_thresholds, share_threshold
from ffcore.model import Decision, Experiment, Flag, Rule, RuleGroup, Variant

FLAG_REASONS = ("enabled", "not_in_rollout", "targeting_rules_not_met", "flag_disabled", "invalid_user_id")
EXPERIMENT_REASONS = (
    "assigned",
    "not_in_traffic",
    "targeting_rules_not_met",
    "experiment_not_active",
    "invalid_user_id",
)


@dataclass(frozen=True)
class Plan:
    """How a flag or an experiment decides; its possible decisions are numbered.

    Numbers below `arms` are variants in declared order (or 0 for a flag without variants); behind them follow those
    outside the rollout or traffic, those that the rules exclude, everybody while it is off, and invalid ids.
    """

    key: str
    active: bool
    rules: tuple[Rule | RuleGroup, ...]
    salt: str
    buckets: int
    accepted: int
    variant_salt: str
    variants: tuple[Variant, ...]
    reasons: tuple[str, ...]

    @property
    def arms(self) -> int:
        """How many numbers stand for a user who is let in."""
        return max(1, len(self.variants))

    @cached_property
    def bounds(self) -> NDArray[np.uint32]:
        """Where in the hash space one variant ends and the next begins; a bound at the very end separates nobody."""
        ends = cumulative_thresholds(variant.allocation for variant in self.variants)
        return np.array([end for end in ends if end < HASH_SPACE], dtype=np.uint32)

    @property
    def traffic_draw(self) -> str | None:
        """The salt that decides who is let in; None: everybody or nobody is."""
        drawn = self.active and 0 < self.accepted < self.buckets
        return self.salt if drawn else None

    @property
    def variant_draw(self) -> str | None:
        """The salt that decides between variants; None: at most one variant gets users."""
        drawn = self.active and self.accepted > 0 and bool(self.bounds.any())
        return self.variant_salt if drawn else None

    @property
    def salts(self) -> tuple[str, ...]:
        """The salts whose hashes decide anything."""
        return tuple(salt for salt in (self.traffic_draw, self.variant_draw) if salt is not None)

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """The decision that each number stands for, without its payload."""
        let_in, *refusals = self.reasons
        keys = (*(variant.key for variant in self.variants),) or (None,)
        return (
            *(Decision(True, let_in, key) for key in keys),
            *(Decision(False, reason) for reason in refusals),
        )


def plan(item: Flag | Experiment) -> Plan:
    """The plan of a flag or an experiment.

    >>> plan(Flag("dark-mode", enabled=True, rollout_percentage=50)).salts
    ('dark-mode',)
    """
    return _plan_flag(item) if isinstance(item, Flag) else _plan_experiment(item)


def _plan_flag(flag: Flag) -> Plan:
    return Plan(
        key=flag.key,
        active=flag.enabled,
        rules=flag.targeting_rules,
        salt=flag.key,
        buckets=flag.buckets,
        accepted=accepted_buckets(flag.rollout_percentage, flag.buckets),
        variant_salt=f"{flag.key}_variant",
        variants=flag.variants,
        reasons=FLAG_REASONS,
    )


def _plan_experiment(experiment: Experiment) -> Plan:
    salt = experiment.salt or experiment.key
    return Plan(
        key=experiment.key,
        active=experiment.status == "active",
        rules=experiment.targeting_rules,
        salt=f"{salt}_traffic",
        buckets=HASH_SPACE,
        accepted=share_threshold(experiment.traffic_allocation),
        variant_salt=f"{salt}_variant",
        variants=experiment.variants,
        reasons=EXPERIMENT_REASONS,
    )


def plans_of(flags: FlagSet, keys: Iterable[str] | None) -> list[Plan]:
    """The plans of the named flags and experiments, each once; a ConfigError lists every key that is neither."""
    if not isinstance(flags, FlagSet):
        raise ConfigError([("flags", f"expected a FlagSet, as ffcore.load gives it, got {shown(flags)}")])
    experiments = flags.experiments
    if keys is None:
        both = [(key, "is a flag and an experiment: name the keys to decide") for key in flags if key in experiments]
        if both:
            raise ConfigError(both)
        keys = [*flags, *experiments]
    if isinstance(keys, str):
        raise ConfigError([("keys", f"expected several keys, got the text {shown(keys)}")])
    if not isinstance(keys, Iterable):
        raise ConfigError([("keys", f"expected several keys, got {shown(keys)}")])
    wanted = list(dict.fromkeys(keys))
    known = [*flags, *experiments]
    unknown = [key for key in wanted if key not in flags and key not in experiments]
    if unknown:
        message = "neither a flag nor an experiment has this key"
        raise ConfigError([(str(key), f"{message}{suggestion(key, known)}") for key in unknown])
    return [plan(flags[key] if key in flags else experiments[key]) for key in wanted]
