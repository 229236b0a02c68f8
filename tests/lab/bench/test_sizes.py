"""Sizes of the benchmarks: they grow by profile, and the full one has what percentiles and intervals ask for."""

from itertools import pairwise

import pytest

from ffcore import ConfigError
from ffcore.lab.bench.estimate import samples_needed
from ffcore.lab.bench.sizes import SIZES, sizes
from ffcore.lab.report.profiles import PROFILES


def test_sizes_grow_and_match_the_profiles() -> None:
    """Every profile of reports has sizes, and none of them shrinks from one to the next."""
    assert list(SIZES) == list(PROFILES)
    fields = [
        (s.processes, s.calls, s.rounds, s.seconds, s.misses, s.evaluations, s.flags[-1], s.load_seconds)
        for s in SIZES.values()
    ]
    assert all(a <= b for lower, upper in pairwise(fields) for a, b in zip(lower, upper, strict=True))


def test_full_is_what_an_expert_asks_for() -> None:
    """Twenty processes, blocks of 100 ms, p99.99 in each process, ten million evaluations, 100,000 flags."""
    full = sizes("full")

    assert full.processes >= 20
    assert full.seconds >= sizes("standard").seconds >= 0.1
    assert full.calls >= samples_needed(0.9999)
    assert full.evaluations == 10_000_000
    assert full.flags[-1] == 100_000


def test_standard_carries_the_tail_and_intervals_over_processes() -> None:
    """All processes together carry a p99.99, and there are enough of them for an interval over processes."""
    standard = sizes("standard")

    assert standard.calls * standard.processes >= samples_needed(0.9999)
    assert standard.processes >= samples_needed(0.5)


def test_an_unknown_profile_names_the_nearest() -> None:
    """A misspelt profile is an error."""
    with pytest.raises(ConfigError, match="did you mean full"):
        sizes("ful")
