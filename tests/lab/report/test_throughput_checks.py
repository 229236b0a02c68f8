"""Threads decide as one does, and the cache counts each call: checked where that is not so, too."""

import pytest

from ffcore import FlagSet
from ffcore.cache import CacheStats
from ffcore.evaluator import Evaluator
from ffcore.lab.bench.workloads import STANDARD
from ffcore.lab.report.throughput_checks import concurrent_counts

USERS = [f"user-{number}" for number in range(500)]


def test_four_threads_agree_with_one() -> None:
    """All calls are right and counted; an empty set takes the standard flags."""
    for flags in (STANDARD, FlagSet()):
        found = concurrent_counts(flags, USERS, threads=4)

        assert {name: (check.verdict, check.n) for name, check in found.items()} == {
            "decisions of 4 threads": ("pass", 2_000),
            "cache counts of 4 threads": ("pass", 2_000),
        }


def test_the_fault_is_seen() -> None:
    """Decisions handed to the wrong caller fail, with their number."""
    found = concurrent_counts(STANDARD, USERS, threads=1, fault="mixed_up")["decisions of 1 threads"]

    assert found.verdict == "fail"
    assert 0 < found.details["mismatches"] <= 5


def test_a_lost_count_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that counts one hit too few fails."""
    count = Evaluator.stats

    def lossy(self: Evaluator) -> CacheStats:
        stats = count(self)
        return CacheStats(stats.hits - 1, stats.misses, stats.loads)

    monkeypatch.setattr(Evaluator, "stats", lossy)

    assert concurrent_counts(STANDARD, USERS, threads=2)["cache counts of 2 threads"].details["mismatches"] == 1
