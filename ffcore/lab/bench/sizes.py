"""Sample sizes of what is timed and weighed, by profile: smoke, standard, full."""

from __future__ import annotations

from dataclasses import dataclass

from ffcore.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sample sizes of one profile.

    Attributes:
        processes: Fresh processes, one after the other, whose spread is part of every latency.
        calls: Recorded calls of each workload in each process.
        rounds: Timed blocks of each workload's throughput.
        seconds: The shortest timed block.
        workers: The numbers of threads and of processes that work at the same time.
        misses: Timed misses of each store.
        evaluations: Evaluations over which memory is watched.
        flags: The numbers of flags over which a decision's cost is compared.
        load_seconds: How long requests come in at each load.
    """

    processes: int
    calls: int
    rounds: int
    seconds: float
    workers: tuple[int, ...]
    misses: int
    evaluations: int
    flags: tuple[int, ...]
    load_seconds: float


SIZES = {
    "smoke": Sizes(3, 4_000, 7, 0.01, (1, 2, 4, 8), 20, 40_000, (10, 100, 1_000, 10_000), 0.1),
    "standard": Sizes(6, 20_000, 9, 0.1, (1, 2, 4, 8), 100, 500_000, (10, 100, 1_000, 10_000, 100_000), 0.8),
    "full": Sizes(20, 50_000, 31, 0.2, (1, 2, 4, 8), 1_000, 10_000_000, (10, 100, 1_000, 10_000, 100_000), 4.0),
}


def sizes(profile: str) -> Sizes:
    """The sizes of a profile; ConfigError names the nearest one.

    >>> sizes("full").processes
    20
    """
    if profile not in SIZES:
        raise ConfigError.unknown("profile", profile, SIZES)
    return SIZES[profile]
