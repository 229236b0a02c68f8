"""Seeded assignment faults, each seen in a real system: try your monitor on them.

Each is an assignment function, wrong in one way, that serves a flag's percentage and variants and ignores its
targeting. A check that passes one has not looked; ``CHECKS`` names the check meant for each.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import accumulate
from math import ceil
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ffcore.errors import ConfigError
from ffcore.hashing import HASH_SPACE, accepted_buckets, cumulative_thresholds
from ffcore.lab.bulk.ids import Ids, id_array
from ffcore.lab.testing.hashes import GROWTHBOOK_BUCKETS, HASHES, SMALL_HASH
from ffcore.model import Flag

LEAK_ONE_IN = 1_000
SPILL = Fraction("0.99")
OFF = -1
#: Keys x ids.
Places = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Draw:
    """What a user draws: the hash of id and salt, modulo one number after the other, and where among bounds it falls.

    Attributes:
        bounds: The upper bounds of all places but the last one.
        suffix: What follows the flag's key in the salt.
        moduli: What the hash is taken modulo of, in this order; none for the 32-bit word itself.
        hash: The name of the hash.
    """

    bounds: tuple[int, ...]
    suffix: str = ""
    moduli: tuple[int, ...] = ()
    hash: str = "hash32"

    def place(self, user_id: str, key: str) -> int:
        """The user's place among the bounds."""
        word = HASHES[self.hash].one(user_id, f"{key}{self.suffix}")
        for modulus in self.moduli:
            word %= modulus
        return bisect_right(self.bounds, word)

    def places(self, ids: Ids, keys: Sequence[str]) -> Places:
        """The places of all ids for several flags' keys: keys x ids."""
        words = HASHES[self.hash].many(ids, [f"{key}{self.suffix}" for key in keys])
        for modulus in self.moduli:
            words %= np.uint32(modulus)
        places = np.zeros(words.shape, dtype=np.int16)
        for bound in self.bounds:
            places += words >= bound
        return places


@dataclass(frozen=True, slots=True)
class Assign:
    """``assign(user_id, key)`` of a flag: a bool, or a variant's key and None for a user who is not enabled.

    For an array of ids it gives an array of bools or a categorical of variants' keys, so checks call it once.

    Attributes:
        key: The flag's key.
        rollout: Who is enabled: place 0.
        variant: Which of the arms an enabled user gets.
        arms: Variants' keys in the order in which the draw places them; empty for a flag without variants.
        leak: Who reaches the leaking arm: place 0; None where nothing leaks.
        leaking: The arm that leaks; None: users who are not enabled leak into the first one.
    """

    key: str
    rollout: Draw
    variant: Draw
    arms: tuple[str, ...] = ()
    leak: Draw | None = None
    leaking: int | None = None
    vectorized: ClassVar[bool] = True

    def __call__(self, user_id: Any, key: str) -> Any:
        """What one user gets, or each user of an array."""
        if not isinstance(user_id, str):
            [arms] = self.places(id_array(user_id), [key])
            return pd.Categorical.from_codes(arms, pd.Index(self.arms)) if self.arms else arms == 0
        arm = self.place(user_id, key)
        return arm != OFF if not self.arms else None if arm == OFF else self.arms[arm]

    def place(self, user_id: str, key: str) -> int:
        """The number of the user's arm; -1: not enabled."""
        enabled = self.rollout.place(user_id, key) == 0
        leaks = self.leak is not None and (enabled or self.leaking is None) and self.leak.place(user_id, key) == 0
        if leaks:
            return self.leaking or 0
        return OFF if not enabled else self.variant.place(user_id, key) if self.arms else 0

    def places(self, ids: Ids, keys: Sequence[str]) -> Places:
        """The number of each user's arm, -1 for not enabled, for several flags' keys: keys x ids."""
        enabled = self.rollout.places(ids, keys) == 0
        arms = self.variant.places(ids, keys) if self.arms else np.zeros(enabled.shape, dtype=np.int16)
        arms[~enabled] = OFF
        if self.leak is not None:
            admitted = enabled | (self.leaking is None)
            arms[admitted & (self.leak.places(ids, keys) == 0)] = self.leaking or 0
        return arms


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: the check that is meant for it, and what gives it to a flag."""

    check: str
    build: Callable[[Flag], Assign] = field(repr=False)


FAULTS: dict[str, Fault] = {}


def assign(name: str, flag: Flag) -> Assign:
    """A function ``assign(user_id, key)`` that serves ``flag`` with one fault; its ``key`` attribute is the flag's.

    It returns a variant's key (None: not enabled), or for a flag without variants a bool; for an array of ids as many
    answers. ``FAULTS`` describes each fault. Raises a ConfigError for an unknown name, with the nearest, and for a
    flag that cannot show the fault.

    >>> broken = assign("biased", Flag("new-checkout", enabled=True, rollout_percentage=50))
    >>> sum(broken(str(user), broken.key) for user in range(10_000)) > 5_200
    True
    """
    if name not in FAULTS:
        raise ConfigError.unknown("fault", name, FAULTS)
    return FAULTS[name].build(flag)


def faultless(flag: Flag) -> Assign:
    """The assignment function without a fault: what the evaluator serves of a flag that is on and targets nobody.

    >>> faultless(Flag("dark-mode", enabled=True, rollout_percentage=50))("bob", "dark-mode")
    True
    """
    bounds = cumulative_thresholds(variant.allocation for variant in flag.variants[:-1])
    rollout = Draw((accepted_buckets(flag.rollout_percentage, flag.buckets),), moduli=(flag.buckets,))
    return Assign(flag.key, rollout, Draw(bounds, "_variant"), tuple(variant.key for variant in flag.variants))


def caught_by(check: str) -> Callable[[Callable[[Flag], Assign]], Callable[[Flag], Assign]]:
    """Registers a fault under the name of the function that builds it."""

    def register(build: Callable[[Flag], Assign]) -> Callable[[Flag], Assign]:
        FAULTS[build.__name__] = Fault(check, build)
        return build

    return register


@caught_by("rollout")
def float_percentage(flag: Flag) -> Assign:
    """A bucket of 100 compared with a percentage that is no whole number: 0.5 % serves 1 %, 12.5 % serves 13 %."""
    percentage = flag.rollout_percentage
    if percentage.denominator == 1:
        raise ConfigError([("fault", f"float_percentage needs a fractional percentage; {flag.key} has {percentage} %")])
    return replace(faultless(flag), rollout=Draw((ceil(percentage),), moduli=(100,)))


@caught_by("variants")
def shared_salt(flag: Flag) -> Assign:
    """Rollout and variant drawn from one bucket: a low percentage never reaches the last variants."""
    need_variants(flag, "shared_salt")
    return replace(faultless(flag), variant=Draw(bounds_of(flag, flag.buckets), moduli=(flag.buckets,)))


@caught_by("independence")
def id_only(flag: Flag) -> Assign:
    """Draws without any salt: every flag reaches the same users first, and variants follow the rollout."""
    good = faultless(flag)
    variant = Draw(bounds_of(flag, flag.buckets), moduli=(flag.buckets,), hash="id_only")
    return replace(good, rollout=replace(good.rollout, hash="id_only"), variant=variant)


@caught_by("independence")
def growthbook_v1(flag: Flag) -> Assign:
    """GrowthBook's first hash, FNV-1a of id and key modulo 1,000: flags share users."""
    rollout = Draw(
        (accepted_buckets(flag.rollout_percentage, GROWTHBOOK_BUCKETS),), moduli=(GROWTHBOOK_BUCKETS,), hash="fnv1a"
    )
    variant = Draw(bounds_of(flag, GROWTHBOOK_BUCKETS), "_variant", (GROWTHBOOK_BUCKETS,), "fnv1a")
    return replace(faultless(flag), rollout=rollout, variant=variant)


@caught_by("independence")
def crc32(flag: Flag) -> Assign:
    """CRC-32 of id and key: linear, so that flags share users."""
    good = faultless(flag)
    return replace(good, rollout=replace(good.rollout, hash="crc32"), variant=replace(good.variant, hash="crc32"))


@caught_by("variants")
def last_variant_spill(flag: Flag) -> Assign:
    """Allocations that sum to 0.99, each 1 % short, and a last variant that takes the remainder."""
    need_variants(flag, "last_variant_spill")
    good = faultless(flag)
    return replace(good, variant=replace(good.variant, bounds=bounds_of(flag, HASH_SPACE, SPILL)))


@caught_by("rollout")
def leak(flag: Flag) -> Assign:
    """One user in 1,000 reaches an arm of 0 %: a variant without allocation, or a flag rolled out to nobody."""
    closed = flag.rollout_percentage == 0
    dark = [place for place, variant in enumerate(flag.variants) if variant.allocation == 0]
    if not closed and not dark:
        raise ConfigError([("fault", f"leak needs an arm of 0 %; {flag.key} has none")])
    one_in_1000 = Draw((1,), "_leak", (LEAK_ONE_IN,))
    return replace(faultless(flag), leak=one_in_1000, leaking=None if closed else dark[0])


@caught_by("uniformity")
def biased(flag: Flag) -> Assign:
    """A 16-bit hash modulo the buckets: of 10,000 the first 5,536 come up 7/6 as often as the rest."""
    good = faultless(flag)
    return replace(good, rollout=replace(good.rollout, moduli=(SMALL_HASH, flag.buckets)))


@caught_by("audit")
def edge_off_by_one(flag: Flag) -> Assign:
    """A bucket compared with <= instead of <: one bucket too many is let in."""
    good = faultless(flag)
    [accepted] = good.rollout.bounds
    if not 0 < accepted < flag.buckets:
        raise ConfigError([("fault", f"edge_off_by_one needs users on either side of the edge; {flag.key} has none")])
    return replace(good, rollout=replace(good.rollout, bounds=(accepted + 1,)))


@caught_by("audit")
def swapped_variants(flag: Flag) -> Assign:
    """Variants taken from the last to the first: each gets its share, but other users."""
    need_variants(flag, "swapped_variants")
    return faultless(replace(flag, variants=flag.variants[::-1]))


@caught_by("avalanche")
def stuck_bit(flag: Flag) -> Assign:
    """A hash with its lowest bit always set, as a lost shift does it: shares move at odd edges, by one bucket."""
    good = faultless(flag)
    return replace(
        good, rollout=replace(good.rollout, hash="stuck_bit"), variant=replace(good.variant, hash="stuck_bit")
    )


@caught_by("ramp")
def resalted(flag: Flag) -> Assign:
    """A salt that holds the percentage: each step of a ramp draws its users anew."""
    good = faultless(flag)
    if not 0 < flag.rollout_percentage < 100:
        raise ConfigError([("fault", f"resalted needs users on either side of the edge; {flag.key} has none")])
    return replace(good, rollout=replace(good.rollout, suffix=f"_{float(flag.rollout_percentage):g}"))


NAMES = tuple(FAULTS)
CHECKS = {name: fault.check for name, fault in FAULTS.items()}


def bounds_of(flag: Flag, space: int, part: Fraction = Fraction(1)) -> tuple[int, ...]:
    """The upper bounds of all variants but the last, each taken to ``part`` of itself, in a space of whole numbers."""
    totals = accumulate(variant.allocation for variant in flag.variants[:-1])
    return tuple(ceil(total * part * space) for total in totals)


def need_variants(flag: Flag, fault: str) -> None:
    """Refuses a flag without at least two variants."""
    if len(flag.variants) < 2:
        raise ConfigError([("fault", f"{fault} needs two variants or more; {flag.key} has {len(flag.variants)}")])


__all__ = ["CHECKS", "FAULTS", "NAMES", "Assign", "Fault", "assign", "faultless"]
