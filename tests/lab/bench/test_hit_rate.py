"""The cache hit rate of a run."""

from collections.abc import Iterator

import pytest

from ffcore import Evaluator, Flag, FlagSet
from ffcore.lab.bench.hit_rate import HitRate, hit_rate

FLAGS = FlagSet(Flag(f"flag-{number}") for number in range(10))
USERS = [f"user-{number}" for number in range(1_000)]


def test_ten_flags_miss_once_each() -> None:
    """A thousand evaluations over ten flags from a cold cache are 990 hits, and ten loads."""
    assert hit_rate(Evaluator(FLAGS), list(FLAGS), USERS) == HitRate(990, 10, 10)


def test_only_this_run_counts() -> None:
    """What the evaluator did before is left out: a second run on a warm cache never misses."""
    evaluator = Evaluator(FLAGS)
    hit_rate(evaluator, list(FLAGS), USERS)

    assert hit_rate(evaluator, list(FLAGS), USERS) == HitRate(1_000, 0, 0)


def test_expiry_costs_hits() -> None:
    """With a second between evaluations and entries fresh for 100 of them, every flag misses in each hundred."""
    seconds = 0

    def users() -> Iterator[str]:
        nonlocal seconds
        for user in USERS:
            yield user
            seconds += 1

    measured = hit_rate(Evaluator(FLAGS, ttl=100.0, clock=lambda: seconds), list(FLAGS), users())

    assert measured == HitRate(900, 100, 100)


def test_nothing_to_evaluate_is_said() -> None:
    """No key, or no user, is one clear message."""
    with pytest.raises(ValueError, match="no flag to evaluate"):
        hit_rate(Evaluator(FLAGS), [], USERS)
    with pytest.raises(ValueError, match="no user id"):
        hit_rate(Evaluator(FLAGS), list(FLAGS), [])
