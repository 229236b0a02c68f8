"""Seeded assignment faults, each seen in a real system: try your monitor on them.

Each is an assignment function, wrong in one way, that serves a flag's percentage and variants and ignores its
targeting. A check that passes one has not looked.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate

from ffcore.errors import ConfigError, suggestion
from ffcore.hashing import HASH_SPACE, accepted_buckets, hash32
from ffcore.model import Flag

Assign = Callable[[str, str], bool | str | None]
#: ``draw(user_id, key)``: a number from 0 to 1, 1 excluded.
Draw = Callable[[str, str], float]

LEAK_ONE_IN = 1_000
SPILL = 0.01
SMALL_HASH = 1 << 16


def assign(name: str, flag: Flag) -> Assign:
    """A function ``assign(user_id, key)`` that serves ``flag`` with one fault; its ``key`` attribute is the flag's.

    It returns a variant's key (None: not enabled), or for a flag without variants a bool. ``FAULTS`` describes each
    fault. Raises a ConfigError for an unknown name, with the nearest, and for a flag that cannot show the fault.

    >>> broken = assign("biased", Flag("new-checkout", enabled=True, rollout_percentage=50))
    >>> sum(broken(str(user), broken.key) for user in range(10_000)) > 5_200
    True
    """
    if name not in FAULTS:
        raise ConfigError([("fault", f"{name!r} is unknown{suggestion(name, NAMES)}")])
    faulty = FAULTS[name](flag)
    faulty.key = flag.key  # type: ignore[attr-defined]
    return faulty


def float_percentage(flag: Flag) -> Assign:
    """A bucket of 100 compared with a percentage that is no whole number: 0.5 % serves 1 %, 12.5 % serves 13 %."""
    percentage = flag.rollout_percentage
    if percentage.denominator == 1:
        raise ConfigError([("fault", f"float_percentage needs a fractional percentage; {flag.key} has {percentage} %")])
    return serve(flag, lambda user_id, key: hash32(user_id, key) % 100 < percentage)


def shared_salt(flag: Flag) -> Assign:
    """Rollout and variant drawn from one bucket: a low percentage never reaches the last variants."""
    need_variants(flag, "shared_salt")
    draw = bucket_draw(flag.buckets)
    return serve(flag, lambda user_id, key: draw(user_id, key) < share(flag), draw)


def id_only(flag: Flag) -> Assign:
    """Draws without any salt: every flag reaches the same users first, and variants follow the rollout."""
    draw = bucket_draw(flag.buckets)
    return serve(flag, lambda user_id, _: draw(user_id, "") < share(flag), lambda user_id, _: draw(user_id, ""))


def last_variant_spill(flag: Flag) -> Assign:
    """Allocations that sum to 0.99, each 1 % short, and a last variant that takes the remainder."""
    need_variants(flag, "last_variant_spill")
    return serve(flag, good_rollout(flag), bounds=[bound * (1 - SPILL) for bound in bounds_of(flag)])


def leak(flag: Flag) -> Assign:
    """One user in 1,000 reaches an arm of 0 %: a variant without allocation, or a flag rolled out to nobody."""
    closed = share(flag) == 0
    arms = [variant.key for variant in flag.variants if closed or variant.allocation == 0]
    if not closed and not arms:
        raise ConfigError([("fault", f"leak needs an arm of 0 %; {flag.key} has none")])
    served, reached = serve(flag, good_rollout(flag)), arms[0] if arms else True

    def leaking(user_id: str, key: str) -> bool | str | None:
        answer = served(user_id, key)
        return reached if (closed or answer) and hash32(user_id, f"{key}_leak") % LEAK_ONE_IN == 0 else answer

    return leaking


def biased(flag: Flag) -> Assign:
    """A 16-bit hash modulo the buckets: of 10,000 the first 5,536 come up 7/6 as often as the rest."""
    accepted = accepted_buckets(flag.rollout_percentage, flag.buckets)
    return serve(flag, lambda user_id, key: hash32(user_id, key) % SMALL_HASH % flag.buckets < accepted)


FAULTS: dict[str, Callable[[Flag], Assign]] = {
    fault.__name__: fault for fault in (float_percentage, shared_salt, id_only, last_variant_spill, leak, biased)
}
NAMES = tuple(FAULTS)


def serve(
    flag: Flag, rollout: Callable[[str, str], bool], draw: Draw | None = None, bounds: list[float] | None = None
) -> Assign:
    """An assignment function from a rollout and a draw for the variants; by default both draw as they should."""
    uppers = list(zip(bounds or bounds_of(flag), (variant.key for variant in flag.variants), strict=False))
    variant_draw = draw or variant_hash

    def served(user_id: str, key: str) -> bool | str | None:
        if not flag.variants:
            return rollout(user_id, key)
        if not rollout(user_id, key):
            return None
        drawn = variant_draw(user_id, key)
        return next((variant for bound, variant in uppers if drawn < bound), flag.variants[-1].key)

    return served


def bounds_of(flag: Flag) -> list[float]:
    """The upper bound of each variant on the scale of 0 to 1."""
    return [float(bound) for bound in accumulate(variant.allocation for variant in flag.variants)]


def bucket_draw(buckets: int) -> Draw:
    """A draw of one of ``buckets``, as a fraction."""
    return lambda user_id, salt: hash32(user_id, salt) % buckets / buckets


def variant_hash(user_id: str, key: str) -> float:
    """The draw that variants should have."""
    return hash32(user_id, f"{key}_variant") / HASH_SPACE


def good_rollout(flag: Flag) -> Callable[[str, str], bool]:
    """The rollout as it should be."""
    accepted = accepted_buckets(flag.rollout_percentage, flag.buckets)
    return lambda user_id, key: hash32(user_id, key) % flag.buckets < accepted


def share(flag: Flag) -> float:
    """The flag's rollout as a share."""
    return float(flag.rollout_percentage / 100)


def need_variants(flag: Flag, fault: str) -> None:
    """Refuses a flag without at least two variants."""
    if len(flag.variants) < 2:
        raise ConfigError([("fault", f"{fault} needs two variants or more; {flag.key} has {len(flag.variants)}")])


__all__ = ["FAULTS", "NAMES", "assign"]
