"""How much each profile measures: smoke for seconds, standard for a decision on every check, full for the tails."""

from dataclasses import dataclass

import ffcore


@dataclass(frozen=True, slots=True)
class Profile:
    """Sample sizes of one profile.

    Attributes:
        name: smoke, standard or full.
        users: At most so many users of the population; None takes all.
        rounds: Timed rounds of bulk decisions and of other vendors' schemes.
        cell_timeout: Seconds after which a notebook's cell counts as hung.
        compared: At most so many users are decided in bulk and one by one; None takes all.
        rows: The sizes of population over which bulk decisions are timed.
        generated: The sizes of generated populations that are counted.
    """

    name: str
    users: int | None
    rounds: int
    cell_timeout: float
    compared: int | None
    rows: tuple[int, ...]
    generated: tuple[int, ...]


_ROWS = (1_000, 10_000, 100_000, 1_000_000)
_GENERATED = (100_000, 1_000_000, 10_000_000)
PROFILES = {
    profile.name: profile
    for profile in (
        Profile("smoke", 120_000, 6, 120.0, 40_000, (1_000, 100_000, 1_000_000), (1_000, 10_000, 100_000)),
        Profile("standard", None, 20, 600.0, None, _ROWS, _GENERATED),
        Profile("full", None, 60, 7200.0, None, (*_ROWS, 10**7), (*_GENERATED, 10**8, 10**9)),
    )
}


def profile(name: str) -> Profile:
    """Look a profile up; ConfigError names the nearest one.

    >>> profile("smoke").users
    120000
    """
    if name not in PROFILES:
        raise ffcore.ConfigError.unknown("profile", name, PROFILES)
    return PROFILES[name]
